"""What the actions of entering do."""

from collections.abc import Mapping
from typing import Final

from titration.service.rounds.told import Role
from tui.session import doses, entry, entry_typing
from tui.session.binding import FAR, Act, by, plain
from tui.session.state import Session, Told

ENTRY_ACTS: Final[Mapping[str, Act]] = {
    "enter.open": plain(entry.open_grid),
    "enter.type": entry_typing.edit_cell,
    "enter.edit": lambda s, _: entry_typing.edit_cell(s, ""),
    "enter.point": entry.point_cell,
    "enter.left": lambda s, _: entry.move(s, -1, 0),
    "enter.right": lambda s, _: entry.move(s, 1, 0),
    "enter.up": lambda s, _: entry.move(s, 0, -1),
    "enter.down": lambda s, _: entry.move(s, 0, 1),
    "enter.page_down": by(entry.page, 1),
    "enter.page_up": by(entry.page, -1),
    "enter.first": lambda s, _: entry.move(s, 0, -FAR),
    "enter.last": lambda s, _: entry.move(s, 0, FAR),
    "enter.withdraw": plain(entry_typing.withdraw),
    "enter.day_before": by(entry.other_day, -1),
    "enter.day_after": by(entry.other_day, 1),
    "enter.back": plain(entry.back),
    "cell.done": lambda s, _: entry_typing.done(s, 0, 1),
    "cell.down": lambda s, _: entry_typing.done(s, 0, 1),
    "cell.up": lambda s, _: entry_typing.done(s, 0, -1),
    "cell.right": lambda s, _: entry_typing.done(s, 1, 0),
    "cell.left": lambda s, _: entry_typing.done(s, -1, 0),
    "line.open": lambda s, _: entry_typing.open_line(s),
    "line.done": lambda s, _: entry_typing.done(s, 0, 0),
    "text.leave": plain(entry_typing.leave_text),
    "ask.pick": entry_typing.choose,
    "ask.down": by(entry_typing.move_choice, 1),
    "ask.up": by(entry_typing.move_choice, -1),
    "ask.again": plain(entry_typing.ask_again),
    "correct.pick": entry_typing.why,
    "correct.done": plain(entry_typing.why_typed),
    "correct.give_up": plain(entry_typing.why_given_up),
    "doses.open": plain(doses.open_doses),
    "doses.given": plain(doses.given),
    "doses.another": plain(doses.another),
    "doses.not_given": plain(doses.ask_why),
    "doses.point": doses.point,
    "doses.down": by(doses.move, 1),
    "doses.up": by(doses.move, -1),
    "doses.page_down": by(doses.page, 1),
    "doses.page_up": by(doses.page, -1),
    "doses.first": by(doses.move, -FAR),
    "doses.last": by(doses.move, FAR),
    "not_given.pick": doses.why,
    "not_given.down": by(doses.move_reason, 1),
    "not_given.up": by(doses.move_reason, -1),
}

_ENTERING: Final = frozenset(
    {"enter.type", "enter.edit", "enter.withdraw", "line.open", "doses.given", "doses.another", "doses.not_given"}
)


def refused(session: Session, action_id: str) -> Told | None:
    """Why nothing can be entered now; None when it can, or the action enters nothing."""
    if action_id not in _ENTERING:
        return None
    if session.read_only:
        return Told("refused.read_only", bad=True)
    if session.user is None or session.user.role is Role.VIEWER:
        return Told("refused.viewer", bad=True)
    return None
