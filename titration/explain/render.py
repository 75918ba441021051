"""An assessment as plain text for a ward round, in English or Chinese: what is urgent first, then the plan, then why."""

from collections.abc import Iterable, Iterator

from titration.engine.guard import LOW
from titration.explain.doses import change_text, line_text
from titration.explain.layout import WIDTH, cells, pad, table, wrap
from titration.explain.phrases import (
    COLUMN_ORDER,
    COLUMNS,
    KINDS,
    MARKS,
    STATUS,
    TIMINGS,
    URGENT_NOTICES,
    Language,
)
from titration.explain.reasons import near_text, seen_readings
from titration.explain.trace import Assessment, RuleTrace
from titration.explain.values import bound_value, dose_text, glucose_with_unit, parameter_text, readings_text
from titration.explain.voice import Voice, dated, short_date, time_text
from titration.explain.why import also_told, missing_text, outcome_of, reason_of
from titration.packs.model import Pack, Source
from titration.units import glucose_text

_MINUTES_A_DAY = 1440
_WEEK = 7
_INSIDE = " " * 4


def render(assessment: Assessment, pack: Pack, language: Language, *, width: int = WIDTH) -> str:
    """The whole assessment as text of lines at most ``width`` cells wide."""
    return "\n".join(render_lines(assessment, pack, language, width=width))


def render_lines(assessment: Assessment, pack: Pack, language: Language, *, width: int = WIDTH) -> list[str]:
    """The whole assessment as lines of plain text, without colour."""
    page = _Page(assessment, Voice(pack, language, assessment.system), width)
    out = [*page.head()]
    for part in (
        page.notices(),
        page.plan(),
        page.week(),
        page.why(),
        page.missing(),
        page.near(),
        page.assumptions(),
        page.sources(),
    ):
        lines = list(part)
        if lines:
            out += ["", *lines]
    return [*out, "", *wrap(page.voice.say("disclaimer"), width=width)]


