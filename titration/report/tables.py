"""The summary of a replay as sections of tables: one reading of the figures, printed by the terminal and the page alike."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from titration.clinical import LINE_KINDS, PLAN_KINDS
from titration.packs.model import Tier
from titration.report.figures import Share, count_text, share_text
from titration.report.page_words import phrase, status_named
from titration.report.vocabulary import LIMITS, LINES, PLANS, REASONS, TIERS, Language, Words, named


@dataclass(frozen=True, slots=True)
class Named:
    """An identifier of the pack and its words. ``by_id``: the terminal prints the identifier, the page both."""

    id: str
    words: str
    by_id: bool = False


Cell: TypeAlias = str | int | Share | Named
Summary: TypeAlias = Mapping[str, Any]
Texts: TypeAlias = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; an empty first cell continues the one above it."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of the report; ``key`` names it in the page. ``names`` is a list of identifiers to print in full."""

    key: str
    title: str
    notes: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    names: tuple[str, ...] = ()


DIRECTIONS: Final = ("down", "same", "up")
NEXT: Final = ("lower", "same", "higher", "ended", "unknown")


def sections(summary: Summary, language: Language, texts: Texts) -> tuple[Section, ...]:
    """Every section in reading order: safety before agreement."""
    return (
        _input(summary, language),
        _load(summary["load"], language),
        _lows(summary, language),
        _plans(summary["plans"], language, texts),
        _limits(summary["limits"], language),
        _missing(summary["missing"], language, texts),
        _notices(summary, language, texts),
        _agreement(summary["agreement"], language),
        _assumptions(summary["assumptions"], language),
    )


def headline(summary: Summary, language: Language) -> tuple[tuple[str, Cell], ...]:
    """The figures a reader looks for first: (label, figure)."""
    lows, compared = summary["lows"], list(summary["agreement"].values())
    days = summary["input"]["patient_days"]
    agree = Share(sum(a["same_direction"] for a in compared), sum(a["compared"] for a in compared))
    waiting = Share(summary["plans"]["by_kind"].get("need_data", 0), summary["plans"]["rows"])
    return (
        (phrase("patients", language), summary["input"]["patients"]),
        (phrase("patient_days", language), days),
        (phrase("days_low_1", language), Share(lows["days_low_1"], days)),
        (phrase("days_low_2", language), Share(lows["days_low_2"], days)),
        (phrase("raised_on_low", language), Share(lows["plan"].get("adjust_up", 0), lows["line_days"])),
        (phrase("waiting_plans", language), waiting),
        (phrase("agreement_same", language), agree),
    )


def statement(summary: Summary, language: Language) -> tuple[str, ...]:
    """What the report is, what it is not, and a word on a pack that is not approved."""
    said = [phrase("is", language), phrase("is_not", language)]
    status = summary["pack"]["status"]
    if status != "approved":
        said.append(phrase("draft", language, status=status_named(status, language)))
    return tuple(said)


def period_text(log: Summary, language: Language) -> str:
    """First and last day of the log's plans; "none" where there are no plans."""
    if log["first_day"] is None:
        return phrase("nothing", language)
    return phrase("period_of", language, first=log["first_day"], last=log["last_day"])


def _input(summary: Summary, language: Language) -> Section:
    pack, log = summary["pack"], summary["input"]
    rows: list[tuple[Cell, ...]] = [
        (phrase("pack", language), f"{pack['id']} {pack['version']}"),
        (phrase("status", language), status_named(pack["status"], language)),
        (phrase("fingerprint", language), str(pack["sha256"])),
        (phrase("taper", language), phrase(f"taper.{summary['taper']}", language)),
        (phrase("format", language), str(log["format"])),
        (phrase("period", language), period_text(log, language)),
        (phrase("patients", language), count_text(log["patients"])),
        (phrase("patient_days", language), count_text(log["patient_days"])),
        (phrase("readings", language), count_text(log["readings"])),
    ]
    rows += [
        (phrase("patients_in", language, unit=u), share_text(Share(n, log["patients"]), language))
        for u, n in log["units"].items()
    ]
    columns = (phrase("item", language), phrase("value", language))
    return Section("input", phrase("s.input", language), (), (Table("", columns, tuple(rows)),))


