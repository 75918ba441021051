"""The rounds sheet: every patient of the ward in the order they are seen, with a box for each line of their plan."""

from collections.abc import Iterator

from titration.clinical import PlanKind
from titration.explain.phrases import SLOTS, STATUS, Language
from titration.explain.sentences import SENTENCES
from titration.explain.voice import Voice
from titration.formulary import Formulary
from titration.log.notation import minute_text
from titration.packs.model import Pack
from titration.service.rounds.entry.words import amount_text, product_text
from titration.service.rounds.handover.blocks import Block, Card, Heading, Item, Mark, Para, Sheet
from titration.service.rounds.handover.codes import SAID, STAGES, URGENCIES, WARD_REASONS
from titration.service.rounds.told import Proposal, Urgency, WardRow, WardSheet
from titration.units import UnitSystem, glucose_text

_DOSES = {
    PlanKind.ADJUST_UP: "dose.up",
    PlanKind.ADJUST_DOWN: "dose.down",
    PlanKind.STOP: "dose.stop",
    PlanKind.HOLD: "dose.hold",
    PlanKind.NEED_DATA: "dose.need_data",
    PlanKind.REFER: "dose.refer",
}


def ward_blocks(sheet: WardSheet, pack: Pack, formulary: Formulary, language: Language) -> Sheet:
    """The rounds sheet of a ward, in the order of ``sheet``."""
    title = SAID[language]["ward.title"].format(when=minute_text(sheet.minute))
    return Sheet(language, title, tuple(_Ward(sheet, pack, formulary, language).blocks(title)))


def made_text(*, minute: int, head: int, pack: tuple[str, str, str], language: Language) -> str:
    """When a sheet was made, from which ledger entry and by which pack (id, version, status)."""
    pack_id, version, status = pack
    return SAID[language]["made"].format(
        when=minute_text(minute), head=head, id=pack_id, version=version, status=STATUS[language].get(status, status)
    )


class _Ward:
    def __init__(self, sheet: WardSheet, pack: Pack, formulary: Formulary, language: Language) -> None:
        self.sheet = sheet
        self.pack = pack
        self.formulary = formulary
        self.language: Language = language
        self.say = SAID[language]
        self.comma = SENTENCES[language]["comma"]
        self.semicolon = SENTENCES[language]["semicolon"]

    def blocks(self, title: str) -> Iterator[Block]:
        sheet = self.sheet
        yield Heading(title, 1)
        pack = (sheet.pack_id, sheet.pack_version, sheet.pack_status)
        yield Para(made_text(minute=sheet.minute, head=sheet.head, pack=pack, language=self.language))
        yield Para(self._counted())
        yield Para(SENTENCES[self.language]["disclaimer"], Mark.QUIET)
        for row in sheet.rows:
            yield self._card(row)
        yield Para(self.say["paper"], Mark.QUIET)

    def _counted(self) -> str:
        names = URGENCIES[self.language]
        counts = [(urgency, sum(row.urgency is urgency for row in self.sheet.rows)) for urgency in Urgency]
        parts = self.comma.join(f"{count} {names[urgency]}" for urgency, count in counts if count)
        return self.say["count"].format(count=len(self.sheet.rows), parts=parts or self.say["none"])

    def _card(self, row: WardRow) -> Card:
        person = row.person
        who = " ".join(part for part in (person.bed, person.patient_id, person.name) if part)
        side = f"{URGENCIES[self.language][row.urgency]} · {STAGES[self.language][row.stage]}"
        mark = Mark.URGENT if row.urgency is Urgency.EMERGENCY else Mark.NONE
        return Card(who, side, tuple(self._items(row)), mark)

    def _items(self, row: WardRow) -> Iterator[Item]:
        why = self.comma.join(WARD_REASONS[self.language].get(code, code) for code in row.reasons)
        yield Item(why, self.say["why"], mark=Mark.URGENT if row.urgency is Urgency.EMERGENCY else Mark.NONE)
        yield Item(self._now(row), self.say["now"])
        for proposal in row.proposals:
            yield Item(self._proposal(proposal), box=True, mark=Mark.NOTE if proposal.forced else Mark.NONE)
        if row.missing:
            voice = Voice(self.pack, self.language, row.person.system)
            what = self.comma.join(voice.feature(name) for name in row.missing)
            yield Item(self.say["missing"].format(what=what))

    def _now(self, row: WardRow) -> str:
        system = row.person.system
        fasting = self._value(row.fasting, row.fasting_before, system)
        post = self._value(row.post_meal, row.post_meal_before, system)
        parts = [self.say["glucose"].format(fasting=fasting, post=post, unit=system.text)]
        if row.total_insulin is not None:
            total = amount_text(row.total_insulin, "units", self.language)
            parts.append(self.say["insulin"].format(total=total))
            if row.percent_of_baseline is not None:
                parts[-1] += self.comma + self.say["of_baseline"].format(percent=row.percent_of_baseline)
        return self.semicolon.join(parts)

    def _value(self, value: int | None, before: int | None, system: UnitSystem) -> str:
        shown = self.say["none"] if value is None else glucose_text(value, system)
        return shown if before is None else self.say["before"].format(value=shown, earlier=glucose_text(before, system))

    def _proposal(self, proposal: Proposal) -> str:
        drug, slot, _ = proposal.line
        name = product_text(self.formulary.products.get(drug), drug, self.language)
        before = SENTENCES[self.language]["dose.unknown"]
        if proposal.before is not None:
            before = amount_text(proposal.before, proposal.unit, self.language)
        after = amount_text(proposal.after, proposal.unit, self.language)
        change = self.say[_DOSES[PlanKind(proposal.kind)]].format(before=before, after=after)
        colon = SENTENCES[self.language]["colon"]
        text = f"{name}{self.comma}{SLOTS[self.language][slot]}{colon}{change}"
        if proposal.ordered is not None:
            dose = amount_text(proposal.ordered, proposal.unit, self.language)
            text += f"{self.comma}{self.say['ordered'].format(dose=dose)}"
        return f"{text}{self.comma}{self.say['safety']}" if proposal.forced else text
