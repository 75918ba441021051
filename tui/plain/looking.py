"""Looking, line by line: the ward, a patient's plan in short, its limits, the whole explanation."""

from titration.explain.doses import change_text, line_text
from titration.explain.phrases import KINDS, URGENT_NOTICES
from titration.explain.render import render_lines
from titration.explain.trace import LinePlan
from titration.explain.voice import Voice
from titration.service.rounds.told import WardRow
from titration.units import glucose_text
from tui.plain.talk import WIDTH, Talk
from tui.session import round as rounds
from tui.session.state import Round, line_key
from tui.views.frame import told_text
from tui.views.lines import limits_text, result_text


def list_(talk: Talk, words: list[str]) -> None:
    """``list``."""
    del words
    talk.do("ward.reload")
    sheet = talk.session.ward.sheet
    for item in talk.session.ward.items:
        row = None if sheet is None or not isinstance(item, str) else sheet.find(item)
        if row is not None:
            talk.say(_row(talk, row))


def _row(talk: Talk, row: WardRow) -> str:
    person, none = row.person, talk.text("peek.none")
    values = [none if v is None else glucose_text(v, person.system) for v in (row.fasting, row.post_meal)]
    numbers = talk.text("plain.values", fasting=values[0], post=values[1], unit=person.system.text)
    return talk.text(
        "plain.row",
        bed=person.bed,
        name=person.name,
        id=person.patient_id,
        urgency=talk.text(f"urgency.{int(row.urgency)}"),
        stage=talk.text(f"stage.{row.stage.value}"),
        why=("、" if talk.language == "zh" else ", ").join(talk.text(f"reason.{r}") for r in row.reasons),
        values=numbers,
    )


def open_(talk: Talk, words: list[str]) -> None:
    """``open BED``, ``open ID`` or part of a name."""
    wanted = " ".join(words).casefold()
    rows = () if talk.session.ward.sheet is None else talk.session.ward.sheet.rows
    shown = [row for row in rows if row.person.patient_id in talk.session.ward.items]
    exact = [r for r in shown if wanted in (r.person.bed.casefold(), r.person.patient_id.casefold())]
    found = exact or [r for r in shown if wanted and wanted in r.person.name.casefold()]
    if not found:
        talk.no("plain.unknown_patient", text=" ".join(words))
    elif len(found) > 1:
        talk.no("plain.several", text=wanted, names=", ".join(r.person.bed or r.person.patient_id for r in found))
    elif _take_open(talk, found[0].person.patient_id):
        _plan(talk)


def _take_open(talk: Talk, patient_id: str) -> bool:
    talk.take(rounds.open_patient(talk.session, patient_id))
    told = talk.session.told
    if told is not None:
        talk.say(told_text(told, talk.language))
    return talk.session.round is not None and talk.session.round.patient_id == patient_id


def _plan(talk: Talk) -> None:
    """The plan in short, a line each, with what was chosen so far."""
    opened = talk.opened()
    if opened is None:
        return
    round_, voice = opened
    row, person = round_.sheet.row, round_.sheet.person
    who = " ".join(part for part in (person.bed, person.name, person.patient_id) if part)
    urgency, stage = talk.text(f"urgency.{int(row.urgency)}"), talk.text(f"stage.{row.stage.value}")
    talk.say(talk.text("plain.plan_title", who=who, urgency=urgency, stage=stage))
    for name in round_.sheet.assessment.notices:
        if name in URGENT_NOTICES:
            talk.say(talk.text("plain.notice", text=voice.text("notice", name)))
    for number, plan in enumerate(round_.lines, 1):
        talk.say(_planned(talk, number, plan, round_, voice))
    if not round_.lines:
        talk.say(talk.text("plan.none"))
    elif round_.unseen:
        talk.say(talk.text("plain.limits_due"))


def _planned(talk: Talk, number: int, plan: LinePlan, round_: Round, voice: Voice) -> str:
    choice = round_.choice(line_key(plan))
    chosen = talk.text("choice.none")
    if choice is not None:
        chosen = f"{talk.text(f'choice.{choice.action.value}')}, {result_text(plan, choice, voice)}"
    return talk.text(
        "plain.plan_line",
        number=number,
        kind=KINDS[talk.language][plan.kind],
        line=line_text(plan, voice),
        change=change_text(plan, voice),
        choice=chosen,
    )


def _seen(talk: Talk, round_: Round) -> None:
    """All lines with their limits have just been printed."""
    keys = frozenset(line_key(plan) for plan in round_.lines)
    talk.session = rounds.painted_lines(talk.session, keys)


def why(talk: Talk, words: list[str]) -> None:
    """``why``: the whole explanation."""
    del words
    opened = talk.opened()
    if opened is not None:
        for text in render_lines(opened[0].sheet.assessment, talk.session.pack, talk.language, width=WIDTH):
            talk.write(text + "\n")
        _seen(talk, opened[0])


def limits(talk: Talk, words: list[str]) -> None:
    """``limits``: what bound each line."""
    del words
    opened = talk.opened()
    if opened is None:
        return
    round_, voice = opened
    for number, plan in enumerate(round_.lines, 1):
        limits = limits_text(plan, voice) if plan.limits else talk.text("plain.no_limits")
        talk.say(talk.text("plain.limits_line", number=number, line=line_text(plan, voice), limits=limits))
    _seen(talk, round_)


def reload(talk: Talk, words: list[str]) -> None:
    """``reload``: plan again."""
    del words
    opened = talk.opened()
    if opened is not None and _take_open(talk, opened[0].patient_id):
        _plan(talk)
