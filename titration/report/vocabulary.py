"""English and Chinese words for the closed vocabularies: plan kinds, lines, limits, tiers, timings, events, load reasons."""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

Language: TypeAlias = Literal["en", "zh"]
Words: TypeAlias = Mapping[str, tuple[str, str]]

PLANS: Final[Words] = {
    "adjust_up": ("increase", "加量"),
    "adjust_down": ("reduce", "减量"),
    "stop": ("stop", "停用"),
    "hold": ("keep the dose", "维持原量"),
    "need_data": ("data needed", "需补充数据"),
    "refer": ("refer to clinician", "交医师决定"),
}

LINES: Final[Words] = {
    "basal": ("basal insulin", "基础胰岛素"),
    "prandial": ("mealtime insulin", "餐时胰岛素"),
    "premix": ("premixed insulin", "预混胰岛素"),
    "oral": ("tablets", "口服降糖药"),
    "glp1ra": ("GLP-1 receptor agonist", "GLP-1受体激动剂"),
    "other": ("other (pump, drip, unknown drug)", "其他（泵、静脉、未收录药物）"),
}

LIMITS: Final[Words] = {
    "hypo_lockout": ("low glucose in the last 7 days: no increase", "近7天内有低血糖，不加量"),
    "glucose_unknown": ("glucose of the last 7 days not known: no increase", "近7天血糖情况不明，不加量"),
    "stale_reading": ("no reading from today or yesterday: no increase", "今日和昨日均无血糖，不加量"),
    "missed_dose": ("doses missed or not recorded lately: no increase", "近期有漏用或未记录的剂量，不加量"),
    "doubtful_data": ("doubtful data", "数据存疑"),
    "interval": ("too soon after the last change", "距上次调整间隔不足"),
    "no_new_reading": ("no new reading since the last change", "上次调整后尚无新的血糖"),
    "step_cap": ("cut to the largest single increase", "超过单次最大加量幅度，已限制"),
    "weight_unknown": ("body weight not known: no increase", "体重不明，不加量"),
    "dose_cap": ("cut to the ceiling per kg body weight", "超过每公斤体重剂量上限，已限制"),
    "drug_maximum": ("above the drug’s daily maximum", "超过该药每日最大剂量"),
    "day_cap": ("cut to the largest reduction a day", "超过单日最大减量幅度，已限制"),
    "fortnight_cap": ("cut to the largest reduction in 14 days", "超过14天累计减量上限，已限制"),
    "c_peptide": ("C-peptide missing or too low: insulin not stopped", "C肽缺失或偏低，不停用胰岛素"),
    "one_change": ("waits: one change at a time", "每次只调整一项，暂缓"),
    "rounding": ("rounded to what the pen or tablet can give", "按注射笔或片剂规格取整"),
    "last_step": ("smallest dose already: only a stop is left", "已是最小剂量，只能由医师决定是否停用"),
    "lower_first": ("increase waits for a reduction of the same day", "当日另有减量，加量暂缓"),
}

TIERS: Final[Words] = {
    "safety": ("safety", "安全"),
    "freeze": ("freeze", "暂停自动调整"),
    "reduce": ("reduce", "减量"),
    "taper": ("taper", "递减"),
    "hold": ("hold", "维持"),
    "rescue": ("rescue", "回调"),
    "raise": ("raise", "加量"),
    "": ("no rule", "无规则"),
}

TIMINGS: Final[Words] = {
    "fasting": ("fasting", "空腹"),
    "post_breakfast": ("after breakfast", "早餐后"),
    "pre_lunch": ("before lunch", "午餐前"),
    "post_lunch": ("after lunch", "午餐后"),
    "pre_dinner": ("before dinner", "晚餐前"),
    "post_dinner": ("after dinner", "晚餐后"),
    "bedtime": ("bedtime", "睡前"),
    "overnight": ("overnight", "夜间"),
    "random": ("at random", "随机"),
}

SOURCES: Final[Words] = {
    "cbg": ("finger-stick", "指尖血糖"),
    "lab": ("laboratory", "实验室"),
    "cgm": ("sensor", "动态血糖"),
}

