"""One patient: opening, reading, choosing for each line, undoing, signing."""

from collections.abc import Mapping
from dataclasses import replace

from titration.clinical import PlanKind
from titration.explain.trace import LinePlan
from titration.service.rounds.told import Action, Choice, LineKey, PatientSheet, Reason
from tui.session.dialogs import BeyondLimits, Dialog, Dose, Note, Why
from tui.session.effects import LoadPatient, Sign
from tui.session.results import PatientTold, Signed
from tui.session.state import DECIDE, PATIENT, SPANS, WARD, Draft, Round, Session, Step, asking, line_key, say
from tui.session.ward import next_open, point, reload


def open_patient(session: Session, patient_id: str) -> Step:
    """Ask for a patient's plan; the screen changes when it arrives."""
    if not patient_id:
        return session, ()
    effect = LoadPatient(session.token + 1, patient_id)
    return replace(asking(session, effect), opening=patient_id, told=None), (effect,)


def patient_told(session: Session, told: PatientTold) -> Step:
    """A plan arrived: choices made on an earlier one stay where the plan of their line is the same."""
    patient_id = told.sheet.person.patient_id
    if session.opening != patient_id:
        return session, ()
    before = session.round
    reloaded = before is not None and before.patient_id == patient_id
    if before is not None and not reloaded:
        session = put_aside(session)
    draft = _draft(before) if before is not None and reloaded else session.drafts.get(patient_id)
    opened, dropped = _resumed(told.sheet, draft)
    if before is not None and reloaded:
        opened = replace(opened, cursor=min(before.cursor, len(opened.lines)), days=before.days, full=before.full)
    places = session.places if reloaded else (WARD, PATIENT)
    session = replace(
        session, pack=told.pack, round=opened, places=places, opening=None, drafts=_without(session.drafts, patient_id)
    )
    session, _ = point(session, patient_id)
    if not reloaded or _asks_of_changed(session.dialog, before, opened):
        session = replace(session, dialog=None)
    if dropped:
        return say(session, "round.dropped", bad=True, count=dropped), ()
    return (say(session, "round.reloaded") if reloaded else session), ()


def _asks_of_changed(dialog: Dialog | None, before: Round | None, after: Round) -> bool:
    """Whether a question is about a line whose plan is no longer what it was asked on."""
    asked = dialog.why if isinstance(dialog, Note) else dialog
    if before is None or not isinstance(asked, Dose | Why | BeyondLimits):
        return False
    old = {line_key(line): line for line in before.lines}
    new = {line_key(line): line for line in after.lines}
    return asked.line not in new or not same_plan(old[asked.line], new[asked.line])


def _draft(round_: Round) -> Draft:
    return Draft(round_.sheet, round_.choices, round_.past)


def _resumed(sheet: PatientSheet, draft: Draft | None) -> tuple[Round, int]:
    """A fresh round with the choices of a draft that still stand, and how many do not."""
    if draft is None:
        return Round(sheet, cursor=_first_change(sheet)), 0
    old = {line_key(line): line for line in draft.sheet.assessment.lines}
    new = {line_key(line): line for line in sheet.assessment.lines}
    kept = tuple(c for c in draft.choices if c.line in new and same_plan(old[c.line], new[c.line]))
    if draft.sheet.head == sheet.head and len(kept) == len(draft.choices):
        return Round(sheet, kept, draft.past, cursor=_first_change(sheet)), 0
    return Round(sheet, kept, cursor=_first_change(sheet)), len(draft.choices) - len(kept)


def _first_change(sheet: PatientSheet) -> int:
    """The first line with something to decide; the first of all where nothing changes."""
    lines = sheet.assessment.lines
    return next((i for i, line in enumerate(lines) if line.kind is not PlanKind.HOLD), 0)


