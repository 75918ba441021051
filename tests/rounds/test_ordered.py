"""What was ordered on an earlier day and not given since: said on the list and beside the plan, and not asked for again."""

from titration.service.rounds.asked import NewDose
from titration.service.rounds.demo import DEMO_MINUTE as NOW
from titration.service.rounds.demo import NURSE, PRESCRIBER
from titration.service.rounds.desk import Desk
from titration.service.rounds.signing import key_of
from titration.service.rounds.told import Action, Choice, Reason, Urgency, WardRow

DAY = 1440
PATIENT = "W07"
"""Metformin at breakfast and dinner is to be stopped, sitagliptin is kept."""
BREAKFAST, DINNER = ("metformin", "breakfast", "oral"), ("metformin", "dinner", "oral")
KEPT = ("sitagliptin", "breakfast", "oral")


def signed(desk: Desk, **instead: Choice) -> None:
    sheet = desk.patient(PATIENT, minute=NOW)
    choices = [Choice(key_of(line), Action.ACCEPT, line.after) for line in sheet.assessment.lines]
    desk.sign(PRESCRIBER, sheet, [instead.get(choice.line[0], choice) for choice in choices], minute=NOW)


def row(desk: Desk, minute: int) -> WardRow:
    found = desk.ward(minute=minute).find(PATIENT)
    assert found is not None
    assert found == desk.patient(PATIENT, minute=minute).row
    return found


def ordered(found: WardRow) -> dict[tuple[str, str, str], int | None]:
    return {proposal.line: proposal.ordered for proposal in found.proposals}


def test_a_stop_that_was_signed_is_not_asked_for_again_the_next_day(desk: Desk) -> None:
    before = row(desk, NOW)
    assert ordered(before) == {BREAKFAST: None, DINNER: None, KEPT: None}
    assert {"stop", "safety_step"} <= set(before.reasons)
    signed(desk)
    assert "stop" in row(desk, NOW).reasons, "on the day of the round the list stays as it was"
    after = row(desk, NOW + DAY)
    assert ordered(after) == {BREAKFAST: 0, DINNER: 0, KEPT: None}
    assert {p.line for p in after.proposals if p.settled} == {BREAKFAST, DINNER}
    assert {"stop", "safety_step"}.isdisjoint(after.reasons)
    assert "ordered" in after.reasons
    assert after.tablets == ("sitagliptin",)
    assert after.urgency > Urgency.LOW


def test_a_drug_given_after_its_stop_is_asked_about_again(desk: Desk) -> None:
    signed(desk)
    given = NewDose(PATIENT, NOW + 700, "metformin", 1_000_000, "mg", "dinner", "oral")
    desk.record(NURSE, [given], minute=NOW + 700)
    after = row(desk, NOW + DAY)
    assert ordered(after) == {BREAKFAST: 0, DINNER: None, KEPT: None}
    assert {"stop", "safety_step"} <= set(after.reasons)


def test_a_dose_written_as_not_given_leaves_the_order_standing(desk: Desk) -> None:
    signed(desk)
    missed = NewDose(PATIENT, NOW + 700, "metformin", 0, "mg", "dinner", "oral", "withheld")
    desk.record(NURSE, [missed], minute=NOW + 700)
    assert ordered(row(desk, NOW + DAY))[DINNER] == 0


def test_an_order_other_than_the_plan_is_told_and_settles_nothing(desk: Desk) -> None:
    other = Choice(KEPT, Action.MODIFY, 100_000, Reason.LOCAL_PROTOCOL, beyond=_beyond(desk))
    signed(desk, sitagliptin=other)
    found = next(p for p in row(desk, NOW + DAY).proposals if p.line == KEPT)
    assert found.ordered == 100_000
    assert not found.settled


def _beyond(desk: Desk) -> tuple[str, ...]:
    return desk.beyond(desk.patient(PATIENT, minute=NOW), KEPT, 100_000)
