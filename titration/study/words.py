"""English and Chinese of the study's closed vocabularies, and the sentences of its reports."""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

Language: TypeAlias = Literal["en", "zh"]
Words: TypeAlias = Mapping[str, tuple[str, str]]

ENDPOINTS: Final[Words] = {
    "fbg": ("fasting glucose (FBG)", "空腹血糖（FBG）"),
    "pbg": ("2-h post-meal glucose (PBG)", "餐后2小时血糖（PBG）"),
    "hba1c": ("HbA1c", "糖化血红蛋白（HbA1c）"),
    "hba1c_ifcc": ("HbA1c", "糖化血红蛋白（HbA1c）"),
    "c_peptide": ("fasting C-peptide", "空腹C肽"),
    "c_peptide_2h": ("2-h C-peptide", "餐后2小时C肽"),
    "c_peptide_ng": ("fasting C-peptide", "空腹C肽"),
    "c_peptide_2h_ng": ("2-h C-peptide", "餐后2小时C肽"),
    "insulin_fasting": ("fasting insulin", "空腹胰岛素"),
    "homa_ir": ("HOMA-IR (insulin)", "HOMA-IR（胰岛素法）"),
    "homa_beta": ("HOMA-beta (insulin)", "HOMA-β（胰岛素法）"),
    "homa_ir_cp": ("HOMA-IR (C-peptide)", "HOMA-IR（C肽法）"),
    "homa_islet_cp": ("HOMA-islet (C-peptide)", "HOMA-islet（C肽法）"),
    "resistance_cp": ("20/(C-peptide x glucose)", "20/(C肽×血糖)"),
    "c_peptide_index": ("C-peptide index", "C肽指数"),
    "insulin_daily": ("daily insulin", "每日胰岛素总量"),
    "insulin_percent": ("insulin, of baseline", "胰岛素占基线百分比"),
    "weight": ("weight", "体重"),
    "egfr": ("eGFR", "eGFR"),
    "alt": ("ALT", "丙氨酸氨基转移酶（ALT）"),
    "ast": ("AST", "天冬氨酸氨基转移酶（AST）"),
    "crp": ("CRP", "C反应蛋白（CRP）"),
    "creatinine": ("creatinine", "肌酐"),
}
UNITS: Final[Words] = {"units": ("units a day", "单位/日"), "hba1c_ifcc": ("mmol/mol", "mmol/mol")}

REASONS: Final[Words] = {
    "no_glucose": ("no glucose", "无血糖值"),
    "no_insulin_value": ("fasting insulin not measured", "未测空腹胰岛素"),
    "no_c_peptide": ("C-peptide not measured", "未测C肽"),
    "glucose_too_low": ("glucose 3.5 mmol/L or less: undefined", "血糖≤3.5 mmol/L，公式无定义"),
    "exogenous_insulin": ("on insulin: not by an insulin-based index", "正在使用外源胰岛素，不适用胰岛素法"),
    "insulin_use_unknown": ("not known whether on insulin", "是否使用胰岛素不明"),
    "renal": ("eGFR below 45: C-peptide is retained", "eGFR<45，C肽蓄积，不计算"),
    "not_paired": ("no glucose of the same morning", "无同一早晨的血糖"),
    "censored": ("meter read HI or LO", "血糖仪显示HI或LO"),
    "no_value": ("not measured in the window", "窗口期内未测"),
    "no_baseline": ("no baseline", "无基线"),
    "no_anchor": ("the day it counts from is not known", "计时起点不明"),
    "not_yet": ("not yet due", "未到时间"),
    "pump": ("pump or drip: no daily dose", "使用泵或静脉滴注，无每日剂量"),
    "unknown_insulin": ("an insulin the formulary does not know", "含药品目录未收录的胰岛素"),
    "not_on_insulin": ("not on insulin at the baseline", "基线未用胰岛素"),
    "no_record": ("no dose record", "无用药记录"),
    "still_on_drugs": ("still on drugs", "仍在用药"),
    "one_pair": ("one patient only", "仅一例"),
    "all_alike": ("all changes alike", "变化值全部相同"),
    "egfr_unknown": ("eGFR not known: kidneys not checked", "eGFR不明，未核对肾功能"),
}

STATES: Final[Words] = {
    "waiting": ("waits for the day it counts from", "等待计时起点"),
    "not_yet": ("not yet", "未到时间"),
    "in_window": ("window open", "窗口期内"),
    "due": ("DUE TODAY", "今日应访"),
    "late": ("LATE, window still open", "已过约定日，窗口未关"),
    "missed": ("MISSED or not recorded", "漏访或未记录"),
    "done": ("done", "已完成"),
    "out_of_window": ("done outside the window", "超窗完成"),
}

