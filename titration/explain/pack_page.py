"""A pack as a Markdown page in one language: its card, rules in words, numbers with their sources, and order of drugs."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, assert_never

from titration.clinical import Slot, Timing
from titration.explain.pack_words import ACTION_NAMES, LINE_KIND_NAMES, PAGE
from titration.explain.phrases import LANGUAGES, LIMITS, MARKS, OPPOSITE, OPS, SLOTS, STATUS, TIERS, TIMINGS, Language
from titration.explain.reasons import step_text
from titration.explain.values import bound_value, parameter_text, unit_of
from titration.explain.voice import Voice
from titration.expr.nodes import AllOf, AnyOf, Compare, Condition, FeatureRef, Known, Not, Op, ParameterRef, Zero
from titration.expr.walk import features_of
from titration.packs.model import Pack, Parameter, Rule, Tier
from titration.units import Dimension, Pair, UnitSystem

_BREAK: Final = "<br>"
_INDENT: Final = "&emsp;"
_ANY_UNIT: Final = "units"


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands beside a pack: worked cases, and obligations proved of all in its certificate (None: no certificate)."""

    cases: int
    proved: tuple[int, int] | None = None
    certificate_path: str = ""


def pack_page(pack: Pack, language: Language, standing: Standing) -> str:
    """The page; the same pack gives the same bytes."""
    page = _Page(pack, Voice(pack, language, UnitSystem.MMOL), standing)
    parts = [page.head(), page.card(), page.rules(), page.numbers(), page.attribution(), page.order()]
    parts += [page.limits(), page.sources()]
    return "\n".join(line for part in parts for line in (*part, "")).rstrip("\n") + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(map(_cell, head))} |"
    yield f"| {' | '.join('---' for _ in head)} |"
    for row in rows:
        yield f"| {' | '.join(map(_cell, row))} |"


