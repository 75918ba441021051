"""The session under random keys, late answers, corrections from elsewhere and a line that drops."""

from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from wcwidth import wcswidth

from tests.tui.standing import PASSPHRASE, Standing, Stock, confirmed
from tests.tui.walking import KEYMAP, Walk
from titration.service.rounds.told import Action, Choice
from titration.units import UnitSystem
from tui.session import acts
from tui.session.effects import Sign
from tui.session.round import accepted, same_plan
from tui.session.state import line_key

_OPEN: dict[str, Stock] = {}
SIZES = ((80, 24), (60, 16))
TALL = ("W01", "W20")
"""Patients whose plan is too long for the small window."""
CHANGING = ("W15", "W21")
"""Patients whose plan a correction changes, in all lines or in some."""
PLAIN = "W05"
ROUND = ("patient", "decide")
WORDS = ["space" if character == " " else character for character in PASSPHRASE]
PRESSES = ("a", "aS", "aSS", "S", "j", "jj", "u", "y", "x2", "c", "r")
CHOOSING = ("round.accept", "round.accept_all", "round.clear", "round.reject", "round.modify")


class Rounds(RuleBasedStateMachine):
    """What must hold whatever is pressed and whenever answers come."""

    def __init__(self) -> None:
        super().__init__()
        self.door = Standing(_OPEN["stock"], needs_passphrase=True)
        self.walk = Walk.on(self.door, at_once=False)
        self.checked = 0
        self.sign_in()

    def sign_in(self) -> None:
        self.door.cut = False
        self.walk.press("ctrl+u", *WORDS, "enter")
        self.answer_all()
        assert self.walk.session.gate is None

    def patient(self) -> str:
        assert self.walk.session.round is not None
        return self.walk.session.round.patient_id

    def answer_all(self) -> None:
        while self.walk.waiting:
            self.walk.answer(0)

    # -- what may happen ---------------------------------------------------------------------------------------------

    @rule(data=st.data())
    def press_a_key_that_means_something(self, data: st.DataObject) -> None:
        actions = [a for a in KEYMAP.of(self.walk.session.mode) if a.id not in ("app.quit", "app.quit_now", "app.lock")]
        keys = [key for action in actions for key in action.keys] or ["f8"]
        self.walk.press(data.draw(st.sampled_from(keys)))

    @rule(text=st.sampled_from(("1", "2", "0", "4", "8", ".", "a", "甘", "9" * 5, "0.5", "12")))
    def type_something(self, text: str) -> None:
        self.walk.press(*text)

    @rule(data=st.data())
    def an_answer_comes(self, data: st.DataObject) -> None:
        if self.walk.waiting:
            self.walk.answer(data.draw(st.integers(0, len(self.walk.waiting) - 1)))

    @rule()
    def all_answers_come(self) -> None:
        self.answer_all()

    @rule(data=st.data())
    def open_a_patient(self, data: st.DataObject) -> None:
        """Often one with many lines, which a small screen cannot show at once, or one whose plan a correction changes."""
        self.door.cut = False
        self.answer_all()
        while self.walk.session.mode != "ward":
            self.walk.press("f8" if self.walk.session.blank else "escape")
            self.answer_all()
        self.walk.press("escape")
        patient = data.draw(st.sampled_from((*TALL, *CHANGING, PLAIN)))
        self.walk.take(acts.act(self.walk.session, "ward.point", patient))
        self.walk.press("enter")
        self.answer_all()

    @rule(data=st.data(), size=st.sampled_from(SIZES), keys=st.lists(st.sampled_from(PRESSES), max_size=5))
    def a_round(self, data: st.DataObject, size: tuple[int, int], keys: list[str]) -> None:
        """Open somebody in a window of some size and press what a round is made of."""
        self.walk.resize(size)
        self.open_a_patient(data)
        self.walk.press(*"".join(keys))
        self.answer_all()

    @rule(data=st.data(), early=st.booleans())
    def a_correction_after_the_choices(self, data: st.DataObject, early: bool) -> None:  # noqa: FBT001 - drawn by name
        """Choices, then a correction from elsewhere, seen by the poll or only by the reload."""
        self.open_a_patient(data)
        self.walk.press("a")
        self.door.correct(self.patient())
        if early:
            self.walk.tick()
            self.answer_all()
        self.walk.press("r")
        self.answer_all()

    @precondition(lambda self: self.walk.session.mode in ROUND)
    @rule(dose=st.sampled_from(("0", "2", "4", "60", "500", "2000")), down=st.integers(0, 4))
    def modify_a_line(self, dose: str, down: int) -> None:
        self.walk.press(*["j"] * down, "m", "ctrl+u", *dose, "enter")
        self.answer_all()
        if self.walk.session.mode == "beyond":
            self.walk.press("Y")
        if self.walk.session.mode == "why":
            self.walk.press("2")
        elif self.walk.session.mode == "dose":
            self.walk.press("escape")

    @precondition(lambda self: self.walk.session.mode in ROUND)
    @rule()
    def somebody_corrects_the_open_patient(self) -> None:
        self.door.cut = False
        self.answer_all()
        if self.walk.session.mode not in ROUND:
            return
        patient = self.patient()
        self.door.correct(patient)
        self.walk.tick()
        self.answer_all()
        after = self.walk.session.round
        assert after is not None
        assert after.stale
        assert after.patient_id == patient
        asked = len(self.walk.asked)
        self.walk.press("S")
        assert not any(isinstance(effect, Sign) for effect in self.walk.asked[asked:])

    @precondition(lambda self: not self.walk.session.blank)
    @rule(typed=st.sampled_from(("", "a", "S")))
    def the_screen_locks_and_opens_again(self, typed: str) -> None:
        """Nothing of a patient is on a locked screen, and nothing is lost by it."""
        self.answer_all()
        before = self.walk.session
        self.walk.tick(before.settings.idle_minutes)
        self.answer_all()
        assert self.walk.session.gate is not None
        assert not any(row.person.name in self.walk.text for row in self.door.stock.ward.rows)
        self.walk.press(*typed)
        self.sign_in()
        after = self.walk.session
        assert (after.dialog, after.places, after.drafts) == (before.dialog, before.places, before.drafts)
        assert (after.round and after.round.choices) == (before.round and before.round.choices)

    @rule()
    def the_line_drops_or_comes_back(self) -> None:
        self.door.cut = not self.door.cut

    @rule()
    def two_seconds_pass(self) -> None:
        self.walk.tick()

    @rule(size=st.sampled_from(SIZES))
    def the_terminal_changes_size(self, size: tuple[int, int]) -> None:
        self.walk.resize(size)

    @rule(language=st.sampled_from(("en", "zh")), unit=st.sampled_from((None, *UnitSystem)))
    def language_and_unit_change(self, language: str, unit: UnitSystem | None) -> None:
        self.walk.choose(language=language, shown_unit=unit)

    @precondition(lambda self: self.walk.session.mode in ("patient", "decide"))
    @rule(action=st.sampled_from(CHOOSING))
    def choose_and_undo(self, action: str) -> None:
        round_ = self.walk.session.round
        if round_ is None:
            return
        before = round_.choices
        self.walk.press(KEYMAP.action(action).keys[0])
        after = self.walk.session.round
        assert after is not None
        if after.choices != before:
            self.walk.press("u")
            assert self.walk.session.round is not None
            assert self.walk.session.round.choices == before

    # -- what must hold ----------------------------------------------------------------------------------------------

    @invariant()
    def the_page_fills_the_terminal(self) -> None:
        shown = self.walk.shown
        assert shown is not None
        width, height = self.walk.session.size
        assert [wcswidth(row.text) for row in shown.rows] == [width] * height

    @invariant()
    def accepted_doses_are_the_recommended_ones(self) -> None:
        round_ = self.walk.session.round
        if round_ is None:
            return
        plans = {line_key(plan): plan for plan in round_.lines}
        for choice in round_.choices:
            plan = plans[choice.line]
            if choice.action is Action.ACCEPT:
                assert choice == accepted(plan)
                assert choice.dose in (plan.after, None)
            elif choice.action is Action.REJECT:
                assert choice.dose == plan.before
            if choice.action is not Action.ACCEPT:
                assert choice.reason is not None
            cut, self.door.cut = self.door.cut, False
            assert confirmed(choice, self.door, round_.sheet)
            self.door.cut = cut

    @invariant()
    def nothing_is_signed_unseen_or_incomplete(self) -> None:
        for effect in self.walk.asked[self.checked :]:
            if isinstance(effect, Sign):
                sheet = effect.sheet
                lines = {line_key(plan) for plan in sheet.assessment.lines}
                assert {choice.line for choice in effect.choices} == lines
                assert lines <= self.walk.seen[(sheet.person.patient_id, sheet.head)]
        self.checked = len(self.walk.asked)

    @invariant()
    def choices_are_never_lost_without_a_word(self) -> None:
        """What is chosen is in the round or in a draft; a signed one is neither."""
        session = self.walk.session
        for sheet, choices, _ in self.door.signatures:
            assert all(isinstance(choice, Choice) for choice in choices)
            assert sheet.person.patient_id
        if session.round is not None:
            assert session.round.patient_id not in session.drafts


def test_the_patients_are_what_the_machine_needs(stock: Stock) -> None:
    for patient in TALL:
        walk = Walk.on(Standing(stock), size=(60, 16))
        walk.take(acts.act(walk.session, "ward.point", patient))
        walk.press("enter", "d")
        assert walk.session.round is not None
        assert walk.session.round.unseen
    for patient in CHANGING:
        old, new = stock.sheets[patient].assessment.lines, stock.later[patient].assessment.lines
        assert not all(same_plan(one, other) for one, other in zip(old, new, strict=True))


@pytest.fixture
def _stock_at_hand(stock: Stock, demo_file: Path) -> None:
    del demo_file
    _OPEN["stock"] = stock


@pytest.mark.usefixtures("_stock_at_hand")
def test_the_session_holds_under_anything() -> None:
    run_state_machine_as_test(
        Rounds, settings=settings(max_examples=max(10, settings().max_examples // 4), stateful_step_count=25)
    )  # type: ignore[no-untyped-call]
