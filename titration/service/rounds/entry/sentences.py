"""The sentences of entry: problems, questions, labels of options, remarks. English and Chinese carry the same fields."""

from collections.abc import Mapping
from typing import Final, TypeAlias

from titration.explain.phrases import Language

Table: TypeAlias = Mapping[str, Mapping[Language, str]]


def _both(en: str, zh: str) -> Mapping[Language, str]:
    return {"en": en, "zh": zh}


PROBLEMS: Final[Table] = {
    "blank": _both("type a value", "请输入"),
    "unfinished": _both("not finished: {typed}", "未输完：{typed}"),
    "no_value": _both("a value is missing", "缺少数值"),
    "no_amount": _both("an amount is missing: {typed} ...", "缺少剂量：{typed} ……"),
    "no_drug": _both("name the drug before the amount", "请在剂量前写药名"),
    "too_long": _both("longer than {most} characters: write less", "超过 {most} 个字符：请缩短"),
    "control": _both("holds a character that cannot be shown: type it by hand", "含不可显示的字符：请手工输入"),
    "leading_point": _both(
        "{typed}: a point needs a digit before it; write {write}", "{typed}：小数点前须有数字；请写 {write}"
    ),
    "comma": _both("{typed}: no comma in a number; write {write}", "{typed}：数字中不用逗号；请写 {write}"),
    "comma_group": _both("{typed}: no comma in a number; write the digits only", "{typed}：数字中不用逗号；请只写数字"),
    "sign": _both("{typed}: no sign in front of a value", "{typed}：数值前不写正负号"),
    "not_a_number": _both("{typed} is no number: write 6.8, 12 or 0.5", "{typed} 不是数字：请写 6.8、12 或 0.5"),
    "off_grid": _both(
        "{value}: the meter shows no such value; write it as shown", "{value}：血糖仪不显示这样的数值；请照屏幕写"
    ),
    "not_on_meter": _both(
        "{value}: meters show {least} to {most}; beyond that write LO or HI",
        "{value}：血糖仪显示 {least} 至 {most}；超出时写 LO 或 HI",
    ),
    "unchanged": _both("the same value as saved: nothing to correct", "与已存数值相同：无需更正"),
    "already": _both("{value} at {time} is recorded already", "{time} 的 {value} 已有记录"),
    "two_times": _both("two times: write one", "有两个时间：请只写一个"),
    "bad_time": _both("{typed}: write the time as @06:40 or yesterday 22:00", "{typed}：时间请写 @06:40 或 昨 22:00"),
    "clock_24": _both("write the time in 24 hours: 15:00", "时间请用 24 小时制：15:00"),
    "day_without_time": _both("{typed}: add the time, e.g. {typed} 22:00", "{typed}：请加时间，如 {typed} 22:00"),
    "future": _both("{when} is still to come", "{when} 尚未到"),
    "point_to_come": _both(
        "{timing} is still to come: add the time, e.g. @06:40", "{timing}尚未到：请加时间，如 @06:40"
    ),
    "other_column": _both("{timing} is another column", "{timing}在另一列"),
    "other_day": _both("{typed} is another day: choose the day first", "{typed} 是另一天：请先选日期"),
    "cell_only_glucose": _both(
        "{typed}: a cell takes a glucose; the line below takes the rest", "{typed}：格内只填血糖；其余写在下方单行"
    ),
    "unknown": _both(
        "{typed} is not understood: 6.8 · LO · glargine 12 · fever · weight 71.5",
        "不理解 {typed}：6.8 · LO · 甘精 12 · 发热 · 体重 71.5",
    ),
    "unknown_words": _both(
        "{typed} is not understood: leave it out, or write a note", "不理解 {typed}：请删去或写备注"
    ),
    "too_many_drugs": _both(
        "{typed} fits {count} drugs: write more of the name", "{typed} 符合 {count} 种药：请写全名称"
    ),
    "volume": _both(
        "{typed}: insulin is given in units and never in mL; read the units off its own syringe or pen",
        "{typed}：胰岛素按单位给药，绝不按 mL；请在配套注射器或笔上读单位",
    ),
    "unit_needed": _both("{drug}: add the unit (units, mg, tablet)", "{drug}：请加单位（单位、mg、片）"),
    "unit_not_of_drug": _both("{drug} is given in {unit}, not in {typed}", "{drug}按 {unit} 给药，不按 {typed}"),
    "dose_not_possible": _both("{typed} is no dose: check the amount", "{typed} 不是剂量：请核对"),
    "absurd_insulin": _both("{dose} is more than a whole vial ({most}): check", "{dose} 超过整瓶（{most}）：请核对"),
    "given_or_not": _both(
        "{typed}: given or not? for a dose not given write 0 and the reason",
        "{typed}：给了还是没给？未给请写 0 和原因",
    ),
    "dose_recorded": _both("this dose is recorded already", "该次剂量已有记录"),
    "dose_unknown": _both("the dose in force is not on record: type it", "当前剂量未记录：请手工输入"),
    "dose_to_come": _both("this dose is not due yet", "该次剂量尚未到时间"),
    "negated": _both(
        "{event}: what did not happen is no event; write it as a note", "{event}：没有发生的事不记为事件；请写备注"
    ),
    "hypo_how": _both(
        "{typed}: write the value with symptoms, severe or no symptoms: 2.8 @03:00 symptoms",
        "{typed}：请写数值并注明 有症状、严重 或 无症状：2.8 @03:00 有症状",
    ),
    "lab_unit": _both("{lab}: {typed} is no unit of it; write {units}", "{lab}：{typed} 不是其单位；请写 {units}"),
    "lab_not_possible": _both(
        "{lab} {value} is not possible: check value and unit", "{lab} {value} 不可能：请核对数值和单位"
    ),
}

