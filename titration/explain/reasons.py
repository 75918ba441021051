"""Comparisons as text: what was seen, on which side of which threshold, from which readings."""

from collections.abc import Iterable
from fractions import Fraction

from titration.explain.phrases import OPPOSITE, OPS
from titration.explain.trace import Comparison, LinePlan, NearMiss, Observed, Reading, RuleTrace
from titration.explain.values import observed_text, parameter_text, quantity, readings_text, unit_of
from titration.explain.voice import Voice
from titration.expr.nodes import Op
from titration.packs.model import (
    Hold,
    Ladder,
    LimitTo,
    Pack,
    Percent,
    Refer,
    Restore,
    Review,
    ShareOfTotal,
    Stop,
    Units,
)
from titration.units import HI_VALUE, LO_VALUE, Dimension

_LADDER = {"down": "step.ladder_down", "halve": "step.halve", "up": "step.ladder_up"}


def grouped(comparisons: Iterable[Comparison]) -> list[tuple[Comparison, ...]]:
    """Comparisons of one feature together, in the order they were written."""
    groups: dict[str, list[Comparison]] = {}
    for comparison in comparisons:
        groups.setdefault(comparison.observed.feature, []).append(comparison)
    return [tuple(group) for group in groups.values()]


def told_apart(rule: RuleTrace, pack: Pack) -> tuple[list[tuple[Comparison, ...]], list[tuple[Comparison, ...]]]:
    """Groups that made the rule fire, and the others it looked at; what kind of drug it is belongs to the others."""
    decisive: list[tuple[Comparison, ...]] = []
    others: list[tuple[Comparison, ...]] = []
    for group in grouped(rule.comparisons):
        definition = pack.features.get(group[0].observed.feature)
        of_drug = definition is not None and definition.of.startswith("line.class.")
        helps = any(c.outcome is c.wanted for c in group)
        (decisive if helps and not of_drug else others).append(group)
    return decisive, others


def comparison_text(group: tuple[Comparison, ...], line_unit: str, voice: Voice, *, with_readings: bool = True) -> str:
    """A feature with its value, every threshold it was compared with, and the readings behind it."""
    observed = group[0].observed
    unit = unit_of(observed.feature, line_unit, voice.pack)
    value = observed_text(observed, unit, voice, apart_from=_nearest(group))
    parts = [f"{voice.feature(observed.feature)}{voice.say('colon')}{value}"]
    for comparison in group:
        relation = _relation(comparison, unit, voice)
        if relation:
            parts.append(relation)
    text = voice.say("comma").join(parts)
    if with_readings and observed.readings:
        counted = observed.dimension is not Dimension.GLUCOSE
        text += voice.say("semicolon") + voice.say(
            "from", what=readings_text(observed.readings, voice, with_unit=counted)
        )
    return text


def _nearest(group: tuple[Comparison, ...]) -> Fraction | None:
    """A threshold the value must not look equal to, in the value's own scale."""
    observed = group[0].observed
    if observed.per is None or observed.value is None:
        return None
    scale = 1 if observed.dimension is Dimension.GLUCOSE else observed.dimension.scale
    bounds = [Fraction(c.threshold.value, scale) for c in group if c.threshold.parameter is not None]
    seen = Fraction(observed.value, observed.per * scale)
    return min(bounds, key=lambda b: abs(b - seen), default=None)


def _relation(comparison: Comparison, unit: str, voice: Voice) -> str:
    """On which side of its threshold a value lies; empty for a comparison with nothing, or of something unknown."""
    if comparison.op is None or comparison.outcome is None:
        return ""
    op = comparison.op if comparison.outcome else OPPOSITE[comparison.op]
    bound = _bound_text(comparison, unit, voice)
    return f"{OPS[voice.language][op]} {bound}" if bound else ""


def _bound_text(comparison: Comparison, unit: str, voice: Voice) -> str:
    threshold = comparison.threshold
    if threshold.parameter is not None:
        text = parameter_text(threshold.parameter, threshold.value, unit, voice)
        label = voice.text("parameter", threshold.parameter.name, "")
        return voice.say("labelled", value=text, label=label) if label else text
    if threshold.other is not None:
        text = observed_text(threshold.other, unit_of(threshold.other.feature, unit, voice.pack), voice)
        return voice.say("labelled", value=text, label=voice.feature(threshold.other.feature))
    return ""


