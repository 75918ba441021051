"""One session talked to by lines: what it says, in words, wrapped for a terminal or a pipe."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from titration.explain.layout import wrap
from titration.explain.phrases import Language
from titration.explain.voice import Voice
from titration.service.rounds.door import Door
from titration.service.rounds.told import LineKey, User
from tui.session import acts, gate
from tui.session.effects import Quit
from tui.session.state import Round, Session, Settings, Step
from tui.views.frame import told_text
from tui.views.page import clean
from tui.words import say
from tui.workers import answer

WIDTH: Final = 80


@dataclass
class Talk:
    """One session on a door. ``refused`` once anything asked for could not be done; ``beyond`` are the doses
    (with patient, last entry of the record, and line) whose limits were told."""

    door: Door
    session: Session
    clock: Callable[[], int]
    write: Callable[[str], object]
    refused: bool = False
    ended: bool = False
    leaving: bool = False
    beyond: set[tuple[str, int, LineKey, int]] = field(default_factory=set[tuple[str, int, LineKey, int]])

    @classmethod
    def on(
        cls,
        door: Door,
        settings: Settings,
        *,
        clock: Callable[[], int],
        write: Callable[[str], object],
        user: User | None,
    ) -> "Talk":
        """A talk on a door, with ``user`` signed in."""
        session = Session(
            pack=door.pack,
            users=() if user is None else (user,),
            needs_passphrase=False,
            read_only=door.read_only,
            formulary=door.formulary,
            settings=settings,
            size=(WIDTH, 24),
            minute=clock(),
        )
        talk = cls(door, session, clock, write)
        talk.take(gate.start(session))
        return talk

    def take(self, step: Step) -> None:
        """The next session; what it asks the door for is answered at once."""
        self.session, effects = step
        for effect in effects:
            if isinstance(effect, Quit):
                self.ended = True
            else:
                self.take(acts.told(self.session, answer(self.door, effect, self.session.minute)))

    def do(self, action: str, argument: str = "") -> bool:
        """Carry out an action and say what the session says; False where it was refused."""
        self.session = replace(self.session, told=None)
        self.take(acts.act(self.session, action, argument))
        told = self.session.told if self.session.lost is None else self.session.lost
        if told is None:
            return True
        self.say(f"{'! ' if told.bad else ''}{told_text(told, self.language)}")
        self.refused |= told.bad
        return not told.bad

    @property
    def language(self) -> Language:
        """The language of the answers."""
        return self.session.settings.language

    def text(self, key: str, **fields: object) -> str:
        """A text of ``words``."""
        return say(self.language, key, **fields)

    def say(self, text: str) -> None:
        """Write a sentence, with nothing in it that a terminal would obey."""
        for part in wrap(clean(text), width=WIDTH):
            self.write(part + "\n")

    def no(self, key: str, **fields: object) -> None:
        """Say why something was not done."""
        self.refused = True
        self.say(self.text(key, **fields))

    def opened(self) -> tuple[Round, Voice] | None:
        """The open patient; says so where there is none."""
        round_ = self.session.round
        if round_ is None:
            self.no("plain.no_patient")
            return None
        return round_, self.session.voice(round_.sheet.person.system)

    def idle(self) -> bool:
        """Whether nobody has typed for as long as locks the screen."""
        minutes = self.session.settings.idle_minutes
        return bool(minutes) and self.clock() - self.session.last_key >= minutes

    def awake(self) -> None:
        """Somebody is here."""
        self.session = replace(self.session, last_key=self.clock())