def _load(load: Summary, language: Language) -> Section:
    read = load["rows_read"]
    fates = ((phrase(fate, language), Share(load[fate], read)) for fate in ("kept", "quarantined", "rejected"))
    first = Table("", (phrase("fate", language), phrase("of_read", language)), tuple(fates))
    reasons = tuple((named(REASONS, reason, language), n) for reason, n in _falling(load["reasons"]))
    second = Table("", (phrase("reason", language), phrase("findings", language)), reasons)
    note = f"{phrase('rows_read', language)}{phrase('colon', language)}{count_text(read)}"
    return Section("load", phrase("s.load", language), (note,), (first, *([second] if reasons else [])))


def _plans(plans: Summary, language: Language, texts: Texts) -> Section:
    total = plans["rows"]
    kinds = _shares(PLANS, ((k.value, plans["by_kind"].get(k.value, 0)) for k in PLAN_KINDS), total, language)
    counts: list[tuple[Cell, ...]] = []
    for line in LINE_KINDS:
        found = plans["by_line_kind"].get(line.value)
        if found:
            numbers = [found.get(kind.value, 0) for kind in PLAN_KINDS]
            counts.append((named(LINES, line.value, language), *numbers, sum(numbers)))
    order = {tier.text: int(tier) for tier in Tier}
    ranked = sorted(plans["by_rule"], key=lambda r: (order.get(r["tier"], len(order)), -r["n"], r["rule"], r["kind"]))
    rules: list[tuple[Cell, ...]] = [
        (
            named(TIERS, r["tier"], language),
            _rule(r["rule"], language, texts),
            named(PLANS, r["kind"], language),
            r["n"],
        )
        for r in ranked
    ]
    heads = (phrase("line", language), *(named(PLANS, k.value, language) for k in PLAN_KINDS), phrase("all", language))
    by_rule = tuple((*row[:3], Share(r["n"], total)) for row, r in zip(rules, ranked, strict=True))
    return Section(
        "plans",
        phrase("s.plans", language),
        (phrase("plans_note", language, rows=count_text(total), days=count_text(plans["patient_days"])),),
        (
            Table(phrase("by_kind", language), (phrase("plan", language), phrase("of_plans", language)), kinds),
            Table(phrase("by_line", language), heads, tuple(counts)),
            Table(
                phrase("by_rule", language),
                tuple(phrase(key, language) for key in ("tier", "rule", "plan", "of_plans")),
                by_rule,
            ),
        ),
    )


def _rule(rule: str, language: Language, texts: Texts) -> Named:
    return Named(rule, texts(rule), by_id=True) if rule else Named("", phrase("no_rule", language))


def _limits(limits: Summary, language: Language) -> Section:
    rows = _shares(LIMITS, _falling(limits["bound"]), limits["proposals"], language)
    table = Table("", (phrase("limit", language), phrase("of_changes", language)), rows)
    note = phrase("limits_note", language, n=count_text(limits["proposals"]))
    return Section("limits", phrase("s.limits", language), (note,), (table,) if rows else ())


def _missing(missing: Summary, language: Language, texts: Texts) -> Section:
    found = _falling(missing["by_feature"])
    rows = tuple((Named(name, texts(name)), Share(n, missing["of"])) for name, n in found)
    table = Table("", (phrase("missing", language), phrase("of_plans", language)), rows)
    return _listed("missing", table, language)


def _notices(summary: Summary, language: Language, texts: Texts) -> Section:
    days = summary["plans"]["patient_days"]
    rows = tuple((Named(name, texts(name)), Share(n, days)) for name, n in _falling(summary["notices"]))
    return _listed("notices", Table("", (phrase("notice", language), phrase("of_days", language)), rows), language)


def _listed(key: str, table: Table, language: Language) -> Section:
    if table.rows:
        return Section(key, phrase(f"s.{key}", language), (), (table,))
    return Section(key, phrase(f"s.{key}", language), (phrase("nothing", language),))


