"""A small calculator that is not ours, to show the conformance kit: careful by itself, careless on request.

    titration conformance -- python examples/calculators/sliding_doses.py --mistake no-cap

It reads a patient a line (JSON) and writes doses a line, as ``docs/conformance.md`` says. The rules are invented and for no
patient; each ``--mistake`` puts in one fault that calculators in use have had.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

MISTAKES = {
    "same-cut": "one cut for every value below 4.4: 2.0 earns no more than 4.3",
    "missing-is-fine": "no reading is taken for no reason to change",
    "parts-round-up": "parts of a total are each rounded up",
    "no-cap": "steps grow with the glucose, without a cap",
    "mean-hides-low": "only the mean counts, so one low disappears in it",
    "stale": "the newest readings count, however old they are",
    "unit-blind": "thresholds in mg/dL are computed from mmol/L, so 70 mg/dL is a low",
    "reads-anything": "0,5 and .5 are read as 5, 1034 as 10",
    "low-is-number": "LO is skipped like a failed measurement",
    "repeats": "a dose changed today is changed again, on the same readings",
    "zero": "a small dose is lowered to 0 and called a reduction",
    "band": "lowers doses only in target: below target it keeps them",
    "deaf": "symptoms without a reading do not count",
}


class Slip(Exception):
    """A value no meter shows."""


def value_of(text: str, unit: str, mistakes: set[str]) -> float:
    """A glucose in mmol/L; LO and HI as the ends of the scale."""
    if text in ("LO", "HI"):
        return 0.0 if text == "LO" else 40.0
    if "reads-anything" in mistakes:
        return leniently(text)
    whole, _, part = text.partition(".")
    if not whole.isdigit() or (part and not part.isdigit()):
        raise Slip(text)
    number = float(text) if unit == "mmol/L" else float(text) / 18
    if not 0.55 <= number <= 33.4:
        raise Slip(text)
    return number


def leniently(text: str) -> float:
    """Something, from any text at all."""
    plain = text.replace(".", "", 1).isdigit() and not text.startswith(".")
    digits = "".join(c for c in text if c.isdigit()) or "7"
    return float(text) if plain and float(text) < 40 else float(digits[-2:]) % 40


def lows_of(texts: list[tuple[str, float]], unit: str, mistakes: set[str]) -> list[float]:
    """Values below level 1, by the published threshold of the unit they are written in."""
    threshold = 3.9 if unit == "mmol/L" or "unit-blind" in mistakes else 70 / 18
    return [v for _, v in texts if v < threshold - 1e-9]


@dataclass(frozen=True)
class Seen:
    """What the calculator goes by for one patient."""

    read: list[tuple[str, float, datetime]]
    lows: list[float]
    felt: bool
    fresh: bool
    now: datetime
    weight: float | None
    mistakes: set[str]


def seen(state: dict[str, Any], mistakes: set[str]) -> Seen:
    """The readings and symptoms of the last week, as far as they can be read."""
    now = datetime.fromisoformat(state["as_of"]) + timedelta(days=1)
    read: list[tuple[str, float, datetime]] = []
    slips = False
    for r in state["readings"]:
        if r["glucose"] == "LO" and "low-is-number" in mistakes:
            continue
        try:
            value = value_of(r["glucose"], state["glucose_unit"], mistakes)
            read.append((r["timing"], value, datetime.fromisoformat(r["time"])))
        except Slip:
            slips = True
    week = timedelta(days=7)
    if "stale" not in mistakes:
        read = [r for r in read if now - r[2] <= week]
    hypos = [e for e in state["events"] if e["kind"].startswith("hypo")]
    felt = any(now - datetime.fromisoformat(e["time"]) <= week for e in hypos) and "deaf" not in mistakes
    newest = max((r[2] for r in read), default=None)
    fresh = newest is not None and now - newest <= timedelta(days=2) and not slips
    lows = lows_of([(t, v) for t, v, _ in read], state["glucose_unit"], mistakes)
    weight = state.get("weight_kg")
    fresh = fresh or "stale" in mistakes
    return Seen(read, lows, felt, fresh, now, None if weight is None else float(weight), mistakes)


def answer(state: dict[str, Any], mistakes: set[str]) -> dict[str, Any]:
    """The doses of one patient."""
    found = seen(state, mistakes)
    total = 0.0
    lines: list[dict[str, str]] = []
    for line in state["lines"]:
        plan, dose = planned(line, found)
        total += dose
        plan, dose = rounded(plan, dose, float(line["dose"]), mistakes)
        lines.append({"line": line["line"], "plan": plan, "dose": as_text(dose)})
    review = bool(found.lows and min(found.lows) < 3.0) and not {"same-cut", "mean-hides-low"} & mistakes
    return {"id": state["id"], "review": review, "total": as_text(total), "lines": lines}


def rounded(plan: str, dose: float, before: float, mistakes: set[str]) -> tuple[str, float]:
    """The dose in whole units: down, and a reduction always lower."""
    whole = -(-dose // 1) if "parts-round-up" in mistakes else dose // 1
    if plan == "adjust_down":
        whole = min(whole, before - 1)
        return plan, whole if "zero" in mistakes else max(whole, 1)
    if plan == "adjust_up" and whole <= before:
        return "hold", before
    return plan, whole


def planned(line: dict[str, Any], found: Seen) -> tuple[str, float]:
    """What to do with one line: its plan and a dose not yet rounded."""
    dose, mistakes, lows = float(line["dose"]), found.mistakes, found.lows
    if not found.read:
        return ("hold" if "missing-is-fine" in mistakes else "need_data"), dose
    values = [v for t, v, _ in found.read if t == "fasting" or line["kind"] != "basal"]
    mean = sum(values) / len(values) if values else None
    every = [v for _, v, _ in found.read]
    if "mean-hides-low" in mistakes:
        lows, every = [], [mean or 7.0]
    if "same-cut" in mistakes and min(every) < 4.4:
        return "adjust_down", dose * 0.9
    if "band" in mistakes:
        if mean is not None and 4.4 <= mean <= 7.0 and min(every) >= 4.4:
            return "adjust_down", dose * 0.8
    elif lows:
        return "adjust_down", dose * (0.7 if min(lows) < 3.0 else 0.85)
    elif min(every) < 4.4:
        return "adjust_down", dose - 8 if "zero" in mistakes else max(dose * 0.95, dose - 2)
    if mean is None or not found.fresh:
        return "need_data", dose
    if found.felt or lows or mean <= 7.0:
        return "hold", dose
    return raised(line, mean, dose, found)


def raised(line: dict[str, Any], mean: float, dose: float, found: Seen) -> tuple[str, float]:
    """A step up, within the step cap and 1 unit per kg."""
    if "no-cap" in found.mistakes:
        return "adjust_up", dose + (mean - 6) * 2
    changed = datetime.fromisoformat(line["since"]) >= found.now - timedelta(days=3)
    step = min(8.0, max(2.0, dose * 0.2))
    if (changed and "repeats" not in found.mistakes) or found.weight is None or dose + step > found.weight:
        return "hold", dose
    return "adjust_up", dose + step


def as_text(number: float) -> str:
    """Without a trailing zero."""
    return f"{number:.3f}".rstrip("0").rstrip(".")


def main() -> int:
    """Answer every line of stdin."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--mistake", action="append", choices=sorted(MISTAKES), default=[], help="put in a fault (may be repeated)"
    )
    parser.add_argument("--all-mistakes", action="store_true")
    asked = parser.parse_args()
    mistakes = set(MISTAKES) if asked.all_mistakes else set(asked.mistake)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line), mistakes)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
