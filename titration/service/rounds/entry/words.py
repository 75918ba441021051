"""Answers in English and Chinese. Every sentence fits two lines of a terminal and says what to do next."""

from collections.abc import Callable, Mapping
from typing import Final

from titration.clinical import EventKind, LabKind
from titration.explain.phrases import DRUG_UNITS, SLOTS, TIMINGS, Language, Phrases
from titration.explain.sentences import SENTENCES
from titration.formulary import Formulary, Product
from titration.log.model import MINUTES_A_DAY
from titration.log.notation import minute_text, minute_written
from titration.log.side_tables import LAB_UNITS
from titration.service.rounds.asked import NewDose, NewEvent, NewLab, NewNote, NewReading
from titration.service.rounds.entry.answers import Answer, Fields, Option, Problem, Question, Recordable, Said
from titration.service.rounds.entry.sentences import LABELS, PROBLEMS, QUESTIONS, REMARKS
from titration.units import HI_VALUE, LO_VALUE, MILLI, UnitSystem, glucose_text, grid_text

EVENTS: Final[Mapping[Language, Phrases]] = {
    "en": {
        EventKind.MEAL: "meal",
        EventKind.MEAL_MORE: "ate more than usual",
        EventKind.MEAL_LESS: "ate less than usual",
        EventKind.MEAL_SKIPPED: "meal skipped",
        EventKind.EXERCISE: "exercise",
        EventKind.EXERCISE_MORE: "more exercise than usual",
        EventKind.EXERCISE_LESS: "less exercise than usual",
        EventKind.HYPO_SYMPTOMS: "symptoms of a low",
        EventKind.HYPO_SEVERE: "severe low, needed help",
        EventKind.MISSED_DOSE: "missed dose",
        EventKind.PUMP_SUSPENDED: "pump suspended",
        EventKind.STEROID: "steroid",
        EventKind.INFECTION: "infection or fever",
        EventKind.SURGERY: "surgery",
        EventKind.NIL_BY_MOUTH: "nil by mouth",
        EventKind.CONTRAST: "iodinated contrast",
        EventKind.PREGNANCY: "pregnancy",
        EventKind.DIALYSIS: "dialysis",
        EventKind.KETOACIDOSIS: "ketoacidosis",
        EventKind.TAPER_ON: "taper mode on",
        EventKind.TAPER_OFF: "taper mode off",
        EventKind.PHASE_SCREENING: "study phase: screening",
        EventKind.PHASE_TREATMENT: "study phase: treatment",
        EventKind.PHASE_FOLLOW_UP: "study phase: follow-up",
        EventKind.BASELINE: "baseline",
        EventKind.RESUMED: "illness, procedure or steroid course is over",
        EventKind.REASON_RECORDED: "reason to taper a tablet recorded",
        EventKind.OTHER: "other",
    },
    "zh": {
        EventKind.MEAL: "进餐",
        EventKind.MEAL_MORE: "进食比平时多",
        EventKind.MEAL_LESS: "进食比平时少",
        EventKind.MEAL_SKIPPED: "未进餐",
        EventKind.EXERCISE: "运动",
        EventKind.EXERCISE_MORE: "运动比平时多",
        EventKind.EXERCISE_LESS: "运动比平时少",
        EventKind.HYPO_SYMPTOMS: "低血糖症状",
        EventKind.HYPO_SEVERE: "严重低血糖，需他人帮助",
        EventKind.MISSED_DOSE: "漏用药物",
        EventKind.PUMP_SUSPENDED: "停泵",
        EventKind.STEROID: "糖皮质激素",
        EventKind.INFECTION: "感染或发热",
        EventKind.SURGERY: "手术",
        EventKind.NIL_BY_MOUTH: "禁食",
        EventKind.CONTRAST: "碘造影剂",
        EventKind.PREGNANCY: "妊娠",
        EventKind.DIALYSIS: "透析",
        EventKind.KETOACIDOSIS: "酮症酸中毒",
        EventKind.TAPER_ON: "减量模式开",
        EventKind.TAPER_OFF: "减量模式关",
        EventKind.PHASE_SCREENING: "研究阶段：筛选",
        EventKind.PHASE_TREATMENT: "研究阶段：治疗",
        EventKind.PHASE_FOLLOW_UP: "研究阶段：随访",
        EventKind.BASELINE: "基线",
        EventKind.RESUMED: "患病、操作或激素疗程已结束",
        EventKind.REASON_RECORDED: "已记录口服药减量理由",
        EventKind.OTHER: "其他",
    },
}

