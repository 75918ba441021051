"""The rules of the pack: browsing, and trying a change of a reading or a parameter on one patient. Records nothing."""

from dataclasses import replace

from titration.service.rounds.told import PatientSheet, ReadingRow
from titration.units import HI_VALUE, LO_VALUE, UnitSystem, decimal_of, glucose_text, on_grid
from tui.session.dialogs import Trial
from tui.session.effects import WhatIf
from tui.session.entry import bedside_sheet, patient_at_hand, want
from tui.session.field import Field
from tui.session.layout import rules_rows
from tui.session.reading_state import RULES, TABS, RulesState
from tui.session.results import Failed, WhatIfTold
from tui.session.state import Session, Step, asking, say

DAYS = 7
"""Days back from which a reading may be changed on trial."""


def _put(session: Session, **fields: object) -> Session:
    return replace(session, rules=replace(session.rules, **fields))


def open_rules(session: Session) -> Step:
    """To the rules, with the patient at hand for trials; a trial of another patient's is dropped."""
    patient = patient_at_hand(session)
    if patient != session.rules.patient:
        session = replace(session, rules=RulesState(tab=session.rules.tab, patient=patient))
    places = (*(place for place in session.places if place != RULES), RULES)
    return want(replace(session, places=places, told=None))


def keys_of(session: Session) -> tuple[str, ...]:
    """What the list of the tab holds, by name; readings by their entry."""
    pack = session.pack
    match session.rules.tab:
        case "rules":
            return tuple(rule.id for rule in pack.rules)
        case "parameters":
            return tuple(pack.parameters)
        case "features":
            return tuple(pack.features)
        case "sources":
            return tuple(pack.sources)
        case "try":
            return tuple(str(row.seq) for row in readings_of(session))
        case _:
            return ()


def readings_of(session: Session) -> tuple[ReadingRow, ...]:
    """Readings of the patient that may be changed on trial, newest first."""
    sheet = bedside_sheet(session, session.rules.patient)
    if sheet is None:
        return ()
    recent = [row for row in sheet.readings if row.minute // 1440 > sheet.day - DAYS]
    return tuple(sorted(recent, key=lambda row: (row.minute, row.seq), reverse=True))


def turn(session: Session, by: int) -> Step:
    """Another tab."""
    at = (TABS.index(session.rules.tab) + by) % len(TABS)
    return _put(session, tab=TABS[at], cursor=0, scroll=0), ()


def tab(session: Session, argument: str) -> Step:
    """The tab of a number or name."""
    name = TABS[int(argument) - 1] if argument.isdigit() and 0 < int(argument) <= len(TABS) else argument
    return (_put(session, tab=name, cursor=0, scroll=0), ()) if name in TABS else (session, ())


def move(session: Session, by: int) -> Step:
    """Another row of the list; where there is none, the text scrolls."""
    count = len(keys_of(session))
    if not count:
        return scroll(session, by)
    return _put(session, cursor=max(0, min(count - 1, session.rules.cursor + by)), scroll=0), ()


def page(session: Session, by: int) -> Step:
    """A screenful further."""
    return move(session, by * rules_rows(session.size))


def scroll(session: Session, by: int) -> Step:
    """The text below the list some rows further; the view knows how far it goes."""
    return _put(session, scroll=max(0, session.rules.scroll + by)), ()


def point(session: Session, argument: str) -> Step:
    """The cursor on a row."""
    return (_put(session, cursor=int(argument), scroll=0), ()) if argument.isdigit() else (session, ())


def scrolled(session: Session, most: int) -> Session:
    """The session once it is known how far the text goes."""
    return _put(session, scroll=most) if session.rules.scroll > most else session


# -- trying ----------------------------------------------------------------------------------------------------------------


def change(session: Session) -> Step:
    """Try another value for the parameter or reading under the cursor."""
    keys = keys_of(session)
    if session.rules.tab not in ("parameters", "try") or not keys:
        return session, ()
    if bedside_sheet(session, session.rules.patient) is None:
        return say(session, "entry.not_read", bad=True), ()
    key = keys[min(session.rules.cursor, len(keys) - 1)]
    return replace(session, dialog=Trial(session.rules.tab, key, Field()), told=None), ()


def tried(session: Session) -> Step:
    """Ask for the plan with the value typed; an empty one takes the change back."""
    dialog, rules = session.dialog, session.rules
    assert isinstance(dialog, Trial)
    text = dialog.field.text.strip()
    if dialog.tab == "parameters":
        parameters = {name: value for name, value in rules.parameters.items() if name != dialog.key}
        parameters |= {dialog.key: text} if text else {}
        return _ask(_put(session, parameters=parameters, last=dialog.key))
    sheet = bedside_sheet(session, rules.patient)
    assert sheet is not None
    readings = {seq: value for seq, value in rules.readings.items() if seq != int(dialog.key)}
    if text:
        value = value_of(text, sheet.person.system)
        if value is None:
            return say(session, "try.not_a_value", bad=True, unit=sheet.person.system.text), ()
        readings[int(dialog.key)] = value
    return _ask(_put(session, readings=readings, last=dialog.key))


def value_of(text: str, system: UnitSystem) -> int | None:
    """A glucose on the grid as a meter of ``system`` shows it; None for anything else."""
    if text.upper() in ("LO", "HI"):
        return LO_VALUE if text.upper() == "LO" else HI_VALUE
    try:
        value = on_grid(decimal_of(text), system.steps_per_unit)
    except ValueError:
        return None
    low, high = system.accepted
    return value if low <= value <= high else None


def _ask(session: Session) -> Step:
    session = replace(session, dialog=None)
    rules = session.rules
    if not rules.readings and not rules.parameters:
        return _put(session, tried=None), ()
    readings, parameters = tuple(sorted(rules.readings.items())), tuple(sorted(rules.parameters.items()))
    effect = WhatIf(session.token + 1, rules.patient, readings, parameters)
    return asking(session, effect), (effect,)


def leave(session: Session) -> Step:
    """Give up typing."""
    return replace(session, dialog=None), ()


def take_back(session: Session) -> Step:
    """Try nothing any more."""
    session = _put(session, readings={}, parameters={}, tried=None)
    return say(session, "try.cleared"), ()


def what_if_told(session: Session, told: WhatIfTold) -> Step:
    """The plan as it would be; shown where it can be compared."""
    if told.assessment.patient_id != session.rules.patient:
        return session, ()
    session = _put(session, tried=told.assessment, tab="try", cursor=session.rules.cursor)
    keys = keys_of(session)
    at = keys.index(session.rules.last) if session.rules.last in keys else 0
    return say(_put(session, cursor=at, scroll=0), "try.done"), ()


def not_tried(session: Session, failure: Failed) -> Session:
    """The door refused: the change is given up, and the message says why."""
    del failure
    rules = session.rules
    readings = {seq: value for seq, value in rules.readings.items() if str(seq) != rules.last}
    parameters = {name: value for name, value in rules.parameters.items() if name != rules.last}
    return _put(session, readings=readings, parameters=parameters)


def reading_text(sheet: PatientSheet, seq: int) -> str:
    """A reading of the record as a meter shows it."""
    row = next((row for row in sheet.readings if row.seq == seq), None)
    return "" if row is None else glucose_text(row.value, sheet.person.system)
