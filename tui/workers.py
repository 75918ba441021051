"""The only module that calls the door: an effect in, a result out, in a thread that ends in one message."""

from collections.abc import Callable
from threading import Lock
from typing import Final

from textual.message import Message

from titration.service.rounds.door import Door
from titration.service.rounds.told import Refused
from tui.session.effects import (
    Beyond,
    LoadBedsides,
    LoadEntries,
    LoadPatient,
    LoadRecorded,
    LoadStudy,
    LoadWard,
    Poll,
    Record,
    Request,
    Sign,
    SignIn,
    Verify,
    WhatIf,
)
from tui.session.reading_state import PAGE
from tui.session.results import (
    BedsidesTold,
    BeyondTold,
    EntriesTold,
    Failed,
    HeadTold,
    PatientTold,
    Recorded,
    RecordedTold,
    Result,
    Signed,
    SignedIn,
    StudyTold,
    Verified,
    WardTold,
    WhatIfTold,
)


class Answered(Message):
    """What came of a request."""

    def __init__(self, result: Result) -> None:
        super().__init__()
        self.result = result


class Caller:
    """Calls one door from threads: the whole ward beside everything else, each in the order it was asked.

    Reading a large ward takes most of a second; opening the next patient does not wait for it. A request for the ward or a
    patient that a later one has overtaken before it began is not made at all, for nobody waits for its answer any more.
    """

    def __init__(self, door: Door) -> None:
        self._door: Final = door
        self._ward: Final = Lock()
        self._rest: Final = Lock()
        self._latest: dict[str, int] = {}

    def expect(self, effect: Request) -> None:
        """Note what is asked for, before its thread starts."""
        self._latest[effect.purpose] = effect.token

    def perform(self, effect: Request, minute: int, post: Callable[[Answered], object]) -> None:
        """Run in a thread: ask the door and post what it said."""
        if isinstance(effect, Verify):
            # A check of the whole chain takes a while and reads only: nobody waits for it.
            post(Answered(answer(self._door, effect, minute)))
            return
        with self._ward if isinstance(effect, LoadWard) else self._rest:
            if isinstance(effect, LoadWard | LoadPatient) and self._latest.get(effect.purpose, 0) > effect.token:
                return
            result = answer(self._door, effect, minute)
        post(Answered(result))

    def close(self) -> None:
        """Let go of the ledger, once no call is under way."""
        with self._ward, self._rest:
            self._door.close()


def answer(door: Door, effect: Request, minute: int) -> Result:
    """What the door says to an effect; whatever it refuses or cannot do is a result as well."""
    try:
        return _asked(door, effect, minute)
    except Refused as refused:
        return Failed(effect, refused.code, str(refused))
    except Exception as error:  # noqa: BLE001 - a fault behind the door must not end a round; it is shown, by kind only
        return Failed(effect, "error", type(error).__name__)


def _asked(door: Door, effect: Request, minute: int) -> Result:
    token = effect.token
    match effect:
        case SignIn():
            return SignedIn(token, door.sign_in(effect.name, effect.passphrase, minute=minute))
        case LoadWard():
            return WardTold(token, door.ward(minute=minute), door.pack)
        case LoadPatient():
            return PatientTold(token, door.patient(effect.patient_id, minute=minute), door.pack)
        case Poll():
            return HeadTold(token, effect.patient_id, door.head(effect.patient_id))
        case Beyond():
            return BeyondTold(token, effect.line, effect.dose, door.beyond(effect.sheet, effect.line, effect.dose))
        case Sign():
            receipt = door.sign(effect.user, effect.sheet, effect.choices, minute=minute)
            return Signed(token, effect.sheet.person.patient_id, receipt)
        case LoadBedsides():
            head = door.head()
            changed = [patient for patient, last in effect.known if last < 0 or door.head(patient) != last]
            sheets = tuple(door.patient(patient, minute=minute) for patient in changed)
            return BedsidesTold(token, head, sheets)
        case WhatIf():
            readings, parameters = dict(effect.readings), dict(effect.parameters)
            return WhatIfTold(
                token, door.what_if(effect.patient_id, minute=minute, readings=readings, parameters=parameters)
            )
        case LoadEntries():
            found = door.entries(
                patient_id=effect.patient_id, kinds=effect.kinds, author=effect.author, before=effect.before, most=PAGE
            )
            return EntriesTold(token, effect.before, found)
        case LoadRecorded():
            return RecordedTold(token, door.recorded_plan(effect.seq))
        case LoadStudy():
            return StudyTold(token, door.study(effect.patient_id, minute=minute))
        case Verify():
            return Verified(token, *door.verify())
        case Record():
            return Recorded(token, door.record(effect.user, effect.asked, minute=minute))
