"""A dose as typed: "glargine 12", "甘精 12 单位 睡前", "metformin 0.5 g", "glargine 0 refused".

What was given is recorded even where it was a mistake, so that hardly anything is refused outright; but a dose far from the
usual one, outside what is given at once, or off the step of its device is asked about first: ten-fold slips kill.
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from titration.log.canonical_doses import JudgedDose, judge_dose
from titration.log.model import MINUTES_A_DAY
from titration.log.notation import minute_text, slot_at
from titration.log.report import Reason
from titration.service.rounds.asked import NewDose
from titration.service.rounds.entry.answers import (
    AGAIN,
    Answer,
    Fields,
    Option,
    OwnLine,
    Problem,
    Question,
    Ready,
    Said,
    Typed,
)
from titration.service.rounds.entry.drugs import Drug, find_drug
from titration.service.rounds.entry.moments import Moment, settled_minute
from titration.service.rounds.entry.text import number_problem
from titration.service.rounds.entry.vocabulary import NOT_GIVEN, SLOTS
from titration.units import MILLI, grid_text

FAR_PERCENT: Final = 150
"""A dose above this share of the usual one, or below its inverse, is asked about (a local assumption)."""
FAR_LEAST: Final = 2 * MILLI
"""Units by which a dose of insulin may always differ from the usual one."""
ABSURD_INSULIN: Final = 1000 * MILLI
"""Units in a whole vial of 10 mL: nobody was given more at once."""
AWAY_FROM_SLOT: Final = 240
"""Minutes from the nominal time of a slot beyond which the time of a dose is asked about."""

SLOT_TIMES: Final = {"breakfast": 7 * 60 + 30, "lunch": 11 * 60 + 45, "dinner": 17 * 60 + 45, "bedtime": 22 * 60}
"""Nominal minute of the day of each slot."""

_UNITS: Final = (
    "units/h", "dose steps", "dose step", "tablets", "tablet", "units", "pills", "unit", "pill", "mcg", "iu", "ug", "μg", "mg",
    "ml", "cc", "u", "g", "单位", "微克", "毫克", "毫升", "克", "片", "丸", "粒",
)  # fmt: skip
_AMOUNT: Final = re.compile(
    r"(?<![A-Za-z0-9.,:/+-])(?P<number>[+-]?[\d.,]*\d[\d.,]*)\s*(?P<unit>" + "|".join(_UNITS) + r")?(?![A-Za-z0-9])",
    re.ASCII | re.IGNORECASE,
)
_NO_NAME: Final = ",;，；、\"'<>|@"
"""Signs no drug's name holds: what has them is something else, and not kept as a drug of that name."""
_VOLUMES: Final = frozenset(("ml", "cc", "毫升"))


@dataclass(frozen=True, slots=True)
class DoseText:
    """A dose taken apart: drug, number and unit as typed, slot code or "", and the code of why it was not given or ""."""

    drug: str
    number: str
    unit: str
    slot: str
    reason: str
    more: str = ""


def split_dose(text: str) -> DoseText | Problem:
    """The parts of a dose whose time has been taken off."""
    text, reason = _not_given(text)
    found = list(_AMOUNT.finditer(text))
    if not found:
        if reason:
            name, slot = _slot_off(text)
            return DoseText(name, "0", "", slot, reason) if _is_name(name) else Problem("no_drug")
        return Problem("no_amount", (("typed", text),))
    match = found[-1]
    name, slot = _slot_off(text[: match.start()].strip())
    after, later = _slot_off(text[match.end() :].strip())
    if not _is_name(name):
        return Problem("no_drug")
    if (after and not reason) or (slot and later):
        return Problem("unknown_words", (("typed", after or later),))
    return DoseText(name, match["number"], match["unit"] or "", slot or later, reason, after)


def _is_name(text: str) -> bool:
    return any(c.isalpha() for c in text) and not any(c in _NO_NAME for c in text)