def _lows(summary: Summary, language: Language) -> Section:
    lows, days, lines = summary["lows"], summary["input"]["patient_days"], summary["lows"]["line_days"]
    happened: tuple[tuple[Cell, ...], ...] = (
        (phrase("low_1", language), Share(lows["days_low_1"], days)),
        (phrase("low_2", language), Share(lows["days_low_2"], days)),
        (phrase("again", language), Share(lows["again_within_3_days"], lows["of_days"])),
    )
    said = _shares(PLANS, ((k.value, lows["plan"].get(k.value, 0)) for k in PLAN_KINDS), lines, language)
    then = tuple((phrase(f"next.{n}", language), Share(lows["log_next"].get(n, 0), lines)) for n in NEXT)
    share = phrase("of_line_days", language)
    return Section(
        "lows",
        phrase("s.lows", language),
        (phrase("lows_note", language),),
        (
            Table(
                phrase("days_low", language), (phrase("days_with", language), phrase("of_stated", language)), happened
            ),
            Table(phrase("on_low", language), (phrase("plan", language), share), said),
            Table(phrase("log_next", language), (phrase("next_dose", language), share), then),
        ),
    )


def _agreement(agreement: Mapping[str, Summary], language: Language) -> Section:
    measures: list[tuple[Cell, ...]] = []
    cross: list[tuple[Cell, ...]] = []
    left: list[tuple[Cell, ...]] = []
    for kind in (k.value for k in LINE_KINDS if k.value in agreement):
        found, name = agreement[kind], named(LINES, kind, language)
        table, compared = found["table"], found["compared"]
        against = table.get("down", {}).get("up", 0) + table.get("up", {}).get("down", 0)
        changes = sum(table.get(way, {}).get(log, 0) for way in ("down", "up") for log in DIRECTIONS)
        followed = sum(table.get(way, {}).get(way, 0) for way in ("down", "up"))
        counted = (
            ("same_direction", Share(found["same_direction"], compared)),
            ("opposite", Share(against, compared)),
            ("same_dose", Share(found["same_dose"], compared)),
            ("followed", Share(followed, changes)),
        )
        for i, (key, share) in enumerate(counted):
            measures.append(("" if i else name, phrase(key, language), share))
        for i, way in enumerate(DIRECTIONS):
            numbers = [table.get(way, {}).get(log, 0) for log in DIRECTIONS]
            cross.append(("" if i else name, phrase(f"go.{way}", language), *numbers, sum(numbers)))
        skipped = found["not_compared"]
        numbers = [
            compared,
            skipped.get("no_next_dose", 0),
            skipped.get("dose_unknown", 0),
            skipped.get("plan_waits", 0),
        ]
        left.append((name, *numbers, sum(numbers)))
    heads = {
        "agreement_of": ("line", "measure", "share"),
        "cross": ("line", "plan_says", *(f"log.{way}" for way in DIRECTIONS), "all"),
        "not_compared": ("line", "compared", "no_next_dose", "dose_unknown", "plan_waits", "all"),
    }
    made = zip(heads.items(), (measures, cross, left), strict=True)
    tables = (Table(phrase(c, language), tuple(phrase(h, language) for h in hs), tuple(rows)) for (c, hs), rows in made)
    note = phrase("agreement_note" if agreement else "nothing", language)
    return Section("agreement", phrase("s.agreement", language), (note,), tuple(tables) if agreement else ())


def _assumptions(names: Iterable[str], language: Language) -> Section:
    listed = tuple(names)
    note = phrase("assumptions_note", language, n=len(listed)) if listed else phrase("nothing", language)
    return Section("assumptions", phrase("s.assumptions", language), (note,), names=listed)


def _falling(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(((name, n) for name, n in counts.items() if n), key=lambda item: (-item[1], item[0]))


def _shares(
    words: Words, counts: Iterable[tuple[str, int]], of: int, language: Language
) -> tuple[tuple[Cell, ...], ...]:
    return tuple((named(words, name, language), Share(n, of)) for name, n in counts)