class _Page:
    """The parts of one page, each as lines."""

    def __init__(self, pack: Pack, voice: Voice, standing: Standing) -> None:
        self.pack, self.voice, self.standing = pack, voice, standing
        self.language: Language = voice.language

    def say(self, key: str, **fields: object) -> str:
        return PAGE[self.language][key].format(**fields)

    def head(self) -> Iterator[str]:
        yield f"# {self.voice.text('pack', 'name', self.pack.id)}"
        yield ""
        others = [name for name in LANGUAGES if name != self.language]
        links = " ".join(f"[{name}]({self.pack.id}.{name}.md)" for name in others)
        yield f"`{self.pack.id}` {self.pack.version} · {STATUS[self.language][self.pack.status]} · {links}"
        yield ""
        yield f"*{self.say('made', id=self.pack.id)}*"

    # -- the card ----------------------------------------------------------------------------------------------------

    def card(self) -> Iterator[str]:
        yield f"## {self.say('card')}"
        yield ""
        yield from _table((self.say("attribute"), self.say("value")), self._attributes())

    def _attributes(self) -> Iterator[tuple[str, str]]:
        pack = self.pack
        yield self.say("version"), pack.version
        yield self.say("status"), STATUS[self.language][pack.status]
        yield self.say("purpose"), self.voice.text("pack", "purpose", pack.id)
        freezes = [self.voice.text("rule", r.id) for r in pack.rules if r.tier is Tier.FREEZE]
        yield self.say("outside"), _BREAK.join(freezes) or self.say("no_rule")
        used = {name for rule in pack.rules for name in features_of(rule.when)}
        yield self.say("inputs"), self.voice.listed([self.voice.feature(n) for n in pack.features if n in used])
        yield self.say("evidence"), self.voice.listed(list(self._evidence()))
        yield self.say("guard"), self.say("guard_off" if pack.guard_off else "guard_on")
        yield self.say("cases"), str(self.standing.cases)
        yield self.say("proofs"), self._proofs()
        yield self.say("fairness"), self.say("untested")
        yield self.say("outcomes"), self.say("never")

    def _evidence(self) -> Iterator[str]:
        marks = Counter(self.pack.sources[p.source].mark for p in self.pack.parameters.values() if p.source)
        for mark, meaning in MARKS[self.language].items():
            if marks[mark]:
                yield f"{marks[mark]} {mark} ({meaning})"
        yield self.say("assumed", count=sum(p.basis is not None for p in self.pack.parameters.values()))

    def _proofs(self) -> str:
        if self.standing.proved is None:
            return self.say("no_certificate")
        proved, every = self.standing.proved
        return self.say("certificate", proved=proved, all=every, path=self.standing.certificate_path)

    # -- the rules ---------------------------------------------------------------------------------------------------

    def rules(self) -> Iterator[str]:
        yield f"## {self.say('rules')}"
        for tier, found in groupby(self.pack.rules, key=lambda r: r.tier):
            rules = list(found)
            yield ""
            yield f"### {self.say('tier', tier=TIERS[self.language][tier.text], count=len(rules))}"
            yield ""
            head = [self.say(key) for key in ("rule", "lines", "when", "then", "source")]
            yield from _table(head, (self._rule(rule) for rule in rules))

    def _rule(self, rule: Rule) -> tuple[str, ...]:
        notices = [self.say("notice", text=self.voice.text("notice", name)) for name in rule.notices]
        sources = [f"[{name}](#{name}) {self.pack.sources[name].mark}" for name in rule.sources]
        return (
            f"`{rule.id}`{_BREAK}{self.voice.text('rule', rule.id)}",
            _BREAK.join(LINE_KIND_NAMES[self.language][kind.value] for kind in rule.kinds),
            _BREAK.join(self.condition(rule.when)),
            _BREAK.join([f"**{step_text(rule.id, _ANY_UNIT, self.voice)}**", *notices]),
            _BREAK.join(sources),
        )

    def condition(self, condition: Condition, *, wanted: bool = True) -> list[str]:
        """A condition in words, a line each; parts of a group stand further in."""
        match condition:
            case Compare():
                return [self._comparison(condition, wanted=wanted)]
            case Known(feature):
                text = self.say("known", what=self.voice.feature(feature))
                return [text if wanted else self.say("not", text=text)]
            case Not(part):
                return self.condition(part, wanted=not wanted)
            case AllOf(parts):
                inner = [line for part in parts for line in self.condition(part)]
                return self._group("all" if wanted else "none", inner)
            case AnyOf(parts):
                inner = [line for part in parts for line in self.condition(part)]
                return self._group("any" if wanted else "neither", inner)
            case _:
                assert_never(condition)

    def _group(self, key: str, inner: Sequence[str]) -> list[str]:
        return [self.say(key), *(f"{_INDENT}{line}" for line in inner)]

    def _comparison(self, leaf: Compare, *, wanted: bool) -> str:
        what, op = self.voice.feature(leaf.feature), leaf.op if wanted else OPPOSITE[leaf.op]
        dimension = self.pack.features[leaf.feature].dimension
        if dimension is Dimension.FLAG and isinstance(leaf.right, Zero):
            return self.say("yes" if op in (Op.GT, Op.NE) else "no", what=what)
        return f"{what}{self.voice.say('colon')}{OPS[self.language][op]} {self._right(leaf)}"

    def _right(self, leaf: Compare) -> str:
        match leaf.right:
            case ParameterRef(name):
                text = self._value(self.pack.parameters[name], unit_of(leaf.feature, "", self.pack) or _ANY_UNIT)
                label = self.voice.text("parameter", name, "")
                return self.voice.say("labelled", value=text, label=label) if label else text
            case FeatureRef(name):
                return self.voice.feature(name)
            case Zero():
                return "0"
            case _:
                assert_never(leaf.right)

    def _value(self, parameter: Parameter, unit: str = _ANY_UNIT) -> str:
        text = parameter_text(parameter, bound_value(parameter, self.voice), unit, self.voice)
        if isinstance(parameter.value, Pair):
            return f"{text}{self.voice.say('open')}{parameter.value.mgdl} mg/dL{self.voice.say('close')}"
        return text

    # -- numbers, order, limits, sources -------------------------------------------------------------------------------

    def numbers(self) -> Iterator[str]:
        yield f"## {self.say('numbers')}"
        yield ""
        head = [self.say(key) for key in ("number", "means", "value", "from")]
        yield from _table(head, (self._number(p) for p in self.pack.parameters.values()))

    def _number(self, parameter: Parameter) -> tuple[str, ...]:
        return (
            f"`{parameter.name}`",
            self.voice.text("parameter", parameter.name, ""),
            self._value(parameter),
            self._origin(parameter),
        )

    def _origin(self, parameter: Parameter) -> str:
        if parameter.basis is None:
            source = self.pack.sources[parameter.source or ""]
            return f"[{source.name}](#{source.name}) {source.mark}"
        return self.say(
            "assumption",
            note=self.voice.text("parameter_note", parameter.name, parameter.note),
            who=self.voice.text("who", parameter.sign_off or "", parameter.sign_off),
        )

    def attribution(self) -> Iterator[str]:
        yield f"## {self.say('attribution')}"
        yield ""
        head = [self.say(key) for key in ("lines", "slot", "pre", "post")]
        yield from _table(head, self._judged())

    def _judged(self) -> Iterator[tuple[str, ...]]:
        judges = self.pack.attribution.judges
        actions = dict.fromkeys(action for action, _ in judges)
        for action in actions:
            by_slot = [(slot, judges[action, slot]) for slot in Slot if (action, slot) in judges]
            for bits, same in groupby(by_slot, key=lambda item: item[1]):
                slots = self.voice.say("list").join(SLOTS[self.language][slot.text] for slot, _ in same)
                yield self._action(action), slots, self._timings(bits.pre), self._timings(bits.post)

    def _action(self, name: str) -> str:
        return ACTION_NAMES[self.language].get(name) or LINE_KIND_NAMES[self.language].get(name, name)

    def _timings(self, bits: int) -> str:
        found = [TIMINGS[self.language][t.text] for t in Timing if bits >> t & 1]
        return self.voice.say("list").join(found) or self.say("no_rule")

    def order(self) -> Iterator[str]:
        yield f"## {self.say('order')}"
        yield ""
        for key, names in (("withdraw", self.pack.withdraw), ("raise", self.pack.raise_)):
            yield f"- {self.say(key, names=self.voice.say('list').join(map(self._action, names)) or self.say('no_rule'))}"

    def limits(self) -> Iterator[str]:
        yield f"## {self.say('limits')}"
        yield ""
        yield from (f"- {text}" for text in LIMITS[self.language].values())

    def sources(self) -> Iterator[str]:
        yield f"## {self.say('sources')}"
        yield ""
        head = [self.say("source"), "", self.say("mark")]
        rows = (
            (f'<a id="{s.name}"></a>`{s.name}`', s.cite, f"{s.mark}: {MARKS[self.language].get(s.mark, s.mark)}")
            for s in self.pack.sources.values()
        )
        yield from _table(head, rows)
