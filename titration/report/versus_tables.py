"""A comparison of packs as sections of tables: one reading of the figures for the terminal and the page."""

from typing import Final

from titration.report.figures import Share, amount_text, count_text, day_text, share_text
from titration.report.page_words import status_named
from titration.report.tables import Cell, Section, Summary, Table
from titration.report.versus_summary import ABOUT
from titration.report.versus_words import phrase
from titration.report.vocabulary import LIMITS, LINES, PLANS, Language, named
from titration.units import MILLI

MOST_MISSING: Final = 4
"""Missing data named for each pack; the rest are in ``--json``."""
SHOWN: Final = 40
"""Opposite answers printed in a table."""


def versus_sections(summary: Summary, language: Language) -> tuple[Section, ...]:
    """Every section in reading order."""
    return (
        _log(summary, language),
        _packs(summary, language),
        _plans(summary, language),
        _agreement(summary, language),
        _contrary(summary, language),
        _limits(summary, language),
        _missing(summary, language),
    )


def statement(language: Language) -> tuple[str, ...]:
    """What a comparison is, what it is not, and what the guard does to it."""
    return phrase("is", language), phrase("is_not", language), phrase("guard", language)


def judged_counts(pack: Summary) -> dict[str, int]:
    """Plans of a pack by kind, on the kinds of line it may change."""
    totals: dict[str, int] = {}
    for line, counts in pack["plans"].items():
        if line in pack["judges"]:
            for kind, n in counts.items():
                totals[kind] = totals.get(kind, 0) + n
    return totals


def band_label(summary: Summary, band: int, language: Language) -> str:
    """A band of fasting glucose in words, in the unit or units of the log."""
    edges = summary["fasting_bands"]
    edge = edges[max(0, band - 1)]
    units = summary["input"]["units"]
    texts = {"mmol/L": f"{edge['mmol']:.1f}", "mg/dL": str(edge["mgdl"])}
    value = " / ".join(texts[unit] for unit in texts if unit in units)
    return phrase("below" if band == 0 else "from", language, x=value)


def _log(summary: Summary, language: Language) -> Section:
    log = summary["input"]
    period = phrase("nothing", language)
    if log["first_day"] is not None:
        period = f"{day_text(log['first_day'], language)} – {day_text(log['last_day'], language)}"
    rows: tuple[tuple[Cell, ...], ...] = (
        (phrase("format", language), str(log["format"])),
        (phrase("period", language), period),
        (phrase("taper", language), phrase(f"taper.{log['taper']}", language)),
        (phrase("patients", language), count_text(log["patients"])),
        (phrase("patient_days", language), count_text(log["patient_days"])),
        (phrase("line_days", language), count_text(log["line_days"])),
    )
    return Section("log", phrase("log", language), (), (Table("", ("", ""), rows),))


def _packs(summary: Summary, language: Language) -> Section:
    rows: list[tuple[Cell, ...]] = []
    for number, pack in enumerate(summary["packs"], 1):
        judges = ", ".join(named(LINES, kind, language) for kind in pack["judges"])
        about = [pack[key][language] or "–" for key in ABOUT]
        status = status_named(pack["status"], language)
        rows.append((str(number), f"{pack['id']} {pack['version']}", *about, judges, status))
    heads = ("#", *(phrase(key, language) for key in ("pack", *ABOUT, "judges", "status")))
    return Section("packs", phrase("packs", language), (), (Table("", heads, tuple(rows)),))


def _plans(summary: Summary, language: Language) -> Section:
    rows: list[tuple[Cell, ...]] = []
    for pack in summary["packs"]:
        counts = judged_counts(pack)
        total = sum(counts.values())
        rows.append((pack["id"], *(counts.get(kind, 0) for kind in PLANS), total))
    heads = (phrase("pack", language), *(named(PLANS, kind, language) for kind in PLANS), phrase("judged", language))
    note = phrase("plans_note", language)
    return Section("answers", phrase("plans", language), (note,), (Table("", heads, tuple(rows)),))


