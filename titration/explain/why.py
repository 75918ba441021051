"""The reason of one line in words: the rule that decided, what it saw, what bound it, and what else fired."""

from collections.abc import Iterator

from titration.clinical import PlanKind
from titration.explain.layout import wrap
from titration.explain.phrases import LIMITS, TIMINGS
from titration.explain.reasons import comparison_text, seen_readings, told_apart
from titration.explain.trace import LinePlan, Missing, RuleTrace
from titration.explain.values import dose_text
from titration.explain.voice import Voice, dated

_INSIDE = " " * 4


def reason_of(line: LinePlan, voice: Voice, width: int) -> Iterator[str]:
    """The credited rule in words, with every comparison of its condition."""
    if line.rule is None:
        yield from wrap(voice.say("waits" if line.missing else "no_rule"), width=width, first=_INSIDE)
    else:
        yield from _told(line.rule, line, voice, width)


def _told(rule: RuleTrace, line: LinePlan, voice: Voice, width: int) -> Iterator[str]:
    yield from wrap(f"{voice.text('rule', rule.rule_id)} [{rule.rule_id}]", width=width, first=_INSIDE)
    decisive, others = told_apart(rule, voice.pack)
    for group in decisive:
        yield from wrap(comparison_text(group, line.unit, voice), width=width, first=f"{_INSIDE}- ")
    if others:
        seen = voice.listed([comparison_text(group, line.unit, voice) for group in others])
        yield from wrap(voice.say("also", what=seen), width=width, first=f"{_INSIDE}- ")


def also_told(line: LinePlan, voice: Voice, width: int) -> Iterator[list[str]]:
    """Of the other rules that fired with a notice, those that add a notice or a reading to what is already told."""
    notices = {rule.id: set(rule.notices) for rule in voice.pack.rules}
    said = set[str]() if line.rule is None else set(notices[line.rule.rule_id])
    seen = set(seen_readings([] if line.rule is None else [line.rule]))
    for trace in line.also:
        readings = set(seen_readings([trace]))
        if readings - seen or (notices[trace.rule_id] - said and not readings):
            yield list(_told(trace, line, voice, width))
        said |= notices[trace.rule_id]
        seen |= readings


def outcome_of(line: LinePlan, day: int, voice: Voice) -> str:
    """What bound the rule's proposal, and when the line may change again; empty where neither says anything."""
    parts = [voice.sentence(text) for text in _bounds(line, voice)]
    changed = line.kind in (PlanKind.ADJUST_UP, PlanKind.ADJUST_DOWN)
    if changed or (line.kind is PlanKind.HOLD and line.next_day > day + 1):
        parts.append(voice.sentence(voice.say("next", day=dated(line.next_day, voice.language))))
    return ("" if voice.language == "zh" else " ").join(parts)


def _bounds(line: LinePlan, voice: Voice) -> Iterator[str]:
    if not line.limits:
        return
    limits = voice.listed([LIMITS[voice.language][name] for name in line.limits])
    asked = dose_text(line.proposed, line.unit, voice)
    if line.proposed == line.after:
        yield voice.say("limited", limits=limits)
    elif line.limits == ("rounding",):
        yield voice.say("rounded", proposed=asked)
    elif line.proposed == 0:
        yield voice.say("held_stop", limits=limits)
    else:
        yield voice.say("held" if line.after == line.before else "cut", proposed=asked, limits=limits)


def missing_text(missing: Missing, voice: Voice) -> str:
    """Which datum would unlock an answer, how much of it there is, and when it can be complete."""
    what = voice.feature(missing.feature)
    if not missing.timings:
        measured = None if missing.observed is None else missing.observed.at_day
        if measured is None:
            return voice.say("missing.other", what=what)
        return voice.say("missing.old", what=what, when=dated(measured, voice.language))
    return voice.say(
        "missing.count",
        what=what,
        have=missing.have,
        need=missing.need,
        timings=voice.say("list").join(TIMINGS[voice.language][t] for t in missing.timings),
        day=dated(missing.earliest_day, voice.language),
    )
