"""A comparison of packs as plain data: the same figures for the terminal, the page and ``--json``."""

from collections.abc import Mapping
from dataclasses import asdict
from itertools import combinations
from typing import Any, Final

from titration.clinical import LINE_KINDS, PLAN_KINDS
from titration.engine.plans import LIMIT_NAMES
from titration.packs.model import Pack
from titration.report.tally import NOTICE
from titration.report.versus import FASTING_EDGES, MOVES, Versus, kinds_judged

ABOUT: Final = ("target", "statistic", "cadence")
"""What a pack's own texts say of its aim and pace."""


def versus_summary(found: Versus, *, format: str, taper: str) -> dict[str, Any]:  # noqa: A002
    """Everything a comparison found; every count stands beside what it is a part of."""
    return {
        "notice": NOTICE,
        "input": {
            "format": format,
            "patients": found.patients,
            "patient_days": found.patient_days,
            "line_days": found.rows,
            "units": dict(sorted(found.units.items())),
            "first_day": None if found.days is None else found.days[0],
            "last_day": None if found.days is None else found.days[1],
            "taper": taper,
        },
        "packs": [_pack(found, place, pack) for place, pack in enumerate(found.packs)],
        "pairs": [_pair(found, a, b) for a, b in combinations(range(len(found.packs)), 2)],
        "fasting_bands": [{"mmol": pair.mmol_tenths / 10, "mgdl": pair.mgdl} for pair in FASTING_EDGES],
        "opposites": {
            "line_days": found.opposite,
            "of_answered_by_two": found.answered,
            "patients": len(found.opposite_patients),
            "examples": [asdict(example) for example in found.examples],
        },
    }


def _pack(found: Versus, place: int, pack: Pack) -> dict[str, Any]:
    judged = kinds_judged(pack)
    missing = dict(sorted(((n, c) for (p, n), c in found.missing.items() if p == place), key=_most_first))
    return {
        "id": pack.id,
        "version": pack.version,
        "status": pack.status,
        "sha256": pack.sha256,
        **{
            key: {language: pack.texts.get(language, {}).get(f"pack.{key}", "") for language in ("en", "zh")}
            for key in ("name", *ABOUT)
        },
        "judges": [kind.value for kind in LINE_KINDS if kind in judged],
        "plans": _plans(found, place),
        "changes_proposed": found.proposals[place],
        "limits": {n: found.limits[(place, n)] for n in LIMIT_NAMES.values() if found.limits[(place, n)]},
        "missing": missing,
        "missing_words": {name: _words(pack, name) for name in missing},
        "by_fasting": [_band(found, place, band) for band in range(len(FASTING_EDGES) + 1)],
    }


def _words(pack: Pack, name: str) -> dict[str, str]:
    """What the pack calls a datum; empty for the guard's own facts."""
    days = str(pack.features[name].window_days) if name in pack.features else ""
    return {
        language: pack.texts.get(language, {}).get(f"feature.{name}", "").replace("{days}", days)
        for language in ("en", "zh")
    }


def _most_first(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _plans(found: Versus, place: int) -> dict[str, dict[str, int]]:
    """Plan kinds by line kind; line kinds the log does not have are left out."""
    out: dict[str, dict[str, int]] = {}
    for line in LINE_KINDS:
        counts = {kind.value: found.kinds[(place, line.value, kind.value)] for kind in PLAN_KINDS}
        if any(counts.values()):
            out[line.value] = counts
    return out


def _band(found: Versus, place: int, band: int) -> dict[str, int]:
    counts = {move: found.curve[(place, band, move)] for move in MOVES}
    return {**counts, "change_thousandths": found.change[(place, band)]}


def _pair(found: Versus, a: int, b: int) -> dict[str, Any]:
    """How two packs compare. ``moves`` maps the first pack's move to the second's."""
    moves = {one: {other: found.pairs[(a, b, one, other)] for other in MOVES} for one in MOVES}
    answered = sum(n for row in moves.values() for n in row.values())
    return {
        "a": found.packs[a].id,
        "b": found.packs[b].id,
        "judged_by_both": found.both[(a, b)],
        "answered_by_both": answered,
        "same_direction": sum(moves[m][m] for m in MOVES),
        "same_dose": found.same_dose[(a, b)],
        "either_moves": answered - moves["keep"]["keep"],
        "same_move": moves["up"]["up"] + moves["down"]["down"],
        "opposite": opposite(moves),
        "moves": moves,
    }


def opposite(moves: Mapping[str, Mapping[str, int]]) -> int:
    """Line-days that one pack raises and the other lowers."""
    return moves["up"]["down"] + moves["down"]["up"]
