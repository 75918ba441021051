"""The study's own tables of the ward: the patient shaped like the founding case is in the founding protocol.

Every row is set by hand, as the story needs it: three infusions a week apart with their checks and signs, a fever after the second, the
visit at the end of treatment put off to the last morning, and the blood that was taken for the baseline and after the last infusion.
"""

from typing import Final

import numpy as np

Rows = list[tuple[str, ...]]

TABLES: Final = {
    "visits.csv": ("patient_id", "visit", "date", "moved_to", "diet", "exercise", "note"),
    "infusions.csv": (
        *("patient_id", "number", "time", "cells", "weight_kg", "thawed", "ended", "batch", "given_by"),
        "observed_until",
    ),
    "product_checks.csv": ("patient_id", "infusion", "check", "value", "result", "signed_by", "signed_at"),
    "vitals.csv": ("patient_id", "time", "kind", "value", "unit"),
    "adverse_events.csv": (
        *("patient_id", "time", "ended", "term", "grade", "ada_level", "relation_infusion", "relation_drug"),
        *("serious", "outcome", "note"),
    ),
}
LABS: Final = (
    (3, "hba1c", "8.5", "%"), (3, "c_peptide", "0.55", "nmol/L"), (3, "c_peptide_2h", "1.02", "nmol/L"),
    (4, "weight", "72.0", "kg"), (11, "weight", "72.0", "kg"), (18, "weight", "72.0", "kg"), (18, "c_peptide", "0.57", "nmol/L"), (18, "c_peptide_2h", "1.21", "nmol/L"),
)  # fmt: skip
"""Day, kind, value and unit of the blood taken for the study, at six in the morning."""
_BASELINE: Final = 3
_INFUSIONS: Final = (4, 11, 18)
_CHECKS: Final = ("identity", "surface_markers", "differentiation", "karyotype", "sterility", "pathogens")
_SIGNS: Final = ((-30, "36.6", "76"), (15, "36.7", "78"), (60, "36.7", "74"), (240, "36.8", "77"), (720, "36.6", "72"),
                 (1440, "36.5", "75"))  # fmt: skip
_DAY: Final = 1440
_BEGINS: Final = 600


def study_tables(patient: str, *, first_day: np.datetime64, days: int) -> dict[str, Rows]:
    """Rows of every table up to the end of the history; none for one that ends before the first infusion."""

    def at(minute: int) -> str:
        return str(first_day + np.timedelta64(minute, "m")).replace("T", " ")

    out: dict[str, Rows] = {name: [] for name in TABLES}
    if days <= _INFUSIONS[0]:
        return out
    out["visits.csv"].append((patient, "B", at(_BASELINE * _DAY)[:10], "", "as_usual", "as_usual", ""))
    for number, day in enumerate(_INFUSIONS, 1):
        begins = day * _DAY + _BEGINS
        if day >= days:
            continue
        product, ended, watched = f"MADE-UP-{number}", at(begins + 45), min(begins + 45 + _DAY, days * _DAY)
        out["infusions.csv"].append(
            (
                patient,
                str(number),
                at(begins),
                "72000000",
                "72.0",
                at(begins - 200),
                ended,
                product,
                "nurse A",
                at(watched),
            )
        )
        signed = at(begins - 2 * _DAY + 30)
        out["product_checks.csv"].append((patient, str(number), "passage", "3", "passed", "releaser B", signed))
        out["product_checks.csv"] += [(patient, str(number), c, "", "passed", "releaser B", signed) for c in _CHECKS]
        for after, heat, pulse in _SIGNS:
            hot = "38.2" if (number, after) == (2, 240) else heat
            out["vitals.csv"].append((patient, at(begins + after), "temperature", hot, "C"))
            out["vitals.csv"].append((patient, at(begins + after), "pulse", pulse, "/min"))
    if days > _INFUSIONS[1]:
        fever = _INFUSIONS[1] * _DAY + _BEGINS + 240
        out["adverse_events.csv"].append(
            (
                patient,
                at(fever),
                at(fever + 400),
                "fever",
                "1",
                "",
                "possible",
                "unrelated",
                "no",
                "recovered",
                "made up",
            )
        )
    if days > _INFUSIONS[2]:
        out["visits.csv"].append((patient, "W0", "", at((_INFUSIONS[2] + 3) * _DAY)[:10], "", "", ""))
    return out
