"""A session walked without a screen: keys in, answers of a door at once or in any order, pages painted after each step."""

from dataclasses import dataclass, field, replace

from titration.service.rounds.demo import DEMO_MINUTE
from titration.service.rounds.door import Door
from tui.keys import Keymap
from tui.session import acts, gate
from tui.session.effects import Effect, Quit, Request
from tui.session.state import Session, Settings, Step
from tui.views.frame import page
from tui.views.page import Page
from tui.workers import answer

KEYMAP = Keymap()


@dataclass
class Walk:
    """A session with its door, and what it has asked for that is not answered yet."""

    door: Door
    session: Session
    waiting: list[Request] = field(default_factory=list)
    asked: list[Effect] = field(default_factory=list)
    shown: Page | None = None
    ended: bool = False
    at_once: bool = True
    seen: dict[tuple[str, int], set[object]] = field(default_factory=dict)
    """Lines that stood with their limits on a painted page, by patient and head."""

    @classmethod
    def on(
        cls,
        door: Door,
        *,
        size: tuple[int, int] = (80, 24),
        settings: Settings | None = None,
        at_once: bool = True,
    ) -> "Walk":
        session = Session(
            pack=door.pack,
            users=door.users,
            needs_passphrase=door.needs_passphrase,
            read_only=door.read_only,
            settings=settings or Settings(),
            size=size,
            minute=DEMO_MINUTE,
        )
        walk = cls(door, session, at_once=at_once)
        walk.take(gate.start(session))
        return walk

    def take(self, step: Step) -> None:
        """The next session, painted; what it asks for is answered at once, or waits."""
        self.session, effects = step
        self.paint()
        for effect in effects:
            self.asked.append(effect)
            if isinstance(effect, Quit):
                self.ended = True
            else:
                self.waiting.append(effect)
        while self.at_once and self.waiting:
            self.answer(0)

    def answer(self, which: int) -> None:
        """The door answers one of the waiting requests."""
        effect = self.waiting.pop(which)
        self.take(acts.told(self.session, answer(self.door, effect, self.session.minute)))

    def paint(self) -> Page:
        """Paint, and tell the session what was on the page."""
        shown = page(self.session, KEYMAP)
        if self.session.round is not None:
            sheet = self.session.round.sheet
            self.seen.setdefault((sheet.person.patient_id, sheet.head), set()).update(shown.seen)
        after = acts.painted(self.session, shown.seen, shown.scroll_most)
        if after is not self.session:
            self.session = after
            shown = page(self.session, KEYMAP)
        self.shown = shown
        return shown

    def press(self, *keys: str) -> "Walk":
        for key in keys:
            self.take(acts.press(self.session, key, KEYMAP))
        return self

    def tick(self, minutes: int = 0) -> None:
        self.take(acts.tick(acts.at(self.session, self.session.minute + minutes)))

    def resize(self, size: tuple[int, int]) -> None:
        self.take((acts.resized(self.session, size), ()))

    def choose(self, **settings: object) -> None:
        chosen = replace(self.session.settings, **settings)  # type: ignore[arg-type]
        self.take((replace(self.session, settings=chosen), ()))

    @property
    def text(self) -> str:
        assert self.shown is not None
        return self.shown.text

    @property
    def rows(self) -> list[str]:
        return self.text.splitlines()
