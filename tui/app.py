"""The application: keys, clicks and answers go into the session; its page is painted and its effects are carried out."""

from collections.abc import Callable
from dataclasses import replace

from textual import events
from textual.app import ComposeResult
from textual.geometry import Offset

from titration.service.rounds.door import Door
from tui.faults import DiscreetApp
from tui.keys import Keymap
from tui.paper import Paper, key_name
from tui.session import acts, gate
from tui.session.effects import Effect, Quit
from tui.session.state import Session, Settings, Step
from tui.views.frame import page
from tui.workers import Answered, Caller

BEAT = 2.0
"""Seconds between two looks at the ledger's head."""


class RoundsApp(DiscreetApp, inherit_bindings=False):
    """One session on one door. ``clock`` tells local minutes since 1970-01-01 and is the only clock there is."""

    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    TITLE = "titration rounds"

    def __init__(
        self,
        door: Door,
        *,
        clock: Callable[[], int],
        settings: Settings | None = None,
        keymap: Keymap | None = None,
        beat: float | None = BEAT,
    ) -> None:
        super().__init__()
        self._caller = Caller(door)
        self._clock = clock
        self._beat = beat
        self.keymap = keymap or Keymap()
        chosen = settings or Settings()
        if self.no_color:
            chosen = replace(chosen, theme="mono")
        self.session = Session(
            pack=door.pack,
            formulary=door.formulary,
            users=door.users,
            needs_passphrase=door.needs_passphrase,
            read_only=door.read_only,
            settings=chosen,
            minute=clock(),
        )

    def compose(self) -> ComposeResult:
        """One sheet of paper."""
        yield Paper()

    @property
    def paper(self) -> Paper:
        """The widget everything is painted on."""
        return self.query_one(Paper)

    def on_mount(self) -> None:
        """Start at the gate; look at the ledger every beat."""
        self.animation_level = "none"
        self.paper.focus()
        self.session = acts.resized(self.session, (self.size.width, self.size.height))
        self.step(gate.start(self.session))
        if self._beat is not None:
            self.set_interval(self._beat, self.beat)

    def step(self, step: Step) -> None:
        """Take the next session: paint it, then carry out what it asks for."""
        self.session, effects = step
        self.paint()
        for effect in effects:
            self._carry_out(effect)

    def paint(self) -> None:
        """Put the session's page on the screen and tell the session what stood there."""
        shown = page(self.session, self.keymap)
        after = acts.painted(self.session, shown.seen, shown.scroll_most)
        if after is not self.session:
            self.session = after
            shown = page(self.session, self.keymap)
        self.paper.show(shown, self.session.settings.theme)
        if shown.caret is not None:
            self.cursor_position = Offset(*shown.caret)

    def _carry_out(self, effect: Effect) -> None:
        if isinstance(effect, Quit):
            self.exit(0)
            return
        minute = self._clock()
        self._caller.expect(effect)
        self.run_worker(
            lambda: self._caller.perform(effect, minute, self.post_message),
            name=effect.purpose,
            group=effect.purpose,
            thread=True,
            exit_on_error=False,
        )

    def now(self) -> Session:
        """The session at this minute."""
        return acts.at(self.session, self._clock())

    def beat(self) -> None:
        """Two seconds have passed."""
        self.step(acts.tick(self.now()))

    def on_answered(self, message: Answered) -> None:
        """The door answered."""
        self.step(acts.told(self.now(), message.result))

    def on_key(self, event: events.Key) -> None:
        """A key was pressed."""
        event.stop()
        event.prevent_default()
        self.step(acts.press(self.now(), key_name(event), self.keymap))

    def on_paste(self, event: events.Paste) -> None:
        """Text was pasted."""
        event.stop()
        self.step(acts.paste(self.now(), event.text))

    def on_click(self, event: events.Click) -> None:
        """A click does what stands there; a second one opens it."""
        target = self.paper.target_at(event.x, event.y)
        if target is not None:
            self.step(acts.click(self.now(), target.action, target.argument, twice=event.chain > 1))

    def on_mouse_scroll_down(self) -> None:
        """The wheel is a key like any other."""
        self.step(acts.press(self.now(), "wheel.down", self.keymap))

    def on_mouse_scroll_up(self) -> None:
        """The wheel is a key like any other."""
        self.step(acts.press(self.now(), "wheel.up", self.keymap))

    def on_resize(self, event: events.Resize) -> None:
        """The terminal has another size."""
        self.session = acts.resized(self.session, (event.size.width, event.size.height))
        self.paint()

    def on_unmount(self) -> None:
        """Let go of the ledger."""
        self._caller.close()
