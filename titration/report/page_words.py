"""English and Chinese sentences of the report; closed vocabularies are in ``vocabulary``."""

from typing import Final

from titration.report.vocabulary import Language, Words, named

PHRASES: Final[Words] = {
    # what it is
    "title": ("Replay of a dosing rule pack", "剂量规则包回放报告"),
    "what_is": ("What this is", "本报告是什么"),
    "what_is_not": ("What this is not", "本报告不是什么"),
    "is": (
        (
            "A replay: the rules of the pack were asked, day by day, what they would have said about the doses in a log of "
            "glucose readings. It shows agreement with the log, the limits that bound a change, and safety behaviour."
        ),
        (
            "本报告为回放分析：以既往血糖与用药记录，逐日计算规则包会给出的剂量建议，"
            "展示其与实际用药的一致性、对调整的限制以及安全性表现。"
        ),
    ),
    "is_not": (
        (
            "Never outcomes: the glucose after a different dose was never observed. Agreement with the log is not proof that "
            "either was right. This is not a cleared medical device; dose decisions belong to the treating clinician."
        ),
        (
            "不反映疗效：若改用其他剂量，其后的血糖从未被观察到；与实际用药一致并不证明任何一方正确。"
            "本程序不是已获批准的医疗器械，剂量由主管医师决定。"
        ),
    ),
    "draft": (
        "The pack is marked “{status}”: not for decisions about patients.",
        "规则包状态为“{status}”：不得用于患者的用药决策。",
    ),
    "shares": (
        "Every share is given with its denominator: n of N (p %). Rows of one patient are not independent.",
        "比例均注明分母：n/N（p%）。同一患者的多条记录并非相互独立。",
    ),
    # the log
    "s.input": ("The log and the pack", "数据与规则包"),
    "pack": ("rule pack", "规则包"),
    "status": ("status", "状态"),
    "fingerprint": ("fingerprint (SHA-256)", "指纹（SHA-256）"),
    "format": ("log format", "数据格式"),
    "period": ("period", "时间范围"),
    "period_of": ("{first} to {last}", "{first} 至 {last}"),
    "patients": ("patients", "患者数"),
    "readings": ("glucose readings", "血糖读数"),
    "patient_days": ("patient-days", "患者日"),
    "patients_in": ("patients with glucose in {unit}", "血糖单位为 {unit} 的患者"),
    "taper": ("taper mode", "递减模式"),
    "taper.as recorded": ("as recorded in the log", "按记录"),
    "taper.on": ("on for every patient and day", "全部患者、全程开启"),
    "taper.off": ("off for every patient and day", "全部患者、全程关闭"),
    "item": ("item", "项目"),
    "value": ("value", "内容"),
    # loading
    "s.load": ("Loading: what became of the rows", "数据读入情况"),
    "rows_read": ("rows read", "读入行数"),
    "kept": ("kept", "保留"),
    "quarantined": ("set aside, to be checked", "隔离待核"),
    "rejected": ("refused", "拒收"),
    "fate": ("rows", "行"),
    "of_read": ("of rows read", "占读入行数"),
    "reason": ("reason (a row can have several)", "原因（一行可有多个）"),
    "findings": ("findings", "次数"),
    "nothing": ("none", "无"),
    # plans
    "s.plans": ("What the plans said", "每日建议"),
    "plans_note": (
        "One plan for each therapy line on each day: {rows} plans on {days} patient-days.",
        "每条用药每日一条建议：{days} 个患者日共 {rows} 条。",
    ),
    "plan": ("plan", "建议"),
    "of_plans": ("of all plans", "占全部建议"),
    "line": ("therapy line", "用药"),
    "all": ("all", "合计"),
    "by_kind": ("Plans by kind", "按建议类型"),
    "by_line": ("Plans by kind of line (counts)", "按用药类别（例数）"),
    "by_rule": ("Plans by deciding rule", "按起决定作用的规则"),
    "tier": ("tier", "层级"),
    "rule": ("rule", "规则"),
    # limits and missing data
    "s.limits": ("Limits applied to proposed changes", "对拟调整的限制"),
    "limits_note": (
        "{n} changes of dose were proposed. One change can meet several limits, so shares need not add up to 100 %.",
        "共提出 {n} 次剂量调整；一次调整可同时受多项限制，各项比例之和不一定为100%。",
    ),
    "limit": ("limit", "限制"),
    "of_changes": ("of proposed changes", "占拟调整次数"),
    "s.missing": ("Data the plans waited for", "等待补充的数据"),
    "missing": ("missing", "缺少的数据"),
    "s.notices": ("Notices to the ward", "提示"),
    "notice": ("notice", "提示"),
    "of_days": ("of patient-days", "占患者日"),
    # lows
    "s.lows": ("Low glucose", "低血糖"),
    "lows_note": (
        "Lows happened under the doses of the log. Whether the plan would have prevented one cannot be known.",
        "低血糖发生在实际用药之下；按建议用药能否避免，无从得知。",
    ),
    "days_low": ("Days with low glucose", "低血糖日"),
    "low_1": ("a reading below 3.9 mmol/L (70 mg/dL)", "有读数低于 3.9 mmol/L（70 mg/dL）"),
    "low_2": ("a reading below 3.0 mmol/L (54 mg/dL)", "有读数低于 3.0 mmol/L（54 mg/dL）"),
    "again": ("low again on one of the next 3 days (of days with a low)", "其后3天内再次低血糖（占低血糖日）"),
    "day": ("day", "日期"),
    "days_with": ("days with", "发生情况"),
    "of_stated": ("of patient-days", "占患者日"),
    "on_low": (
        "Insulin and secretagogue lines on days with a low: what the plan said",
        "低血糖当日的胰岛素及促泌剂：建议为何",
    ),
    "log_next": (
        "The same lines: the next dose in the log",
        "同一批用药：记录中的下一次剂量",
    ),
    "next.lower": ("lower", "减少"),
    "next.same": ("same", "不变"),
    "next.higher": ("higher", "增加"),
    "next.ended": ("line ended", "停用"),
    "next.unknown": ("not recorded", "无记录"),
    "next_dose": ("next dose", "下一次剂量"),
    "of_line_days": ("of line-days", "占用药日"),
    # agreement
    "s.agreement": ("Agreement with the log", "与实际用药的一致性"),
    "agreement_note": (
        (
            "The plan’s dose beside the next dose in the log, where both are known. A plan that waits for data or "
            "refers is not compared. The log is what was done, not what was right."
        ),
        (
            "将建议剂量与记录中的下一次剂量比较（两者均已知时）。需补充数据或交医师决定的建议不参与比较。"
            "记录反映实际做法，不代表标准答案。"
        ),
    ),
    "agreement_of": ("Agreement by line", "按用药类别"),
    "measure": ("measure", "指标"),
    "share": ("n of N", "n/N"),
    "same_direction": ("same direction", "方向一致"),
    "opposite": ("opposite direction", "方向相反"),
    "followed": ("the plan’s changes that the log made too", "建议调整中，记录同向调整者"),
    "same_dose": ("same dose", "剂量相同"),
    "cross": ("Direction: plan (rows) against log (columns), counts", "方向对照：建议（行）与记录（列），例数"),
    "plan_says": ("plan", "建议"),
    "log.down": ("log: less", "记录：减"),
    "log.same": ("log: same", "记录：不变"),
    "log.up": ("log: more", "记录：加"),
    "go.down": ("less", "减"),
    "go.same": ("same", "不变"),
    "go.up": ("more", "加"),
    "not_compared": ("Line-days compared and not compared (counts)", "可比与不可比的用药日（例数）"),
    "no_next_dose": ("no next dose in the log", "记录中无下一次剂量"),
    "plan_waits": ("plan waits for data or refers", "建议需补充数据或交医师决定"),
    "dose_unknown": ("dose not known", "剂量不明"),
    # assumptions
    "s.assumptions": ("Numbers that are local assumptions", "属本地假定的参数"),
    "assumptions_note": (
        "{n} parameters of the pack rest on no publication and await sign-off:",
        "规则包中有 {n} 个参数无文献依据，尚待签署确认：",
    ),
    # patients
    "s.patients": ("Patients", "患者"),
    "pictured": (
        "Pictures of {shown} of {all} patients, in the order of the log.",
        "按记录顺序，展示 {all} 名患者中的 {shown} 名。",
    ),
    "pictured_limit": (
        "This page stops at {most} patients; the tables above cover all of them.",
        "本页最多展示 {most} 名患者；上方表格包含全部患者。",
    ),
    "find": ("Find a patient", "查找患者"),
    "with_plan": ("with a plan to", "含有建议"),
    "any_plan": ("any plan", "不限"),
    "only_lows": ("with a low only", "仅看有低血糖者"),
    "open_all": ("Open all day tables", "展开全部明细表"),
    "close_all": ("Close all day tables", "收起全部明细表"),
    "showing": ("patients shown:", "当前显示患者："),
    "how_to_read": ("How to read the pictures", "图例"),
    "band_fasting": ("fasting target {low} to {high} {unit}", "空腹目标 {low}～{high} {unit}"),
    "band_post": ("after-meal target {low} to {high} {unit}", "餐后目标 {low}～{high} {unit}"),
    "low_line_1": ("below {value} {unit}: low (level 1)", "低于 {value} {unit}：1级低血糖"),
    "low_line_2": ("below {value} {unit}: low (level 2)", "低于 {value} {unit}：2级低血糖"),
    "pre_meal": ("before lunch or dinner", "午餐前、晚餐前"),
    "post_meal": ("after a meal", "餐后"),
    "sensor_line": ("sensor (line)", "动态血糖（曲线）"),
    "lab_ring": ("ringed: laboratory", "带圈：实验室"),
    "edge": (
        "a figure at the edge is beyond the scale; LO and HI are beyond the meter",
        "边缘处标数值：超出坐标范围；LO、HI：超出仪器量程",
    ),
    "dose_key": ("step: dose given; gap: no record", "阶梯线：实际剂量；空白：无记录"),
    "limited": ("dot: a limit applied (see day table)", "圆点：受到限制（见明细表）"),
    "number_below": ("the number under a mark is the planned dose", "标记下方数字为建议剂量"),
    "given": ("given", "实际"),
    "planned": ("plan", "建议"),
    "chart_of": (
        "Glucose, doses and plans of patient {id}, {first} to {last}",
        "患者 {id} 的血糖、剂量与建议，{first} 至 {last}",
    ),
    "glucose_in": ("glucose, {unit}", "血糖，{unit}"),
    "post_band_short": ("after meal", "餐后目标"),
    "fasting_band_short": ("fasting", "空腹目标"),
    "empty_days": ("Nothing recorded from {first} to {last}.", "{first} 至 {last} 无任何记录。"),
    "facts": (
        "{first} to {last} · {readings} readings, {lows} below {low} {unit}, of these {lows_2} below {low_2}",
        "{first} 至 {last} · 血糖 {readings} 次，其中低于 {low} {unit} 者 {lows} 次（低于 {low_2} 者 {lows_2} 次）",
    ),
    "events": ("Events", "事件"),
    "event_time": ("time", "时间"),
    "event": ("event", "事件"),
    "day_table": ("Plans day by day ({n})", "逐日建议明细（{n} 条）"),
    "dose": ("dose", "剂量"),
    "why": ("why", "依据"),
    "limits_missing": ("limits, missing data", "限制、缺少的数据"),
    "dose_not_known": ("dose not known", "剂量不明"),
    "lacks": ("missing: {what}", "缺少：{what}"),
    "no_rule": ("no rule spoke", "无规则触发"),
    "not_given": ("not given", "未用"),
    "stacked": ("Share of plans by kind of line", "各类用药的建议构成"),
    "skip": ("Skip to the patients", "跳至患者部分"),
    "contents": ("Contents", "目录"),
    "days_low_1": (
        "patient-days with a reading below 3.9 mmol/L (70 mg/dL)",
        "有读数低于 3.9 mmol/L（70 mg/dL）的患者日",
    ),
    "days_low_2": (
        "patient-days with a reading below 3.0 mmol/L (54 mg/dL)",
        "有读数低于 3.0 mmol/L（54 mg/dL）的患者日",
    ),
    "raised_on_low": (
        "plans to increase insulin or a secretagogue on a day with a low",
        "低血糖当日仍建议增加胰岛素或促泌剂",
    ),
    "agreement_same": ("plans in the log’s direction", "与记录方向一致的建议"),
    "compared": ("compared", "可比"),
    "waiting_plans": ("plans that need data", "需补充数据的建议"),
    "colon": (": ", "："),
    "semicolon": ("; ", "；"),
    "date": ("{d} {month} {y}", "{y}年{m}月{d}日"),
}

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def phrase(key: str, language: Language, **values: object) -> str:
    """The sentence of this key, its blanks filled; KeyError for a key that does not exist."""
    english, chinese = PHRASES[key]
    return (english if language == "en" else chinese).format(**values)


def status_named(status: str, language: Language) -> str:
    """A pack's status in words."""
    words: Words = {"draft": ("draft", "草案"), "reviewed": ("reviewed", "已审阅"), "approved": ("approved", "已批准")}
    return named(words, status, language)
