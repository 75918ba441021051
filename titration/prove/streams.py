"""What a line's glucose and event features are made of: streams of records, cut into cells no feature can tell apart.

A *stream* is all records that belong to the same series: a timing's labelled readings, the unlabelled ones of an hour,
one kind of event. A *cell* is a part of a stream: a stretch of days, before or after the line's last change, a stretch of
values. Two records of one cell are alike to every feature there is, but for their share in a mean. So a patient's readings
are, to a pack, one count (and one sum) a cell; and a witness's cells are turned back into readings one by one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from titration.clinical import LineKind, Source, Timing
from titration.features.attribution import INSULIN_KINDS, Judges
from titration.features.spec import SERIES, TIMING_BIT, Feature
from titration.units import HI_VALUE, LO_VALUE, UnitSystem

HYPO_EVENTS: Final = ("hypo_symptoms", "hypo_severe")
DOUBTS: Final = "doubts"
_CLOCK_PARTS: Final = tuple(t for t in Timing if t is not Timing.RANDOM)


@dataclass(frozen=True, slots=True)
class Stream:
    """Records alike in every series. ``timing`` is how a reading is labelled, ``clock`` the part of the day of one that is
    not (and of an event); ``event`` is the kind, or "doubts"; empty for readings. ``alike`` are others like it."""

    name: str
    source: Source
    timing: Timing
    clock: Timing | None
    event: str
    judged: bool
    responsible: bool
    features: tuple[str, ...]
    alike: tuple[tuple[Timing, Timing | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of a stream: ``first`` to ``last`` days back, values both ends included. ``sided`` cells lie ``after`` the
    line's last change or before it; of the others no feature asks."""

    stream: Stream
    first: int
    last: int
    sided: bool
    after: bool
    lowest: int
    highest: int

    @property
    def is_number(self) -> bool:
        """Whether its readings are numbers, neither LO nor HI."""
        return self.lowest > LO_VALUE and self.highest < HI_VALUE

    @property
    def where(self) -> tuple[str, int, bool]:
        """Stream, day and side of the change: cells that differ only in value share it."""
        return self.stream.name, self.first, self.after


@dataclass(frozen=True, slots=True)
class Layout:
    """The cells of one kind of line, judged by one set of timings, for some features."""

    features: Mapping[str, Feature]
    streams: tuple[Stream, ...]
    cells: tuple[Cell, ...]
    by_stream: Mapping[str, tuple[Cell, ...]]

    def of(self, feature: Feature) -> list[Cell]:
        """Every cell of the feature's series in its window, whatever the value."""
        return [
            cell
            for stream in self.streams
            if feature.name in stream.features
            for cell in self.by_stream[stream.name]
            if cell.last < feature.window_days and (cell.after or not _cut(feature))
        ]


def kept(feature: Feature, cell: Cell) -> bool:
    """Whether a cell's values pass the feature's filter."""
    return feature.keep.lowest <= cell.lowest and cell.highest <= feature.keep.highest


def _cut(feature: Feature) -> bool:
    """Whether the window begins at the line's last change."""
    return feature.since_change or feature.of in ("symptoms", "severe")


def is_counted(feature: Feature) -> bool:
    """Whether a feature is computed from cells."""
    return feature.is_glucose or feature.of in ("symptoms", "severe", DOUBTS) or _event_of(feature) != ""


def _event_of(feature: Feature) -> str:
    return feature.of.removeprefix("event.") if feature.of.startswith("event.") else ""


def lay_out(
    features: Iterable[Feature],
    kind: LineKind,
    judges: Judges,
    system: UnitSystem,
    cuts: Mapping[str, Sequence[int]],
) -> Layout:
    """The cells for the counted ones of ``features``; ``cuts`` has the thresholds an extreme or last value is compared with."""
    counted = {f.name: f for f in features if is_counted(f)}
    streams = tuple(_streams(counted, kind, judges))
    cells = {s.name: tuple(_cells(s, counted, system, cuts)) for s in streams}
    return Layout(counted, streams, tuple(c for s in streams for c in cells[s.name]), cells)


# ---------------------------------------------------------------------------------------------- streams


def _streams(features: Mapping[str, Feature], kind: LineKind, judges: Judges) -> list[Stream]:
    found: list[Stream] = []
    for timing, clock in [(t, None) for t in _CLOCK_PARTS] + [(Timing.RANDOM, t) for t in _CLOCK_PARTS]:
        for source in (Source.CBG, Source.LAB, Source.CGM):
            found += _reading_streams(features, kind, judges, timing=timing, clock=clock, source=source)
    for event in sorted({_event_of(f) for f in features.values()} | set(HYPO_EVENTS)):
        if event in HYPO_EVENTS:
            found += _hypo_streams(features, kind, judges, event)
        elif event:
            names = tuple(n for n, f in features.items() if _event_of(f) == event)
            found.append(_stream(Source.CBG, Timing.RANDOM, None, event, names, judged=False, responsible=False))
    names = tuple(n for n, f in features.items() if f.of == DOUBTS)
    found.append(_stream(Source.CBG, Timing.RANDOM, None, DOUBTS, names, judged=False, responsible=False))
    return _merged([s for s in found if s.features])