EVENTS: Final[Words] = {
    "meal": ("meal", "进餐"),
    "meal_more": ("larger meal", "进食较多"),
    "meal_less": ("smaller meal", "进食较少"),
    "meal_skipped": ("meal skipped", "未进餐"),
    "exercise": ("exercise", "运动"),
    "exercise_more": ("more exercise", "运动较多"),
    "exercise_less": ("less exercise", "运动较少"),
    "hypo_symptoms": ("symptoms of low glucose", "低血糖症状"),
    "hypo_severe": ("severe low glucose, help needed", "严重低血糖（需他人救助）"),
    "missed_dose": ("dose missed", "漏用药物"),
    "pump_suspended": ("pump suspended", "胰岛素泵暂停"),
    "steroid": ("steroid course", "使用糖皮质激素"),
    "infection": ("infection", "感染"),
    "surgery": ("surgery", "手术"),
    "nil_by_mouth": ("nil by mouth", "禁食"),
    "contrast": ("contrast medium", "使用造影剂"),
    "pregnancy": ("pregnancy", "妊娠"),
    "dialysis": ("dialysis", "透析"),
    "ketoacidosis": ("ketoacidosis", "酮症酸中毒"),
    "taper_on": ("taper switched on", "开启递减模式"),
    "taper_off": ("taper switched off", "关闭递减模式"),
    "phase_screening": ("screening begins", "进入筛选期"),
    "phase_treatment": ("treatment begins", "进入治疗期"),
    "phase_follow_up": ("follow-up begins", "进入随访期"),
    "baseline": ("baseline", "基线"),
    "resumed": ("automatic advice resumed", "恢复自动建议"),
    "reason_recorded": ("reason for tapering a tablet recorded", "已记录口服药递减理由"),
    "other": ("other event", "其他事件"),
}

REASONS: Final[Words] = {
    "bad_time": ("no real date and time", "日期或时间无效"),
    "malformed_line": ("wrong number of fields", "字段数不符"),
    "no_patient_id": ("no patient id", "缺患者编号"),
    "blank_glucose": ("glucose blank", "血糖空白"),
    "non_numeric_glucose": ("glucose not a number", "血糖不是数值"),
    "implausible_glucose": ("glucose outside the meter’s range", "血糖超出仪器范围"),
    "ambiguous_unit": ("unit ambiguous", "血糖单位有歧义"),
    "undocumented_code": ("code not documented", "代码无说明"),
    "no_drug": ("no drug named", "未写药名"),
    "non_numeric_dose": ("dose not a number", "剂量不是数值"),
    "implausible_dose": ("dose implausible", "剂量不合理"),
    "non_numeric_value": ("value not a number", "检验值不是数值"),
    "implausible_value": ("value implausible", "检验值不合理"),
    "mixed_units": ("patient’s log mixes glucose units", "同一患者血糖单位混用"),
    "unit_missing": ("unit missing", "缺单位"),
    "unknown_unit": ("unit not recognised", "单位无法识别"),
    "off_grid": ("more decimals than the unit allows", "小数位超出单位精度"),
    "error_cell": ("spreadsheet error in the cell", "表格单元格报错"),
    "misplaced_text": ("text where a number belongs", "数值栏中为文字"),
    "misplaced_glucose": ("glucose in the ketone column", "血糖误入血酮栏"),
    "unparsed_dose": ("dose text not understood", "剂量文字无法解析"),
    "unit_not_of_drug": ("unit is not the drug’s", "单位与药物不符"),
    "unknown_kind": ("kind not in the format’s list", "类别不在格式表中"),
    "undated_value": ("undated value", "检验值无日期"),
    "no_recording": ("no matching recording", "无对应记录"),
    "censored": ("beyond the meter’s range, kept as HI or LO", "超出仪器量程，按HI或LO保留"),
    "repeat": ("same record twice, kept", "重复记录，已保留"),
    "dose_outside_range": ("dose outside the usual range, kept", "剂量超出常用范围，已保留"),
    "unknown_word": ("word not in the list, read as unknown", "词语不在列表中，按不明处理"),
    "egfr_disagrees": ("eGFR reported and computed disagree", "eGFR报告值与计算值不符"),
}

UNITS: Final[Words] = {
    "units": ("units", "单位"),
    "tablet": ("tablets", "片"),
    "pill": ("pills", "丸"),
    "dose step": ("dose steps", "剂量格"),
}

_SINGULAR: Final = {"units": "unit", "tablet": "tablet", "pill": "pill", "dose step": "dose step"}


def named(words: Words, value: str, language: Language) -> str:
    """The word for a value of a closed vocabulary; a value it lacks is shown as written, with spaces."""
    pair = words.get(value)
    if pair is None:
        return value.replace("_", " ")
    return pair[0] if language == "en" else pair[1]


def unit_named(unit: str, language: Language, *, one: bool) -> str:
    """A dose unit in words, singular for ``one``: never U or IU."""
    spelt = "units" if unit.upper() in ("U", "IU") else unit
    return _SINGULAR.get(spelt, spelt) if one and language == "en" else named(UNITS, spelt, language)
