"""What the screens and printouts say in English and in Chinese, apart from the texts of a pack.

Both languages carry the same numbers: a phrase with a number in one has it in the other.
"""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from titration.clinical import PlanKind
from titration.expr.nodes import Op
from titration.packs.model import Tier

Language: TypeAlias = Literal["en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")
Phrases: TypeAlias = Mapping[str, str]

URGENT_NOTICES: Final = ("same-day-review", "treat-low", "ketones")
"""Notices that stand first, in this order, and are marked urgent. A pack that uses these names means them so."""

KINDS: Final[Mapping[Language, Mapping[PlanKind, str]]] = {
    "en": {
        PlanKind.ADJUST_UP: "INCREASE",
        PlanKind.ADJUST_DOWN: "REDUCE",
        PlanKind.STOP: "STOP",
        PlanKind.HOLD: "KEEP",
        PlanKind.NEED_DATA: "NEEDS DATA",
        PlanKind.REFER: "REFER",
    },
    "zh": {
        PlanKind.ADJUST_UP: "加量",
        PlanKind.ADJUST_DOWN: "减量",
        PlanKind.STOP: "停用",
        PlanKind.HOLD: "维持",
        PlanKind.NEED_DATA: "缺数据",
        PlanKind.REFER: "转诊",
    },
}

SLOTS: Final[Mapping[Language, Phrases]] = {
    "en": {"breakfast": "breakfast", "lunch": "lunch", "dinner": "dinner", "bedtime": "bedtime"},
    "zh": {"breakfast": "早餐", "lunch": "午餐", "dinner": "晚餐", "bedtime": "睡前"},
}

ROUTES: Final[Mapping[Language, Phrases]] = {
    "en": {"sc": "", "oral": "", "csii_bolus": "by pump, bolus", "csii_basal": "by pump, basal rate", "iv": "by drip"},
    "zh": {"sc": "", "oral": "", "csii_bolus": "泵入，餐时大剂量", "csii_basal": "泵入，基础率", "iv": "静脉输注"},
}

TIMINGS: Final[Mapping[Language, Phrases]] = {
    "en": {
        "fasting": "fasting",
        "post_breakfast": "2 h after breakfast",
        "pre_lunch": "before lunch",
        "post_lunch": "2 h after lunch",
        "pre_dinner": "before dinner",
        "post_dinner": "2 h after dinner",
        "bedtime": "bedtime",
        "overnight": "night",
        "random": "random",
    },
    "zh": {
        "fasting": "空腹",
        "post_breakfast": "早餐后 2 小时",
        "pre_lunch": "午餐前",
        "post_lunch": "午餐后 2 小时",
        "pre_dinner": "晚餐前",
        "post_dinner": "晚餐后 2 小时",
        "bedtime": "睡前",
        "overnight": "夜间",
        "random": "随机",
    },
}

COLUMNS: Final[Mapping[Language, Phrases]] = {
    "en": {
        "day": "Day",
        "fasting": "Fasting",
        "post_breakfast": "Post-bkfst",
        "pre_lunch": "Pre-lunch",
        "post_lunch": "Post-lunch",
        "pre_dinner": "Pre-dinner",
        "post_dinner": "Post-dinner",
        "bedtime": "Bed",
        "overnight": "Night",
        "random": "Other",
    },
    "zh": {
        "day": "日期",
        "fasting": "空腹",
        "post_breakfast": "早餐后",
        "pre_lunch": "午餐前",
        "post_lunch": "午餐后",
        "pre_dinner": "晚餐前",
        "post_dinner": "晚餐后",
        "bedtime": "睡前",
        "overnight": "夜间",
        "random": "其他",
    },
}
"""Headings of the table of readings."""

COLUMN_ORDER: Final = (
    "overnight",
    "fasting",
    "post_breakfast",
    "pre_lunch",
    "post_lunch",
    "pre_dinner",
    "post_dinner",
    "bedtime",
    "random",
)
"""Order of the day from midnight on."""

WEEKDAYS: Final[Mapping[Language, tuple[str, ...]]] = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
}

DRUG_UNITS: Final[Mapping[Language, Mapping[str, tuple[str, str]]]] = {
    "en": {
        "units": ("unit", "units"),
        "mg": ("mg", "mg"),
        "mcg": ("mcg", "mcg"),
        "tablet": ("tablet", "tablets"),
        "pill": ("pill", "pills"),
        "dose step": ("dose step", "dose steps"),
        "": ("(unit not known)", "(unit not known)"),
    },
    "zh": {
        "units": ("单位", "单位"),
        "mg": ("mg", "mg"),
        "mcg": ("mcg", "mcg"),
        "tablet": ("片", "片"),
        "pill": ("丸", "丸"),
        "dose step": ("剂量格", "剂量格"),
        "": ("（单位不明）", "（单位不明）"),
    },
}
"""Unit of a dose for one and for any other amount; in full, never abbreviated."""

OPS: Final[Mapping[Language, Mapping[Op, str]]] = {
    "en": {
        Op.LT: "below",
        Op.LE: "at or below",
        Op.GT: "above",
        Op.GE: "at or above",
        Op.EQ: "equal to",
        Op.NE: "different from",
    },
    "zh": {Op.LT: "低于", Op.LE: "不高于", Op.GT: "高于", Op.GE: "不低于", Op.EQ: "等于", Op.NE: "不等于"},
}

OPPOSITE: Final[Mapping[Op, Op]] = {
    Op.LT: Op.GE,
    Op.GE: Op.LT,
    Op.GT: Op.LE,
    Op.LE: Op.GT,
    Op.EQ: Op.NE,
    Op.NE: Op.EQ,
}
"""What holds where a comparison does not."""