def _agreement(summary: Summary, language: Language) -> Section:
    rows: list[tuple[Cell, ...]] = [
        (
            f"{pair['a']} · {pair['b']}",
            Share(pair["same_direction"], pair["answered_by_both"]),
            Share(pair["same_move"], pair["either_moves"]),
            Share(pair["opposite"], pair["answered_by_both"]),
        )
        for pair in summary["pairs"]
    ]
    heads = tuple(phrase(key, language) for key in ("packs", "agree_all", "agree_moves", "contrary"))
    note = phrase("agree_note", language)
    return Section("agree", phrase("agree", language), (note,), (Table("", heads, tuple(rows)),))


def _contrary(summary: Summary, language: Language) -> Section:
    found = summary["opposites"]
    examples = found["examples"][:SHOWN]
    title = phrase("opposites", language)
    if not found["line_days"]:
        return Section("contrary", title, (phrase("contrary_none", language),))
    share = Share(found["line_days"], found["of_answered_by_two"])
    note = phrase(
        "contrary_all",
        language,
        n=share_text(share, language),
        patients=count_text(found["patients"]),
        shown=count_text(len(examples)),
    )
    rows = tuple(_example(summary, example, language) for example in examples)
    heads = tuple(phrase(key, language) for key in ("patient", "day", "line", "fasting", "dose", "said"))
    return Section("contrary", title, (note,), (Table("", heads, rows),))


def _example(summary: Summary, example: Summary, language: Language) -> tuple[Cell, ...]:
    said: dict[str, list[str]] = {}
    for pack, answer in zip(summary["packs"], example["answers"], strict=True):
        if answer is None or answer["kind"] not in ("adjust_up", "adjust_down", "stop"):
            continue
        words = f"{named(PLANS, answer['kind'], language)} {phrase('to', language, dose=amount_text(answer['after']))}"
        said.setdefault(words, []).append(pack["id"])
    text = "; ".join(f"{words}: {', '.join(packs)}" for words, packs in said.items())
    fasting = f"{example['fasting']} {example['unit']}" if example["fasting"] else phrase("none_day", language)
    where = f"{example['drug']} {example['slot']}"
    return example["patient"], day_text(example["day"], language), where, fasting, amount_text(example["before"]), text


def _limits(summary: Summary, language: Language) -> Section:
    rows: list[tuple[Cell, ...]] = []
    for pack in summary["packs"]:
        first: Cell = pack["id"]
        if not pack["limits"]:
            rows.append((first, phrase("nothing", language), Share(0, pack["changes_proposed"])))
        for limit, n in sorted(pack["limits"].items(), key=lambda item: -item[1]):
            rows.append((first, named(LIMITS, limit, language), Share(n, pack["changes_proposed"])))
            first = ""
    heads = tuple(phrase(key, language) for key in ("pack", "limit", "proposed"))
    note = phrase("limits_note", language)
    return Section("limits", phrase("limits", language), (note,), (Table("", heads, tuple(rows)),))


def _missing(summary: Summary, language: Language) -> Section:
    rows: list[tuple[Cell, ...]] = []
    for pack in summary["packs"]:
        total = sum(judged_counts(pack).values())
        first: Cell = pack["id"]
        for name, n in list(pack["missing"].items())[:MOST_MISSING] or [("", 0)]:
            rows.append((first, pack["missing_words"].get(name, {}).get(language) or name or "–", Share(n, total)))
            first = ""
    heads = (phrase("pack", language), phrase("datum", language), phrase("judged", language))
    note = phrase("missing_note", language)
    return Section("missing", phrase("missing", language), (note,), (Table("", heads, tuple(rows)),))


def mean_change_text(band: Summary) -> str:
    """Mean change of a band's answers in units, with one decimal; "0" where there are none."""
    answers = sum(band[move] for move in ("up", "down", "keep"))
    tenths = round(10 * band["change_thousandths"] / (MILLI * answers)) if answers else 0
    return f"{tenths / 10:+.1f}" if tenths else "0"