FLAGS: Final[Words] = {
    "serious": ("SERIOUS adverse event", "严重不良事件"),
    "serious_unknown": ("seriousness not recorded", "未记录是否严重"),
    "grade_unknown": ("CTCAE grade not recorded", "未记录CTCAE分级"),
    "grade_high": ("adverse event of grade 3 or more", "3级及以上不良事件"),
    "severe_low": ("severe low glucose, help needed (ADA level 3)", "严重低血糖，需他人救助（ADA 3级）"),
    "low_not_reported": ("low of level 2 or 3 without an adverse event entry", "2级或3级低血糖未登记为不良事件"),
    "fever": ("fever while observed", "观察期内发热"),
    "cells": ("cells given differ from cells due", "细胞数与应输数不符"),
    "weight_old": ("weight is not of the day", "体重非当日测量"),
    "no_weight": ("no weight of the day", "无当日体重"),
    "thaw": ("thaw to infusion beyond the limit", "复苏至输注超时"),
    "no_thaw_time": ("time of thaw not recorded", "未记录复苏时间"),
    "check_missing": ("product check missing", "缺细胞质检项目"),
    "check_failed": ("product check FAILED", "细胞质检不合格"),
    "check_unsigned": ("product check not signed", "细胞质检未签名"),
    "vitals_missing": ("vital signs missing at", "缺生命体征，时点"),
    "observed_short": ("observed for less than the protocol asks, or not recorded", "观察时间不足或未记录"),
    "numbering": ("infusions are not numbered 1, 2, 3", "输注编号不连续"),
    "unknown_visit": ("visit the protocol does not have: not counted", "方案中无此访视，未计入"),
    "unknown_check": ("product check the protocol does not have", "方案中无此质检项目"),
    "check_without_infusion": ("product check of an infusion that is not recorded", "质检所属输注未记录"),
    "outside_range": ("outside the laboratory's range", "超出实验室参考范围"),
}

DRIVERS: Final[Words] = {
    "rule": ("as the plan said", "与规则建议一致"),
    "rule_modified": ("plan's direction, other size", "方向同建议、幅度不同"),
    "clinician": ("not from the plan", "非规则建议（医师决定）"),
    "against": ("against the plan", "与规则建议相反"),
}

PLANS: Final[Words] = {
    "adjust_up": ("increase", "加量"),
    "adjust_down": ("reduce", "减量"),
    "stop": ("stop", "停用"),
    "hold": ("keep the dose", "维持原量"),
    "need_data": ("data needed", "需补充数据"),
    "refer": ("refer to clinician", "交医师决定"),
}

STATUSES: Final[Words] = {
    "draft": ("draft", "草案"),
    "reviewed": ("reviewed", "已审阅"),
    "approved": ("approved", "已批准"),
}

ASSUMED: Final[Words] = {
    "screening": ("screening", "筛选"),
    "infusion": ("infusion", "输注"),
    "infusion_limits": ("infusion_limits", "输注限值"),
    "thaw": ("thaw", "复苏时限"),
    "observation": ("observation", "观察时间"),
    "vitals": ("vitals", "生命体征时点"),
    "check": ("check", "质检"),
    "visit": ("visit", "访视"),
    "phase": ("phase", "分期"),
    "success": ("success", "成功定义"),
}
"""Tables of a protocol whose numbers may be local assumptions, by their names in the file."""

PHASES: Final[Words] = {
    "screening": ("screening", "筛选期"),
    "treatment": ("treatment", "治疗期"),
    "follow_up": ("follow-up", "随访期"),
}

SLOTS: Final[Words] = {
    "breakfast": ("breakfast", "早餐"),
    "lunch": ("lunch", "午餐"),
    "dinner": ("dinner", "晚餐"),
    "bedtime": ("bedtime", "睡前"),
}

SOURCES: Final[Words] = {
    "lab": ("laboratory", "实验室"),
    "cbg": ("finger-stick", "指尖血"),
    "doses": ("doses", "用药记录"),
}

VITALS: Final[Words] = {
    "temperature": ("temperature", "体温"),
    "systolic": ("systolic pressure", "收缩压"),
    "diastolic": ("diastolic pressure", "舒张压"),
    "pulse": ("pulse", "脉搏"),
    "respiration": ("respiration", "呼吸"),
    "oxygen": ("oxygen saturation", "血氧饱和度"),
}

RELATIONS: Final[Words] = {
    "unrelated": ("unrelated", "无关"),
    "unlikely": ("unlikely", "可能无关"),
    "possible": ("possible", "可能有关"),
    "probable": ("probable", "很可能有关"),
    "definite": ("definite", "肯定有关"),
}

OUTCOMES: Final[Words] = {
    "recovered": ("recovered", "痊愈"),
    "recovering": ("recovering", "好转"),
    "not_recovered": ("not recovered", "未愈"),
    "recovered_with_sequelae": ("recovered with sequelae", "痊愈有后遗症"),
    "fatal": ("FATAL", "死亡"),
}


def assumed(name: str, language: Language) -> str:
    """A table of a protocol by its name in the file ("visit B"): as it is in English, in words in Chinese."""
    table, _, which = name.partition(" ")
    if language == "en":
        return name
    which = named(PHASES, which, language) if table == "phase" else which
    return f"{named(ASSUMED, table, language)} {which}".rstrip()


def named(words: Words, value: str, language: Language) -> str:
    """The word for a value of a closed vocabulary; one it lacks is shown as written, with spaces."""
    pair = words.get(value)
    if pair is None:
        return value.replace("_", " ")
    return pair[0] if language == "en" else pair[1]
