"""The safety part of a case: what must be seen first, adverse events, low glucose, deviations."""

from titration.log.model import MINUTES_A_DAY
from titration.study.attribution import LOW_BEFORE_DAYS
from titration.study.case import Case
from titration.study.phrases import head, phrase
from titration.study.rows import VITAL_KINDS, AdverseEvent
from titration.study.safety import URGENT, Alarm, Flag
from titration.study.sections import Section, Table, day_text, minute_text
from titration.study.words import ENDPOINTS, FLAGS, OUTCOMES, RELATIONS, VITALS, Language, named
from titration.units import glucose_text


def alarm_section(case: Case, language: Language) -> Section:
    """Serious events and failed checks, first of all."""
    urgent = tuple(_alarm_text(case, alarm, language) for alarm in case.alarms if alarm.flag in URGENT)
    quiet = () if urgent else (phrase("no_alarms", language),)
    return Section("alarms", phrase("s.alarms", language), quiet, urgent)


def alarm_lines(case: Case, language: Language) -> tuple[str, ...]:
    """The urgent flags of a case as lines of text."""
    return tuple(_alarm_text(case, alarm, language) for alarm in case.alarms if alarm.flag in URGENT)


def _alarm_text(case: Case, alarm: Alarm, language: Language) -> str:
    said = about_text(case, alarm, language)
    about = f"{phrase('colon', language)}{said}" if said else ""
    return f"{day_text(alarm.day)} {named(FLAGS, alarm.flag.value, language)}{about}"


def about_text(case: Case, alarm: Alarm, language: Language) -> str:
    """What a flag is about: product checks and measurements by their names, everything else as it is recorded."""
    first, _, rest = alarm.about.partition(" ")
    if alarm.flag in (Flag.CHECK_MISSING, Flag.CHECK_FAILED, Flag.CHECK_UNSIGNED):
        return f"{first} {case.protocol.text(f'check-{rest}', language)}"
    if alarm.flag is Flag.OUTSIDE_RANGE:
        return f"{named(ENDPOINTS, first, language)} {rest}"
    return alarm.about


def safety_section(case: Case, language: Language) -> Section:
    """Adverse events, lows and deviations."""
    lows = case.episodes
    paragraphs = [
        phrase(
            "lows",
            language,
            n=len(lows),
            two=sum(e.ada_level == 2 for e in lows),
            three=sum(e.ada_level == 3 for e in lows),
        )
    ]
    if lows:
        paragraphs.append(phrase("lows_after_up", language, n=lows_after_increase(case), days=LOW_BEFORE_DAYS))
    tables: list[Table] = []
    if case.tables.events:
        heads = tuple(
            head(h, language) for h in ("date", "term", "grade", "ada", "relation", "serious", "outcome", "about")
        )
        rows = tuple(_event_row(event, language) for event in case.tables.events)
        tables.append(Table(phrase("events", language), heads, rows))
    else:
        paragraphs.append(phrase("no_events", language))
    if lows:
        tables.append(_episodes(case, language))
    rest = [alarm for alarm in case.alarms if alarm.flag not in URGENT]
    if rest:
        heads = (head("date", language), head("flag", language), head("about", language))
        rows = tuple(
            (day_text(a.day), named(FLAGS, a.flag.value, language), about_text(case, a, language)) for a in rest
        )
        tables.append(Table(phrase("other_flags", language), heads, rows))
    return Section("safety", phrase("s.safety", language), tuple(paragraphs), tables=tuple(tables))


def vitals_table(case: Case, language: Language) -> Table:
    """Vital signs by infusion and minutes from its start; those nearer to no infusion than a day stand by themselves."""
    kinds = [kind for kind in VITAL_KINDS if any(vital.kind == kind for vital in case.tables.vitals)]
    found: dict[tuple[int, int, str], dict[str, str]] = {}
    for vital in case.tables.vitals:
        near = min(case.tables.infusions, key=lambda row: abs(vital.minute - row.minute), default=None)
        name, after = "–", minute_text(vital.minute)
        if near is not None and abs(vital.minute - near.minute) <= 2 * MINUTES_A_DAY:
            name, after = f"I{near.number}", f"{vital.minute - near.minute:+d} min"
        found.setdefault((0 if near is None else near.number, vital.minute, name + "|" + after), {})[vital.kind] = (
            f"{float(vital.value):g}"
        )
    rows = tuple(
        (*label.split("|"), *(values.get(kind, "–") for kind in kinds))
        for (_, _, label), values in sorted(found.items())
    )
    heads = ("", head("time", language), *(f"{named(VITALS, kind, language)}, {VITAL_KINDS[kind]}" for kind in kinds))
    return Table(phrase("vitals", language), heads, rows)


def lows_after_increase(case: Case) -> int:
    """Episodes that began within LOW_BEFORE_DAYS days after any dose went up: what a taper may have caused."""
    raised = [e.change.day for e in case.changes if e.change.after > e.change.before]
    return sum(any(0 <= episode.minute // 1440 - day <= LOW_BEFORE_DAYS for day in raised) for episode in case.episodes)


def _event_row(event: AdverseEvent, language: Language) -> tuple[str, ...]:
    unknown = phrase("unknown", language)
    infusion, drug = (
        unknown if relation is None else named(RELATIONS, relation, language)
        for relation in (event.relation_infusion, event.relation_drug)
    )
    serious = unknown if event.serious is None else phrase("yes" if event.serious else "no", language)
    return (
        minute_text(event.minute),
        event.term,
        unknown if event.grade is None else str(event.grade),
        "–" if event.ada_level is None else str(event.ada_level),
        f"{infusion} / {drug}",
        serious,
        unknown if event.outcome is None else named(OUTCOMES, event.outcome, language),
        event.note,
    )


def _episodes(case: Case, language: Language) -> Table:
    heads = tuple(head(h, language) for h in ("date", "lowest", "ada", "grade", "felt"))
    rows = tuple(
        (
            minute_text(e.minute),
            "–" if e.lowest < 0 else f"{glucose_text(e.lowest, case.log.system)} {case.log.system.text}",
            str(e.ada_level),
            str(e.ctcae_grade),
            phrase("yes" if e.felt else "no", language),
        )
        for e in case.episodes
    )
    return Table(phrase("episodes", language), heads, rows)
