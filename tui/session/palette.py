"""The command palette: actions of the screen below it, found by a few letters of their name, id or key."""

from collections.abc import Callable
from dataclasses import replace

from tui.keys import Action, Keymap
from tui.session.dialogs import Palette
from tui.session.state import Session, Step

_SHIPPED = Keymap()


def found(session: Session) -> tuple[Action, ...]:
    """Actions that answer to what was typed, those that begin with it first."""
    dialog = session.dialog
    assert isinstance(dialog, Palette)
    typed = dialog.field.text.strip().casefold()
    names = [(_rank(typed, action), action) for action in _SHIPPED.of(session.place) if action.id != "app.palette"]
    return tuple(action for rank, action in sorted(names, key=lambda pair: pair[0]) if rank < _NOT)


_NOT = 9


def _rank(typed: str, action: Action) -> int:
    """0 for a name that begins with the text, 1 where it stands in one, 2 where its letters do in order; 9 for none."""
    names = (action.en.casefold(), action.zh.casefold(), action.id)
    if not typed or any(name.startswith(typed) for name in names):
        return 0
    if any(typed in name for name in names):
        return 1
    return 2 if any(_in_order(typed, name) for name in names) else _NOT


def _in_order(typed: str, name: str) -> bool:
    rest = iter(name)
    return all(character in rest for character in typed)


def move(session: Session, by: int) -> Step:
    """Another action of the list."""
    dialog = session.dialog
    assert isinstance(dialog, Palette)
    count = max(1, len(found(session)))
    return replace(session, dialog=replace(dialog, cursor=(dialog.cursor + by) % count)), ()


def point(session: Session, argument: str) -> Step:
    """The cursor on the action of a number."""
    dialog = session.dialog
    assert isinstance(dialog, Palette)
    return replace(session, dialog=replace(dialog, cursor=int(argument))), ()


def chosen(session: Session, act: Callable[[Session, str, str], Step]) -> Step:
    """The action under the cursor, done on the screen below."""
    dialog = session.dialog
    assert isinstance(dialog, Palette)
    actions = found(session)
    session = replace(session, dialog=None)
    return act(session, actions[dialog.cursor].id, "") if actions else (session, ())