class _Page:
    """The parts of one rendering, each as lines; a part with nothing to say has none."""

    def __init__(self, assessment: Assessment, voice: Voice, width: int) -> None:
        self.assessment = assessment
        self.voice = voice
        self.width = width

    def _wrap(self, text: str, first: str = "") -> list[str]:
        return wrap(text, width=self.width, first=first)

    def _numbered(self, found: dict[str, list[int]], heading: str) -> Iterator[str]:
        """Texts under a heading, each behind the numbers of the lines it is about."""
        if found:
            yield self.voice.say(heading)
        for text, numbers in found.items():
            yield from self._wrap(text, f"{_listed(numbers):>2}  ")

    def head(self) -> Iterator[str]:
        """Who, when, by which rules, and how far the glucose and the insulin have come."""
        a, say = self.assessment, self.voice.say
        language = self.voice.language
        yield from self._wrap(
            f"{say('patient', id=a.patient_id)}{say('comma')}{say('as_of', day=dated(a.day, language))}"
        )
        name = self.voice.text("pack", "name", a.pack_id)
        status = STATUS[language][a.pack_status]
        yield from self._wrap(say("pack", name=name, id=a.pack_id, version=a.pack_version, status=status))
        last = say("no_reading")
        if a.last_reading is not None:
            timing = TIMINGS[language][a.last_reading.timing]
            value, time = glucose_with_unit(a.last_reading.value, self.voice), time_text(a.last_reading.minute)
            last = say("last", value=value, timing=timing, time=time)
        yield from self._wrap(
            self.voice.listed([last, *self._insulin(), say("taper_on" if a.taper_on else "taper_off")])
        )

    def _insulin(self) -> list[str]:
        a, say = self.assessment, self.voice.say
        if not any(line.unit == "units" for line in a.lines):
            return []
        if a.total_insulin is None:
            return [say("total_unknown")]
        before = dose_text(a.total_insulin, "units", self.voice)
        if a.total_after is None or a.total_after == a.total_insulin:
            return [say("total", before=before)]
        return [say("total_change", before=before, after=dose_text(a.total_after, "units", self.voice))]

    def notices(self) -> Iterator[str]:
        """What to do apart from doses, urgent first, each with the readings it is there for."""
        told: tuple[object, ...] = ()
        for name in sorted(self.assessment.notices, key=_urgency):
            word = self.voice.say("urgent" if name in URGENT_NOTICES else "note")
            yield from self._wrap(self.voice.text("notice", name), f"{word}  ")
            readings = seen_readings(self._noticed(name))
            if readings and readings != told:
                what = readings_text(readings, self.voice, with_unit=True)
                yield from self._wrap(self.voice.say("because", what=what), " " * (cells(word) + 2))
                told = readings

    def _noticed(self, name: str) -> Iterator[RuleTrace]:
        having = {rule.id for rule in self.voice.pack.rules if name in rule.notices}
        yield from (trace for trace in self._fired() if trace.rule_id in having)

    def _fired(self) -> Iterator[RuleTrace]:
        for line in self.assessment.lines:
            yield from (trace for trace in (line.rule, *line.also) if trace is not None)

    def plan(self) -> Iterator[str]:
        """One entry a drug and time: what to give."""
        yield self.voice.say("section.plan")
        if not self.assessment.lines:
            yield from self._wrap(self.voice.say("no_lines"), "  ")
            return
        words = KINDS[self.voice.language]
        wide = max(cells(words[line.kind]) for line in self.assessment.lines)
        for number, line in enumerate(self.assessment.lines, 1):
            text = f"{line_text(line, self.voice)}{self.voice.say('colon')}{change_text(line, self.voice)}"
            yield from self._wrap(text, f"{number:>2}  {pad(words[line.kind], wide)}  ")

    def week(self) -> Iterator[str]:
        """The readings of the last seven days, a row a day and a column a time of day."""
        a, language = self.assessment, self.voice.language
        yield self.voice.say("section.week", unit=a.system.text)
        if not a.readings:
            yield from self._wrap(self.voice.say("week.empty"), "  ")
            return
        used = [t for t in COLUMN_ORDER if any(r.timing == t for r in a.readings)]
        days = range(a.day - _WEEK + 1, a.day + 1)
        label = [COLUMNS[language]["day"], *(short_date(day, language) for day in days)]
        columns = [[COLUMNS[language][t], *(self._cell(day, t) for day in days)] for t in used]
        yield from (f"  {line}" for line in table(label, columns, width=self.width - 2))
        low = LOW.on(a.system)
        if any(r.value < low for r in a.readings):
            yield f"  {self.voice.say('week.low', value=glucose_with_unit(low, self.voice))}"

    def _cell(self, day: int, timing: str) -> str:
        low = LOW.on(self.assessment.system)
        here = [r for r in self.assessment.readings if r.minute // _MINUTES_A_DAY == day and r.timing == timing]
        marked = (f"{glucose_text(r.value, self.assessment.system)}{'!' if r.value < low else ''}" for r in here)
        return ", ".join(marked) or "·"

    def why(self) -> Iterator[str]:
        """The reason of every line; what several lines share is told once."""
        lines = self.assessment.lines
        if not lines:
            return
        yield self.voice.say("section.why")
        reasons: dict[tuple[str, ...], list[int]] = {}
        for number, line in enumerate(lines, 1):
            reasons.setdefault(tuple(reason_of(line, self.voice, self.width)), []).append(number)
        for reason, numbers in reasons.items():
            names = self.voice.listed([line_text(lines[n - 1], self.voice) for n in numbers])
            yield from self._wrap(names, f"{_listed(numbers):>2}  ")
            yield from reason
            yield from self._outcomes(numbers)
        shared: dict[tuple[str, ...], list[int]] = {}
        for number, line in enumerate(lines, 1):
            for told in also_told(line, self.voice, self.width):
                shared.setdefault(tuple(told), []).append(number)
        for told, numbers in shared.items():
            yield from self._wrap(self.voice.say("too"), f"{_listed(numbers):>2}  ")
            yield from told

    def _outcomes(self, numbers: list[int]) -> Iterator[str]:
        """What bound each line of a group and when it may change again, with its number where lines differ."""
        outcomes: dict[str, list[int]] = {}
        for n in numbers:
            text = outcome_of(self.assessment.lines[n - 1], self.assessment.day, self.voice)
            outcomes.setdefault(text, []).append(n)
        for text, some in outcomes.items():
            if text:
                own = text if some == numbers else self.voice.say("numbered", numbers=_listed(some), text=text)
                yield from self._wrap(own, _INSIDE)

    def missing(self) -> Iterator[str]:
        """Which data would unlock an answer, and when."""
        wanted: dict[str, list[int]] = {}
        for number, line in enumerate(self.assessment.lines, 1):
            if line.missing is not None:
                wanted.setdefault(self.voice.sentence(missing_text(line.missing, self.voice)), []).append(number)
        yield from self._numbered(wanted, "section.missing")

    def near(self) -> Iterator[str]:
        """Changes that were not made, and by how much."""
        found: dict[str, list[int]] = {}
        for number, line in enumerate(self.assessment.lines, 1):
            for near in line.near:
                found.setdefault(near_text(near, line, self.voice), []).append(number)
        yield from self._numbered(found, "section.near")

    def assumptions(self) -> Iterator[str]:
        """Numbers the plan rests on that are nobody's publication, and who must sign them off."""
        voice = self.voice
        if self.assessment.assumptions:
            yield voice.say("section.assumptions")
        for parameter in self.assessment.assumptions:
            text = voice.say(
                "assumption",
                name=voice.text("parameter", parameter.name),
                value=parameter_text(parameter, bound_value(parameter, voice), "units", voice),
                note=voice.text("parameter_note", parameter.name, parameter.note),
                who=voice.text("who", parameter.sign_off or "", parameter.sign_off),
            )
            yield from self._wrap(voice.sentence(text), "  - ")

    def sources(self) -> Iterator[str]:
        """Where the rules come from, and how sure that is. A citation stays in the language it is written in."""
        cited: dict[str, Source] = {s.name: s for trace in self._fired() for s in trace.sources}
        if cited:
            yield self.voice.say("section.sources")
        for source in cited.values():
            mark = MARKS[self.voice.language].get(source.mark, source.mark)
            yield from self._wrap(f"{source.cite} [{source.mark}{self.voice.say('colon')}{mark}]", "  - ")


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))


def _urgency(notice: str) -> int:
    return URGENT_NOTICES.index(notice) if notice in URGENT_NOTICES else len(URGENT_NOTICES)
