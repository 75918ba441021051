"""What the actions of looking up do: rules and ledger."""

from collections.abc import Mapping
from typing import Final

from tui.session import entry, ledger, rules
from tui.session.binding import FAR, Act, by, plain
from tui.session.state import Session, Told


def refused(session: Session, action_id: str) -> Told | None:
    """Why something cannot be looked up or tried now."""
    if action_id == "rules.change" and session.rules.tab not in ("parameters", "try"):
        return Told("try.only")
    return None


READING_ACTS: Final[Mapping[str, Act]] = {
    "rules.open": plain(rules.open_rules),
    "rules.change": plain(rules.change),
    "rules.take_back": plain(rules.take_back),
    "rules.next_tab": by(rules.turn, 1),
    "rules.previous_tab": by(rules.turn, -1),
    "rules.tab": rules.tab,
    "rules.point": rules.point,
    "rules.down": by(rules.move, 1),
    "rules.up": by(rules.move, -1),
    "rules.page_down": by(rules.page, 1),
    "rules.page_up": by(rules.page, -1),
    "rules.first": by(rules.move, -FAR),
    "rules.last": by(rules.move, FAR),
    "rules.scroll_down": by(rules.scroll, 3),
    "rules.scroll_up": by(rules.scroll, -3),
    "look.back": plain(entry.back),
    "trial.done": plain(rules.tried),
    "trial.leave": plain(rules.leave),
    "ledger.open": plain(ledger.open_ledger),
    "ledger.plan": plain(ledger.open_plan),
    "ledger.verify": plain(ledger.verify),
    "ledger.kinds": plain(ledger.cycle_kinds),
    "ledger.author": plain(ledger.cycle_author),
    "ledger.patient": plain(ledger.toggle_patient),
    "ledger.reload": plain(ledger.reload),
    "ledger.point": ledger.point,
    "ledger.down": by(ledger.move, 1),
    "ledger.up": by(ledger.move, -1),
    "ledger.page_down": by(ledger.page, 1),
    "ledger.page_up": by(ledger.page, -1),
    "ledger.first": by(ledger.move, -FAR),
    "ledger.last": by(ledger.move, FAR),
    "recorded.down": by(ledger.scroll, 5),
    "recorded.up": by(ledger.scroll, -5),
}
