"""Sentences of the study's reports, in both languages."""

from typing import Final

from titration.study.words import Language, Words

PHRASES: Final[Words] = {
    "case_title": ("Study report of patient {id}", "患者 {id} 研究报告"),
    "cohort_title": ("Study report of {n} patients", "{n} 例患者研究报告"),
    "protocol": (
        "Protocol {id} {version} ({status}): {title}",
        "方案 {id} {version}（{status}）：{title}",
    ),
    "pack": ("Rule pack {id} {version} ({status})", "规则包 {id} {version}（{status}）"),
    "no_pack": ("No rule pack was replayed.", "未回放规则包。"),
    "as_of": ("On what was recorded to the end of {day}.", "依据截至 {day} 的记录。"),
    "notice": (
        (
            "For research and review by clinicians; not a cleared medical device. A course in one patient or without a comparison "
            "group shows what happened, not what the therapy did."
        ),
        "仅供研究及医师审阅，非获批医疗器械。单例或无对照的病程只说明发生了什么，不说明疗效。",
    ),
    "made_up": ("MADE UP: the folder says that no patient in it is real.", "虚构数据：该文件夹注明其中患者均非真实。"),
    "set_aside": (
        "{n} rows of the study tables were set aside or refused: this report is incomplete until they are mended.",
        "研究表中有 {n} 行被隔离或拒收：在更正之前，本报告不完整。",
    ),
    "log_set_aside": (
        "{n} rows of the log were set aside or refused; titration ingest names them.",
        "日志中有 {n} 行被隔离或拒收；titration ingest 可逐一列出。",
    ),
    "strangers": (
        "The study tables name patients the log does not have; their rows are in no report: {who}.",
        "研究表中有日志没有的患者，其记录不在任何报告中：{who}。",
    ),
    "s.alarms": ("What must be seen first", "首先须关注"),
    "no_alarms": ("Nothing urgent is recorded.", "无紧急事项记录。"),
    "s.schedule": ("Visits and infusions", "访视与输注"),
    "s.screening": ("Medication before the baseline", "基线前用药"),
    "stable": (
        "Doses unchanged from {first} to {last} ({days} days): stable, as the protocol asks.",
        "{first} 至 {last}（{days} 天）剂量未变：符合方案的稳定要求。",
    ),
    "unstable": ("NOT stable: {n} changes between {first} and {last}.", "不稳定：{first} 至 {last} 间有 {n} 次变更。"),
    "stable_unknown": (
        "Cannot be said: {n} of the {days} days from {first} to {last} have no dose record.",
        "无法判断：{first} 至 {last} 共 {days} 天，其中 {n} 天无用药记录。",
    ),
    "no_screening": (
        "No baseline is recorded, so stability before it cannot be checked.",
        "未记录基线，无法核对此前用药是否稳定。",
    ),
    "s.infusions": ("Infusions and product checks", "输注与细胞质检"),
    "s.endpoints": ("Endpoints", "终点指标"),
    "endpoints_note": (
        (
            "The value nearest to the visit within its window, laboratory before meter (m: meter). A letter stands for a value not "
            "computed: see below. Indices take glucose and C-peptide of one morning; C-peptide in pmol/L inside."
        ),
        "取窗口期内距访视日最近的值，实验室优先于血糖仪（m：血糖仪）。字母表示未计算，见下。指数取同一早晨的血糖与C肽；内部以 pmol/L 计算C肽。",
    ),
    "homa_note": (
        (
            "An islet index divides by glucose less 3.5: it rises when glucose falls, even if the islets are as they were. It is no "
            "proof of recovery."
        ),
        "胰岛指数以（血糖−3.5）为分母：血糖下降时指数即升高，即使胰岛功能未变。不能作为功能恢复的证明。",
    ),
    "hba1c_note": (
        "HbA1c reflects about three months: a value at week 4 cannot show a four-week effect in full.",
        "HbA1c反映约三个月的血糖：第4周的数值不能完整体现四周的变化。",
    ),
    "s.figures": ("Figures", "图"),
    "s.doses": ("Dose course", "用药过程"),
    "milestone.half": (
        "Insulin at half of the baseline or less: {day} ({rel}){kept}.",
        "胰岛素降至基线一半或以下：{day}（{rel}）{kept}。",
    ),
    "kept": (", and so to the end of the record", "，并持续至记录结束"),
    "not_kept": (", not kept to the end", "，未持续"),
    "milestone.no_half": ("Insulin did not fall to half of the baseline.", "胰岛素未降至基线的一半。"),
    "milestone.off": ("Last insulin stopped: {day} ({rel}).", "停用全部胰岛素：{day}（{rel}）。"),
    "milestone.no_off": ("Insulin was not stopped.", "未停用胰岛素。"),
    "milestone.tablet": ("First tablet stopped: {drug}, {day} ({rel}).", "首个停用的口服药：{drug}，{day}（{rel}）。"),
    "milestone.no_tablet": ("No tablet was stopped.", "未停用口服药。"),
    "bound": (
        (
            "How soon a dose can halve is set by the rules as much as by the patient: steps of 10 %, 15 % or 20 % every 3 days need at "
            "least 21, 15 or 12 days."
        ),
        "剂量减半的快慢既取决于患者，也取决于规则：每3天减10%、15%或20%，至少需21、15或12天。",
    ),
    "drivers": (
        (
            "{n} changes of dose: {rule} as the plan of the evening before said, {modified} in its direction by another "
            "size, {clinician} not from the plan, {against} against it. Files show agreement with a plan, not the reason of a change."
        ),
        (
            "共 {n} 次剂量变更：{rule} 次与前一晚建议完全一致，{modified} 次方向一致而幅度不同，{clinician} 次非规则建议，"
            "{against} 次与建议相反。文件只能显示是否一致，不能说明变更的原因。"
        ),
    ),
    "no_changes": ("No dose changed.", "剂量无变更。"),
    "not_compared": (
        "{n} changes of dose, compared with no plan: no rule pack was replayed.",
        "共 {n} 次剂量变更；未回放规则包，未与建议比较。",
    ),
    "unfollowed": ("Changes the plans asked for and the record does not show", "规则建议而记录中未见的变更"),
    "changes": ("Every change of dose", "全部剂量变更"),
    "s.success": ("Success by published definitions", "按已发表定义判定的成功"),
    "met": ("met", "达到"),
    "not_met": ("not met", "未达到"),
    "cannot_say": ("cannot be said", "无法判断"),
    "not_counted": ("not in its denominator", "不计入分母"),
    "s.safety": ("Safety", "安全性"),
    "lows": (
        (
            "{n} episodes of glucose below 3.9 mmol/L (70 mg/dL); {two} of ADA level 2, {three} of level 3. ADA levels and CTCAE grades are "
            "different scales."
        ),
        "低于 3.9 mmol/L（70 mg/dL）的低血糖 {n} 次；ADA 2级 {two} 次，3级 {three} 次。ADA分级与CTCAE分级为两种尺度。",
    ),
    "lows_after_up": (
        "{n} of them began within {days} days after a dose had been raised or given back.",
        "其中 {n} 次发生在加量或恢复剂量后 {days} 天内。",
    ),
    "events": ("Adverse events", "不良事件"),
    "no_events": ("No adverse event is recorded.", "无不良事件记录。"),
    "episodes": ("Low glucose", "低血糖"),
    "other_flags": ("Deviations and values to look at", "偏离与需查看的数值"),
    "phases": ("Phases: {what}.", "分期：{what}。"),
    "phases_protocol": (
        "The log records no phase: those of the protocol were given to the rules.",
        "日志未记录分期：规则采用方案所定分期。",
    ),
    "taper_on": ("taper mode on", "递减模式开启"),
    "taper_off": ("taper mode off", "递减模式关闭"),
    "assumptions": ("Numbers of the protocol that are local assumptions: {what}.", "方案中属本地假定的条目：{what}。"),
    "n_note": (
        (
            "Every number stands with its n. Change: follow-up minus {visit}, in patients with both values. Interval: 95 %, Student's t. "
            "Tests: paired, two-sided, not adjusted for their number."
        ),
        "每个数值均注明例数n。变化值：随访减去{visit}，限两次均有值者。区间：95%，t分布。检验：配对、双侧，未作多重校正。",
    ),
    "no_tests": ("Tests were not run: {why}.", "未作检验：{why}。"),
    "left_out": ("Left out, nothing to report: {who}.", "未纳入（无可报告内容）：{who}。"),
    "denominator_note": (
        "Each definition has its own denominator; patients it cannot be said of are not counted as failures and are listed.",
        "各定义分母不同；无法判断者不计为失败，单独列出。",
    ),
    "day_rel": ("day {n}", "第{n}天"),
    "colon": (": ", "："),
    "sep": ("; ", "；"),
    "comma": (", ", "、"),
    "not_computed": ("Not computed", "未计算"),
    "none": ("none", "无"),
    "range": ("{first} to {last}", "{first} 至 {last}"),
    "to": ("{before} to {after} {unit}", "{before} 改为 {after} {unit}"),
    "begun": ("begun: {after} {unit}", "开始：{after} {unit}"),
    "ended": ("{before} {unit}, stopped", "{before} {unit}，停用"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "vitals": ("Vital signs around the infusions", "输注前后生命体征"),
    "s.flags": ("Flags, by kind", "提示汇总"),
    "unknown": ("not recorded", "未记录"),
    "beside": ("{id} (beside)", "{id}（对照）"),
}

HEADS: Final[Words] = {
    "visit": ("visit", "访视"),
    "what": ("what", "内容"),
    "target": ("target", "目标日"),
    "window": ("window", "窗口期"),
    "appointed": ("appointed", "约定日"),
    "held": ("held", "实际日"),
    "state": ("state", "状态"),
    "remark": ("remark", "备注"),
    "number": ("no.", "序号"),
    "date": ("date", "日期"),
    "cells": ("cells given", "细胞数"),
    "per_kg": ("per kg", "每公斤"),
    "of_due": ("of due", "占应输"),
    "thaw": ("thaw to infusion", "复苏至输注"),
    "checks": ("checks passed", "质检合格"),
    "signed": ("signed by", "签名"),
    "endpoint": ("endpoint", "指标"),
    "unit": ("unit", "单位"),
    "line": ("line", "用药"),
    "change": ("change", "变更"),
    "driver": ("plan", "与规则建议"),
    "rule": ("rule", "规则"),
    "plan": ("asked for", "建议"),
    "days": ("days", "日期"),
    "definition": ("definition", "定义"),
    "answer": ("answer", "结果"),
    "term": ("term", "事件"),
    "grade": ("CTCAE", "CTCAE分级"),
    "ada": ("ADA level", "ADA分级"),
    "relation": ("infusion / drug", "与输注/药物关系"),
    "serious": ("serious", "严重"),
    "outcome": ("outcome", "转归"),
    "lowest": ("lowest", "最低值"),
    "felt": ("felt", "有症状"),
    "about": ("about", "说明"),
    "flag": ("flag", "提示"),
    "median": ("median (IQR)", "中位数（四分位距）"),
    "mean": ("mean ± SD", "均数±标准差"),
    "n": ("n", "n"),
    "pairs": ("n pairs", "配对n"),
    "change_ci": ("mean change (95 % CI)", "平均变化（95%CI）"),
    "p_t": ("p, paired t", "配对t检验p"),
    "p_w": ("p, Wilcoxon", "Wilcoxon检验p"),
    "of": ("met, of those it can be said of", "达到/可判断"),
    "share": ("percent", "百分比"),
    "excluded": ("cannot be said; not counted", "无法判断；不计入"),
    "time": ("time", "时间"),
    "patient": ("patient", "患者"),
}


def phrase(key: str, language: Language, **values: object) -> str:
    """The sentence of this key, its blanks filled; KeyError for a key that does not exist."""
    english, chinese = PHRASES[key]
    return (english if language == "en" else chinese).format(**values)


def head(key: str, language: Language) -> str:
    """A column's head; KeyError for one that does not exist."""
    return HEADS[key][0 if language == "en" else 1]
