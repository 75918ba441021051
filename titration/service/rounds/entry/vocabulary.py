"""The words entries are written in, English and Chinese: timings, slots, units, symptoms, happenings, measurements.

Closed tables: what is not in them is asked about or refused. Words are compared in small letters.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from titration.clinical import EventKind, LabKind, Slot, Timing
from titration.units import UnitSystem


def _table(rows: Mapping[str, Iterable[str]]) -> dict[str, str]:
    return {word: code for code, words in rows.items() for word in (code, *words)}


TIMINGS: Final = _table(
    {
        Timing.FASTING.text: ("f", "fast", "空腹", "空"),
        Timing.POST_BREAKFAST.text: ("ab", "post-breakfast", "早餐后", "早后", "早餐后2h"),
        Timing.PRE_LUNCH.text: ("bl", "pre-lunch", "午餐前", "中餐前"),
        Timing.POST_LUNCH.text: ("al", "post-lunch", "午餐后", "中餐后", "午餐后2h"),
        Timing.PRE_DINNER.text: ("bd", "pre-dinner", "晚餐前", "晚前"),
        Timing.POST_DINNER.text: ("ad", "post-dinner", "晚餐后", "晚后", "晚餐后2h"),
        Timing.BEDTIME.text: ("bed", "睡前"),
        Timing.OVERNIGHT.text: ("n", "night", "夜间", "凌晨"),
        Timing.RANDOM.text: ("r", "随机"),
    }
)
"""Before and after a meal as on a ward sheet: bl is before lunch, al after lunch. 午后 is the afternoon and no timing."""

SLOTS: Final = _table(
    {
        Slot.BREAKFAST.text: ("br", "morning", "早餐", "早"),
        Slot.LUNCH.text: ("lu", "noon", "午餐", "中餐", "午", "中"),
        Slot.DINNER.text: ("di", "evening", "晚餐", "晚"),
        Slot.BEDTIME.text: ("bed", "睡前"),
    }
)

GLUCOSE_UNITS: Final = {
    **dict.fromkeys(("mmol/l", "mmol", "毫摩尔/升", "毫摩尔", "毫摩"), UnitSystem.MMOL),
    **dict.fromkeys(("mg/dl", "mgdl", "mg", "毫克/分升", "毫克"), UnitSystem.MGDL),
}

SYMPTOMS: Final = {
    **dict.fromkeys(("symptoms", "with symptoms", "symptomatic", "sx", "有症状", "症状", "伴症状"), "symptoms"),
    **dict.fromkeys(("severe", "needed help", "严重", "需他人帮助", "需要帮助"), "severe"),
    **dict.fromkeys(("no symptoms", "without symptoms", "asymptomatic", "无症状", "没有症状"), "none"),
}

NOT_GIVEN: Final = {
    **dict.fromkeys(("missed", "forgot", "forgotten", "漏", "漏用", "漏打", "漏服", "忘记"), "missed"),
    **dict.fromkeys(("refused", "refuses", "拒绝", "拒打", "拒服"), "refused"),
    **dict.fromkeys(("withheld", "held", "omitted", "not given", "暂停", "停用一次", "未用", "未给"), "withheld"),
    **dict.fromkeys(("vomited", "吐出", "呕吐"), "vomited"),
    **dict.fromkeys(("unavailable", "无药", "缺药"), "unavailable"),
}
"""Why a dose was not given: codes of ``words`` that the ledger keeps as the note of a dose of 0."""

EVENTS: Final = {
    **dict.fromkeys(
        ("hypo symptoms", "hypo with symptoms", "low with symptoms", "symptoms", "sx", "低血糖症状", "低血糖 有症状"),
        EventKind.HYPO_SYMPTOMS,
    ),
    **dict.fromkeys(
        ("severe hypo", "hypo severe", "hypo needed help", "严重低血糖", "低血糖 严重", "重度低血糖"),
        EventKind.HYPO_SEVERE,
    ),
    **dict.fromkeys(
        ("meal skipped", "skipped meal", "skipped", "did not eat", "not eating", "未进餐", "未进食", "没吃"),
        EventKind.MEAL_SKIPPED,
    ),
    **dict.fromkeys(("ate less", "meal less", "poor intake", "进食少", "吃得少", "食欲差"), EventKind.MEAL_LESS),
    **dict.fromkeys(("ate more", "meal more", "进食多", "吃得多"), EventKind.MEAL_MORE),
    **dict.fromkeys(("exercise more", "运动多"), EventKind.EXERCISE_MORE),
    **dict.fromkeys(("exercise less", "运动少"), EventKind.EXERCISE_LESS),
    **dict.fromkeys(("exercise", "运动"), EventKind.EXERCISE),
    **dict.fromkeys(("infection", "fever", "sepsis", "感染", "发热", "发烧"), EventKind.INFECTION),
    **dict.fromkeys(("steroid", "steroids", "glucocorticoid", "激素", "糖皮质激素"), EventKind.STEROID),
    **dict.fromkeys(("nil by mouth", "nbm", "npo", "fasting for procedure", "禁食"), EventKind.NIL_BY_MOUTH),
    **dict.fromkeys(("surgery", "operation", "手术"), EventKind.SURGERY),
    **dict.fromkeys(("contrast", "造影", "造影剂"), EventKind.CONTRAST),
    **dict.fromkeys(("dialysis", "透析"), EventKind.DIALYSIS),
    **dict.fromkeys(("pregnancy", "pregnant", "妊娠", "怀孕"), EventKind.PREGNANCY),
    **dict.fromkeys(("ketoacidosis", "dka", "酮症酸中毒"), EventKind.KETOACIDOSIS),
    **dict.fromkeys(("pump suspended", "停泵"), EventKind.PUMP_SUSPENDED),
    **dict.fromkeys(("resumed", "recovered", "恢复"), EventKind.RESUMED),
    **dict.fromkeys(("taper on", "减量模式开"), EventKind.TAPER_ON),
    **dict.fromkeys(("taper off", "减量模式关"), EventKind.TAPER_OFF),
    **dict.fromkeys(("reason", "理由"), EventKind.REASON_RECORDED),
    **dict.fromkeys(("event", "事件"), EventKind.OTHER),
}
NEEDS_WORDS: Final = frozenset((EventKind.REASON_RECORDED, EventKind.OTHER))
"""Events that say nothing without the words behind them."""

BARE_HYPO: Final = ("hypo", "hypoglycaemia", "hypoglycemia", "低血糖")
"""Says neither whether there were symptoms nor how low: asked."""

NEGATIONS: Final = ("no", "not", "none", "without", "denies", "never", "无", "没", "未", "否认", "不")

NOTES: Final = ("note", "备注", "记录")

LABS: Final = {
    **dict.fromkeys(("weight", "wt", "体重"), LabKind.WEIGHT),
    **dict.fromkeys(("hba1c", "a1c", "糖化血红蛋白", "糖化"), LabKind.HBA1C),
    **dict.fromkeys(("egfr", "肾小球滤过率"), LabKind.EGFR),
    **dict.fromkeys(("creatinine", "creat", "cr", "scr", "肌酐"), LabKind.CREATININE),
    **dict.fromkeys(("c-peptide", "c peptide", "cpeptide", "cp", "c肽", "c 肽", "c-肽"), LabKind.C_PEPTIDE),
    **dict.fromkeys(("ketones", "ketone", "血酮"), LabKind.KETONE),
}
