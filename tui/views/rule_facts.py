"""What there is to know about a rule, a number, a fact, a source, the pack: labels and texts, before any layout."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from titration.explain.conditions import condition_rows
from titration.explain.pack_words import ACTION_NAMES, LINE_KIND_NAMES
from titration.explain.phrases import MARKS, TIERS, Language
from titration.explain.reasons import step_text
from titration.explain.voice import Voice
from titration.packs.model import FeatureDefinition, Pack, Parameter, Rule, Source
from titration.service.pack_console import value_text
from tui.views.page import Tone
from tui.words import say


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its text; a text without a label goes on under the one before."""

    label: str
    text: str
    tone: Tone = Tone.PLAIN
    indent: int = 0


def rule_facts(rule: Rule, voice: Voice) -> list[Fact]:
    """A rule as a decision table: every comparison, what it proposes, and where it comes from."""
    language, pack = voice.language, voice.pack
    facts = [Fact("", voice.text("rule", rule.id), Tone.STRONG)]
    kinds = voice.say("list").join(LINE_KIND_NAMES[language][kind.value] for kind in rule.kinds)
    facts.append(
        Fact(say(language, "rules.for"), f"{kinds}; {say(language, 'rules.tier')}: {TIERS[language][rule.tier.text]}")
    )
    for i, row in enumerate(condition_rows(rule, voice)):
        label = say(language, "rules.when") if i == 0 else ""
        facts.append(Fact(label, f"· {row.text}", Tone.PLAIN, 2 * row.depth))
    facts.append(Fact(say(language, "rules.proposes"), step_text(rule.id, "units", voice), Tone.STRONG))
    for i, name in enumerate(rule.notices):
        facts.append(Fact(say(language, "rules.notices") if i == 0 else "", voice.text("notice", name)))
    for i, name in enumerate(rule.sources):
        label = say(language, "rules.source") if i == 0 else ""
        facts.append(Fact(label, _cited(pack.sources[name], voice) if name in pack.sources else name, Tone.DIM))
    facts.append(Fact(say(language, "rules.as_written"), rule.when_text, Tone.DIM))
    return facts


def _cited(source: Source, voice: Voice) -> str:
    mark = MARKS[voice.language].get(source.mark, source.mark)
    return f"{source.cite} [{source.mark}{voice.say('colon')}{mark}]"


_UNITS: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {"percent": "%"},
    "zh": {
        "percent": "%",
        "days": "天",
        "drugs": "种药",
        "readings": "个读数",
        "units": "单位",
        "units/kg": "单位/kg",
        "years": "岁",
    },
}


def number_words(parameter: Parameter, voice: Voice) -> str:
    """A number of the pack with its unit in the language of the reader."""
    text = value_text(parameter)
    word = _UNITS[voice.language].get(parameter.unit)
    return text if word is None else f"{text.removesuffix(parameter.unit)}{word}"


def parameter_facts(parameter: Parameter, voice: Voice) -> list[Fact]:
    """A number with its source, or on whose word it stands."""
    language, pack = voice.language, voice.pack
    facts = [Fact("", voice.text("parameter", parameter.name, parameter.name), Tone.STRONG)]
    facts.append(Fact(say(language, "rules.value"), number_words(parameter, voice), Tone.STRONG))
    if parameter.basis is not None:
        facts.append(Fact(say(language, "rules.basis"), say(language, "plan.assumed"), Tone.WARN))
        who = voice.text("who", parameter.sign_off or "", parameter.sign_off)
        facts.append(Fact(say(language, "rules.sign_off"), who))
    elif parameter.source is not None and parameter.source in pack.sources:
        facts.append(Fact(say(language, "rules.source"), _cited(pack.sources[parameter.source], voice), Tone.DIM))
    note = voice.text("parameter_note", parameter.name, parameter.note)
    if note:
        facts.append(Fact(say(language, "rules.note"), note))
    facts += _users(parameter.name, voice)
    return facts


def _users(name: str, voice: Voice) -> list[Fact]:
    """Rules whose condition or step names a number or fact."""
    named = [rule for rule in voice.pack.rules if name in rule.when_text.split() or name in repr(rule.step)]
    label = say(voice.language, "rules.used_in")
    return [Fact(label if i == 0 else "", voice.text("rule", rule.id)) for i, rule in enumerate(named)]


def feature_facts(feature: FeatureDefinition, voice: Voice) -> list[Fact]:
    """A fact that conditions name: what it is made of, over which days."""
    language = voice.language
    facts = [Fact("", voice.feature(feature.name), Tone.STRONG)]
    if feature.window_days:
        fields = {"count": feature.window_days, "least": feature.min_count}
        facts.append(Fact(say(language, "rules.window"), say(language, "rules.window_days", **fields)))
    else:
        facts.append(Fact(say(language, "rules.window"), say(language, "rules.no_window")))
    for bound in (feature.below, feature.at_most, feature.above, feature.at_least):
        if bound is not None and bound in voice.pack.parameters:
            text = f"{voice.text('parameter', bound, bound)}: {number_words(voice.pack.parameters[bound], voice)}"
            facts.append(Fact(say(language, "rules.value"), text))
    facts += _users(feature.name, voice)
    return [*facts, Fact(say(language, "rules.as_written"), f"{feature.of}, {feature.reduce}", Tone.DIM)]


def source_facts(source: Source, voice: Voice) -> list[Fact]:
    """A citation, in the language it is written in, and how sure we are of it."""
    language = voice.language
    facts = [Fact("", _cited(source, voice), Tone.STRONG)]
    if source.note:
        facts.append(Fact(say(language, "rules.note"), source.note))
    named = [rule for rule in voice.pack.rules if source.name in rule.sources]
    label = say(language, "rules.used_in")
    return [*facts, *(Fact(label if i == 0 else "", voice.text("rule", r.id)) for i, r in enumerate(named))]


def _actions(names: Sequence[str], voice: Voice) -> str:
    """Kinds of drugs in an order, in words."""
    actions, kinds = ACTION_NAMES[voice.language], LINE_KIND_NAMES[voice.language]
    return voice.say("list").join(actions.get(name) or kinds.get(name, name) for name in names)


def pack_facts(pack: Pack, voice: Voice, status: str) -> list[Fact]:
    """The pack as a whole: what it is for, how far it has been signed off, and what it is made of."""
    language = voice.language
    facts = [Fact("", voice.text("pack", "name", pack.id), Tone.STRONG), Fact("", voice.text("pack", "purpose", ""))]
    if pack.guard_off:
        facts.append(Fact("", say(language, "rules.guard_off"), Tone.DANGER))
    counts = say(
        language,
        "rules.counts",
        rules=len(pack.rules),
        parameters=len(pack.parameters),
        features=len(pack.features),
        sources=len(pack.sources),
    )
    assumed = sum(parameter.basis is not None for parameter in pack.parameters.values())
    return [
        *facts,
        Fact(say(language, "rules.version"), f"{pack.id} {pack.version}"),
        Fact(say(language, "rules.status"), status, Tone.WARN if pack.status != "approved" else Tone.GOOD),
        Fact(say(language, "rules.hash"), pack.sha256),
        Fact(say(language, "rules.certificate"), say(language, "rules.no_certificate"), Tone.WARN),
        Fact(say(language, "rules.holds"), counts),
        Fact("", say(language, "rules.assumed", count=assumed), Tone.WARN),
        Fact(say(language, "rules.withdraw"), _actions(pack.withdraw, voice)),
        Fact(say(language, "rules.raise"), _actions(pack.raise_, voice)),
    ]
