"""The study screen: its tabs in both languages and sizes, what it says of every state, and the mark on the ward."""

from dataclasses import replace

import pytest

from tests.tui.conftest import Opened
from tests.tui.driving import press, screen, settled
from tests.tui.hands import Hands
from tests.tui.snapshots import Compare, comparer
from tests.tui.test_screens import check
from titration.explain.phrases import LANGUAGES
from titration.service.rounds.asked import Correction, NewReading, NewStudyRow
from titration.service.rounds.demo import DEMO_MINUTE, PRESCRIBER
from titration.service.rounds.door import Door
from titration.units import UnitSystem
from tui.session.effects import LoadStudy
from tui.session.results import StudyTold
from tui.session.study import enrolled
from tui.session.study_state import TABS
from tui.views.study_course import Axis, _grid
from tui.words import say

SIZES = ((80, 24), (120, 40))
FOUNDING = "W01"
DAY = 1440
WALK: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("ward-study", ("b", "A", "0", "1", "enter", "escape")),
    ("study-schedule", ("V",)),
    ("study-endpoints", ("2",)),
    ("study-endpoints-below", ("pagedown",)),
    ("study-course", ("3",)),
    ("study-safety", ("4",)),
    ("study-nobody", ("escape", "k", "V")),
)


@pytest.fixture
def compare(request: pytest.FixtureRequest) -> Compare:
    return comparer(request)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_screens_of_the_study(language: str, size: tuple[int, int], rounds: Opened, compare: Compare) -> None:
    app = rounds(language=language)
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        for name, keys in WALK:
            await press(pilot, *keys)
            await settled(pilot)
            check(app, size)
            compare(f"{name}-{language}-{size[0]}x{size[1]}", screen(app))


def on_study(door: Door, patient: str = FOUNDING, *, later: int = 0, **chosen: object) -> Hands:
    """The study of a patient, looked at so many days after the demo's."""
    hands = Hands.on(door, size=(100, 40), **chosen)  # type: ignore[arg-type]
    hands.session = replace(hands.session, minute=DEMO_MINUTE + later * DAY)
    while hands.session.ward.cursor != patient:
        hands.press("down")
    return hands.press("V")


def line_of(hands: Hands, start: str) -> str:
    return next(line for line in hands.text.splitlines() if line[3:].startswith(start))


# -- going there and back ----------------------------------------------------------------------------------------------------


def test_it_opens_from_every_screen_on_the_patient_at_hand_and_leads_back(door: Door) -> None:
    hands = on_study(door).press("escape")
    for way in ((), ("enter",), ("R",), ("E",), ("enter", "d")):
        before = hands.press(*way).session.places
        hands.press("V")
        assert hands.session.place == "study"
        assert FOUNDING in hands.text
        hands.press("escape")
        assert hands.session.places == before
        for _ in way:
            hands.press("escape")
        assert hands.session.place == "ward"


def test_the_tab_stays_and_the_text_goes_no_further_than_its_end(door: Door) -> None:
    hands = on_study(door)
    for number, name in enumerate(TABS, 1):
        hands.press(str(number))
        assert hands.session.study.tab == name
        hands.press(*["pagedown"] * 9)
        end = hands.text
        assert hands.press("down").text == end
        hands.press("home")
        assert hands.session.study.scroll == 0
    assert hands.press("escape", "V").session.study.tab == "safety"
    assert hands.press("right").session.study.tab == "schedule"
    assert hands.press("left").session.study.tab == "safety"


def test_the_next_patient_is_the_next_one_in_the_study(door: Door) -> None:
    hands = on_study(door, "W02")
    assert say("en", "study.not_enrolled")[:40] in hands.text
    assert enrolled(hands.session) == (FOUNDING,)
    assert hands.press("n").session.study.patient == FOUNDING
    hands.press("n")
    assert hands.session.told is not None
    assert hands.session.told.key == "study.no_other"


def test_an_answer_about_somebody_left_meanwhile_is_dropped(door: Door) -> None:
    hands = on_study(door, "W02").press("escape")
    hands.slow = True
    hands.press("V", "n")
    first, second = (effect for effect in hands.waiting if isinstance(effect, LoadStudy))
    assert (first.patient_id, second.patient_id) == ("W02", FOUNDING)
    late = StudyTold(first.token, door.study("W02", minute=DEMO_MINUTE))
    from tui.session import acts

    hands.take(acts.told(hands.session, late))
    assert hands.session.study.sheet is None or hands.session.study.sheet.person.patient_id == FOUNDING
    assert "W02" not in hands.text


