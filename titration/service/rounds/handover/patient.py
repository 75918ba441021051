"""A patient's sheet: the plan with boxes to tick, the record of the last days, what was decided, and the whole explanation."""

from collections.abc import Iterator

from titration.engine.guard import LOW
from titration.explain.doses import change_text, line_text
from titration.explain.phrases import COLUMN_ORDER, COLUMNS, KINDS, LIMITS, SLOTS, URGENT_NOTICES, Language
from titration.explain.render import render_lines
from titration.explain.sentences import SENTENCES
from titration.explain.values import glucose_with_unit
from titration.explain.voice import Voice, short_date
from titration.formulary import Formulary
from titration.log.model import MINUTES_A_DAY
from titration.log.notation import minute_text
from titration.log.side_tables import LAB_UNITS
from titration.packs.model import Pack
from titration.service.rounds.entry.words import EVENTS, LABS, amount_text, product_text
from titration.service.rounds.handover.blocks import Block, Card, Grid, Heading, Item, Mark, Para, Sheet, Told
from titration.service.rounds.handover.codes import ACTIONS, DECISION_REASONS, SAID, STAGES, URGENCIES
from titration.service.rounds.handover.ward import made_text
from titration.service.rounds.told import Choice, PatientSheet
from titration.units import MILLI, glucose_text, grid_text

WEEK = 7
DOSE_DAYS = 3
DECISION_DAYS = 7


def patient_blocks(sheet: PatientSheet, pack: Pack, formulary: Formulary, language: Language, *, width: int) -> Sheet:
    """A patient's sheet; the explanation is laid out for ``width`` cells."""
    person = sheet.person
    who = " ".join(part for part in (person.bed, person.patient_id, person.name) if part)
    title = SAID[language]["patient.title"].format(who=who)
    return Sheet(language, title, tuple(_Patient(sheet, pack, formulary, language, width).blocks(title)))


