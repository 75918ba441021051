"""The ledger: entries newest first, all about the one under the cursor, and past plans as they were recorded."""

from titration.explain.layout import wrap
from titration.explain.phrases import STATUS
from titration.explain.render import render_lines
from titration.explain.voice import date_text
from titration.service.rounds.entry.words import amount_text
from titration.service.rounds.told import Entry
from tui.keys import Keymap
from tui.session.layout import LEDGER_PANEL
from tui.session.reading_state import LedgerState
from tui.session.state import Session
from tui.views.enter import comma_of, rule, who_text
from tui.views.facts import facts_text, value_words
from tui.views.marks import CURSOR
from tui.views.page import Body, Row, Span, Target, Tone, cell, cells, clean, cut, line
from tui.words import WORDS, say


def moment_text(minute: int) -> str:
    """When something was recorded."""
    day, clock = divmod(minute, 1440)
    return f"{date_text(day)} {clock // 60:02d}:{clock % 60:02d}"


def body(session: Session, keymap: Keymap, width: int, height: int) -> Body:
    """The list and the panel below it."""
    del keymap
    language, ledger = session.settings.language, session.ledger
    rows = [_title(session, width), _heading(session, width)]
    room = max(1, height - 2 - LEDGER_PANEL)
    start = max(0, min(ledger.cursor // room * room, ledger.cursor))
    listed = range(start, min(len(ledger.entries), start + room))
    rows += [_row(session, ledger.entries[at], at, width) for at in listed]
    if not ledger.entries:
        key = "ledger.reading" if "entries" in session.awaited else "ledger.none"
        rows.append(line(Span(f"  {say(language, key)}", Tone.DIM)))
    rows += [line("")] * (2 + room - len(rows))
    if ledger.entries:
        rows += _panel(session, ledger.entries[min(ledger.cursor, len(ledger.entries) - 1)], width)
    return Body(tuple(rows[:height]))


def _title(session: Session, width: int) -> Row:
    language, ledger = session.settings.language, session.ledger
    author = (
        say(language, "ledger.everybody") if ledger.author is None else say(language, "ledger.by", author=ledger.author)
    )
    patient = say(language, "ledger.all_patients")
    if ledger.patient is not None:
        who = who_text(session, ledger.patient) if width >= 100 else _bed(session, ledger.patient)
        patient = say(language, "ledger.of", who=who)
    parts = [
        Span(say(language, "ledger.title"), Tone.STRONG),
        Span(say(language, f"ledger.kinds.{ledger.kinds}"), _tone(ledger.kinds != "all"), Target("ledger.kinds")),
        Span(clean(author), _tone(ledger.author is not None), Target("ledger.author")),
        Span(clean(patient), _tone(ledger.patient is not None), Target("ledger.patient")),
        _chain(session, ledger),
    ]
    spans: list[Span] = [Span(" ")]
    for part in parts:
        spans += [part, Span("   ")]
    return Row(tuple(spans))


def _tone(narrowed: bool) -> Tone:  # noqa: FBT001 - a fact about what is shown, called in this module only
    return Tone.ACCENT if narrowed else Tone.PLAIN


def _chain(session: Session, ledger: LedgerState) -> Span:
    """Whether the chain has been checked here, and what came of it."""
    language = session.settings.language
    if "verify" in session.awaited:
        return Span(say(language, "ledger.verifying"), Tone.DIM)
    if ledger.verified is None:
        return Span(say(language, "ledger.not_verified"), Tone.DIM, Target("ledger.verify"))
    _, fault = ledger.verified
    if fault is None:
        return Span(say(language, "ledger.whole_short"), Tone.GOOD)
    return Span(say(language, "ledger.broken", fault=clean(fault)), Tone.DANGER)


def _heading(session: Session, width: int) -> Row:
    language = session.settings.language
    spans = [
        cell("", 2, Tone.HEADING),
        cell(say(language, "ledger.entry"), 7, Tone.HEADING),
        cell(say(language, "ledger.time"), 17, Tone.HEADING),
        cell(say(language, "ledger.author"), 11, Tone.HEADING),
        cell(say(language, "ledger.kind"), 12, Tone.HEADING),
        cell(say(language, "ledger.patient"), 8, Tone.HEADING),
        cell(say(language, "ledger.facts"), max(0, width - 57), Tone.HEADING),
    ]
    return Row(tuple(spans), Tone.HEADING)


def kind_text(session: Session, kind: str) -> str:
    """What kind of entry, in words."""
    language = session.settings.language
    return say(language, f"kind.{kind}") if f"kind.{kind}" in WORDS[language] else kind


def _bed(session: Session, patient_id: str | None) -> str:
    row = None if patient_id is None or session.ward.sheet is None else session.ward.sheet.find(patient_id)
    return (patient_id or "") if row is None else row.person.bed or row.person.patient_id


def _row(session: Session, entry: Entry, at: int, width: int) -> Row:
    here = at == session.ledger.cursor
    facts = facts_text(session, entry, names=False)
    spans = (
        Span(f"{CURSOR} " if here else "  ", Tone.STRONG),
        cell(str(entry.seq), 7, Tone.DIM),
        cell(moment_text(entry.minute), 17),
        cell(f"{cut(clean(entry.author), 10)} ", 11),
        cell(
            kind_text(session, entry.kind), 12, Tone.KEY if entry.kind in ("decision", "recommendation") else Tone.PLAIN
        ),
        cell(_bed(session, entry.patient_id), 8, Tone.STRONG),
        cell(clean(facts), max(0, width - 57)),
    )
    return Row(spans, Tone.CURSOR if here else Tone.PLAIN, Target("ledger.point", str(at)))


def _panel(session: Session, entry: Entry, width: int) -> list[Row]:
    """All of an entry: whom it is about, every field, its hash."""
    language = session.settings.language
    comma = comma_of(language)
    who = "" if entry.patient_id is None else f"{comma}{who_text(session, entry.patient_id)}"
    title = f"{say(language, 'ledger.entry')} {entry.seq}{comma}{kind_text(session, entry.kind)}{who}"
    rows = [rule(title, width)]
    parts = wrap(clean(facts_text(session, entry, names=True)), width=width - 1, first=" ")
    room = LEDGER_PANEL - 2
    if len(parts) > room:
        parts = [*parts[: room - 1], cut(f"{parts[room - 1]} …", width - 1)]
    rows += [line(Span(part)) for part in parts]
    rows = (rows + [line("")] * LEDGER_PANEL)[: LEDGER_PANEL - 1]
    return [*rows, line(Span(f" {say(language, 'ledger.hash', hash=entry.hash[: max(16, width - 8)])}", Tone.DIM))]


def recorded(session: Session, keymap: Keymap, width: int, height: int) -> Body:
    """A past plan exactly as it was recorded, by the pack of then, with what was decided about it."""
    del keymap
    language, plan = session.settings.language, session.ledger.plan
    if plan is None:
        return Body((line(""),))
    then = plan.assessment
    entry = plan.entry
    title = say(language, "recorded.title", entry=entry.seq, time=moment_text(entry.minute), author=clean(entry.author))
    status = STATUS[language].get(then.pack_status, then.pack_status)
    rows = [rule(title, width, Tone.WARN), line(Span(f" {who_text(session, then.patient_id)}", Tone.STRONG))]
    pack = say(
        language,
        "recorded.pack",
        id=then.pack_id,
        version=then.pack_version,
        status=status,
        hash=then.pack_sha256[:12],
    )
    rows.append(line(Span(f" {cut(clean(pack), width - 2)}", Tone.DIM)))
    if then.pack_sha256 != session.pack.sha256:
        words = say(language, "recorded.other_pack", id=session.pack.id, version=session.pack.version)
        rows += [line(Span(part, Tone.WARN)) for part in wrap(clean(words), width=width - 1, first=" ")]
    text = [*_decided(session, width), "", *render_lines(then, session.pack, language, width=width - 1)]
    room = max(1, height - len(rows))
    most = max(0, len(text) - room)
    start = min(session.ledger.scroll, most)
    shown = [line(Span(clean(part))) for part in text[start : start + room]]
    if start < most and cells(title) < width:
        left = len(text) - start - room
        shown[-1] = line(Span(f" ▼ {say(language, 'recorded.more', count=left)}", Tone.KEY))
    return Body((*rows, *shown), scroll_most=most)


def _decided(session: Session, width: int) -> list[str]:
    """What was decided about the plan, line by line."""
    language, plan = session.settings.language, session.ledger.plan
    assert plan is not None
    if not plan.signed:
        return [f" {say(language, 'recorded.undecided')}"]
    units = {(line.drug, line.slot.text, line.route.text): line.unit for line in plan.assessment.lines}
    rows: list[str] = []
    for signed in plan.signed:
        rows.append(f" {say(language, 'recorded.decided', time=moment_text(signed.minute), author=signed.author)}")
        for choice in signed.choices:
            drug, slot, _ = choice.line
            dose = "" if choice.dose is None else f" {amount_text(choice.dose, units.get(choice.line, ''), language)}"
            why = "" if choice.reason is None else f" ({choice.note or say(language, f'reason.{choice.reason.value}')})"
            text = f"{value_words(session, 'line', f'{drug} {slot}')}: {say(language, f'choice.{choice.action.value}')}{dose}{why}"
            rows += wrap(clean(text), width=width - 1, first="   - ")
    return rows