def same_plan(old: LinePlan, new: LinePlan) -> bool:
    """Whether two plans of a line ask for the same: what was chosen on the one holds for the other."""

    def essence(line: LinePlan) -> tuple[object, ...]:
        rule = None if line.rule is None else line.rule.rule_id
        return (line.kind, line.before, line.after, line.unit, line.proposed, line.limits, rule)

    return essence(old) == essence(new)


def put_aside(session: Session) -> Session:
    """The open patient closed; choices that are not signed are kept as a draft."""
    if session.round is None:
        return session
    drafts = dict(session.drafts)
    if session.round.choices:
        drafts[session.round.patient_id] = _draft(session.round)
    return replace(session, round=None, drafts=drafts, opening=None, dialog=None)


def _without(drafts: Mapping[str, Draft], patient_id: str) -> dict[str, Draft]:
    return {name: draft for name, draft in drafts.items() if name != patient_id}


def back(session: Session) -> Step:
    """From the decision to the patient, from the patient to the ward."""
    if len(session.places) == 1:
        return session, ()
    session = replace(session, places=session.places[:-1], told=None)
    if session.place != WARD:
        return session, ()
    return reload(put_aside(session))


def neighbour(session: Session, by: int) -> Step:
    """The next or previous patient of the list, with what was chosen here put aside."""
    ids = [item for item in session.ward.items if isinstance(item, str)]
    if session.round is None or session.round.patient_id not in ids:
        return session, ()
    at = ids.index(session.round.patient_id) + by
    return open_patient(session, ids[at]) if 0 <= at < len(ids) else (say(session, "round.no_more"), ())


def reload_patient(session: Session) -> Step:
    """Plan the open patient again from what is recorded now."""
    return (session, ()) if session.round is None else open_patient(session, session.round.patient_id)


def changed(session: Session, **fields: object) -> Session:
    """The session with fields of its round changed."""
    assert session.round is not None
    return replace(session, round=replace(session.round, **fields))


def move(session: Session, by: int) -> Step:
    """Another line of the plan."""
    if session.round is None or not session.round.lines:
        return session, ()
    to = max(0, min(len(session.round.lines) - 1, session.round.cursor + by))
    return changed(session, cursor=to, scroll=0), ()


def point_line(session: Session, argument: str) -> Step:
    """The cursor on the line of a number."""
    if session.round is None or not argument.isdigit():
        return session, ()
    return move(session, int(argument) - session.round.cursor)


def scroll(session: Session, by: int) -> Step:
    """The text ``by`` rows further; how far it goes is known once it was painted."""
    if session.round is None:
        return session, ()
    return changed(session, scroll=max(0, session.round.scroll + by)), ()


def toggle_full(session: Session) -> Step:
    """The whole explanation, or the chart."""
    if session.round is None:
        return session, ()
    session = changed(session, full=not session.round.full, scroll=0)
    return replace(session, places=(WARD, PATIENT)), ()


def zoom(session: Session, by: int) -> Step:
    """More or fewer days on the chart."""
    if session.round is None:
        return session, ()
    at = SPANS.index(session.round.days) + by
    return changed(session, days=SPANS[max(0, min(len(SPANS) - 1, at))]), ()


def decide(session: Session) -> Step:
    """To the decision, line by line."""
    if session.round is None:
        return session, ()
    return replace(session, places=(WARD, PATIENT, DECIDE), told=None), ()


# -- choices -----------------------------------------------------------------------------------------------------------------


def accepted(line: LinePlan) -> Choice:
    """The plan of a line taken as it is. Where no dose is on record there is none to go on with."""
    return Choice(line_key(line), Action.ACCEPT, None if line.before is None else line.after)


def chosen(session: Session, choice: Choice) -> Session:
    """``choice`` made for its line, in place of an earlier one; the cursor goes on to the next line without one."""
    assert session.round is not None
    round_ = session.round
    choices = _in_order(round_, (*(c for c in round_.choices if c.line != choice.line), choice))
    session = _put(session, choices)
    assert session.round is not None
    keys = [line_key(line) for line in round_.lines]
    at = keys.index(choice.line)
    following = [i for i in session.round.undecided if i > at] or [*session.round.undecided] or [at]
    return replace(changed(session, cursor=following[0]), dialog=None, told=None)


