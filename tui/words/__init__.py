"""Texts of the application in English and Chinese: the same keys with the same places to fill in, area by area.

Clinical words (plan kinds, limits, timings, rules) come from ``titration.explain`` and the pack; these are the others.
"""

from collections.abc import Mapping
from typing import Final

from titration.explain.phrases import Language
from tui.words import decide, enter, frame, patient, plain, reading, study, ward

_AREAS: Final = (frame, ward, patient, decide, enter, reading, study, plain)

WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {key: text for area in _AREAS for key, text in area.EN.items()},
    "zh": {key: text for area in _AREAS for key, text in area.ZH.items()},
}


def say(language: Language, key: str, /, **fields: object) -> str:
    """A text with its places filled in; KeyError for an unknown key or a missing field."""
    return WORDS[language][key].format(**fields)