def _not_given(text: str) -> tuple[str, str]:
    """The text without the words that say why a dose was not given, and their code."""
    for word in sorted(NOT_GIVEN, key=len, reverse=True):
        edge = r"(?<![A-Za-z])" if word.isascii() else ""
        match = re.search(f"{edge}{re.escape(word)}{edge.replace('<!', '!')}", text, re.IGNORECASE)
        if match is not None:
            return " ".join(f"{text[: match.start()]} {text[match.end() :]}".split()), NOT_GIVEN[word]
    return text, ""


def _slot_off(text: str) -> tuple[str, str]:
    """The text without a slot word that stands first or last, and the slot."""
    words = text.split()
    for at in (-1, 0):
        if words and words[at].casefold() in SLOTS:
            slot = SLOTS[words.pop(at).casefold()]
            return " ".join(words), slot
    return text, ""


def read_dose(typed: Typed, parts: DoseText, moment: Moment) -> Answer:
    """The dose, a question or a problem."""
    problem = number_problem(parts.number)
    if problem is not None:
        return problem
    ratio = _ratio_question(typed, parts)
    if ratio is not None:
        return ratio
    drug = find_drug(typed, parts.drug)
    if not isinstance(drug, Drug):
        return drug
    judged = _judged(typed, parts, drug)
    if not isinstance(judged, JudgedDose):
        return judged
    slot = _slot(typed, parts, drug, moment)
    if not isinstance(slot, str):
        return slot
    minute = _minute(typed, slot, moment)
    if not isinstance(minute, int):
        return minute
    question = _amount_question(typed, parts, drug, judged, slot) or _again(typed, drug, slot, minute)
    if question is not None:
        return question
    line = next((line for line in drug.lines if line.slot == slot), None)
    route = line.route if line is not None else judged.route.text
    note = ": ".join(part for part in (parts.reason, parts.more) if part)
    dose = NewDose(typed.at.patient_id, minute, drug.name, judged.amount, judged.unit, slot, route, note)
    corrects = next((row.seq for row in typed.at.doses if typed.agreed(f"correct:{row.seq}")), None)
    return Ready((dose,), tuple(_remarks(parts, drug)), corrects)


def _remarks(parts: DoseText, drug: Drug) -> list[Said]:
    product = drug.product
    if product is None:
        return [Said("not_in_formulary")]
    if product.drug_class != "insulin":
        return [] if parts.unit else [Said("unit_taken", (("unit", product.unit),))]
    if product.concentration is None:
        return [Said("strength_unknown")]
    if product.concentration == 100:
        return []
    return [Said("strength_40" if product.concentration == 40 else "strength_other", (("drug", product.id),))]


# -- amount ------------------------------------------------------------------------------------------------------------------


def _judged(typed: Typed, parts: DoseText, drug: Drug) -> JudgedDose | Answer:
    """The amount in the drug's own unit, as the loaders would keep it."""
    unit = parts.unit.casefold()
    insulin = drug.product is not None and drug.product.drug_class == "insulin"
    if unit in _VOLUMES:
        return Problem("volume", (("typed", f"{parts.number} {parts.unit}"),))
    if not unit:
        taken = _unit_taken(typed, parts, drug)
        if not isinstance(taken, str):
            return taken
        unit = taken
    judged = judge_dose(parts.number, unit, drug=drug.name, product=drug.product)
    if judged is Reason.UNIT_NOT_OF_DRUG and drug.product is not None:
        return Problem("unit_not_of_drug", (("drug", drug.name), ("typed", parts.unit), ("unit", drug.product.unit)))
    if isinstance(judged, Reason):
        return Problem("dose_not_possible", (("typed", f"{parts.number} {unit}"),))
    if insulin and judged.amount > ABSURD_INSULIN:
        return Problem("absurd_insulin", (("dose", f"{judged.amount}:units"), ("most", f"{ABSURD_INSULIN}:units")))
    if judged.amount == 0 and not parts.reason:
        words = (("missed", "missed"), ("refused", "refused"), ("withheld", "withheld"), ("vomited", "vomited"))
        options = (Option(f"because_{code}", text=f"{typed.text} {word}") for code, word in words)
        return Question("why_not_given", (("drug", drug.name),), (AGAIN, *options))
    if judged.amount and parts.reason:
        return Problem("given_or_not", (("typed", f"{parts.number} {parts.unit}".strip()),))
    return judged


