"""A made-up bedside for the tests of entry: a patient on a basal, a premix and a tablet, on a Sunday morning."""

from dataclasses import replace

from titration.formulary import shipped
from titration.log.notation import minute_written
from titration.service.rounds.entry import Answer, Bedside, Option, OwnLine, Question, enter_line
from titration.service.rounds.told import DoseRow, LabRow, ReadingRow
from titration.units import UnitSystem


def at(text: str) -> int:
    minute = minute_written(text)
    assert minute is not None
    return minute


NOW = at("2026-03-22 06:50")
DAY = NOW // 1440


def own_line(drug: str, slot: str, usual: int | None, *, unit: str = "units", route: str = "sc") -> OwnLine:
    return OwnLine(drug, shipped().products.get(drug), slot, route, unit, usual)


LINES = (
    own_line("insulin-glargine-u100", "bedtime", 12_000),
    own_line("insulin-aspart-30", "breakfast", 10_000),
    own_line("insulin-aspart-30", "dinner", 8_000),
    own_line("metformin-er", "breakfast", 500_000, unit="mg", route="oral"),
)


def bedside(
    system: UnitSystem = UnitSystem.MMOL,
    *,
    lines: tuple[OwnLine, ...] = LINES,
    readings: tuple[ReadingRow, ...] = (),
    doses: tuple[DoseRow, ...] = (),
    labs: tuple[LabRow, ...] = (),
    minute: int = NOW,
) -> Bedside:
    return Bedside("W01", system, minute, shipped(), lines, readings, doses, labs)


def reading(seq: int, when: str, value: int, timing: str = "fasting") -> ReadingRow:
    return ReadingRow(seq, at(when), value, timing, "cbg", "Nurse Hao")


def chosen(text: str, here: Bedside, label: str, confirmed: frozenset[str] = frozenset()) -> tuple[str, frozenset[str]]:
    """The text and the confirmations after choosing the option ``label`` of the question that ``text`` asks."""
    answer = enter_line(text, here, confirmed)
    assert isinstance(answer, Question), answer
    return taken(text, confirmed, option(answer, label))


def option(question: Question, label: str) -> Option:
    (found,) = (option for option in question.options if option.code == label)
    return found


def taken(text: str, confirmed: frozenset[str], choice: Option) -> tuple[str, frozenset[str]]:
    """What the screen does with a choice."""
    return choice.text or text, confirmed | ({choice.confirms} if choice.confirms else frozenset())


def after(text: str, here: Bedside, *labels: str) -> Answer:
    """The answer after choosing these options one after another."""
    confirmed: frozenset[str] = frozenset()
    for label in labels:
        text, confirmed = chosen(text, here, label, confirmed)
    return enter_line(text, here, confirmed)


def later(here: Bedside, minutes: int) -> Bedside:
    return replace(here, minute=here.minute + minutes)