QUESTIONS: Final[Table] = {
    "means_mark": _both("{typed}: did the meter show {mark}?", "{typed}：血糖仪显示的是 {mark} 吗？"),
    "which_unit": _both(
        "{number} without a unit: {own}, or {other} (which is {converted})?",
        "{number} 未写单位：是 {own}，还是 {other}（合 {converted}）？",
    ),
    "name_unit": _both("{number} has no unit: is it {own}?", "{number} 未写单位：是 {own} 吗？"),
    "other_unit": _both(
        "{number} {other} is {converted}. This patient's glucose is recorded in {own}.",
        "{number} {other} 合 {converted}。该患者血糖以 {own} 记录。",
    ),
    "other_unit_likely": _both(
        "{value} is on no meter (up to {most}). Meant otherwise? {number} {other} is {converted}.",
        "血糖仪不显示 {value}（最高 {most}）。是否另有所指？{number} {other} 合 {converted}。",
    ),
    "dropped_point": _both(
        "{value} is on no meter (up to {most}). Was the point left out?",
        "血糖仪不显示 {value}（最高 {most}）。是否漏了小数点？",
    ),
    "very_low": _both(
        "{value} is very low. Is it right? Treat the patient first.", "{value} 极低。是否属实？请先处理患者。"
    ),
    "very_high": _both("{value} is very high. Is it right?", "{value} 极高。是否属实？"),
    "odd_hour": _both("{timing} at {time}: is that right?", "{timing}，{time}：是否正确？"),
    "not_low": _both("{value} is not low. Symptoms of a low all the same?", "{value} 并不低。仍有低血糖症状吗？"),
    "second": _both(
        "{value} at {time} is recorded. A correction of it, or another reading?",
        "{time} 已记 {value}。是更正，还是另一次？",
    ),
    "later_today": _both(
        "{time} is still to come (it is {now}). When was it?", "{time} 尚未到（现在 {now}）。是何时？"
    ),
    "long_ago": _both("{when}: is the day right?", "{when}：日期对吗？"),
    "which_drug": _both("{typed}: which one?", "{typed}：是哪一种？"),
    "did_you_mean": _both("{typed} is in no list. Did you mean:", "目录中无 {typed}。是否为："),
    "look_alike": _both(
        "LOOK-ALIKE: {typed} is {drug}, but this patient has {mine}", "名称相近：{typed} 是{drug}，而该患者用{mine}"
    ),
    "new_drug": _both("{drug} is not among this patient's drugs. Was it given?", "该患者用药中无{drug}。确已给药？"),
    "unknown_drug": _both(
        "{typed} is not in the formulary. Record it under this name?", "药品目录中无 {typed}。按此名称记录？"
    ),
    "which_dose_unit": _both("{drug}: {number} of what?", "{drug}：{number} 的单位是？"),
    "which_slot": _both("{drug}: which dose of the day?", "{drug}：是哪一次？"),
    "other_slot": _both("{drug} is not planned at {slot}. Was it given?", "{drug}未安排在{slot}。确已给药？"),
    "away_from_slot": _both("the {slot} dose at {time}: when was it given?", "{slot}剂量，{time}：是何时给的？"),
    "dose_again": _both(
        "{drug}, {dose}, {when} is recorded. A correction of it, or another dose?",
        "已记{drug} {dose}，{when}。是更正，还是另一次？",
    ),
    "ratio_or_amount": _both(
        "{typed}: an amount of {dose}, or the product {product}?", "{typed}：剂量 {dose}，还是药品{product}？"
    ),
    "outside_single": _both(
        "{drug}, {dose}: single doses are {low} to {high}", "{drug} {dose}：单次剂量为 {low} 至 {high}"
    ),
    "above_single": _both(
        "{drug}, {dose} is more than is given at once ({high})", "{drug} {dose} 超过单次用量（{high}）"
    ),
    "over_daily": _both("{drug}, {dose} is above the most for a day, {most}", "{drug} {dose} 超过每日最大量 {most}"),
    "off_step": _both("{drug}, {dose}: the device gives steps of {step}", "{drug} {dose}：装置每格 {step}"),
    "far_from_usual": _both("{drug}, {dose}: the usual dose is {usual}", "{drug} {dose}：平时为 {usual}"),
    "no_usual": _both("{drug}, {dose}: no usual dose on record to compare with", "{drug} {dose}：无平时剂量可比"),
    "why_not_given": _both("{drug} not given: why?", "{drug}未给：原因？"),
    "hypo_how": _both("{typed}: were there symptoms?", "{typed}：有症状吗？"),
    "weight_unit": _both("{typed} is {value}. Weight is recorded in kg.", "{typed} 合 {value}。体重以 kg 记录。"),
    "which_lab_unit": _both("{lab} {number}: in which unit?", "{lab} {number}：单位是？"),
    "odd_lab": _both(
        "{lab} {value}: usual is {low} to {high}. Is it right?", "{lab} {value}：通常为 {low} 至 {high}。是否属实？"
    ),
    "weight_jump": _both("weight {value}: last was {last}. Is it right?", "体重 {value}：上次为 {last}。是否属实？"),
}

