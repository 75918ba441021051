"""One patient of the page: the facts, the pictures, the events and the plans day by day as a table."""

from collections import Counter
from collections.abc import Iterator
from html import escape

from titration.clinical import PLAN_KINDS
from titration.report.figures import MINUTES_A_DAY, clock_text, count_text, day_text
from titration.report.page_chart import (
    FASTING_HIGH,
    LOW_1,
    LOW_2,
    POST_HIGH,
    QUIET_EVENTS,
    SHAPES,
    TARGET_LOW,
    Panel,
    change_text,
    draw,
    panels,
)
from titration.report.page_words import phrase
from titration.report.picture import PatientPicture, PlanMark
from titration.report.tables import Texts
from titration.report.vocabulary import EVENTS, LIMITS, PLANS, TIMINGS, Language, named
from titration.units import UnitSystem, glucose_text


def patient_html(picture: PatientPicture, number: int, language: Language, texts: Texts) -> Iterator[str]:
    """The article of one patient; ``number`` makes its anchor."""
    kinds = Counter(mark.kind for mark in picture.plans)
    lows = sum(value < LOW_1.on(picture.system) for _, value, _, _ in picture.readings)
    yield (
        f'<article id="p{number}" data-id="{escape(picture.patient_id)}" data-kinds="{escape(" ".join(sorted(kinds)))}" '
        f'data-lows="{lows}" aria-labelledby="h{number}">'
    )
    yield f'<h3 id="h{number}">{escape(picture.patient_id)}</h3>'
    yield f'<p class="facts">{escape(_facts(picture, lows, language))}</p>'
    yield f'<p class="keys">{_kind_counts(kinds, language)}</p>'
    for panel in panels(picture):
        yield from _panel(picture, panel, language)
    yield from _events(picture, language)
    yield from _days(picture, language, texts)
    yield "</article>"


def legend_html(systems: tuple[UnitSystem, ...], language: Language) -> Iterator[str]:
    """How to read the pictures: every mark, line and band, with its words; thresholds in each unit shown."""
    yield f'<div class="legend"><h3>{escape(phrase("how_to_read", language))}</h3><ul>'
    words = {
        "fasting": named(TIMINGS, "fasting", language),
        "pre": phrase("pre_meal", language),
        "post": phrase("post_meal", language),
    }
    for shape in SHAPES:
        yield _key(f"m-{shape}", words.get(shape) or named(TIMINGS, shape, language))
    yield _swatch('<path class="sensor" d="M1 12L7 6L13 11L19 5"/>', phrase("sensor_line", language))
    yield _swatch('<circle class="ring" cx="10" cy="9" r="7"/>', phrase("lab_ring", language))
    for kind in PLAN_KINDS:
        yield _key(
            f"p-{kind.value}", f"{phrase('planned', language)}{phrase('colon', language)}{named(PLANS, kind, language)}"
        )
    yield _swatch('<circle class="limited" cx="10" cy="9" r="2.4"/>', phrase("limited", language))
    yield _key("e-flag", phrase("events", language))
    for system in systems:
        yield from _bands(system, language)
    yield "</ul><p>"
    rest = ("dose_key", "number_below", "edge")
    yield f"{escape(phrase('semicolon', language).join(phrase(key, language) for key in rest))}</p></div>"


def _key(kind: str, words: str) -> str:
    return _swatch(f'<use href="#{kind}" class="{kind}" x="10" y="9"/>', words)


def _swatch(drawn: str, words: str) -> str:
    return f'<li><svg width="20" height="18" aria-hidden="true">{drawn}</svg>{escape(words)}</li>'


def _bands(system: UnitSystem, language: Language) -> Iterator[str]:
    low = glucose_text(TARGET_LOW.on(system), system)
    for key, high, kind in (("band_fasting", FASTING_HIGH, "band-fasting"), ("band_post", POST_HIGH, "band-post")):
        words = phrase(key, language, low=low, high=glucose_text(high.on(system), system), unit=system.text)
        yield _swatch(f'<rect class="{kind}" y="3" width="20" height="12"/>', words)
    for number, pair in ((1, LOW_1), (2, LOW_2)):
        words = phrase(f"low_line_{number}", language, value=glucose_text(pair.on(system), system), unit=system.text)
        yield _swatch(f'<path class="low-{number}" d="M0 9L20 9"/>', words)