LABS: Final[Mapping[Language, Phrases]] = {
    "en": {
        LabKind.WEIGHT: "weight",
        LabKind.HBA1C: "HbA1c",
        LabKind.EGFR: "eGFR",
        LabKind.CREATININE: "creatinine",
        LabKind.C_PEPTIDE: "C-peptide",
        LabKind.KETONE: "blood ketones",
        LabKind.C_PEPTIDE_2H: "2-h C-peptide",
        LabKind.INSULIN_FASTING: "fasting insulin",
        LabKind.GLUCOSE_2H: "2-h glucose, venous",
        LabKind.ALT: "ALT",
        LabKind.AST: "AST",
        LabKind.CRP: "CRP",
    },
    "zh": {
        LabKind.WEIGHT: "体重",
        LabKind.HBA1C: "糖化血红蛋白",
        LabKind.EGFR: "eGFR",
        LabKind.CREATININE: "肌酐",
        LabKind.C_PEPTIDE: "C 肽",
        LabKind.KETONE: "血酮",
        LabKind.C_PEPTIDE_2H: "2 小时 C 肽",
        LabKind.INSULIN_FASTING: "空腹胰岛素",
        LabKind.GLUCOSE_2H: "2 小时静脉血糖",
        LabKind.ALT: "ALT",
        LabKind.AST: "AST",
        LabKind.CRP: "CRP",
    },
}

NOT_GIVEN: Final[Mapping[Language, Phrases]] = {
    "en": {
        "missed": "missed",
        "refused": "refused",
        "withheld": "withheld",
        "vomited": "vomited",
        "unavailable": "not available",
    },
    "zh": {"missed": "漏用", "refused": "拒绝", "withheld": "暂停未给", "vomited": "呕吐", "unavailable": "无药"},
}


def product_text(product: Product | None, written: str, language: Language) -> str:
    """A drug by name with its strength, which is what tells look-alikes apart; an unknown one as written."""
    say = SENTENCES[language]
    if product is None:
        return say["labelled"].format(value=written, label=say["unknown_drug"])
    name = product.name_en if language == "en" else product.name_zh
    if product.concentration is None:
        insulin = product.drug_class == "insulin"
        return say["labelled"].format(value=name, label=say["no_strength"]) if insulin else name
    strength = say["strength"].format(concentration=product.concentration)
    return name if f"{product.concentration} " in name else f"{name}{say['comma']}{strength}"


def amount_text(thousandths: int, unit: str, language: Language) -> str:
    """A dose with its unit in full: "12 units", "1,000 mg"."""
    one, many = DRUG_UNITS[language].get(unit, (unit, unit))
    whole, _, fraction = grid_text(thousandths, MILLI).partition(".")
    number = f"{int(whole):,}.{fraction}" if fraction else f"{int(whole):,}"
    return f"{number} {one if thousandths == MILLI else many}"


def when_text(minute: int, now: int, language: Language) -> str:
    """A minute as a person at the bedside says it: today and yesterday by name, older ones by date."""
    days = now // MINUTES_A_DAY - minute // MINUTES_A_DAY
    date, clock = minute_text(minute).split(" ")
    names = {"en": {0: "today", 1: "yesterday"}, "zh": {0: "今天", 1: "昨天"}}[language]
    return f"{names.get(days, date)} {clock}"