def _unit_taken(typed: Typed, parts: DoseText, drug: Drug) -> str | Answer:
    """The unit of an amount typed without one: the drug's own where the amount is one the drug is given in."""
    product = drug.product
    if product is None:
        return "units" if Decimal(parts.number) == 0 else Problem("unit_needed", (("drug", drug.name),))
    own = product.unit
    if product.drug_class == "insulin" or own not in ("mg", "mcg") or Decimal(parts.number) == 0:
        return own
    judged = judge_dose(parts.number, own, drug=drug.name, product=product)
    usual = {line.usual for line in drug.lines} | set(product.ladder)
    if isinstance(judged, JudgedDose) and judged.amount in usual:
        return own
    options = [AGAIN]
    for unit in (own, "g"):
        tried = judge_dose(parts.number, unit, drug=drug.name, product=product)
        if isinstance(tried, JudgedDose):
            text = typed.text.replace(parts.number, f"{parts.number} {unit}", 1)
            options.append(Option("dose", (("dose", f"{tried.amount}:{tried.unit}"),), text=text))
    return Question("which_dose_unit", (("drug", drug.name), ("number", parts.number)), tuple(options))


def _ratio_question(typed: Typed, parts: DoseText) -> Question | None:
    """Whether a number without a unit belongs to the name: 诺和锐 30 may be 30 units, or 诺和锐30 without an amount."""
    if parts.unit:
        return None
    joined = (f"{parts.drug}{parts.number}", f"{parts.drug} {parts.number}", f"insulin-{parts.drug}-{parts.number}")
    product = next((p for p in map(typed.at.formulary.find, joined) if p is not None), None)
    if product is None:
        return None
    if number_problem(parts.number) is not None:
        return None
    dose = ("dose", f"{int(Decimal(parts.number) * MILLI)}:units")
    text = typed.text.replace(parts.number, f"{parts.number} units", 1)
    fields = (("typed", f"{parts.drug} {parts.number}"), dose, ("product", product.id))
    return Question("ratio_or_amount", fields, (AGAIN, Option("dose", (dose,), text=text)))


def _amount_question(typed: Typed, parts: DoseText, drug: Drug, judged: JudgedDose, slot: str) -> Question | None:
    """The first thing about an amount that is not usual and was not confirmed."""
    if judged.amount == 0:
        return None
    dose: Fields = (("drug", drug.name), ("dose", f"{judged.amount}:{judged.unit}"))
    line = next((line for line in drug.lines if line.slot == slot), None)
    for code, more in _unusual(drug, judged, line):
        if not typed.agreed(code):
            options = (AGAIN, *_slips(typed, parts, judged, line), typed.confirm(code, "confirm_dose", dose))
            return Question(code, (*dose, *more), options)
    return None


def _unusual(drug: Drug, judged: JudgedDose, line: OwnLine | None) -> list[tuple[str, Fields]]:
    product, amount, unit = drug.product, judged.amount, judged.unit
    found: list[tuple[str, Fields]] = []
    if judged.doubtful:
        high = ("high", f"{judged.high}:{unit}")
        low = ("low", f"{judged.low}:{unit}")
        found.append(("outside_single", (low, high)) if judged.low else ("above_single", (high,)))
    if product is not None and product.max_daily is not None and amount > product.max_daily:
        found.append(("over_daily", (("most", f"{product.max_daily}:{unit}"),)))
    if product is not None and amount % product.increment and product.drug_class == "insulin":
        found.append(("off_step", (("step", f"{product.increment}:{unit}"),)))
    usual = None if line is None else line.usual
    if usual is not None and _far(amount, usual, unit):
        found.append(("far_from_usual", (("usual", f"{usual}:{unit}"),)))
    if usual is None and line is not None:
        found.append(("no_usual", ()))
    return found


