"""Modifying and rejecting: a dose of the clinician's own, the limits it goes beyond, the coded reason, the note."""

from dataclasses import replace
from decimal import Decimal
from typing import Final

from titration.explain.trace import LinePlan
from titration.service.rounds.told import Action, Choice, Reason
from titration.units import MILLI, decimal_of, grid_text, on_grid
from tui.session.dialogs import BeyondLimits, Dose, Note, Why
from tui.session.effects import Beyond
from tui.session.field import Field
from tui.session.results import BeyondTold
from tui.session.round import accepted, chosen, decide, needs_note
from tui.session.state import Session, Step, asking, line_key, say

REASONS: Final = tuple(Reason)
REASON_KEYS: Final = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "o")
_MOST: Final = Decimal(5000)
"""Above this a dose is a slip of the finger; drugs and the guard have limits of their own."""


def reject(session: Session) -> Step:
    """Keep the dose in force, with a reason."""
    line = _line(session)
    if line is None:
        return session, ()
    session, _ = decide(session)
    return replace(session, dialog=Why(line_key(line), Action.REJECT, line.before)), ()


def modify(session: Session) -> Step:
    """Ask for another dose."""
    line = _line(session)
    if line is None:
        return session, ()
    if not line.unit:
        return say(session, "dose.no_unit", bad=True), ()
    session, _ = decide(session)
    assert session.round is not None
    now = session.round.choice(line_key(line))
    start = line.after if now is None or now.dose is None else now.dose
    field = Field.holding("" if line.before is None else grid_text(start, MILLI))
    return replace(session, dialog=Dose(line_key(line), field)), ()


def _line(session: Session) -> LinePlan | None:
    return None if session.round is None else session.round.current()


def _of(session: Session, dialog: Dose | Why | BeyondLimits) -> LinePlan:
    assert session.round is not None
    return next(line for line in session.round.lines if line_key(line) == dialog.line)


def step_dose(session: Session, by: int) -> Step:
    """The typed dose one step of the device or one strength further."""
    dialog = session.dialog
    assert isinstance(dialog, Dose)
    line = _of(session, dialog)
    dose, problem = read_dose(dialog.field.text, line)
    if dose is None or (problem and problem != "dose.off_step"):
        dose = line.before or 0
    ladder = () if line.product is None else line.product.ladder
    if ladder:
        above, below = [d for d in ladder if d > dose], [d for d in ladder if d < dose]
        dose = (above[0] if above else dose) if by > 0 else (below[-1] if below else 0)
    else:
        step = MILLI if line.product is None or not line.product.increment else line.product.increment
        dose = max(0, (dose // step + by) * step)
    return replace(session, dialog=replace(dialog, field=Field.holding(grid_text(dose, MILLI)), problem=None)), ()


def read_dose(text: str, line: LinePlan) -> tuple[int | None, str | None]:
    """A typed dose in thousandths, or the key of what is wrong with it."""
    try:
        number = decimal_of(text)
        dose = on_grid(number, MILLI)
    except ValueError:
        return None, "dose.not_a_number"
    if number < 0 or number > _MOST or text.strip().startswith(("+", "-")):
        return None, "dose.not_a_number" if number <= _MOST else "dose.too_large"
    step = 0 if line.product is None else line.product.increment
    if step and dose % step and dose not in (() if line.product is None else line.product.ladder):
        return dose, "dose.off_step"
    return dose, None


def dose_typed(session: Session) -> Step:
    """Check the dose and ask the guard about it."""
    dialog = session.dialog
    assert isinstance(dialog, Dose)
    assert session.round is not None
    line = _of(session, dialog)
    dose, problem = read_dose(dialog.field.text, line)
    if dose is None or problem:
        return replace(session, dialog=replace(dialog, problem=problem)), ()
    if line.before is not None and dose == line.after:
        return say(chosen(session, accepted(line)), "dose.is_the_plan"), ()
    effect = Beyond(session.token + 1, session.round.sheet, dialog.line, dose)
    return asking(session, effect), (effect,)


def beyond_told(session: Session, told: BeyondTold) -> Step:
    """The guard answered: confirm if the dose goes beyond a limit, then the reason."""
    dialog = session.dialog
    if not isinstance(dialog, Dose) or dialog.line != told.line:
        return session, ()
    dose, _ = read_dose(dialog.field.text, _of(session, dialog))
    if dose != told.dose:
        return session, ()
    if told.limits:
        return replace(session, dialog=BeyondLimits(told.line, told.dose, told.limits)), ()
    return replace(session, dialog=_why(session, dialog, told.dose, ())), ()


def beyond_confirmed(session: Session) -> Step:
    """The clinician means it."""
    dialog = session.dialog
    assert isinstance(dialog, BeyondLimits)
    return replace(session, dialog=_why(session, dialog, dialog.dose, dialog.limits)), ()


def beyond_given_up(session: Session) -> Step:
    """Back to typing the dose."""
    dialog = session.dialog
    assert isinstance(dialog, BeyondLimits)
    return replace(session, dialog=Dose(dialog.line, Field.holding(grid_text(dialog.dose, MILLI)))), ()


def _why(session: Session, dialog: Dose | BeyondLimits, dose: int, limits: tuple[str, ...]) -> Why:
    """A dose that is the one in force is a rejection of the plan, whatever way it was typed."""
    kept = _of(session, dialog).before == dose
    return Why(dialog.line, Action.REJECT if kept else Action.MODIFY, dose, limits)


def move_reason(session: Session, by: int) -> Step:
    """Another reason of the list."""
    dialog = session.dialog
    assert isinstance(dialog, Why)
    return replace(session, dialog=replace(dialog, cursor=(dialog.cursor + by) % len(REASONS))), ()


def pick_reason(session: Session, key: str) -> Step:
    """The reason of a key, or the one the cursor is on."""
    dialog = session.dialog
    assert isinstance(dialog, Why)
    at = REASON_KEYS.index(key) if key in REASON_KEYS else dialog.cursor
    reason = REASONS[at]
    if needs_note(reason):
        return replace(session, dialog=Note(replace(dialog, cursor=at), reason, Field())), ()
    return chosen(session, _choice(dialog, reason, "")), ()


def note_typed(session: Session) -> Step:
    """The note closes the choice; it may not be empty."""
    dialog = session.dialog
    assert isinstance(dialog, Note)
    text = dialog.field.text.strip()
    if not text:
        return say(session, "note.empty", bad=True), ()
    return chosen(session, _choice(dialog.why, dialog.reason, text)), ()


def note_given_up(session: Session) -> Step:
    """Back to the reasons."""
    dialog = session.dialog
    assert isinstance(dialog, Note)
    return replace(session, dialog=dialog.why), ()


def _choice(why: Why, reason: Reason, note: str) -> Choice:
    return Choice(why.line, why.action, why.dose, reason, note, why.beyond)