def blocker_text(group: tuple[Comparison, ...], line_unit: str, voice: Voice) -> str:
    """What stood in a rule's way: the value of a feature, what it would take, and how far away that is."""
    observed = group[0].observed
    unit = unit_of(observed.feature, line_unit, voice.pack)
    value = observed_text(observed, unit, voice, apart_from=_nearest(group))
    what = f"{voice.feature(observed.feature)}{voice.say('colon')}{value}"
    needed = voice.say("comma").rstrip(" ").join(_needed(comparison, unit, voice) for comparison in group)
    gap = _gap(group[0])
    if gap is None:
        return voice.say("near.needs", what=what, needed=needed)
    if gap == 0:
        return voice.say("near.exact", what=what, needed=needed)
    away = quantity(gap, observed.per, observed.dimension, unit, voice, apart_from=Fraction(0))
    return voice.say("near.short", what=what, needed=needed, gap=away)


def _needed(comparison: Comparison, unit: str, voice: Voice) -> str:
    """What a comparison would take, behind the space that goes in front of it."""
    if comparison.op is None:
        return voice.say("needs_known")
    op = comparison.op if comparison.wanted else OPPOSITE[comparison.op]
    if comparison.observed.dimension is Dimension.FLAG:
        return voice.say("needs_yes" if op in (Op.NE, Op.GT) else "needs_no")
    bound = _bound_text(comparison, unit, voice) or quantity(0, None, Dimension.COUNT, unit, voice)
    return f" {bound}" if op is Op.EQ else voice.say("needs_side", side=OPS[voice.language][op], bound=bound)


def _gap(comparison: Comparison) -> int | None:
    """Distance to the threshold on the grid, times ``per``; None where a distance says nothing."""
    observed = comparison.observed
    if observed.value is None or comparison.op is None or observed.dimension is Dimension.FLAG:
        return None
    threshold = comparison.threshold
    if threshold.other is not None:
        bound = threshold.other.value
    else:
        bound = threshold.value if threshold.parameter is not None else None
    censored = observed.dimension is Dimension.GLUCOSE and observed.per is None and not _measured(observed)
    if bound is None or censored:
        return None
    gap = abs(observed.value - bound * (observed.per or 1))
    op = comparison.op if comparison.wanted else OPPOSITE[comparison.op]
    whole = observed.dimension in (Dimension.COUNT, Dimension.DAYS)
    return gap + 1 if whole and op in (Op.LT, Op.GT) else gap


def _measured(observed: Observed) -> bool:
    return observed.value is not None and LO_VALUE < observed.value < HI_VALUE


def near_text(near: NearMiss, line: LinePlan, voice: Voice) -> str:
    """A rule that did not act: what it would have done, and why it did not."""
    what = [blocker_text(group, line.unit, voice) for group in grouped(near.blockers)] or [voice.say("near.fired")]
    return f"{step_text(near.rule_id, line.unit, voice)}{voice.say('colon')}{voice.listed(what)} [{near.rule_id}]"


def step_text(rule_id: str, unit: str, voice: Voice) -> str:
    """What a rule of the pack would do to the dose."""
    rule = next(rule for rule in voice.pack.rules if rule.id == rule_id)
    match rule.step:
        case Units(name, up):
            return voice.say("step.up" if up else "step.down", amount=_amount(name, unit, voice))
        case Percent(name, up, floor):
            amount = _amount(name, unit, voice)
            if floor is not None:
                return voice.say("step.down_at_least", amount=amount, least=_amount(floor, unit, voice))
            return voice.say("step.up" if up else "step.down", amount=amount)
        case ShareOfTotal(name):
            return voice.say("step.share", amount=_amount(name, unit, voice))
        case Ladder(move):
            return voice.say(_LADDER[move])
        case LimitTo():
            return voice.say("step.limit")
        case Restore():
            return voice.say("step.restore")
        case Stop():
            return voice.say("step.stop")
        case Hold():
            return voice.say("step.hold")
        case Refer() | Review():
            return voice.say("step.refer")


def _amount(name: str, unit: str, voice: Voice) -> str:
    parameter = voice.pack.parameters[name]
    value = parameter.value if isinstance(parameter.value, int) else parameter.value.on(voice.system)
    return parameter_text(parameter, value, unit, voice)


def seen_readings(traces: Iterable[RuleTrace]) -> tuple[Reading, ...]:
    """The single glucose values that made rules fire, each once, oldest first; those behind a mean are left out."""
    found = {
        (r.minute, r.timing, r.value): r
        for trace in traces
        for c in trace.comparisons
        if c.outcome is c.wanted and c.observed.dimension is Dimension.COUNT
        for r in c.observed.readings
    }
    return tuple(found[key] for key in sorted(found))
