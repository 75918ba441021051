"""Meaning of a pack: names exist, dimensions agree, texts are there in both languages, the fixed decisions hold."""

from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches

from titration.expr.nodes import Compare, FeatureRef, Op, ParameterRef, Zero
from titration.expr.walk import features_of, leaves
from titration.features.spec import CATALOGUE, LINE_SERIES, SERIES
from titration.packs.model import (
    FeatureDefinition,
    Hold,
    Ladder,
    LimitTo,
    Pack,
    Percent,
    Refer,
    Restore,
    Review,
    Rule,
    ShareOfTotal,
    Step,
    Tier,
    Units,
)
from titration.packs.problems import LineIndex, Problem
from titration.units import Dimension


@dataclass
class Problems:
    """Collects problems of one file, finding the line of each."""

    file: str
    lines: LineIndex
    found: list[Problem] = field(default_factory=lambda: [])

    def add(self, place: tuple[str | int, ...] | list[str | int], message: str) -> None:
        """Record a problem at a table or key."""
        self.found.append(Problem(self.file, self.lines.of(*place), message))


def feature_dimension(of: str, reduce: str, place: tuple[str, str], problems: Problems) -> Dimension | None:
    """What a feature measures; None, with a problem recorded, when its source cannot give that."""
    kind = CATALOGUE.get(of)
    if kind is None:
        problems.add(place, f"feature {place[1]}: unknown source {of!r}{_hint(of, list(CATALOGUE))}")
        return None
    if reduce not in kind.reducers:
        allowed = ", ".join(kind.reducers)
        problems.add(place, f"feature {place[1]}: {of} cannot be reduced to {reduce!r} (it can to {allowed})")
        return None
    return kind.reducers[reduce]


def check_pack(pack: Pack, problems: Problems, rule_order: list[str]) -> None:
    """Record every violation; ``rule_order`` gives rule ids as written, to find their lines."""
    where: Callable[[Rule], tuple[str | int, ...]] = lambda rule: ("rule", rule_order.index(rule.id))  # noqa: E731
    for name in sorted({r for r in rule_order if rule_order.count(r) > 1}):
        problems.add(("rule", len(rule_order) - 1 - rule_order[::-1].index(name)), f"rule {name} is defined twice")
    for feature in pack.features.values():
        _check_feature(feature, pack, problems)
    for rule in pack.rules:
        _check_condition(rule, where(rule), pack, problems)
        _check_step(rule, where(rule), pack, problems)
        _check_rule_sources(rule, where(rule), pack, problems)
    for parameter in pack.parameters.values():
        if parameter.source is not None and parameter.source not in pack.sources:
            hint = _hint(parameter.source, list(pack.sources))
            problems.add(
                ("parameter", parameter.name), f"parameter {parameter.name}: unknown source {parameter.source!r}{hint}"
            )
    _check_use(pack, problems)
    if pack.guard_off and pack.status != "bench":
        problems.add(("guard",), 'the guard may be off only in a pack of status = "bench"')
    if pack.status != "bench":
        _check_texts(pack, where, problems)


def _check_feature(feature: FeatureDefinition, pack: Pack, problems: Problems) -> None:
    place = ("feature", feature.name)
    kind = CATALOGUE[feature.of]
    for name in (feature.below, feature.at_most, feature.above, feature.at_least):
        if name is None:
            continue
        parameter = pack.parameters.get(name)
        if parameter is None:
            problems.add(
                place, f"feature {feature.name}: unknown parameter {name!r}{_hint(name, list(pack.parameters))}"
            )
        elif parameter.dimension is not Dimension.GLUCOSE or not _is_glucose(feature):
            problems.add(place, f"feature {feature.name}: only glucose readings are filtered, by a glucose parameter")
    if feature.max_age is not None:
        limit = pack.parameters.get(feature.max_age)
        if limit is None or limit.dimension is not Dimension.DAYS or not feature.of.startswith(("lab.", "line.renal")):
            problems.add(place, f"feature {feature.name}: max_age names a parameter in days, for a laboratory value")
    if feature.window_days > 1 and not kind.windowed:
        problems.add(place, f"feature {feature.name}: {feature.of} has no window; remove window_days")
    if feature.window_days > 60 and not feature.of.startswith("lab."):
        problems.add(place, f"feature {feature.name}: a window is at most 60 days")
    if feature.since_change and not (_is_glucose(feature) or feature.of in ("symptoms", "severe")):
        problems.add(place, f"feature {feature.name}: since_change goes with glucose readings only")
    if feature.since_change and feature.reduce in ("last", "age_days"):
        problems.add(place, f"feature {feature.name}: since_change does not go with {feature.reduce}")
    if feature.name in pack.parameters:
        problems.add(place, f"{feature.name} is both a feature and a parameter")


def _is_glucose(feature: FeatureDefinition) -> bool:
    return feature.of in SERIES or feature.of in LINE_SERIES


