"""One language, one pack, one unit system: where every word of a rendering is looked up."""

from dataclasses import dataclass
from datetime import date, timedelta

from titration.explain.phrases import DRUG_UNITS, GUARD_FEATURES, WEEKDAYS, Language
from titration.explain.sentences import SENTENCES
from titration.packs.model import Pack
from titration.units import UnitSystem

_EPOCH = date(1970, 1, 1)
_MINUTES_A_DAY = 1440


@dataclass(frozen=True, slots=True)
class Voice:
    """Looks words up; a text the pack lacks falls back to its key, never to another language's number."""

    pack: Pack
    language: Language
    system: UnitSystem

    def say(self, key: str, **fields: object) -> str:
        """A sentence with its places filled in; KeyError for an unknown key or a missing field."""
        return SENTENCES[self.language][key].format(**fields)

    def text(self, kind: str, name: str, otherwise: str | None = None) -> str:
        """A text of the pack such as ``rule`` or ``feature``; ``otherwise`` (or the bare name) where it has none."""
        found = self.pack.texts.get(self.language, {}).get(f"{kind}.{name}")
        if found is not None:
            return found
        return name if otherwise is None else otherwise

    def feature(self, name: str) -> str:
        """What a feature is called, those of the guard included; ``{days}`` in a text stands for its window."""
        text = self.text("feature", name, GUARD_FEATURES[self.language].get(name))
        definition = self.pack.features.get(name)
        return text if definition is None else text.replace("{days}", str(definition.window_days))

    def unit(self, unit: str, thousandths: int) -> str:
        """The unit of a dose, written out."""
        one, many = DRUG_UNITS[self.language].get(unit, (unit, unit))
        return one if thousandths == 1000 else many

    def sentence(self, text: str) -> str:
        """``text`` with the full stop of the language."""
        return text if text.endswith((".", "。")) else text + self.say("end")

    def listed(self, parts: list[str]) -> str:
        """Parts joined by the semicolon of the language."""
        return self.say("semicolon").join(parts)


def date_text(day: int) -> str:
    """A day (since 1970-01-01) as ``2026-03-22``."""
    return (_EPOCH + timedelta(days=day)).isoformat()


def short_date(day: int, language: Language) -> str:
    """A day of a week at hand: weekday, month and day."""
    weekday = WEEKDAYS[language][(_EPOCH + timedelta(days=day)).weekday()]
    return f"{weekday} {date_text(day)[5:]}" if language == "en" else f"{date_text(day)[5:]} {weekday}"


def dated(day: int, language: Language) -> str:
    """A day with its weekday."""
    weekday = WEEKDAYS[language][(_EPOCH + timedelta(days=day)).weekday()]
    return f"{weekday} {date_text(day)}" if language == "en" else f"{date_text(day)} {weekday}"


def time_text(minute: int) -> str:
    """A minute (since 1970-01-01, local) as ``03-22 06:41``."""
    day, of_day = divmod(minute, _MINUTES_A_DAY)
    return f"{date_text(day)[5:]} {of_day // 60:02d}:{of_day % 60:02d}"