LIMITS: Final[Mapping[Language, Phrases]] = {
    "en": {
        "hypo_lockout": "a low in the last 7 days rules out any increase",
        "glucose_unknown": "no reading in the last 7 days: no increase without knowing there was no low",
        "stale_reading": "the last reading is older than yesterday: no increase on old readings",
        "missed_dose": "a missed or unrecorded dose in the last 3 days: no increase on a dose not taken",
        "doubtful_data": "readings or doses in doubt in the last 3 days: check them first",
        "interval": "too soon after the last change of this drug",
        "no_new_reading": "no new reading since the last change",
        "step_cap": "cut to the largest single increase (20 %, at most 8 units; a step of 2 units is always allowed)",
        "weight_unknown": "weight not known: no increase without the cap per kg",
        "dose_cap": "cut to the cap per kg of body weight",
        "drug_maximum": "the daily maximum of the drug is reached",
        "day_cap": "cut to 20 % of total daily insulin, the most a taper takes in one step",
        "fortnight_cap": "cut: a taper takes at most 50 % of total daily insulin in 14 days",
        "c_peptide": "insulin is not stopped without C-peptide above 0.6 nmol/L, measured in the last 180 days",
        "one_change": "waits: another drug changes today, one at a time",
        "rounding": "rounded to what the device or tablet can give",
        "last_step": "the device cannot give less: to stop is a clinician's decision",
        "lower_first": "waits: something else is reduced today, and nothing goes up beside a reduction",
    },
    "zh": {
        "hypo_lockout": "近 7 天内有低血糖，不得加量",
        "glucose_unknown": "近 7 天无血糖记录：不能确认无低血糖，不得加量",
        "stale_reading": "最近一次血糖早于昨日：不依据旧读数加量",
        "missed_dose": "近 3 天内有漏用或未记录的剂量：未按量用药时不加量",
        "doubtful_data": "近 3 天内有存疑的血糖或剂量记录：请先核实",
        "interval": "距该药上次调整时间过短",
        "no_new_reading": "上次调整后尚无新的血糖读数",
        "step_cap": "限制为单次最大加量（20 %，最多 8 单位；2 单位的一步始终允许）",
        "weight_unknown": "体重未知：无法核对每公斤上限，不得加量",
        "dose_cap": "限制为每公斤体重上限",
        "drug_maximum": "已达该药每日最大剂量",
        "day_cap": "限制为胰岛素日总量的 20 %，即减量模式单步上限",
        "fortnight_cap": "受限：减量模式最多减去胰岛素日总量的 50 %（14 天内）",
        "c_peptide": "无 C 肽高于 0.6 nmol/L 的结果（近 180 天内）不得停用胰岛素",
        "one_change": "等待：今日已调整另一种药，每次只调一种",
        "rounding": "按给药装置或片剂规格取整",
        "last_step": "给药装置已不能再减：是否停用由医生决定",
        "lower_first": "等待：今日有药物减量，减量时不同时加量",
    },
}
"""Every ``engine.plans.Limit`` by name."""

GUARD_FEATURES: Final[Mapping[Language, Phrases]] = {
    "en": {
        "guard.lows": "any glucose reading in the last 7 days",
        "guard.reading_age": "a glucose reading of today or yesterday",
        "guard.total_per_kg": "body weight",
        "dose": "the dose in force: a dose given and written down",
    },
    "zh": {
        "guard.lows": "近 7 天内任一血糖读数",
        "guard.reading_age": "今日或昨日的血糖读数",
        "guard.total_per_kg": "体重",
        "dose": "当前剂量：已给药并有记录的剂量",
    },
}
"""Facts the guard may find missing; the pack names its own features."""

TIERS: Final[Mapping[Language, Phrases]] = {
    "en": {
        Tier.SAFETY.text: "safety",
        Tier.FREEZE.text: "referral",
        Tier.REDUCE.text: "reduction",
        Tier.TAPER.text: "taper",
        Tier.HOLD.text: "keep",
        Tier.RESCUE.text: "rescue",
        Tier.RAISE.text: "increase",
    },
    "zh": {
        Tier.SAFETY.text: "安全",
        Tier.FREEZE.text: "转诊",
        Tier.REDUCE.text: "减量",
        Tier.TAPER.text: "达标减量",
        Tier.HOLD.text: "维持",
        Tier.RESCUE.text: "回退",
        Tier.RAISE.text: "加量",
    },
}

MARKS: Final[Mapping[Language, Phrases]] = {
    "en": {
        "FOUND": "seen in the original",
        "FOUND-2": "second-hand",
        "REC-H": "recalled, not yet checked against the original",
        "REC-M": "recalled with less certainty, to be checked",
        "INFERRED": "computed from published numbers",
        "PROPOSED": "proposed here, not published",
    },
    "zh": {
        "FOUND": "已见原文",
        "FOUND-2": "二手来源",
        "REC-H": "凭记忆，尚未核对原文",
        "REC-M": "凭记忆且把握较低，待核对",
        "INFERRED": "由已发表数字推算",
        "PROPOSED": "本项目提出，未发表",
    },
}

STATUS: Final[Mapping[Language, Phrases]] = {
    "en": {
        "draft": "DRAFT, not signed off",
        "reviewed": "reviewed, not approved",
        "approved": "approved locally",
        "bench": "bench pack, not for patients",
    },
    "zh": {
        "draft": "草案，未经签署",
        "reviewed": "已审阅，未批准",
        "approved": "本地已批准",
        "bench": "测试用规则包，不用于患者",
    },
}