def _far(amount: int, usual: int, unit: str) -> bool:
    if unit == "units" and abs(amount - usual) <= FAR_LEAST:
        return False
    return amount * 100 > usual * FAR_PERCENT or amount * FAR_PERCENT < usual * 100


def _slips(typed: Typed, parts: DoseText, judged: JudgedDose, line: OwnLine | None) -> list[Option]:
    """The tenth or ten-fold of an amount, where that is near the usual dose."""
    if line is None or not line.usual:
        return []
    number = Decimal(parts.number)
    options: list[Option] = []
    for amount, shown in ((judged.amount * 10, number * 10), (judged.amount // 10, number / 10)):
        if amount and amount * 10 in (judged.amount, judged.amount * 100) and not _far(amount, line.usual, judged.unit):
            text = typed.text.replace(parts.number, grid_text(int(shown * MILLI), MILLI), 1)
            options.append(Option("dose", (("dose", f"{amount}:{judged.unit}"),), text=text))
    return options


# -- slot and time -----------------------------------------------------------------------------------------------------------


def _slot(typed: Typed, parts: DoseText, drug: Drug, moment: Moment) -> str | Question:
    own = [line.slot for line in drug.lines]
    if parts.slot:
        if own and parts.slot not in own and not typed.agreed("other_slot"):
            fields = (("drug", drug.name), ("slot", parts.slot))
            return Question("other_slot", fields, (AGAIN, typed.confirm("other_slot")))
        return parts.slot
    if len(own) == 1:
        return own[0]
    clock = typed.at.minute % MINUTES_A_DAY if moment.clock is None else moment.clock
    by_clock = slot_at(clock).text
    if not own or (by_clock in own and not (moment.day is not None and moment.clock is None)):
        return by_clock
    options = (Option("slot", (("slot", slot),), text=f"{typed.text} {slot}") for slot in own)
    return Question("which_slot", (("drug", drug.name),), (AGAIN, *options))


def _minute(typed: Typed, slot: str, moment: Moment) -> int | Answer:
    """When the dose was given: a time far from its slot is asked about, for last night's dose is not this morning's."""
    now = typed.at.minute
    nominal = SLOT_TIMES[slot]
    if moment.clock is None and moment.day is not None:
        return settled_minute(typed, replace(moment, clock=nominal))
    minute = settled_minute(typed, moment)
    if not isinstance(minute, int) or typed.agreed("away_from_slot"):
        return minute
    gap = (minute % MINUTES_A_DAY - nominal) % MINUTES_A_DAY
    if min(gap, MINUTES_A_DAY - gap) <= AWAY_FROM_SLOT:
        return minute
    fields = (("slot", slot), ("time", minute_text(minute)[-5:]))
    options = [AGAIN]
    if moment.clock is None:
        last = now - (now % MINUTES_A_DAY - nominal) % MINUTES_A_DAY
        options.append(Option("given_at", (("when", minute_text(last)),), text=f"{typed.text} @{minute_text(last)}"))
    options.append(typed.confirm("away_from_slot", "given_now", (("when", minute_text(minute)),)))
    return Question("away_from_slot", fields, tuple(options))


def _again(typed: Typed, drug: Drug, slot: str, minute: int) -> Question | None:
    """Whether this dose is recorded already."""
    for row in reversed(typed.at.doses):
        same = row.drug == drug.name and row.slot == slot
        if same and dose_day(row.minute, slot) == dose_day(minute, slot):
            if typed.agreed("dose_again") or typed.agreed(f"correct:{row.seq}"):
                return None
            fields = (("drug", drug.name), ("dose", f"{row.amount}:{row.unit}"), ("when", minute_text(row.minute)))
            correct = typed.confirm(f"correct:{row.seq}", "correct", fields)
            return Question("dose_again", fields, (AGAIN, correct, typed.confirm("dose_again", "another")))
    return None


def dose_day(minute: int, slot: str) -> int:
    """The day a dose belongs to: a bedtime dose before 04:00 is the evening before's."""
    day, clock = divmod(minute, MINUTES_A_DAY)
    return day - (slot == "bedtime" and clock < AWAY_FROM_SLOT)