class Speech:
    """One language, one formulary, one moment: answers and what would be recorded, in words."""

    def __init__(self, language: Language, formulary: Formulary, *, now: int, system: UnitSystem) -> None:
        self.language: Language = language
        self.formulary = formulary
        self.now = now
        self.system = system
        self._shown: Mapping[str, Callable[[str], str]] = {
            **dict.fromkeys(("drug", "mine", "product"), self._drug),
            "timing": lambda code: TIMINGS[language].get(code, code),
            "slot": lambda code: SLOTS[language].get(code, code),
            "event": lambda code: EVENTS[language].get(code, code),
            "lab": lambda code: LABS[language].get(code, code),
        }

    def answer(self, answer: Answer) -> str:
        """A question or problem in one sentence; what would be recorded, and what there is to remark, for the rest."""
        if isinstance(answer, Problem):
            return self._said(PROBLEMS, answer.code, answer.fields)
        if isinstance(answer, Question):
            return self._said(QUESTIONS, answer.code, answer.fields)
        comma = SENTENCES[self.language]["semicolon"]
        return comma.join([*(self.read_back(new) for new in answer.new), *map(self.remark, answer.remarks)])

    def option(self, option: Option) -> str:
        """What choosing an option does."""
        return self._said(LABELS, option.code, option.fields)

    def remark(self, said: Said) -> str:
        """A remark on what would be recorded."""
        return self._said(REMARKS, said.code, said.fields)

    def read_back(self, new: Recordable) -> str:
        """What would be recorded, for reading aloud before it is."""
        comma = SENTENCES[self.language]["comma"]
        return comma.join([*self._what(new), when_text(new.minute, self.now, self.language)])

    def _what(self, new: Recordable) -> list[str]:
        match new:
            case NewReading():
                value = glucose_text(new.value, self.system)
                mark = new.value in (LO_VALUE, HI_VALUE)
                return [value if mark else f"{value} {new.unit}", TIMINGS[self.language][new.timing]]
            case NewDose():
                name = self._drug(new.drug)
                if new.amount:
                    return [name, amount_text(new.amount, new.unit, self.language), SLOTS[self.language][new.slot]]
                code, _, more = new.note.partition(": ")
                why = NOT_GIVEN[self.language].get(code, code)
                given = {"en": "NOT given", "zh": "未给药"}[self.language]
                return [name, SLOTS[self.language][new.slot], f"{given} ({why}{' ' if more else ''}{more})"]
            case NewEvent():
                event = EVENTS[self.language][new.kind]
                return [event, f"“{new.note}”"] if new.note else [event]
            case NewLab():
                number = f"{grid_text(new.value, MILLI)} {LAB_UNITS[LabKind(new.kind)]}"
                return [f"{LABS[self.language][new.kind]} {number}"]
            case NewNote():
                return [{"en": "note", "zh": "备注"}[self.language] + f" “{new.text}”"]

    def _said(self, table: Mapping[str, Mapping[Language, str]], code: str, fields: Fields) -> str:
        shown = {name: self._field(name, text) for name, text in fields}
        return table[code][self.language].format_map(_Blank(shown))

    def _field(self, name: str, text: str) -> str:
        if name in self._shown:
            return self._shown[name](text)
        number, colon, unit = text.partition(":")
        dose = name in ("dose", "usual", "low", "high", "most", "step") and colon and number.isdigit()
        if dose:
            return amount_text(int(number), unit, self.language)
        if name == "when":
            return self._moment(text)
        return text

    def _moment(self, text: str) -> str:
        minute = minute_written(text)
        return text if minute is None else when_text(minute, self.now, self.language)

    def _drug(self, drug: str) -> str:
        return product_text(self.formulary.products.get(drug), drug, self.language)


class _Blank(dict[str, str]):
    """Fields a sentence names and an answer lacks are blank: an entry is never stopped by its own wording."""

    def __missing__(self, key: str) -> str:
        return ""
