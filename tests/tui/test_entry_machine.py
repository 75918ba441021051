"""Entering under random keys, late answers, and a connection that breaks before or after a write: nothing lost, nothing twice."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from wcwidth import wcswidth

from tests.tui.standing import Standing, Stock
from tests.tui.walking import Walk
from titration.service.rounds.asked import Correction, New, NewReading
from titration.service.rounds.told import PatientSheet, ReadingRow, Receipt, Refused, User
from titration.units import HI_VALUE, LO_VALUE
from tui.session import acts
from tui.session.effects import Record
from tui.session.entry_state import COLUMNS, CellAt, Source

_OPEN: dict[str, Stock] = {}
EXAMPLES = settings.default.max_examples * 3 // 5
PATIENTS = ("W01", "W05", "W10")
TEXTS = ("6.8", "5", "68", "126 mg", ".5", "22", "LO", "1.8", "6.8 @06:10", "glargine", "11.1 @05:55", "６。９", "")
LINES = ("f 7.1 @06:20", "fever", "weight 80", "metformin 5", "2.8 @03:00 n symptoms", "note seen", "glargine 12 ml")


@dataclass
class Recording(Standing):
    """Keeps what is recorded, and shows it. ``torn``: the next write is kept, and the connection breaks behind it."""

    kept: list[New] = field(default_factory=list[New])
    extra: dict[str, list[ReadingRow]] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set[int])
    torn: bool = False

    def record(self, user: User, asked: Sequence[New], *, minute: int) -> Receipt:
        del user, minute
        self._line()
        seqs: list[int] = []
        for new in asked:
            self.last += 1
            seqs.append(self.last)
            self.kept.append(new)
            reading = new.instead if isinstance(new, Correction) else new
            if isinstance(new, Correction):
                assert new.of not in self.gone
                self.gone.add(new.of)
            if isinstance(reading, NewReading):
                row = ReadingRow(self.last, reading.minute, reading.value, reading.timing, reading.source, "Dr Lin")
                self.extra.setdefault(reading.patient_id, []).append(row)
        for patient in self._patients(asked):
            self.heads[patient] = self.last
        if self.torn:
            self.torn, self.cut = False, True
            raise Refused("lost", "the ledger cannot be reached")
        return Receipt(tuple(seqs), self.last)

    def _patients(self, asked: Sequence[New]) -> set[str]:
        found: set[str] = set()
        for new in asked:
            if isinstance(new, Correction):
                found |= {
                    p for p in self.stock.sheets for r in self._readings(p) if r.seq == new.of or r.seq in self.gone
                }
            else:
                found.add(getattr(new, "patient_id", ""))
        return found & set(self.stock.sheets)

    def _readings(self, patient_id: str) -> tuple[ReadingRow, ...]:
        return (*self.stock.sheets[patient_id].readings, *self.extra.get(patient_id, []))

    def patient(self, patient_id: str, *, minute: int) -> PatientSheet:
        sheet = super().patient(patient_id, minute=minute)
        rows = tuple(sorted((r for r in self._readings(patient_id) if r.seq not in self.gone), key=lambda r: r.minute))
        return replace(sheet, readings=rows)


class Entering(RuleBasedStateMachine):
    """What must hold whatever is typed and whenever answers come."""

    def __init__(self) -> None:
        super().__init__()
        self.door = Recording(_OPEN["stock"])
        self.walk = Walk.on(self.door, at_once=False)
        self.answer_all()
        self.walk.press("E")
        self.answer_all()
        self.typed: dict[Source, str] = {}

    def answer_all(self) -> None:
        while self.walk.waiting:
            self.walk.answer(0)

    # -- what may happen ---------------------------------------------------------------------------------------------

    def back_to_the_grid(self) -> None:
        for _ in range(6):
            if self.walk.session.mode == "enter":
                return
            self.walk.press("E" if self.walk.session.mode in ("ward", "patient", "decide", "doses") else "escape")
        assert self.walk.session.mode == "enter", self.walk.session.mode

    @rule(
        patient=st.sampled_from(PATIENTS),
        column=st.integers(0, 2),
        text=st.sampled_from(TEXTS),
        end=st.sampled_from(("enter", "tab", "escape")),
    )
    def a_cell_is_typed(self, patient: str, column: int, text: str, end: str) -> None:
        self.back_to_the_grid()
        self.walk.take(acts.act(self.walk.session, "enter.point", f"{column}:{patient}"))
        self.walk.press("enter")
        if self.walk.session.mode == "cell":
            self.walk.press("ctrl+u", *("space" if c == " " else c for c in text))
            self.remember()
            self.walk.press(end)

    @rule(text=st.sampled_from(LINES), end=st.sampled_from(("enter", "escape")))
    def a_line_is_typed(self, text: str, end: str) -> None:
        self.back_to_the_grid()
        self.walk.press("i")
        if self.walk.session.mode == "line":
            self.walk.press("ctrl+u", *("space" if c == " " else c for c in text))
            self.remember()
            self.walk.press(end)

    def remember(self) -> None:
        self.typed = {source: unsaved.text for source, unsaved in self.walk.session.entry.texts.items()}

    @precondition(lambda self: self.walk.session.mode in ("ask", "correct"))
    @rule(key=st.sampled_from(("1", "2", "3", "enter", "escape")))
    def a_question_is_answered(self, key: str) -> None:
        self.walk.press(key)
        self.remember()

    @precondition(lambda self: self.walk.session.mode == "enter")
    @rule()
    def something_is_cleared_or_withdrawn(self) -> None:
        self.walk.press("x")
        self.remember()

    @rule(data=st.data())
    def an_answer_comes(self, data: st.DataObject) -> None:
        if self.walk.waiting:
            self.walk.answer(data.draw(st.integers(0, len(self.walk.waiting) - 1)))

    @rule()
    def all_answers_come(self) -> None:
        self.answer_all()

    @rule()
    def the_line_drops_or_comes_back(self) -> None:
        self.door.cut = not self.door.cut

    @rule()
    def the_next_write_is_kept_and_the_line_breaks(self) -> None:
        self.door.torn = True

    @rule(patient=st.sampled_from(PATIENTS), at_once=st.booleans())
    def a_write_is_kept_the_line_breaks_and_it_is_tried_again(self, patient: str, at_once: bool) -> None:  # noqa: FBT001 - drawn by name
        """The answer that says so was lost; the person presses Enter again, before or after the record was read again."""
        self.door.cut = False
        self.answer_all()
        self.back_to_the_grid()
        self.walk.take(acts.act(self.walk.session, "enter.point", f"0:{patient}"))
        self.answer_all()
        self.door.torn = True
        self.walk.press("enter", "ctrl+u", *"7.3", "enter")
        self.answer_all()
        self.remember()
        self.door.cut, self.door.torn = False, False
        self.walk.take(acts.act(self.walk.session, "enter.point", f"0:{patient}"))
        if not at_once:
            self.answer_all()
        self.walk.press("enter", "enter")
        self.answer_all()
        self.remember()

    @rule()
    def two_seconds_pass(self) -> None:
        self.walk.tick()

    @rule(size=st.sampled_from(((80, 24), (60, 16), (120, 40))))
    def the_terminal_changes_size(self, size: tuple[int, int]) -> None:
        self.walk.resize(size)

    # -- what must hold ----------------------------------------------------------------------------------------------

    @invariant()
    def the_page_fills_the_terminal(self) -> None:
        shown = self.walk.shown
        assert shown is not None
        width, height = self.walk.session.size
        assert [wcswidth(row.text) for row in shown.rows] == [width] * height

    @invariant()
    def one_write_at_a_time(self) -> None:
        assert sum(isinstance(effect, Record) for effect in self.walk.waiting) <= 1

    @invariant()
    def nothing_typed_is_lost(self) -> None:
        """What was typed stands where it was typed until it is in the ledger, cleared, or found to be there already."""
        entry = self.walk.session.entry
        for source, text in self.typed.items():
            if source in entry.texts or not text:
                continue
            saved = source in entry.saved
            there = isinstance(source, CellAt) and any(
                row.timing == source.timing
                for row in self.door._readings(source.patient_id)
                if row.seq not in self.door.gone
            )
            assert saved or there, (source, text)
        self.typed = {source: text for source, text in self.typed.items() if source in entry.texts}

    @invariant()
    def nothing_is_kept_twice(self) -> None:
        standing = [
            (patient, row.timing, row.minute, row.value)
            for patient in PATIENTS
            for row in self.door._readings(patient)
            if row.seq not in self.door.gone
        ]
        assert max(Counter(standing).values(), default=0) == 1

    @invariant()
    def nothing_doubtful_is_kept_unasked(self) -> None:
        for new in self.door.kept:
            reading = new.instead if isinstance(new, Correction) else new
            if isinstance(reading, NewReading):
                assert reading.minute <= self.walk.session.minute
                assert reading.unit == "mmol/L"
                assert reading.timing in (*COLUMNS, "random")
                plain = 22 <= reading.value <= 250 or reading.value in (LO_VALUE, HI_VALUE)
                assert plain or reading.written == "1.8"


@pytest.fixture
def _stock_at_hand(stock: Stock, demo_file: Path) -> None:
    del demo_file
    _OPEN["stock"] = stock


@pytest.mark.usefixtures("_stock_at_hand")
def test_entering_holds_under_anything() -> None:
    run_state_machine_as_test(Entering, settings=settings(max_examples=EXAMPLES, stateful_step_count=25))  # type: ignore[no-untyped-call]