LABELS: Final[Table] = {
    "again": _both("type again", "重新输入"),
    "confirm": _both("it is right", "属实"),
    "meant": _both("I meant {value}", "是 {value}"),
    "record_as": _both("record {value}", "记为 {value}"),
    "yesterday": _both("{when}", "{when}"),
    "now": _both("now, {time}", "现在，{time}"),
    "correct": _both("correct that one", "更正该条"),
    "another": _both("another one", "另一次"),
    "drug": _both("{drug}", "{drug}"),
    "drug_own": _both("{drug} (in use)", "{drug}（在用）"),
    "drug_other": _both("{drug} (not in use)", "{drug}（未在用）"),
    "record_new": _both("record {drug}", "记录{drug}"),
    "record_unknown": _both("record it as {typed}", "按 {typed} 记录"),
    "dose": _both("{dose}", "{dose}"),
    "confirm_dose": _both("{dose} was given", "确已给 {dose}"),
    "slot": _both("{slot}", "{slot}"),
    "given_at": _both("{when}", "{when}"),
    "given_now": _both("{when}", "{when}"),
    "because_missed": _both("missed", "漏用"),
    "because_refused": _both("refused", "拒绝"),
    "because_withheld": _both("withheld", "暂停未给"),
    "because_vomited": _both("vomited", "呕吐"),
    "hypo_symptoms": _both("yes, symptoms", "有症状"),
    "hypo_severe": _both("severe: needed help", "严重：需他人帮助"),
}

REMARKS: Final[Table] = {
    "no_timing": _both(
        "no timing: counts as random (f fasting, al after lunch ...)", "未写时段：按随机计（空腹、午餐后……）"
    ),
    "mark_lo": _both("below what the meter reads: treat at once", "低于血糖仪下限：立即处理"),
    "mark_hi": _both("above what the meter reads: check ketones", "高于血糖仪上限：查血酮"),
    "say_symptoms": _both("a low: add symptoms, severe or no symptoms", "低血糖：请注明 有症状、严重 或 无症状"),
    "not_in_formulary": _both("not in the formulary: no rule looks at it", "药品目录中无此药：规则不涉及"),
    "unit_taken": _both("unit of the drug: {unit}", "按该药单位：{unit}"),
    "strength_unknown": _both(
        "strength not recorded: 40 and 100 units/mL are both sold", "浓度未记录：40 和 100 单位/mL 均有售"
    ),
    "strength_40": _both("40 units/mL: its own syringe only", "40 单位/mL：只用专用注射器"),
    "strength_other": _both("not 100 units/mL: its own pen only", "非 100 单位/mL：只用其专用笔"),
}
