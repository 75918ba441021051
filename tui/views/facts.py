"""The fields of a ledger entry in words: codes of closed vocabularies become words, what somebody typed stays as it is."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from titration.explain.phrases import DRUG_UNITS, SLOTS, TIMINGS, Language
from titration.service.rounds.entry.words import EVENTS, LABS
from titration.service.rounds.told import Entry
from tui.session.state import Session
from tui.words import WORDS

TYPED: Final = frozenset(("note", "text", "why", "name", "ward", "bed"))
"""Fields that hold what a person typed."""
_WORD: Final = re.compile(r"[a-z][a-z0-9_.-]*")


@cache
def codes(language: Language) -> Mapping[str, str]:
    """Every code an entry's fields may hold, with its word."""
    words = WORDS[language]
    named = {
        key.partition(".")[2]: text for key, text in words.items() if key.startswith(("choice.", "kind.", "reason."))
    }
    kept = {code: text for code, text in named.items() if "{" not in text and code != "other"}
    units = {code: many for code, (_, many) in DRUG_UNITS[language].items() if code}
    fields = {key.removeprefix("fact."): text for key, text in words.items() if key.startswith("fact.")}
    return {**kept, **units, **EVENTS[language], **LABS[language], **TIMINGS[language], **SLOTS[language], **fields}


def value_words(session: Session, name: str, value: str) -> str:
    """A field's value in words: codes and products by name; free text as it was typed."""
    if name in TYPED:
        return value
    language = session.settings.language
    known, products = codes(language), session.formulary.products

    def word(match: re.Match[str]) -> str:
        code = match.group()
        product = products.get(code)
        if product is not None:
            return product.name_en if language == "en" else product.name_zh
        return known.get(code, code)

    return _WORD.sub(word, value.replace(" > ", " → "))


def facts_text(session: Session, entry: Entry, *, names: bool) -> str:
    """All fields of an entry on one line; with their ``names``, or the values alone without the time."""
    semicolon = "；" if session.settings.language == "zh" else "; "
    colon = "：" if session.settings.language == "zh" else ": "
    parts: list[str] = []
    for name, value in entry.facts:
        text = value_words(session, name, value)
        if names:
            parts.append(f"{value_words(session, '', name)}{colon}{text}")
        elif name != "time" and value:
            parts.append(text)
    return semicolon.join(parts)