class _Patient:
    def __init__(self, sheet: PatientSheet, pack: Pack, formulary: Formulary, language: Language, width: int) -> None:
        self.sheet = sheet
        self.pack = pack
        self.formulary = formulary
        self.language: Language = language
        self.width = width
        self.say = SAID[language]
        self.comma = SENTENCES[language]["comma"]
        self.voice = Voice(pack, language, sheet.person.system)

    def blocks(self, title: str) -> Iterator[Block]:
        sheet, plan = self.sheet, self.sheet.assessment
        yield Heading(title, 1)
        pack = (plan.pack_id, plan.pack_version, plan.pack_status)
        yield Para(made_text(minute=sheet.minute, head=sheet.head, pack=pack, language=self.language))
        yield Para(SENTENCES[self.language]["disclaimer"], Mark.QUIET)
        yield from self._notices()
        yield self._plan()
        yield from self._readings()
        for part in (self._doses(), self._orders(), self._events(), self._labs(), self._notes(), self._decisions()):
            yield from part
        yield Heading(self.say["section.why"])
        yield Told(tuple(render_lines(plan, self.pack, self.language, width=self.width)))
        yield Para(self.say["paper"], Mark.QUIET)

    def _since(self, days: int) -> int:
        return (self.sheet.day - days + 1) * MINUTES_A_DAY

    def _notices(self) -> Iterator[Block]:
        urgent = {name: i for i, name in enumerate(URGENT_NOTICES)}
        for name in sorted(self.sheet.assessment.notices, key=lambda name: urgent.get(name, len(urgent))):
            text = self.voice.text("notice", name)
            yield Para(text, Mark.URGENT if name in urgent else Mark.NOTE)

    def _plan(self) -> Card:
        row, plan = self.sheet.row, self.sheet.assessment
        side = f"{URGENCIES[self.language][row.urgency]} · {STAGES[self.language][row.stage]}"
        kinds, colon = KINDS[self.language], SENTENCES[self.language]["colon"]
        items = [
            Item(f"{line_text(line, self.voice)}{colon}{change_text(line, self.voice)}", kinds[line.kind], box=True)
            for line in plan.lines
        ]
        if not items:
            items = [Item(SENTENCES[self.language]["no_lines"])]
        hand = [Item("", self.say["written"]), Item("", self.say["signature"])]
        return Card(self.say["section.plan"], side, (*items, *hand))

    def _readings(self) -> Iterator[Block]:
        plan, system = self.sheet.assessment, self.sheet.person.system
        yield Heading(self.say["section.readings"].format(unit=system.text))
        if not plan.readings:
            yield Para(self.say["nothing"])
            return
        low = LOW.on(system)
        used = [timing for timing in COLUMN_ORDER if any(r.timing == timing for r in plan.readings)]
        names = COLUMNS[self.language]
        rows: list[tuple[str, ...]] = []
        for day in range(plan.day - WEEK + 1, plan.day + 1):
            cells: list[str] = []
            for timing in used:
                here = [r.value for r in plan.readings if r.minute // MINUTES_A_DAY == day and r.timing == timing]
                cells.append(", ".join(f"{glucose_text(v, system)}{'!' if v < low else ''}" for v in here) or "·")
            rows.append((short_date(day, self.language), *cells))
        yield Grid((names["day"], *(names[timing] for timing in used)), tuple(rows))
        if any(r.value < low for r in plan.readings):
            yield Para(self.say["low"].format(value=glucose_with_unit(low, self.voice)))

    def _table(self, section: str, headers: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[Block]:
        yield Heading(self.say[section])
        if rows:
            yield Grid(tuple(self.say[f"column.{name}"] for name in headers), tuple(rows))
        else:
            yield Para(self.say["nothing"])

    def _doses(self) -> Iterator[Block]:
        rows: list[tuple[str, ...]] = []
        for dose in self.sheet.doses:
            if dose.minute >= self._since(DOSE_DAYS):
                amount = amount_text(dose.amount, dose.unit, self.language) if dose.amount else self.say["not_given"]
                slot = SLOTS[self.language][dose.slot]
                rows.append((minute_text(dose.minute), self._drug(dose.drug), slot, amount, dose.author))
        return self._table("section.doses", ("time", "drug", "slot", "dose", "by"), rows)

    def _orders(self) -> Iterator[Block]:
        rows: list[tuple[str, ...]] = []
        for order in self.sheet.orders:
            drug, slot, _ = order.line
            dose = amount_text(order.dose, order.unit, self.language) if order.dose else self.say["stop"]
            rows.append((minute_text(order.minute), self._drug(drug), SLOTS[self.language][slot], dose, order.author))
        return self._table("section.orders", ("time", "drug", "slot", "dose", "by"), rows)

    def _events(self) -> Iterator[Block]:
        rows = [
            (minute_text(event.minute), self._event(event.kind, event.note), event.author)
            for event in self.sheet.events
            if event.minute >= self._since(WEEK)
        ]
        return self._table("section.events", ("time", "what", "by"), rows)

    def _event(self, kind: str, note: str) -> str:
        name = EVENTS[self.language].get(kind, kind)
        return f"{name}{SENTENCES[self.language]['colon']}{note}" if note else name

    def _labs(self) -> Iterator[Block]:
        units = {kind.value: unit for kind, unit in LAB_UNITS.items()}
        latest = {lab.kind: lab for lab in sorted(self.sheet.labs, key=lambda lab: lab.minute)}
        rows = [
            (
                minute_text(lab.minute)[:10],
                LABS[self.language].get(kind, kind),
                f"{grid_text(lab.value, MILLI)} {units.get(kind, '')}".rstrip(),
            )
            for kind, lab in sorted(latest.items())
        ]
        return self._table("section.labs", ("time", "what", "value"), rows)

    def _notes(self) -> Iterator[Block]:
        rows = [(minute_text(n.minute), n.text, n.author) for n in self.sheet.notes if n.minute >= self._since(WEEK)]
        return self._table("section.notes", ("time", "what", "by"), rows)

    def _decisions(self) -> Iterator[Block]:
        rows = [
            (minute_text(signed.minute), *self._choice(choice), signed.author)
            for signed in self.sheet.signed
            if signed.day > self.sheet.day - DECISION_DAYS
            for choice in signed.choices
        ]
        return self._table("section.signed", ("time", "line", "decided", "why", "by"), rows)

    def _choice(self, choice: Choice) -> tuple[str, str, str]:
        drug, slot, _ = choice.line
        line = f"{self._drug(drug)}{self.comma}{SLOTS[self.language][slot]}"
        decided = ACTIONS[self.language][choice.action]
        unit = next((row.unit for row in self.sheet.doses if row.drug == drug), "")
        if choice.dose is not None:
            dose = self.say["stop"] if choice.dose == 0 else amount_text(choice.dose, unit, self.language)
            decided += self.comma + (dose if choice.dose == 0 else self.say["from_now"].format(dose=dose))
        why = [] if choice.reason is None else [DECISION_REASONS[self.language][choice.reason]]
        why += [choice.note] if choice.note else []
        if choice.beyond:
            limits = self.comma.join(LIMITS[self.language].get(name, name) for name in choice.beyond)
            why.append(self.say["beyond"].format(limits=limits))
        return line, decided, SENTENCES[self.language]["semicolon"].join(why)

    def _drug(self, drug: str) -> str:
        return product_text(self.formulary.products.get(drug), drug, self.language)
