"""English and Chinese words of a comparison of packs."""

from typing import Final

from titration.report.vocabulary import Language, Words

PHRASES: Final[Words] = {
    "title": ("Rule packs side by side", "规则包对照报告"),
    "what_is": ("What this is", "本报告是什么"),
    "is": (
        (
            "The same log under several packs: what each would have said of the same drug on the same day, each "
            "day on its own, with the doses the patient really took. It shows where published algorithms agree "
            "and where they part."
        ),
        "同一份记录分别用多个规则包计算：对同一天的同一用药，各包会给出什么建议。每一天单独计算，均以患者实际所用剂量为起点。用以显示各已发表方案在何处一致、在何处分歧。",
    ),
    "what_is_not": ("What this is not", "本报告不是什么"),
    "is_not": (
        (
            "A replay shows decisions, never outcomes. The glucose that would have followed another dose was "
            "never observed, so nothing here says which pack is better, safer or more effective. The doses in "
            "the log do not follow any pack: a raise is proposed again the next day if the ward did not give it. "
            "Rows of one patient are not independent. This is not a cleared medical device."
        ),
        (
            "回放只显示决策，从不显示疗效。若改用其他剂量，其后的血糖从未被观察到，因此本报告不能说明哪个规则包更"
            "好、更安全或更有效。记录中的剂量并不遵循任何规则包：若病区未执行加量，次日仍会再次建议。同一患者的多"
            "条记录并非相互独立。本程序不是已获批准的医疗器械。"
        ),
    ),
    "guard": (
        (
            "The guard is on for every pack and makes them more alike than the published algorithms are: it "
            "locks increases out after a low, wants fresh readings, body weight and doses taken, and caps every "
            "step."
        ),
        "各规则包均受守护规则约束，因此比原方案彼此更接近：低血糖后不加量，须有新近血糖、体重和已用剂量，且每一步均有上限。",
    ),
    "log": ("The log", "记录"),
    "format": ("format", "数据格式"),
    "patients": ("patients", "患者数"),
    "patient_days": ("patient-days", "患者日"),
    "line_days": ("line-days (one drug at one time of day, on one day)", "用药日（某一时点的某一用药，每天一条）"),
    "taper": ("taper mode", "减量模式"),
    "taper.as recorded": ("as recorded in the log", "按记录"),
    "taper.on": ("on throughout", "全程开启"),
    "taper.off": ("off throughout", "全程关闭"),
    "period": ("period", "时间范围"),
    "packs": ("The packs", "规则包"),
    "pack": ("pack", "规则包"),
    "target": ("target", "目标"),
    "statistic": ("decided by", "判断依据"),
    "cadence": ("pace", "调整节奏"),
    "judges": ("may change", "可调整的用药"),
    "plans": ("What each pack says", "各规则包的建议"),
    "plans_note": (
        "All plans on line-days of the kinds a pack may change; the kinds it never changes are left out.",
        "仅计入各规则包可调整的用药类别；从不调整的类别不计。",
    ),
    "judged": ("line-days judged", "所判断的用药日"),
    "agree": ("How often two packs agree", "两两一致的程度"),
    "agree_note": (
        (
            "Of the line-days that both judge and both answer (neither waits for data nor refers). Left: the "
            "same direction. Right: the same direction where at least one of the two would change the dose, "
            "since most days ask for no change and agreeing on nothing is cheap."
        ),
        "仅计两者均判断且均有答案（既不缺数据也不转交医生）的用药日。第一项：方向相同。第二项：至少一方要调整剂量时方向相同，因为多数日子无需调整，“都不动”的一致并无意义。",
    ),
    "agree_all": ("Same direction, of answers by both", "方向相同（占两者均有答案者）"),
    "agree_moves": ("Same direction, where either would change", "方向相同（占至少一方调整者）"),
    "every_pair": ("Every pair, with its denominators", "全部两两对照及其分母"),
    "contrary": ("Who raises when another lowers", "一方加量而另一方减量"),
    "contrary_note": (
        (
            "Rows raise, columns lower: line-days on which the pack of the row would raise a dose that the pack "
            "of the column would lower; of the answers by both."
        ),
        "行加量、列减量：行所示规则包建议加量、而列所示规则包建议减量的用药日数；占两者均有答案者。",
    ),
    "contrary_none": (
        "On no line-day did one pack raise what another lowers.",
        "没有任何一天出现一方加量而另一方减量。",
    ),
    "contrary_all": (
        "{n} in {patients} patients; the first {shown} are listed.",
        "{n}，涉及 {patients} 名患者；下表列出前 {shown} 条。",
    ),
    "curve": ("Basal insulin by today’s fasting glucose", "按当日空腹血糖看基础胰岛素"),
    "curve_note": (
        (
            "Of the basal line-days a pack answers with a fasting value that day: the share it raises (above the "
            "line) and lowers (below), by that value; the number on top is how many line-days that is. Packs decide "
            "by means, lowest values and intervals, so today’s value explains only part; the day may lie inside the interval after a change."
        ),
        "有当日空腹血糖且规则包有答案的基础胰岛素用药日中，加量（线上）与减量（线下）的比例，按该值分档；顶部数字为用药日数。规则包依据均值、最低值和间隔判断，当日值只能解释一部分；该日也可能处于上次调整后的间隔之内。",
    ),
    "none_basal": ("No pack answered on a day with a fasting value.", "没有规则包在有空腹血糖的日子给出答案。"),
    "limits": ("What the guard bound", "守护规则的限制"),
    "limits_note": (
        "Of the changes a pack proposed; one change can meet several limits.",
        "占该规则包提出的调整；一次调整可同时触及多项限制。",
    ),
    "limit": ("limit", "限制"),
    "proposed": ("changes proposed", "提出的调整"),
    "missing": ("What was missing", "缺失的数据"),
    "missing_note": (
        "Of the line-days a pack judges; the datum that would have unlocked an answer.",
        "占该规则包所判断的用药日；补齐即可得出答案的数据。",
    ),
    "datum": ("missing datum", "缺失的数据"),
    "nothing": ("none", "无"),
    "opposites": ("One raises, another lowers: the days", "一方加量而另一方减量的日子"),
    "patient": ("patient", "患者"),
    "day": ("day", "日期"),
    "line": ("drug", "用药"),
    "fasting": ("fasting today", "当日空腹"),
    "dose": ("dose in force", "当前剂量"),
    "said": ("what the packs say", "各规则包的建议"),
    "status": ("status", "状态"),
    "raise": ("raise", "加量"),
    "lower": ("lower", "减量"),
    "keep": ("keep", "维持"),
    "below": ("below {x}", "低于 {x}"),
    "from": ("{x} and above", "{x} 及以上"),
    "days_of": ("{n} answers", "{n} 次回答"),
    "to": ("to {dose}", "至 {dose}"),
    "none_day": ("–", "–"),
    "contents": ("Contents", "目录"),
    "mean_change": ("mean change {x} units", "平均变化 {x} 单位"),
}


def phrase(key: str, language: Language, **values: object) -> str:
    """A phrase, filled in."""
    english, chinese = PHRASES[key]
    return (english if language == "en" else chinese).format(**values)
