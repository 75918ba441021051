"""The stories of the made-up ward: who each patient is, what they take, and what happens to them.

Every patient is invented. A day is counted from the first day (0, 1, ...) or, when negative, from the last (-1).
"""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["basal", "prandial", "premix", "oral", "other"]


@dataclass(frozen=True, slots=True)
class Product:
    """How the model sees a drug: its kind, the slow insulin it acts as, its rapid share or tablet class."""

    kind: Kind
    unit: str = "units"
    slow: str | None = None
    rapid_share: float = 0.0
    tablet: str | None = None
    full_dose: float = 1.0
    """Daily dose, in its unit, with the whole effect of its class (ASSUMED)."""


PRODUCTS: Final = {
    "insulin glargine": Product("basal", slow="glargine"),
    "insulin glargine U300": Product("basal", slow="glargine_u300"),
    "insulin degludec": Product("basal", slow="degludec"),
    "insulin detemir": Product("basal", slow="detemir"),
    "NPH": Product("basal", slow="nph"),
    "insulin aspart": Product("prandial", rapid_share=1.0),
    "insulin aspart 70/30": Product("premix", slow="premix", rapid_share=0.3),
    "insulin aspart 50/50": Product("premix", slow="premix", rapid_share=0.5),
    "Novolin 30R": Product("premix", slow="premix", rapid_share=0.3),
    "metformin": Product("oral", "mg", tablet="biguanide", full_dose=2000.0),
    "gliclazide MR": Product("oral", "mg", tablet="sulfonylurea", full_dose=60.0),
    "glimepiride": Product("oral", "mg", tablet="sulfonylurea", full_dose=2.0),
    "Xiaoke pill": Product("oral", "pill", tablet="sulfonylurea", full_dose=15.0),
    "acarbose": Product("oral", "mg", tablet="alpha_glucosidase", full_dose=300.0),
    "sitagliptin": Product("oral", "mg", tablet="dpp4", full_dose=100.0),
    "linagliptin": Product("oral", "mg", tablet="dpp4", full_dose=5.0),
    "dapagliflozin": Product("oral", "mg", tablet="sglt2", full_dose=10.0),
    "sweetleaf herbal capsule": Product("other", "mg"),
}
"""The capsule is invented: no formulary can know it. A Xiaoke pill holds 0.25 mg of glibenclamide."""

SLOTS: Final = ("breakfast", "lunch", "dinner", "bedtime")


@dataclass(frozen=True, slots=True)
class Line:
    """One drug in one slot; a pump's basal rate is units an hour until the next slot."""

    drug: str
    slot: str
    amount: float
    route: str = "sc"

    @property
    def kind(self) -> Kind:
        return PRODUCTS[self.drug].kind if self.route in ("sc", "oral") else "other"

    @property
    def unit(self) -> str:
        return "units/h" if self.route == "csii_basal" else PRODUCTS[self.drug].unit


def regimen(text: str) -> tuple[Line, ...]:
    """Lines from ``drug a/b/c/d; ...``: amounts at breakfast, lunch, dinner and bedtime, ``-`` for none."""
    lines: list[Line] = []
    for part in text.split(";"):
        drug, amounts = part.strip().rsplit(" ", 1)
        route = "sc" if PRODUCTS[drug].unit == "units" else "oral"
        for slot, amount in zip(SLOTS, amounts.split("/"), strict=True):
            if amount != "-":
                lines.append(Line(drug, slot, float(amount), route))
    return tuple(lines)


def pump(rates: tuple[float, ...], boluses: tuple[float, ...]) -> tuple[Line, ...]:
    """A pump's lines: basal rates (units an hour) from each slot on, and meal boluses (units)."""
    basal = [Line("insulin aspart", slot, rate, "csii_basal") for slot, rate in zip(SLOTS, rates, strict=True)]
    meals = [Line("insulin aspart", slot, units, "csii_bolus") for slot, units in zip(SLOTS, boluses, strict=False)]
    return (*basal, *meals)


