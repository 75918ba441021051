"""One patient: summary, notices, chart with doses, the plan line by line, and everything about the line of the cursor."""

from fractions import Fraction
from typing import Final

from titration.explain import render_lines
from titration.explain.phrases import URGENT_NOTICES
from titration.explain.values import number_text
from titration.explain.voice import Voice, dated, time_text
from titration.service.rounds.told import Stage
from titration.units import MILLI
from tui.keys import Keymap, shown
from tui.session.state import Round, Session, line_key
from tui.views import chart, detail
from tui.views.lines import columns_for, plan_rows, urgency
from tui.views.page import Body, Row, Span, Target, Tone, beside, block, cells, clean, cut, line
from tui.views.window import window
from tui.words import say

_SIDE: Final = 150
"""From this width on the plan stands beside the chart."""


def body(session: Session, keymap: Keymap, width: int, height: int) -> Body:
    """The patient's screen."""
    round_ = session.round
    if round_ is None:
        return Body((line(Span(f"  {say(session.settings.language, 'loading')}", Tone.DIM)),))
    voice = session.voice(round_.sheet.person.system)
    if round_.full:
        return _explained(session, round_, voice, width, height)
    head = head_rows(session, round_, voice, keymap, width)
    left = height - len(head)
    rows, most = _parts(session, round_, voice, width, left)
    return Body((*head, *rows), scroll_most=most)


def head_rows(session: Session, round_: Round, voice: Voice, keymap: Keymap, width: int) -> list[Row]:
    """Who it is, what is pressing, and whether the plan still stands."""
    rows = [_summary(session, round_, voice, width)]
    if round_.stale:
        key = shown(keymap.action("round.reload").keys[0])
        rows.append(line(Span(cut(say(voice.language, "patient.stale", key=key), width), Tone.DANGER)))
    notices = sorted(round_.sheet.assessment.notices, key=urgency)
    urgent = [name for name in notices if name in URGENT_NOTICES]
    for name in urgent[: 2 if session.size[1] >= 30 else 1]:
        text = f"{voice.say('urgent')} {voice.text('notice', name)}"
        more = f" (+{len(notices) - 1})" if name == urgent[0] and len(notices) > 1 and session.size[1] < 30 else ""
        rows.append(line(Span(cut(clean(text), width - cells(more)) + more, Tone.DANGER)))
    return rows


def _summary(session: Session, round_: Round, voice: Voice, width: int) -> Row:
    sheet, language = round_.sheet, voice.language
    person, a = sheet.person, sheet.assessment
    parts = [Span(" ".join(clean(p) for p in (person.bed, person.name or person.patient_id) if p), Tone.STRONG)]
    if person.age_years is not None:
        parts.append(Span(say(language, "patient.age", age=person.age_years)))
    if a.total_insulin is not None:
        before = number_text(Fraction(a.total_insulin, MILLI), 3)
        if a.total_after is not None and a.total_after != a.total_insulin:
            after = number_text(Fraction(a.total_after, MILLI), 3)
            parts.append(Span(say(language, "patient.insulin_after", before=before, after=after)))
        else:
            dose = f"{before} {voice.unit('units', a.total_insulin)}"
            parts.append(Span(say(language, "patient.insulin", dose=dose)))
    if sheet.row.percent_of_baseline is not None:
        parts.append(Span(say(language, "patient.of_baseline", percent=sheet.row.percent_of_baseline)))
    parts.append(Span(say(language, "patient.taper" if a.taper_on else "patient.no_taper")))
    if sheet.row.stage is not Stage.OPEN and sheet.signed:
        last = max(sheet.signed, key=lambda row: row.seq)
        text = say(language, "patient.signed", time=time_text(last.minute), author=clean(last.author))
        parts.append(Span(text, Tone.GOOD))
        if sheet.row.stage is Stage.STALE:
            parts.append(Span(say(language, "patient.changed_since"), Tone.WARN))
    spans: list[Span] = [Span(" ")]
    for part in parts:
        if sum(cells(span.text) for span in spans) + cells(part.text) > width:
            break
        spans += [part, Span(" · ", Tone.DIM)]
    del session
    return line(*spans[:-1])