def _check_condition(rule: Rule, place: tuple[str | int, ...], pack: Pack, problems: Problems) -> None:
    for leaf in leaves(rule.when):
        left = pack.features.get(leaf.feature)
        if left is None or not isinstance(leaf, Compare):
            continue
        match leaf.right:
            case ParameterRef(name):
                other = pack.parameters.get(name)
                right = other.dimension if other else None
            case FeatureRef(name):
                right = pack.features[name].dimension if name in pack.features else None
                if _is_ratio(left) or (name in pack.features and _is_ratio(pack.features[name])):
                    problems.add(
                        place, f"rule {rule.id}: {leaf.feature} and {name}: a mean or ratio compares with a parameter"
                    )
            case Zero():
                if left.dimension is Dimension.GLUCOSE:
                    problems.add(place, f"rule {rule.id}: glucose {leaf.feature} compared with 0")
                continue
        if right is not None and right is not left.dimension:
            problems.add(place, f"rule {rule.id}: {leaf.feature} is in {left.dimension}, {name} in {right}")
        if leaf.op in (Op.EQ, Op.NE) and left.dimension is Dimension.GLUCOSE:
            problems.add(place, f"rule {rule.id}: {leaf.feature}: glucose is compared by order, not for equality")
    if rule.tier is Tier.FREEZE:
        glucose = sorted(n for n in features_of(rule.when) if n in pack.features and _is_glucose(pack.features[n]))
        if glucose:
            problems.add(
                place,
                f"rule {rule.id}: a freeze may not read glucose ({', '.join(glucose)}): it would break the monotone law",
            )


def _is_ratio(feature: FeatureDefinition) -> bool:
    return feature.reduce in (
        "mean",
        "per_kg",
        "percent_of_baseline",
        "percent_of_highest",
        "fall_percent",
        "rise_percent",
    )


def _check_step(rule: Rule, place: tuple[str | int, ...], pack: Pack, problems: Problems) -> None:
    found: list[str | None] = []
    match rule.step:
        case Units(name, _):
            found.append(_amount_problem(name, Dimension.DOSE, pack))
        case Percent(name, _, floor):
            found.append(_amount_problem(name, Dimension.PERCENT, pack))
            if floor is not None:
                found.append(_amount_problem(floor, Dimension.DOSE, pack))
        case ShareOfTotal(name):
            found.append(_amount_problem(name, Dimension.PERCENT, pack))
        case LimitTo(name):
            feature = pack.features.get(name)
            if feature is None or feature.dimension is not Dimension.DOSE:
                found.append(f"limit_to names a feature that is a dose{_hint(name, list(pack.features))}")
        case Refer(who) | Review(who):
            if not who.strip():
                found.append("refer and review name who decides")
        case _:
            pass
    if _is_upward(rule.step) and rule.tier not in (Tier.RAISE, Tier.RESCUE):
        found.append("an increase belongs to tier raise or rescue")
    if rule.tier is Tier.FREEZE and not isinstance(rule.step, Hold | Refer):
        found.append("a freeze refers or holds; it changes no dose")
    for message in found:
        if message is not None:
            problems.add(place, f"rule {rule.id}: {message}")


def _is_upward(step: Step) -> bool:
    match step:
        case Units(_, up) | Percent(_, up, _):
            return up
        case Ladder(move):
            return move == "up"
        case Restore():
            return True
        case _:
            return False


def _amount_problem(name: str, dimension: Dimension, pack: Pack) -> str | None:
    parameter = pack.parameters.get(name)
    if parameter is None:
        return f"unknown parameter {name!r}{_hint(name, list(pack.parameters))}"
    if parameter.dimension is not dimension:
        return f"{name} is in {parameter.dimension}, a {dimension} is needed"
    return None


def _check_rule_sources(rule: Rule, place: tuple[str | int, ...], pack: Pack, problems: Problems) -> None:
    if not rule.sources and pack.status != "bench":
        problems.add(place, f"rule {rule.id} names no source")
    for name in rule.sources:
        if name not in pack.sources:
            problems.add(place, f"rule {rule.id}: unknown source {name!r}{_hint(name, list(pack.sources))}")


def _check_use(pack: Pack, problems: Problems) -> None:
    used = {n for r in pack.rules for n in features_of(r.when)}
    used |= {r.step.feature for r in pack.rules if isinstance(r.step, LimitTo)}
    for name in pack.features:
        if name not in used:
            problems.add(("feature", name), f"feature {name} is used by no rule: remove it")


def _check_texts(pack: Pack, where: Callable[[Rule], tuple[str | int, ...]], problems: Problems) -> None:
    for language in ("en", "zh"):
        have = pack.texts.get(language, {})
        if "pack.name" not in have:
            problems.add(("pack",), f"text.{language}.toml lacks pack.name")
        for rule in pack.rules:
            if f"rule.{rule.id}" not in have:
                problems.add(where(rule), f"text.{language}.toml lacks rule.{rule.id}")
            if isinstance(rule.step, Refer | Review) and f"who.{rule.step.who}" not in have:
                problems.add(where(rule), f"text.{language}.toml lacks who.{rule.step.who}")
            problems.found.extend(
                Problem(problems.file, problems.lines.of(*where(rule)), f"text.{language}.toml lacks notice.{notice}")
                for notice in rule.notices
                if f"notice.{notice}" not in have
            )
        for name in pack.features:
            if f"feature.{name}" not in have:
                problems.add(("feature", name), f"text.{language}.toml lacks feature.{name}")
        ids = {f"rule.{r.id}" for r in pack.rules}
        for key in have:
            if key.startswith("rule.") and key not in ids:
                problems.found.append(
                    Problem(
                        problems.file.rsplit("/", 1)[0] + f"/text.{language}.toml",
                        1,
                        f"{key} names no rule of the pack",
                    )
                )


def _hint(name: str, candidates: list[str]) -> str:
    close = get_close_matches(name, candidates, n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""
