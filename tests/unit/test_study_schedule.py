"""Who is due: states of a visit over its days, rescheduling, anchors that have not happened, phases."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from titration.clinical import EventKind
from titration.study.protocol import Protocol, load_protocol
from titration.study.schedule import (
    Anchors,
    Appointment,
    Kept,
    VisitState,
    Window,
    infusion_schedule,
    phase_events,
    phases,
    state_of,
    visit_schedule,
)

ROOT = Path(__file__).resolve().parents[2]
FOUNDING: Protocol = load_protocol(ROOT / "rules" / "protocols" / "huc-msc-2022.toml")
START = 20_000
GIVEN = Anchors(START, (START, START + 7, START + 14))
S = VisitState
DAYS = st.integers(-40, 140)


def named(found: tuple[Appointment, ...]) -> dict[str, Appointment]:
    return {each.name: each for each in found}


@pytest.mark.parametrize(
    ("as_of", "state"),
    [
        (96, S.NOT_YET),
        (97, S.IN_WINDOW),
        (99, S.IN_WINDOW),
        (100, S.DUE),
        (101, S.LATE),
        (103, S.LATE),
        (104, S.MISSED),
    ],
)
def test_a_visit_goes_from_not_yet_over_due_to_missed(as_of: int, state: VisitState) -> None:
    assert state_of(Window(100, 97, 103), Kept(), as_of) is state


@pytest.mark.parametrize(
    ("held", "state"),
    [(96, S.OUT_OF_WINDOW), (97, S.DONE), (103, S.DONE), (104, S.OUT_OF_WINDOW), (110, S.OUT_OF_WINDOW)],
)
def test_a_visit_held_is_done_or_out_of_its_window(held: int, state: VisitState) -> None:
    assert state_of(Window(100, 97, 103), Kept(held), 120) is state


def test_a_visit_of_tomorrow_is_not_known_today() -> None:
    assert state_of(Window(100, 97, 103), Kept(102), 101) is S.LATE


def test_a_new_appointment_moves_the_day_and_never_the_window() -> None:
    window = Window(100, 97, 103)
    assert state_of(window, Kept(None, 102), 100) is S.IN_WINDOW
    assert state_of(window, Kept(None, 102), 102) is S.DUE
    assert state_of(window, Kept(None, 106), 105) is S.MISSED
    found = named(visit_schedule(FOUNDING, GIVEN, {"W4": Kept(None, START + 14 + 32)}, as_of=START + 14 + 20))["W4"]
    assert found.rescheduled_outside
    assert found.window == Window(START + 42, START + 39, START + 45)


def test_visits_count_from_the_last_infusion_given() -> None:
    late = Anchors(START, (START, START + 9, START + 18))
    found = named(visit_schedule(FOUNDING, late, {}, as_of=START + 20))
    assert found["W0"].window == Window(START + 18, START + 15, START + 21)
    assert found["B"].window == Window(START, START - 3, START)
    assert not found["W4"].provisional


def test_before_the_last_infusion_the_days_are_provisional() -> None:
    found = named(visit_schedule(FOUNDING, Anchors(START, (START, START + 8)), {}, as_of=START + 9))
    assert found["W0"].provisional
    assert found["W0"].window is not None
    assert found["W0"].window.target == START + 15


def test_without_a_baseline_every_visit_waits() -> None:
    found = visit_schedule(FOUNDING, Anchors(), {}, as_of=START)
    assert {each.state for each in found} == {S.WAITING}


def test_an_infusion_counts_from_the_one_before_it() -> None:
    found = named(infusion_schedule(FOUNDING, Anchors(START, (START + 1, START + 12)), as_of=START + 15))
    assert found["I1"].state is S.DONE
    assert found["I2"].state is S.OUT_OF_WINDOW, "11 days after the first, allowed are 4 to 10"
    assert found["I3"].window == Window(START + 19, START + 16, START + 22)
    assert found["I3"].state is S.NOT_YET


def test_the_protocol_sets_phases_and_taper_mode() -> None:
    found = phases(FOUNDING, GIVEN)
    assert [(p.phase.id, p.day - START) for p in found] == [("screening", -56), ("treatment", 0), ("follow_up", 15)]
    assert phase_events(FOUNDING, GIVEN) == (
        (START - 56, EventKind.PHASE_SCREENING),
        (START, EventKind.PHASE_TREATMENT),
        (START, EventKind.TAPER_ON),
        (START + 15, EventKind.PHASE_FOLLOW_UP),
    )
    planned = phases(FOUNDING, Anchors(START, (START,)))
    assert [p.phase.id for p in planned] == ["screening", "treatment"], "a planned infusion begins no follow-up"


@given(
    st.integers(-5_000, 5_000), DAYS, st.lists(st.integers(0, 30), max_size=4), st.dictionaries(
        st.sampled_from([v.id for v in FOUNDING.visits]), st.tuples(st.none() | DAYS, st.none() | DAYS), max_size=7
    ),
)  # fmt: skip
def test_moving_every_date_moves_the_schedule_and_nothing_else(
    shift: int, as_of: int, infusions: list[int], kept: dict[str, tuple[int | None, int | None]]
) -> None:
    def made(by: int) -> list[tuple[object, ...]]:
        def moved(day: int | None) -> int | None:
            return None if day is None else START + by + day

        anchors = Anchors(START + by, tuple(START + by + day for day in sorted(infusions)))
        visits = {name: Kept(moved(held), moved(to)) for name, (held, to) in kept.items()}
        found = (
            *visit_schedule(FOUNDING, anchors, visits, as_of=START + by + as_of),
            *infusion_schedule(FOUNDING, anchors, as_of=START + by + as_of),
        )
        back: list[tuple[object, ...]] = []
        for each in found:
            window = each.window and (each.window.target - by, each.window.first - by, each.window.last - by)
            appointed = None if each.appointed is None else each.appointed - by
            held = None if each.held is None else each.held - by
            back.append((each.name, window, appointed, held, each.state, each.rescheduled_outside, each.provisional))
        return back

    assert made(shift) == made(0)


@given(DAYS, DAYS)
def test_time_alone_never_reopens_a_missed_visit(first: int, second: int) -> None:
    window = Window(50, 47, 53)
    order = [S.NOT_YET, S.IN_WINDOW, S.DUE, S.LATE, S.MISSED]
    earlier, later = sorted((first, second))
    assert order.index(state_of(window, Kept(), earlier)) <= order.index(state_of(window, Kept(), later))