@dataclass(frozen=True, slots=True)
class Planned:
    """A reading the story needs: it replaces what the model's meter showed at that point of that day."""

    day: int
    timing: str
    shown: str
    felt: bool = False


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of the story; ``strain`` below 1 lowers insulin sensitivity from that day on."""

    day: int
    hour: int
    kind: str
    strain: float = 1.0


@dataclass(frozen=True, slots=True)
class Story:
    """One invented patient. ``fasting`` is mmol/L on the first day's doses, ``rise`` mmol/L for 10 g of carbohydrate.

    ``doctor`` is "leaves", "titrates" or "tapers"; ``recovers_on`` the day of a therapy after which
    sensitivity and responsiveness recover; ``swing`` scales all noise; ``quirks`` name faults of the log.
    """

    title: str
    sex: str
    age: int
    height_cm: int
    weight_kg: float
    years: int
    egfr: int
    c_peptide: float
    lines: tuple[Line, ...]
    fasting: float
    rise: float = 0.40
    sensitivity: float | None = None
    doctor: str = "leaves"
    recovers_on: int | None = None
    swing: float = 0.7
    taken: float = 1.0
    planned: tuple[Planned, ...] = ()
    happenings: tuple[Happening, ...] = ()
    quirks: frozenset[str] = frozenset()
    comorbidities: str = ""
    enrolled: bool = False
    """In the founding protocol, with study tables of their own."""


STORIES: Final = (
    Story(
        "shaped like the founding case: basal-bolus and tablets, needs far less after a therapy, is being tapered",
        "male", 60, 171, 72.0, 20, 88, 0.55,
        regimen("insulin glargine -/-/-/22; insulin aspart 8/8/8/-; metformin 500/500/500/-; acarbose 50/50/50/-"),
        fasting=9.4, rise=0.92, sensitivity=0.5, doctor="tapers", recovers_on=4, swing=0.6, enrolled=True,
        comorbidities="hypertension",
        happenings=(
            Happening(0, 8, "phase_screening"), Happening(3, 8, "baseline"), Happening(4, 9, "phase_treatment"),
            Happening(6, 8, "taper_on"), Happening(19, 8, "phase_follow_up"),
        ),
    ),
    Story(
        "glargine and metformin: a low at night, felt, in the night before the last",
        "female", 66, 158, 61.0, 14, 76, 0.61,
        regimen("insulin glargine -/-/-/24; metformin 500/-/500/-"), fasting=5.6, rise=0.45, swing=0.6,
        planned=(Planned(-3, "overnight", "3.3", felt=True),),
    ),
    Story(
        "premix twice a day: 2.8 before dinner without symptoms, on the last day but one",
        "male", 71, 168, 66.0, 17, 68, 0.48,
        regimen("insulin aspart 70/30 20/-/14/-"), fasting=6.6, rise=0.55, swing=0.6,
        planned=(Planned(-2, "pre_dinner", "2.8"),),
    ),
    Story(
        "basal-bolus: the meter showed LO after a skipped lunch; help was needed",
        "female", 74, 155, 52.0, 22, 58, 0.31,
        regimen("insulin glargine -/-/-/14; insulin aspart 6/6/6/-"), fasting=6.8, rise=0.85, swing=0.6,
        planned=(Planned(-2, "post_lunch", "LO", felt=True),),
        happenings=(Happening(-2, 12, "meal_skipped"), Happening(-2, 14, "hypo_severe")),
    ),
    Story(
        "premix twice a day with an infection: the meter showed HI after dinner",
        "male", 58, 174, 83.0, 11, 92, 0.72,
        regimen("Novolin 30R 22/-/18/-"), fasting=9.5, rise=0.75,
        planned=(Planned(-1, "post_dinner", "HI"),), happenings=(Happening(-3, 9, "infection", strain=0.5),),
        comorbidities="pneumonia",
    ),
    Story(
        "glimepiride and linagliptin with an eGFR of 38: lows in the afternoon",
        "female", 77, 153, 54.0, 18, 38, 0.83,
        regimen("glimepiride 4/-/-/-; linagliptin 5/-/-/-"), fasting=5.4, rise=0.5, swing=0.6,
        planned=(Planned(-4, "pre_dinner", "3.5", felt=True), Planned(-1, "pre_lunch", "3.7")),
        comorbidities="chronic kidney disease",
    ),
    Story(
        "metformin and sitagliptin with an eGFR of 40",
        "male", 69, 170, 74.0, 12, 40, 0.9,
        regimen("metformin 1000/-/1000/-; sitagliptin 50/-/-/-"), fasting=7.4, comorbidities="chronic kidney disease",
    ),
    Story(
        "premix twice a day: doses missed, some in the last three days",
        "male", 49, 176, 88.0, 6, 104, 0.95,
        regimen("insulin aspart 70/30 24/-/20/-; metformin 850/-/850/-"), fasting=8.6, rise=0.65, taken=0.8,
    ),
    Story(
        "glargine and metformin: a steroid course began four days ago",
        "female", 63, 160, 65.0, 9, 85, 0.88,
        regimen("insulin glargine -/-/-/16; metformin 1000/-/1000/-"), fasting=6.8, rise=0.45,
        happenings=(Happening(-4, 9, "steroid", strain=0.5),), comorbidities="chronic obstructive pulmonary disease",
    ),
    Story(
        "detemir alone: the last reading is five days before the end",
        "male", 65, 169, 70.0, 10, 80, 0.7,
        regimen("insulin detemir -/-/-/18"), fasting=8.2, quirks=frozenset({"stale"}),
    ),
    Story(
        "glargine and tablets: no weight on record",
        "female", 57, 162, 68.0, 8, 95, 0.92,
        regimen("insulin glargine -/-/-/16; metformin 500/-/500/-; sitagliptin 100/-/-/-"), fasting=8.4,
        quirks=frozenset({"no_weight"}),
    ),
    Story(
        "glargine and metformin: fasting far too high, needs more",
        "male", 52, 178, 92.0, 7, 101, 1.05,
        regimen("insulin glargine -/-/-/14; metformin 1000/-/1000/-"), fasting=11.6, rise=0.35,
    ),
    Story(
        "degludec and metformin: well controlled",
        "female", 61, 159, 63.0, 11, 86, 0.79,
        regimen("insulin degludec -/-/-/16; metformin 500/-/500/-"), fasting=6.0, rise=0.34, swing=0.4,
    ),
    Story(
        "glargine and linagliptin: fasting on target, only the post-meal values are high",
        "male", 64, 172, 76.0, 13, 74, 0.66,
        regimen("insulin glargine -/-/-/20; linagliptin 5/-/-/-"), fasting=6.0, rise=1.25, swing=0.4,
    ),
    Story(
        "premix twice a day: some readings were entered twice",
        "female", 68, 157, 59.0, 15, 71, 0.52,
        regimen("insulin aspart 70/30 16/-/12/-"), fasting=7.6, rise=0.5, doctor="titrates",
        quirks=frozenset({"repeats"}),
    ),
    Story(
        "two sulfonylureas: Xiaoke pills beside gliclazide MR",
        "male", 70, 166, 64.0, 16, 66, 0.74,
        regimen("Xiaoke pill 5/5/5/-; gliclazide MR 60/-/-/-"), fasting=6.2, swing=0.6,
    ),
    Story(
        "an insulin pump: must be referred",
        "female", 47, 164, 60.0, 19, 98, 0.24,
        pump((0.8, 0.7, 0.8, 0.6), (6, 6, 6)), fasting=7.4, rise=0.8,
        happenings=(Happening(-6, 10, "pump_suspended"), Happening(-6, 14, "resumed")),
    ),
    Story(
        "glargine beside a herbal capsule that no formulary knows: must be referred",
        "male", 62, 167, 69.0, 9, 83, 0.68,
        regimen("insulin glargine -/-/-/18; sweetleaf herbal capsule 300/-/300/-"), fasting=7.8,
    ),
    Story(
        "premix once a day before dinner, with metformin; being titrated",
        "female", 55, 161, 70.0, 7, 97, 0.97,
        regimen("insulin aspart 70/30 -/-/12/-; metformin 1000/-/1000/-"), fasting=9.6, doctor="titrates",
    ),
    Story(
        "premix three times a day",
        "male", 59, 173, 85.0, 15, 82, 0.5,
        regimen("insulin aspart 50/50 16/12/16/-; acarbose 50/50/50/-"), fasting=8.2, rise=0.9, doctor="titrates",
    ),
    Story(
        "basal-bolus being titrated; C-peptide very low, so insulin must never be stopped",
        "female", 53, 163, 58.0, 21, 90, 0.15,
        regimen("insulin glargine -/-/-/14; insulin aspart 5/5/5/-"), fasting=9.2, rise=0.55, doctor="titrates",
    ),
    Story(
        "gliclazide MR and metformin: no insulin",
        "male", 56, 170, 77.0, 5, 93, 1.1,
        regimen("gliclazide MR 60/-/-/-; metformin 500/-/500/-"), fasting=7.2, swing=0.5,
    ),
    Story(
        "metformin and dapagliflozin: no insulin",
        "female", 51, 165, 81.0, 4, 99, 1.2,
        regimen("metformin 1000/-/1000/-; dapagliflozin 10/-/-/-"), fasting=7.0, comorbidities="heart failure",
    ),
    Story(
        "an 84-year-old on U300 glargine alone: fasting runs low in the range, overtreated",
        "female", 84, 150, 46.0, 20, 55, 0.64,
        regimen("insulin glargine U300 -/-/-/14"), fasting=4.9, rise=0.40, swing=0.4, comorbidities="frailty; dementia",
    ),
)  # fmt: skip
