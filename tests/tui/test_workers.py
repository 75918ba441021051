"""Calls of the door from threads: one message each, none for what was overtaken, faults as results."""

import threading
from dataclasses import dataclass, field

from tests.tui.standing import DOCTOR, Standing
from titration.service.rounds.told import WardSheet
from tui.session.effects import Beyond, LoadPatient, LoadWard, Poll, Sign, SignIn
from tui.session.results import BeyondTold, Failed, HeadTold, PatientTold, Signed, WardTold
from tui.workers import Answered, Caller, answer


@dataclass
class Post:
    """Collects what workers post."""

    said: list[Answered] = field(default_factory=list)

    def __call__(self, message: Answered) -> None:
        self.said.append(message)


def test_every_effect_has_its_answer(standing: Standing) -> None:
    sheet = standing.patient("W04", minute=0)
    line = sheet.assessment.lines[2]
    key = (line.drug, line.slot.text, line.route.text)
    assert isinstance(answer(standing, LoadWard(1), 0), WardTold)
    assert isinstance(answer(standing, LoadPatient(2, "W04"), 0), PatientTold)
    assert answer(standing, Poll(3, "W04"), 0) == HeadTold(3, "W04", 900)
    assert answer(standing, Beyond(4, sheet, key, 9000), 0) == BeyondTold(4, key, 9000, ("step_cap",))
    assert isinstance(answer(standing, Sign(5, DOCTOR, sheet, ()), 0), Signed)


def test_a_refusal_and_a_fault_are_results_without_values(standing: Standing) -> None:
    wrong = SignIn(1, "Dr Lin", "secret")
    refused = answer(standing, wrong, 0)
    assert isinstance(refused, Failed)
    assert (refused.code, refused.token) == ("locked", 1)
    fault = answer(standing, LoadPatient(2, "nobody"), 0)
    assert isinstance(fault, Failed)
    assert (fault.code, fault.message) == ("error", "KeyError")


def test_a_request_that_was_overtaken_is_not_made(standing: Standing) -> None:
    caller, post = Caller(standing), Post()
    first, second = LoadPatient(1, "W04"), LoadPatient(2, "W05")
    caller.expect(first)
    caller.expect(second)
    caller.perform(first, 0, post)
    caller.perform(second, 0, post)
    assert [message.result.token for message in post.said] == [2]


class Held(Standing):
    """A door whose ward waits."""

    let_through = threading.Event()

    def ward(self, *, minute: int) -> WardSheet:
        self.let_through.wait(10)
        return super().ward(minute=minute)


def test_a_patient_does_not_wait_for_the_ward(standing: Standing) -> None:
    door = Held(standing.stock)
    door.let_through = threading.Event()
    caller, post = Caller(door), Post()
    slow = threading.Thread(target=caller.perform, args=(LoadWard(1), 0, post))
    slow.start()
    caller.perform(LoadPatient(2, "W04"), 0, post)
    assert [message.result.purpose for message in post.said] == ["patient"]
    door.let_through.set()
    slow.join(10)
    assert [message.result.purpose for message in post.said] == ["patient", "ward"]