def _facts(picture: PatientPicture, lows: int, language: Language) -> str:
    system = picture.system
    return phrase(
        "facts",
        language,
        first=day_text(picture.first_day, language),
        last=day_text(picture.last_day, language),
        readings=count_text(len(picture.readings)),
        lows=count_text(lows),
        low=glucose_text(LOW_1.on(system), system),
        lows_2=count_text(sum(value < LOW_2.on(system) for _, value, _, _ in picture.readings)),
        low_2=glucose_text(LOW_2.on(system), system),
        unit=system.text,
    )


def _kind_counts(kinds: Counter[str], language: Language) -> str:
    order = [kind.value for kind in PLAN_KINDS if kinds[kind.value]]
    order += sorted(kind for kind in kinds if kind not in order)
    return "".join(
        f'<span><i class="k k-{escape(kind)}"></i>{escape(named(PLANS, kind, language))} <b>{count_text(kinds[kind])}</b></span>'
        for kind in order
    )


def _panel(picture: PatientPicture, panel: Panel, language: Language) -> Iterator[str]:
    days = [minute // MINUTES_A_DAY for minute, *_ in (*picture.readings, *picture.events)]
    days += [day for line in picture.dose_lines for day, _ in line.points] + [mark.day for mark in picture.plans]
    first, last = day_text(panel.first, language), day_text(panel.last, language)
    if not any(panel.holds(day) for day in days):
        yield f'<p class="note">{escape(phrase("empty_days", language, first=first, last=last))}</p>'
        return
    label = escape(phrase("chart_of", language, id=picture.patient_id, first=first, last=last))
    yield f'<div class="scroll" tabindex="0" role="region" aria-label="{label}">{draw(picture, panel, language)}</div>'


def _events(picture: PatientPicture, language: Language) -> Iterator[str]:
    told = [
        f"{day_text(minute // MINUTES_A_DAY, language)} {clock_text(minute)} {named(EVENTS, kind, language)}"
        for minute, kind in picture.events
        if kind not in QUIET_EVENTS
    ]
    if told:
        said = phrase("semicolon", language).join(told)
        yield f'<p class="events"><b>{escape(phrase("events", language))}{phrase("colon", language)}</b>{escape(said)}</p>'


def _days(picture: PatientPicture, language: Language, texts: Texts) -> Iterator[str]:
    heads = ("day", "line", "plan", "dose", "why", "limits_missing")
    summary = phrase("day_table", language, n=count_text(len(picture.plans)))
    yield f'<details><summary>{escape(summary)}</summary><div class="scroll"><table class="days"><thead><tr>'
    yield "".join(f'<th scope="col">{escape(phrase(head, language))}</th>' for head in heads)
    yield "</tr></thead><tbody>"
    before: int | None = None
    for mark in sorted(picture.plans, key=lambda mark: mark.day):
        yield _row(mark, language, texts, first_of_day=mark.day != before)
        before = mark.day
    yield "</tbody></table></div></details>"


def _row(mark: PlanMark, language: Language, texts: Texts, *, first_of_day: bool) -> str:
    why = escape(phrase("no_rule", language))
    if mark.rule:
        sentence, name = texts(mark.rule), f"<code>{escape(mark.rule)}</code>"
        why = name if sentence == mark.rule else f"{escape(sentence)} {name}"
    bound = [named(LIMITS, limit, language) for limit in mark.limits]
    if mark.missing:
        bound.append(phrase("lacks", language, what=texts(mark.missing)))
    cells = (
        f'<th scope="row">{escape(day_text(mark.day, language))}</th>',
        f"<td>{escape(mark.label)}</td>",
        f'<td class="kind"><i class="k k-{escape(mark.kind)}"></i>{escape(named(PLANS, mark.kind, language))}</td>',
        f'<td class="dose">{escape(change_text(mark, language))}</td>',
        f"<td>{why}</td>",
        f"<td>{escape(phrase('semicolon', language).join(bound))}</td>",
    )
    opening = '<tr class="first">' if first_of_day else "<tr>"
    return f"{opening}{''.join(cells)}</tr>"