def test_without_the_ledger_it_says_so_and_tries_again(door: Door) -> None:
    hands = on_study(door, "W02").press("escape")
    hands.cut = True
    hands.press("up", "V")
    assert say("en", "study.not_read") in hands.text
    hands.cut = False
    assert say("en", "study.not_read") not in hands.press("r").text


# -- what it says ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("later", "state"),
    [(-4, "in_window"), (0, "due"), (1, "missed")],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_visit_at_the_end_of_treatment_day_by_day(door: Door, later: int, state: str, language: str) -> None:
    hands = on_study(door, later=later, language=language)
    assert say(language, f"study.state.{state}") in line_of(hands, "W0")  # type: ignore[arg-type]


def test_a_visit_whose_day_has_passed_is_late_and_a_held_one_done(door: Door) -> None:
    assert "LATE" in line_of(on_study(door, later=6), "W1")
    held = NewStudyRow(FOUNDING, "visits", (("visit", "W0"), ("date", "2026-03-23"), ("diet", "changed")))
    door.record(PRESCRIBER, [held], minute=DEMO_MINUTE)
    hands = on_study(door)
    assert "done" in line_of(hands, "W0")
    assert "2026-03-23" in line_of(hands, "W0")
    assert "◷" not in hands.press("escape", "r").text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_ward_says_what_is_due_whose_day_has_passed_and_what_was_missed(door: Door, language: str) -> None:
    hands = on_study(door, language=language).press("escape")
    assert say(language, "ward.study_due", count=1) in hands.text  # type: ignore[arg-type]
    assert "◷W0" in hands.text
    assert say(language, "study.peek.due", visit="W0", day="2026-03-23") in hands.text  # type: ignore[arg-type]
    hands.session = replace(hands.session, minute=DEMO_MINUTE + 6 * DAY)
    hands.press("r")
    assert say(language, "study.peek.late", visit="W1", day="2026-03-30") in hands.text  # type: ignore[arg-type]
    assert say(language, "study.peek.missed", visit="W0") in hands.text  # type: ignore[arg-type]


def test_a_serious_event_stands_first_on_two_tabs_until_it_is_withdrawn(door: Door) -> None:
    cells = (("time", "2026-03-22 08:00"), ("term", "pneumonia"), ("grade", "3"), ("serious", "yes"))
    (seq,) = door.record(PRESCRIBER, [NewStudyRow(FOUNDING, "adverse_events", cells)], minute=DEMO_MINUTE).seqs
    hands = on_study(door)
    assert "!! 2026-03-22 SERIOUS adverse event: pneumonia" in hands.text
    assert "SERIOUS" in hands.press("4").text
    door.record(PRESCRIBER, [Correction(seq, "another patient")], minute=DEMO_MINUTE)
    assert "pneumonia" not in hands.press("r").text


def test_a_low_is_told_by_both_scales_and_marked_on_the_course(door: Door) -> None:
    reading = NewReading(FOUNDING, DEMO_MINUTE - 600, 28, "2.8", "mmol/L", "random")
    door.record(PRESCRIBER, [reading], minute=DEMO_MINUTE)
    hands = on_study(door).press("4")
    assert "2.8, ADA level 2, CTCAE grade 2" in hands.text
    events = next(line for line in hands.press("3").text.splitlines() if say("en", "study.events") in line)
    assert "!" in events
    low = next(line for line in hands.text.splitlines() if say("en", "study.below") in line)
    assert low.count("!") == 2


def test_endpoints_stand_in_the_unit_that_is_shown_and_say_that_it_was_converted(door: Door) -> None:
    hands = on_study(door).press("2")
    own = next(line for line in hands.text.splitlines() if "fasting glucose, mmol/L" in line)
    assert "10.3m" in own
    other = next(line for line in hands.press("U", "U").text.splitlines() if "fasting glucose, mg/dL" in line)
    assert "≈186m" in other


def test_thresholds_are_exact_on_the_timeline_of_a_record_in_mg() -> None:
    from fractions import Fraction

    for value in range(20, 601):
        assert _grid(value / Fraction("18.0156"), UnitSystem.MGDL) == value
    for value in range(11, 334):
        assert _grid(Fraction(value, 10), UnitSystem.MMOL) == value


@pytest.mark.parametrize("days", [1, 2, 20, 58, 59, 60, 116, 400])
def test_every_day_of_the_course_has_its_column_in_order(days: int) -> None:
    axis = Axis.of(100, 100 + days - 1, 58)
    assert 0 < axis.columns <= 58
    columns = [axis.column(day) for day in range(axis.first, axis.last + 1)]
    assert columns == sorted(columns)
    assert 0 <= columns[0] <= columns[-1] < axis.columns
    for day in range(axis.first, axis.last + 1):
        assert day in axis.days_of(axis.column(day))
