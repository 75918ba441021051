"""The tables of the ward round's guides, from the program itself: ``python docs/rounds_tables.py`` writes them anew.

Keys come from ``tui.keys``; the examples of entry are typed into the program, and the table shows what it would record or asks.
A test holds both guides to what this makes.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from titration.explain.phrases import Language
from titration.formulary import shipped
from titration.service.rounds.entry import Bedside, OwnLine, enter_line
from titration.service.rounds.entry.words import Speech
from titration.service.rounds.told import Reason
from titration.units import UnitSystem
from tui.keys import ACTIONS, Action, shown
from tui.words import say

DOCS: Final = Path(__file__).resolve().parent
GUIDES: Final[dict[Language, Path]] = {"en": DOCS / "rounds.md", "zh": DOCS / "rounds.zh.md"}
NOW: Final = 20_534 * 1440 + 6 * 60 + 50
"""2026-03-22 06:50."""

PLACES: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "ward": "The ward",
        "patient": "One patient",
        "decide": "Deciding",
        "enter": "Enter",
        "doses": "Doses due",
        "rules": "Rules",
        "ledger": "Ledger",
        "recorded": "A plan as it was",
        "study": "Study",
        "cell": "Typing into a cell",
        "line": "Typing one line",
        "ask": "A question about what was typed",
        "correct": "Why a value is corrected",
        "dose": "Typing another dose",
        "beyond": "A dose beyond limits",
        "why": "Why the plan is not taken",
        "gate": "Signing in",
        "*": "On every screen",
    },
    "zh": {
        "ward": "病区",
        "patient": "患者",
        "decide": "决定",
        "enter": "录入",
        "doses": "待给药",
        "rules": "规则",
        "ledger": "账本",
        "recorded": "当时的方案",
        "study": "研究",
        "cell": "在格内输入",
        "line": "单行输入",
        "ask": "对输入的提问",
        "correct": "更正原因",
        "dose": "输入另一剂量",
        "beyond": "超出限制的剂量",
        "why": "不采纳方案的理由",
        "gate": "登录",
        "*": "所有屏幕",
    },
}

EXAMPLES: Final[dict[Language, tuple[str, ...]]] = {
    "en": (
        *(
            "6.8",
            "f 6.8",
            "10.4 al y 14:10",
            "LO f",
            "8.9 bed y 22:00",
            "2.8 @03:00 n symptoms",
            "2.8 @03:00 no symptoms",
        ),
        *("126 mg", "126", "68", "22", "1.8", ".5", "0,5", "6.8 22:00"),
        *("glargine 12 y 22:00", "glargine 12", "glargine 120 y 22:00", "glargine 12 ml", "aspart 12", "toujeo 12"),
        *("metformin 0.5 g", "metformin 5", "glargine 0 refused y 22:00", "glargine missed yesterday"),
        *("fever 38.9", "meal skipped @06:30", "hypo", "nil by mouth for gastroscopy", "resumed"),
        *("weight 71.5", "hba1c 7.8 %", "hba1c 7.8", "cr 88 umol/L", "egfr 62", "cp 1.5 ng/mL", "ketone 0.4"),
        "note seen by dietitian",
    ),
    "zh": (
        *(
            "6.8",
            "空腹 6.8",
            "６。８",
            "LO 空腹",
            "睡前 8.9 昨 22:00",
            "2.8 @03:00 夜间 有症状",
            "126 毫克",
            "68",
            ".5",
        ),
        *("甘精 12 单位 昨 22:00", "甘精 12", "甘精 120 昨 22:00", "门冬 12", "二甲双胍 0.5 克", "甘精 拒绝 昨 22:00"),
        *("发热 38.9", "未进食", "严重低血糖 @03:00", "禁食 胃镜", "恢复"),
        *("体重 71.5", "体重 143 斤", "糖化 7.8 %", "肌酐 88 umol/L", "C肽 1.5 ng/mL", "血酮 0.4", "备注 营养师已看"),
    ),
}


def bedside() -> Bedside:
    """The made-up patient the examples are typed for: glargine at bedtime, a premix, metformin; glucose in mmol/L."""
    drugs = shipped().products

    def line(drug: str, slot: str, usual: int, unit: str = "units", route: str = "sc") -> OwnLine:
        return OwnLine(drug, drugs[drug], slot, route, unit, usual)

    lines = (
        line("insulin-glargine-u100", "bedtime", 12_000),
        line("insulin-aspart-30", "breakfast", 10_000),
        line("insulin-aspart-30", "dinner", 8_000),
        line("metformin-er", "breakfast", 500_000, "mg", "oral"),
    )
    return Bedside("W01", UnitSystem.MMOL, NOW, shipped(), lines)


def entry_table(language: Language) -> Iterator[str]:
    """What each example is taken as."""
    heads = {"en": ("typed", "taken as"), "zh": ("输入", "结果")}[language]
    yield f"| {heads[0]} | {heads[1]} |"
    yield "| --- | --- |"
    speech = Speech(language, shipped(), now=NOW, system=UnitSystem.MMOL)
    signs = {"Ready": "✓", "Question": "?", "Problem": "✗"}
    for text in EXAMPLES[language]:
        answer = enter_line(text, bedside())
        yield f"| `{text}` | {signs[type(answer).__name__]} {_escaped(speech.answer(answer))} |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def keys_table(language: Language) -> Iterator[str]:
    """Every action with its keys, by where it works."""
    first = True
    for place, title in PLACES[language].items():
        actions = [action for action in ACTIONS if place in action.modes]
        if not actions:
            continue
        yield from ([] if first else [""])
        first = False
        yield f"**{title}**"
        yield ""
        heads = {"en": ("key", "does"), "zh": ("按键", "作用")}[language]
        yield f"| {heads[0]} | {heads[1]} |"
        yield "| --- | --- |"
        yield from (f"| {_keys(action)} | {action.name(language)} |" for action in actions)


def _keys(action: Action) -> str:
    """The keys of an action; a row of digits as a range."""
    names = [shown(key) for key in action.keys if not key.startswith("wheel.") and not "０" <= key <= "９"]
    digits = [name for name in names if len(name) == 1 and name.isdigit()]
    if len(digits) > 2:
        names = [name for name in names if name not in digits] + [f"{digits[0]}-{digits[-1]}"]
    return " ".join("`` ` ``" if name == "`" else f"`{name}`".replace("|", "\\|") for name in names)


def reasons_table(language: Language) -> Iterator[str]:
    """The coded reasons of a decision."""
    heads = {"en": ("code", "means"), "zh": ("代码", "含义")}[language]
    yield f"| {heads[0]} | {heads[1]} |"
    yield "| --- | --- |"
    yield from (f"| `{reason.value}` | {say(language, f'reason.{reason.value}')} |" for reason in Reason)


TABLES: Final = {"keys": keys_table, "entry": entry_table, "reasons": reasons_table}


def filled(text: str, language: Language) -> str:
    """A guide with its tables as they are now."""
    for name, table in TABLES.items():
        made = "\n".join(table(language))
        begin, end = f"<!-- BEGIN {name}: made by docs/rounds_tables.py -->", f"<!-- END {name} -->"
        text = re.sub(
            rf"{re.escape(begin)}.*?{re.escape(end)}",
            lambda _, m=made, b=begin, e=end: f"{b}\n{m}\n{e}",
            text,
            flags=re.DOTALL,
        )
    return text


if __name__ == "__main__":
    for language, path in GUIDES.items():
        path.write_text(filled(path.read_text(encoding="utf-8"), language), encoding="utf-8")
        print(f"wrote the tables of {path.name}")