def _stream(
    source: Source,
    timing: Timing,
    clock: Timing | None,
    event: str,
    features: tuple[str, ...],
    *,
    judged: bool,
    responsible: bool,
) -> Stream:
    place = timing.text if clock is None else f"{timing.text}-{clock.text}"
    name = f"{event or source.text}.{place}{'.own' if responsible else ''}"
    return Stream(name, source, timing, clock, event, judged, responsible, features, ((timing, clock),))


def _answerable(kind: LineKind, *, judged: bool) -> tuple[bool, ...]:
    """Whether the line can, or cannot, answer for records of a timing: an insulin also for those nobody claims."""
    if judged:
        return (True,)
    return (True, False) if kind in INSULIN_KINDS else (False,)


def _reading_streams(
    features: Mapping[str, Feature],
    kind: LineKind,
    judges: Judges,
    *,
    timing: Timing,
    clock: Timing | None,
    source: Source,
) -> list[Stream]:
    both = judges.pre | judges.post
    judged = bool(both & TIMING_BIT[timing.text])
    by_clock = judged if clock is None else bool(both & TIMING_BIT[clock.text])
    out: list[Stream] = []
    for responsible in _answerable(kind, judged=by_clock):
        names: list[str] = []
        for name, feature in features.items():
            if feature.is_glucose and feature.sources >> source & 1:
                bits = {"judged": both, "judged_pre": judges.pre, "judged_post": judges.post}
                if feature.of == "responsible":
                    inside = responsible
                else:
                    inside = bool({**SERIES, **bits}[feature.of] & TIMING_BIT[timing.text])
                if inside:
                    names.append(name)
        out.append(_stream(source, timing, clock, "", tuple(names), judged=by_clock, responsible=responsible))
    return out


def _hypo_streams(features: Mapping[str, Feature], kind: LineKind, judges: Judges, event: str) -> list[Stream]:
    both = judges.pre | judges.post
    out: list[Stream] = []
    for clock in _CLOCK_PARTS:
        judged = bool(both & TIMING_BIT[clock.text])
        for responsible in _answerable(kind, judged=judged):
            own = ("symptoms", "severe") if event == "hypo_severe" else ("symptoms",)
            names = tuple(n for n, f in features.items() if _event_of(f) == event or (responsible and f.of in own))
            out.append(_stream(Source.CBG, Timing.RANDOM, clock, event, names, judged=judged, responsible=responsible))
    return out


def _merged(streams: list[Stream]) -> list[Stream]:
    """Streams that the same features see, as one; the plainest record (labelled, judged) stands for all."""
    groups: dict[tuple[object, ...], list[Stream]] = {}
    for stream in streams:
        own = stream.responsible and not stream.judged
        foreign = not stream.responsible and not stream.judged
        groups.setdefault((stream.event, frozenset(stream.features), own, foreign), []).append(stream)
    out: list[Stream] = []
    for group in groups.values():
        first = group[0]
        alike = tuple((s.timing, s.clock) for s in group if s.source is first.source)
        out.append(
            Stream(
                first.name, first.source, first.timing, first.clock, first.event, first.judged, first.responsible,
                first.features, alike,
            )
        )  # fmt: skip
    return out


# ------------------------------------------------------------------------------------------------ cells


def _cells(
    stream: Stream, features: Mapping[str, Feature], system: UnitSystem, cuts: Mapping[str, Sequence[int]]
) -> list[Cell]:
    mine = [features[name] for name in stream.features]
    out: list[Cell] = []
    for first, last in _spans(mine):
        looking = [f for f in mine if last < f.window_days]
        sided = any(_cut(f) for f in looking)
        for after in (True, False) if sided else (True,):
            seeing = [f for f in looking if after or not _cut(f)]
            if not seeing:
                continue
            bands = [(1, 1)] if stream.event else _bands(seeing, system, cuts)
            out += [Cell(stream, first, last, sided, after, low, high) for low, high in bands]
    return out


def _spans(features: Sequence[Feature]) -> list[tuple[int, int]]:
    """Stretches of days back that no window divides; single days where days are counted."""
    ends = {f.window_days for f in features}
    for feature in features:
        if feature.reduce == "days":
            ends |= set(range(1, feature.window_days + 1))
    marks = sorted(ends)
    return [(first, last - 1) for first, last in zip([0, *marks], marks, strict=False)]


def _bands(features: Sequence[Feature], system: UnitSystem, cuts: Mapping[str, Sequence[int]]) -> list[tuple[int, int]]:
    """Stretches of values that no filter and no threshold divides; LO and HI by themselves."""
    low, high = system.accepted
    starts = {low}
    for feature in features:
        starts |= {feature.keep.lowest, feature.keep.highest + 1}
        # A value compared with t is below it, at it, or above it.
        starts |= {t + more for t in cuts.get(feature.name, ()) for more in (0, 1)}
    marks = sorted(s for s in starts if low <= s <= high)
    numbers = [(a, b - 1) for a, b in zip(marks, [*marks[1:], high + 1], strict=True)]
    return [(LO_VALUE, LO_VALUE), *numbers, (HI_VALUE, HI_VALUE)]