def _in_order(round_: Round, choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
    places = {line_key(line): i for i, line in enumerate(round_.lines)}
    return tuple(sorted(choices, key=lambda choice: places[choice.line]))


def _put(session: Session, choices: tuple[Choice, ...]) -> Session:
    """Other choices, with those before put on the pile that undo takes from."""
    assert session.round is not None
    if choices == session.round.choices:
        return session
    return changed(session, choices=choices, past=(*session.round.past, session.round.choices))


def accept(session: Session) -> Step:
    """Take the plan of the line as it is."""
    line = None if session.round is None else session.round.current()
    if line is None:
        return session, ()
    session, _ = decide(session)
    return chosen(session, accepted(line)), ()


def accept_all(session: Session) -> Step:
    """Take the plan of every line that has no choice yet."""
    if session.round is None:
        return session, ()
    session, _ = decide(session)
    assert session.round is not None
    round_ = session.round
    more = tuple(accepted(line) for line in round_.lines if round_.choice(line_key(line)) is None)
    return _put(session, _in_order(round_, (*round_.choices, *more))), ()


def clear(session: Session) -> Step:
    """Take back the choice of the line."""
    line = None if session.round is None else session.round.current()
    if session.round is None or line is None:
        return session, ()
    return _put(session, tuple(c for c in session.round.choices if c.line != line_key(line))), ()


def undo(session: Session) -> Step:
    """Choices as they were before the last one."""
    if session.round is None:
        return session, ()
    if not session.round.past:
        return say(session, "round.nothing_to_undo"), ()
    *earlier, last = session.round.past
    return replace(changed(session, choices=last, past=tuple(earlier)), told=None), ()


# -- signing -----------------------------------------------------------------------------------------------------------------


def sign(session: Session) -> Step:
    """Sign the round: every line has its choice, the plan is not stale, and every line's limits have been shown."""
    round_ = session.round
    if round_ is None or session.user is None:
        return session, ()
    if round_.stale:
        return say(session, "round.stale_no_sign", bad=True), ()
    if not round_.lines:
        return say(session, "plan.none", bad=True), ()
    if round_.undecided:
        at = round_.undecided[0]
        count = len(round_.undecided)
        return say(changed(session, cursor=at), "round.undecided", bad=True, count=count), ()
    if round_.unseen:
        session, _ = decide(session)
        assert session.round is not None
        session = changed(session, cursor=round_.unseen[-1])
        return say(session, "round.unseen", bad=True, count=len(round_.unseen)), ()
    if "sign" in session.awaited:
        return session, ()
    effect = Sign(session.token + 1, session.user, round_.sheet, round_.choices)
    return say(asking(session, effect), "round.signing"), (effect,)


def signed(session: Session, told: Signed) -> Step:
    """The decision is recorded: back to the ward, on the next patient whose round is open."""
    session = replace(session, drafts=_without(session.drafts, told.patient_id))
    if session.round is not None and session.round.patient_id == told.patient_id:
        session = replace(session, round=None, places=(WARD,), dialog=None, opening=None)
        following = next_open(session)
        if following is not None:
            session, _ = point(session, following)
    session = say(session, "round.signed", entry=told.receipt.seqs[-1] if told.receipt.seqs else told.receipt.head)
    return reload(session)


def painted_lines(session: Session, seen: frozenset[LineKey]) -> Session:
    """The session after a page was painted on which these lines stood with their limits."""
    if session.round is None or seen <= session.round.seen:
        return session
    return changed(session, seen=session.round.seen | seen)


def needs_note(reason: Reason) -> bool:
    """Whether a coded reason says too little alone."""
    return reason is Reason.OTHER
