"""A line's drug and dose in words: name with strength, and what changes from what to what."""

from titration.clinical import PlanKind
from titration.explain.phrases import ROUTES, SLOTS
from titration.explain.trace import LinePlan
from titration.explain.values import dose_text
from titration.explain.voice import Voice


def drug_text(line: LinePlan, voice: Voice) -> str:
    """The drug with strength or ratio as far as the log gives it; an unknown drug as it was written."""
    product = line.product
    if product is None:
        return voice.say("labelled", value=line.drug, label=voice.say("unknown_drug"))
    name = product.name_en if voice.language == "en" else product.name_zh
    if product.drug_class != "insulin" and product.concentration is None:
        return name
    if product.concentration is None:
        return voice.say("labelled", value=name, label=voice.say("no_strength"))
    strength = voice.say("strength", concentration=product.concentration)
    return name if strength.split()[0] + " " in name else f"{name}{voice.say('comma')}{strength}"


def place_text(line: LinePlan, voice: Voice) -> str:
    """When the drug is given, and how where that is not the usual way."""
    slot = SLOTS[voice.language][line.slot.text]
    route = ROUTES[voice.language][line.route.text]
    return f"{slot}{voice.say('comma')}{route}" if route else slot


def line_text(line: LinePlan, voice: Voice) -> str:
    """Drug and time of day."""
    return f"{drug_text(line, voice)}{voice.say('comma')}{place_text(line, voice)}"


def change_text(line: LinePlan, voice: Voice) -> str:
    """From which dose to which: old, new and difference in words and whole units, no symbols."""
    unknown = line.before is None
    before = voice.say("dose.unknown") if line.before is None else dose_text(line.before, line.unit, voice)
    change = abs(line.after - (line.before or 0))
    match line.kind:
        case PlanKind.ADJUST_UP | PlanKind.ADJUST_DOWN:
            return voice.say(
                "dose.up" if line.kind is PlanKind.ADJUST_UP else "dose.down",
                before=before,
                after=dose_text(line.after, line.unit, voice),
                change=dose_text(change, line.unit, voice),
            )
        case PlanKind.STOP:
            return voice.say("dose.stop", before=before)
        case PlanKind.HOLD:
            return voice.say("dose.hold", before=before)
        case PlanKind.NEED_DATA:
            return before if unknown else voice.say("dose.need", before=before)
        case PlanKind.REFER:
            return voice.say("dose.refer", before=before, who=who_text(line, voice))


def who_text(line: LinePlan, voice: Voice) -> str:
    """Who decides about a referred line."""
    return voice.say("who") if line.refer_to is None else voice.text("who", line.refer_to)
