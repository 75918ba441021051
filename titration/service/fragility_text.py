"""Fragility in words and as JSON: what one reading, or all of them within their meters' accuracy, would turn."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from titration.clinical import PlanKind, Timing
from titration.explain.phrases import SLOTS
from titration.explain.values import dose_text
from titration.explain.voice import Voice
from titration.formulary import Formulary
from titration.service.fragility import Common, Fragility, Single, Turn
from titration.units import MILLI, UnitSystem, glucose_text, grid_text

Language = Literal["en", "zh"]
_EPOCH: Final = datetime(1970, 1, 1)
_KINDS: Final[Mapping[Language, Mapping[PlanKind, str]]] = {
    "en": {
        PlanKind.ADJUST_UP: "raise to {dose}",
        PlanKind.ADJUST_DOWN: "lower to {dose}",
        PlanKind.STOP: "stop",
        PlanKind.HOLD: "hold at {dose}",
        PlanKind.NEED_DATA: "need data",
        PlanKind.REFER: "refer",
    },
    "zh": {
        PlanKind.ADJUST_UP: "增至 {dose}",
        PlanKind.ADJUST_DOWN: "减至 {dose}",
        PlanKind.STOP: "停用",
        PlanKind.HOLD: "维持 {dose}",
        PlanKind.NEED_DATA: "需补充数据",
        PlanKind.REFER: "转请医师",
    },
}
_TIMINGS: Final[Mapping[Timing, str]] = {
    Timing.FASTING: "空腹",
    Timing.POST_BREAKFAST: "早餐后",
    Timing.PRE_LUNCH: "午餐前",
    Timing.POST_LUNCH: "午餐后",
    Timing.PRE_DINNER: "晚餐前",
    Timing.POST_DINNER: "晚餐后",
    Timing.BEDTIME: "睡前",
    Timing.OVERNIGHT: "夜间",
    Timing.RANDOM: "随机",
}
_WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        "title": "What would change this plan",
        "single": "the {timing} reading of {when}, {old}, as {new} {unit} ({accuracy})",
        "inside": "within meter accuracy",
        "outside": "beyond meter accuracy",
        "none.lower": "no single lower reading would change it",
        "none.higher": "no single higher reading would change it",
        "all.lower": "every reading lower by up to {steps} {unit}, within meter accuracy",
        "all.higher": "every reading higher by up to {steps} {unit}, within meter accuracy",
        "none.all": "all readings off in one direction within meter accuracy would not change it",
        "turn": "{drug}: {old} becomes {new}",
    },
    "zh": {
        "title": "哪些读数变化会改变本方案",
        "single": "{when} 的{timing}读数 {old} 若为 {new} {unit}（{accuracy}）",
        "inside": "在血糖仪允许误差内",
        "outside": "超出血糖仪允许误差",
        "none.lower": "任何单个读数偏低都不会改变方案",
        "none.higher": "任何单个读数偏高都不会改变方案",
        "all.lower": "所有读数在允许误差内偏低，至多 {steps} {unit}",
        "all.higher": "所有读数在允许误差内偏高，至多 {steps} {unit}",
        "none.all": "所有读数在允许误差内同向偏移不会改变方案",
        "turn": "{drug}：{old} 变为 {new}",
    },
}


def fragility_text(found: Fragility, formulary: Formulary, voice: Voice) -> str:
    """The findings, one a line, what turns under each."""
    words = _WORDS[voice.language]
    lines = [words["title"]]
    for single, none in ((found.lower, "none.lower"), (found.higher, "none.higher")):
        lines += [f"  {words[none]}"] if single is None else _single(single, formulary, voice)
    both = (found.all_lower, found.all_higher)
    lines += [] if any(both) else [f"  {words['none.all']}"]
    for common in both:
        lines += [] if common is None else _common(common, formulary, voice)
    return "\n".join(lines)


def _single(single: Single, formulary: Formulary, voice: Voice) -> list[str]:
    language, system = voice.language, voice.system
    words = _WORDS[language]
    text = words["single"].format(
        timing=single.timing.text.replace("_", " ") if language == "en" else _TIMINGS[single.timing],
        when=_when(single.minute),
        old=glucose_text(single.value, system),
        new=glucose_text(single.other, system),
        unit=system.text,
        accuracy=words["inside" if single.within_accuracy else "outside"],
    )
    return [f"  {text}", *_turns(single.turns, formulary, voice)]


def _common(common: Common, formulary: Formulary, voice: Voice) -> list[str]:
    language, system = voice.language, voice.system
    steps = grid_text(common.steps, system.steps_per_unit)
    text = _WORDS[language]["all.lower" if common.lower else "all.higher"].format(steps=steps, unit=system.text)
    return [f"  {text}", *_turns(common.turns, formulary, voice)]


def _turns(turns: tuple[Turn, ...], formulary: Formulary, voice: Voice) -> list[str]:
    language = voice.language
    kinds, words = _KINDS[language], _WORDS[language]
    out: list[str] = []
    for turn in turns:
        product = formulary.find(turn.drug)
        name = turn.drug if product is None else product.name_en if language == "en" else product.name_zh
        unit = "" if product is None else product.unit
        old = kinds[turn.kind].format(dose=dose_text(turn.dose, unit, voice).rstrip())
        new = kinds[turn.other_kind].format(dose=dose_text(turn.other_dose, unit, voice).rstrip())
        name += (", " if language == "en" else "，") + SLOTS[language][turn.slot.text]
        out.append("    " + words["turn"].format(drug=name, old=old, new=new))
    return out


def _when(minute: int) -> str:
    return (_EPOCH + timedelta(minutes=minute)).strftime("%Y-%m-%d %H:%M")


def fragility_json(found: Fragility, system: UnitSystem) -> dict[str, Any]:
    """The findings as plain data; doses as decimals in the drug's unit, glucose as the meter shows it."""
    return {
        "unit": system.text,
        "readings": found.readings,
        "one_lower": _single_json(found.lower, system),
        "one_higher": _single_json(found.higher, system),
        "all_lower": _common_json(found.all_lower, system),
        "all_higher": _common_json(found.all_higher, system),
    }


def _single_json(single: Single | None, system: UnitSystem) -> dict[str, Any] | None:
    if single is None:
        return None
    return {
        "time": _when(single.minute),
        "timing": single.timing.text,
        "value": glucose_text(single.value, system),
        "other": glucose_text(single.other, system),
        "within_accuracy": single.within_accuracy,
        "turns": [_turn_json(t) for t in single.turns],
    }


def _common_json(common: Common | None, system: UnitSystem) -> dict[str, Any] | None:
    if common is None:
        return None
    return {"by": grid_text(common.steps, system.steps_per_unit), "turns": [_turn_json(t) for t in common.turns]}


def _turn_json(turn: Turn) -> dict[str, Any]:
    return {
        "drug": turn.drug,
        "slot": turn.slot.text,
        "kind": turn.kind.value,
        "dose": grid_text(turn.dose, MILLI),
        "other_kind": turn.other_kind.value,
        "other_dose": grid_text(turn.other_dose, MILLI),
    }