def _parts(session: Session, round_: Round, voice: Voice, width: int, height: int) -> tuple[list[Row], int]:
    """Chart, plan and details: beside each other in a wide terminal, else below each other; and how far details scroll."""
    count = len(round_.lines)
    if width >= _SIDE:
        left = width * 9 // 20
        blocks = _plan_blocks(round_, voice, width - left - 2)
        high = min(1 + max(1, sum(map(len, blocks))), max(6, height * 3 // 5))
        plan = _plan(round_, blocks, voice, width - left - 2, high)
        told, most = detail.rows(round_, voice, width - left - 2, height - high)
        drawn = _chart(session, round_, voice, left, height, lanes=min(count, height // 2))
        return beside(drawn, [*plan, *told], left_width=left), most
    short = height < _SHORT
    lanes = min(count, 1 if short else max(1, height // 9))
    plot = 7 if short else min(16, height // 3)
    blocks = _plan_blocks(round_, voice, width)
    rest = height - (plot + 2 + lanes)
    high = min(1 + max(1, sum(map(len, blocks))), rest - 4 if short else max(rest // 2, rest - 12))
    told, most = detail.rows(round_, voice, width, rest - high)
    drawn = _chart(session, round_, voice, width, plot + 2 + lanes, lanes=lanes)
    return [*drawn, *_plan(round_, blocks, voice, width, high), *told], most


_SHORT: Final = 24
"""Rows below which chart, plan and details have to share what there is."""


def _chart(session: Session, round_: Round, voice: Voice, width: int, height: int, *, lanes: int) -> list[Row]:
    """The glucose chart and below it as many dose lanes as asked for, those around the cursor."""
    sheet = round_.sheet
    canvas = chart.canvas_for(sheet, round_.days, width, session.settings.shown_unit, voice.language)
    numbered = list(enumerate(round_.lines, 1))
    first = max(0, min(round_.cursor - lanes // 2, len(numbered) - lanes))
    shown_lanes = chart.dose_rows(sheet, numbered[first : first + lanes], canvas, round_.cursor)
    plot = chart.chart_rows(sheet, session.pack, canvas, max(4, height - 1 - len(shown_lanes)))
    return list(block([chart.title(sheet, canvas, width), *plot, *shown_lanes], width, height))


def _plan_blocks(round_: Round, voice: Voice, width: int) -> list[list[Row]]:
    """The rows of every line of the plan."""
    columns = columns_for(round_.lines, voice, width)
    return [
        plan_rows(
            plan,
            i + 1,
            voice,
            width,
            columns=columns,
            here=i == round_.cursor,
            choice=round_.choice(line_key(plan)),
            target=Target("round.point", str(i)),
            ordered=round_.ordered(line_key(plan)),
        )
        for i, plan in enumerate(round_.lines)
    ]


def _plan(round_: Round, blocks: list[list[Row]], voice: Voice, width: int, height: int) -> list[Row]:
    """The plan under its heading, around the cursor."""
    title = say(voice.language, "plan.title", day=dated(round_.sheet.day, voice.language))
    if round_.lines:
        where = say(voice.language, "plan.line", number=round_.cursor + 1, count=len(round_.lines))
        title = f"{title} · {where}"
    rows = [line(Span(f"── {title} " + "─" * max(0, width - cells(title) - 4), Tone.HEADING))]
    if not round_.lines:
        rows.append(line(Span(f"  {say(voice.language, 'plan.none')}", Tone.DIM)))
    rows += window(blocks, round_.cursor, height - 1).rows
    return list(block(rows, width, height))


def _explained(session: Session, round_: Round, voice: Voice, width: int, height: int) -> Body:
    """The whole explanation as the sheet that is printed, scrolled."""
    texts = render_lines(round_.sheet.assessment, session.pack, voice.language, width=min(width - 2, 110))
    title = say(voice.language, "explain.title")
    system = round_.sheet.person.system
    if session.settings.shown_unit not in (None, system):
        title = f"{title}  {say(voice.language, 'explain.own_unit', unit=system.text)}"
    rows = [line(Span(f" {cut(clean(text), width - 1)}")) for text in texts]
    room = height - 1
    most = max(0, len(rows) - room)
    start = min(round_.scroll, most)
    where = f"{start + 1}-{min(len(rows), start + room)}/{len(rows)}"
    text = cut(f"── {title} · {where} ", width)
    head = line(Span(text + "─" * (width - cells(text)), Tone.HEADING))
    return Body((head, *rows[start : start + room]), scroll_most=most)
