"""A session worked without a screen: keys in, the door's answers at once or when a test says, the page after each step."""

from dataclasses import dataclass, field

from titration.service.rounds.demo import DEMO_MINUTE
from titration.service.rounds.door import Door
from titration.service.rounds.told import User
from tui.keys import Keymap
from tui.session import acts, gate
from tui.session.effects import Effect, Quit, Request
from tui.session.results import Failed
from tui.session.state import Session, Settings, Step
from tui.views.frame import page
from tui.views.page import Page, cells
from tui.workers import answer

KEYMAP = Keymap()


@dataclass
class Hands:
    """A session on a door. ``cut`` loses the connection; ``slow`` leaves requests waiting until ``answer``."""

    door: Door
    session: Session
    cut: bool = False
    slow: bool = False
    waiting: list[Request] = field(default_factory=list[Request])
    ended: bool = False

    @classmethod
    def on(cls, door: Door, *, size: tuple[int, int] = (80, 24), user: User | None = None, **chosen: object) -> "Hands":
        session = Session(
            pack=door.pack,
            users=door.users if user is None else (user,),
            needs_passphrase=False,
            read_only=door.read_only,
            formulary=door.formulary,
            settings=Settings(**chosen),  # type: ignore[arg-type]
            size=size,
            minute=DEMO_MINUTE,
        )
        hands = cls(door, session)
        hands.take(gate.start(session))
        return hands

    def take(self, step: Step) -> None:
        """The next session, painted; what it asks for is answered."""
        self.session, effects = step
        shown = self.page
        self.session = acts.painted(self.session, shown.seen, shown.scroll_most)
        for effect in effects:
            self._ask(effect)

    def _ask(self, effect: Effect) -> None:
        if isinstance(effect, Quit):
            self.ended = True
        elif self.slow:
            self.waiting.append(effect)
        else:
            self._answer(effect)

    def _answer(self, effect: Request) -> None:
        lost = Failed(effect, "lost", "the ledger cannot be reached")
        result = lost if self.cut else answer(self.door, effect, self.session.minute)
        self.take(acts.told(self.session, result))

    def answer(self) -> "Hands":
        """Whatever waits is answered, and what that asks for."""
        while self.waiting:
            self._answer(self.waiting.pop(0))
        return self

    def press(self, *keys: str) -> "Hands":
        for key in keys:
            self.take(acts.press(self.session, key, KEYMAP))
        return self

    def type(self, text: str) -> "Hands":
        return self.press(*("space" if c == " " else c for c in text))

    def tick(self) -> "Hands":
        self.take(acts.tick(self.session))
        return self

    @property
    def page(self) -> Page:
        """What stands on the screen; every row is exactly as wide as the terminal."""
        shown = page(self.session, KEYMAP)
        width, height = self.session.size
        assert len(shown.rows) == height
        for row in shown.rows:
            assert cells(row.text) == width, row.text
        return shown

    @property
    def text(self) -> str:
        return self.page.text
