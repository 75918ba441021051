"""Toy packs for basal insulin: one that keeps every obligation, and changes that break one each."""

from pathlib import Path

from titration.clinical import LineKind
from titration.formulary import shipped
from titration.packs.load import load_pack
from titration.packs.model import Pack
from titration.prove.prover import Prover

HEAD = """
[pack]
id = "toy"
version = "1.0.0"
status = "bench"
[guard]
off = {off}
[prove]
unique = [{unique}]
[attribution.long]
bedtime = {{ pre = ["fasting"], post = [] }}
[attribution.ultra_long]
bedtime = {{ pre = ["fasting"], post = [] }}
"""
PARAMETERS = """
[parameter.{name}]
mmol = "{mmol}"
mgdl = {mgdl}
basis = "local assumption"
sign_off = "test"
"""
AMOUNT = """
[parameter.{name}]
value = "{value}"
unit = "{unit}"
basis = "local assumption"
sign_off = "test"
"""
FEATURES = """
[feature.mean]
of = "judged"
reduce = "mean"
window_days = 3
min_count = 3
[feature.lows]
of = "any"
reduce = "count"
below = "low"
window_days = 7
[feature.dose]
of = "line.dose"
[feature.egfr]
of = "lab.egfr"
reduce = "last"
[feature.taper_on]
of = "state.taper"
[feature.over]
of = "fasting"
reduce = "days"
above = "high"
window_days = 3
min_count = 3
[feature.under]
of = "fasting"
reduce = "days"
below = "target_low"
window_days = 3
min_count = 3
"""
USE = "mean > high and lows > 0 and dose > 0 and egfr > 0 and taper_on > 0 and over > 0 and under > 0"
"""Every feature is used by some rule, so that a toy may use any of them."""
RULE = """
[[rule]]
id = "{name}"
for = "basal"
tier = "{tier}"
when = "{when}"
propose = {{ {propose} }}
"""
SOUND = (
    ("b.in-target", "hold", "mean <= high", "hold = true"),
    ("b.after-low", "hold", "lows > 0", "hold = true"),
    ("b.low", "safety", "lows > 0", 'down_percent = "share"'),
    ("b.raise", "raise", "mean > high and lows == 0", 'up_units = "step"'),
)
"""Raises above target, holds in it, lowers after a low."""


def toy(
    folder: Path,
    *rules: tuple[str, str, str, str],
    off: bool = False,
    unique: tuple[str, ...] = (),
    high: tuple[str, int] = ("7.0", 126),
) -> Pack:
    """A pack of these rules (id, tier, condition, step), written into a folder and loaded."""
    text = HEAD.format(off=str(off).lower(), unique=", ".join(f'"{t}"' for t in unique))
    for name, mmol, mgdl in (("low", "3.9", 70), ("target_low", "4.4", 80), ("high", *high)):
        text += PARAMETERS.format(name=name, mmol=mmol, mgdl=mgdl)
    for name, value, unit in (("step", "2", "units"), ("large", "20", "units"), ("share", "10", "percent")):
        text += AMOUNT.format(name=name, value=value, unit=unit)
    text += FEATURES
    # Bench packs need no sources and no texts.
    for name, tier, when, propose in (*rules, ("z.review", "rescue", USE, 'review = "anyone"')):
        text += RULE.format(name=name, tier=tier, when=when, propose=propose)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pack.toml").write_text(text, encoding="utf-8")
    return load_pack(folder)


def prover(pack: Pack) -> Prover:
    """A prover of a toy over the shipped formulary."""
    return Prover(pack, shipped())


BASAL = LineKind.BASAL
