"""Entry at the bedside: what is typed is what a file with the same row would hold, and nothing doubtful passes unasked."""

import csv
from dataclasses import replace
from pathlib import Path
from string import Formatter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.bedsides import DAY, LINES, NOW, bedside, taken
from titration.clinical import LAB_KINDS, Route, Slot, Timing
from titration.formulary import shipped
from titration.log.load import load
from titration.log.notation import minute_text
from titration.log.report import Fate
from titration.log.side_tables import LAB_UNITS
from titration.service.rounds.asked import NewDose, NewEvent, NewLab, NewReading
from titration.service.rounds.entry import Answer, Bedside, Problem, Question, Ready, enter_cell, enter_line
from titration.service.rounds.entry.dosing import FAR_LEAST, FAR_PERCENT
from titration.service.rounds.entry.glucose import SOFT_HIGH, SOFT_LOW
from titration.service.rounds.entry.moments import LONG_AGO_HOURS
from titration.service.rounds.entry.sentences import LABELS, PROBLEMS, QUESTIONS, REMARKS
from titration.service.rounds.entry.vocabulary import EVENTS, GLUCOSE_UNITS, LABS, NOT_GIVEN, SLOTS, SYMPTOMS, TIMINGS
from titration.service.rounds.entry.words import Speech
from titration.units import HI_VALUE, LO_VALUE, MILLI, UnitSystem, grid_text

systems = st.sampled_from(UnitSystem)
numbers = st.one_of(
    st.decimals(min_value=0, max_value=700, places=1).map(str),
    st.decimals(min_value=0, max_value=40, places=1).map(str),
    st.integers(0, 1300).map(str),
    st.text("0123456789.,", min_size=1, max_size=5),
    st.sampled_from(("LO", "HI", "low", "0Hi", ".5", "0,5", "6。8")),
)
times = st.one_of(
    st.just(""),
    st.tuples(st.integers(0, 25), st.integers(0, 61)).map(lambda t: f"@{t[0]:02d}:{t[1]:02d}"),
    st.sampled_from(("y 22:00", "昨 22:00", "@2026-03-21 06:40", "yesterday", "today 03:00", "2026-13-01 10:00")),
)
drug_names = st.sampled_from(
    (
        "glargine",
        "甘精",
        "lantus",
        "诺和锐",
        "诺和锐30",
        "aspart",
        "metformin",
        "二甲双胍",
        "toujeo",
        "优泌",
        "greebleine",
        "XYZ 9",
    )
)
dose_units = st.sampled_from(("", " units", "u", " 单位", " mg", " g", " mL", " tablets"))


def mixed(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(" ".join)


glucoses = mixed(
    st.sampled_from(("", *TIMINGS)),
    numbers,
    st.sampled_from(("", *GLUCOSE_UNITS)),
    st.sampled_from(("", *SYMPTOMS)),
    times,
)
doses = mixed(
    drug_names,
    st.tuples(numbers, dose_units).map("".join),
    st.sampled_from(("", *NOT_GIVEN)),
    st.sampled_from(("", *SLOTS)),
    times,
)
measured = mixed(
    st.sampled_from(tuple(LABS)),
    numbers,
    st.sampled_from(("", "kg", "%", "mmol/mol", "umol/L", "nmol/L", "ng/mL", "斤")),
    times,
)
happened = mixed(st.sampled_from(tuple(EVENTS)), st.sampled_from(("", "no", "38.9", "无", "at lunch")), times)
anything = st.one_of(
    glucoses, doses, measured, happened, st.text(max_size=40), st.text("0123456789.,@:yfHIOL 昨甘精μ²", max_size=20)
)


def shown(answer: Answer) -> None:
    """Every answer can be said in both languages, and lacks no field that its sentence has a place for."""
    for language in ("en", "zh"):
        speech = Speech(language, shipped(), now=NOW, system=UnitSystem.MMOL)
        assert speech.answer(answer)
        if isinstance(answer, Ready):
            for said in answer.remarks:
                assert places(REMARKS[said.code][language]) <= {name for name, _ in said.fields}
            continue
        table = PROBLEMS if isinstance(answer, Problem) else QUESTIONS
        assert places(table[answer.code][language]) <= {name for name, _ in answer.fields}, answer
        if isinstance(answer, Question):
            for option in answer.options:
                assert speech.option(option)
                assert places(LABELS[option.code][language]) <= {name for name, _ in option.fields}, option


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@given(text=anything, system=systems, timing=st.sampled_from(("fasting", "overnight", "post_dinner")))
def test_no_text_crashes_and_every_answer_can_be_said(text: str, system: UnitSystem, timing: str) -> None:
    here = bedside(system)
    shown(enter_line(text, here))
    shown(enter_cell(text, here, day=DAY, timing=timing))


@given(text=anything, system=systems)
def test_every_question_can_be_answered_and_the_questions_end(text: str, system: UnitSystem) -> None:
    here = bedside(system)
    stack: list[tuple[str, frozenset[str], int]] = [(text, frozenset(), 0)]
    while stack:
        typed, confirmed, depth = stack.pop()
        assert depth < 9, typed
        answer = enter_line(typed, here, confirmed)
        if not isinstance(answer, Question):
            continue
        assert answer.options[0].code == "again"
        for option in answer.options[1:]:
            assert (option.text is None) != (option.confirms is None)
            stack.append((*taken(typed, confirmed, option), depth + 1))


@given(text=anything, system=systems)
def test_nothing_implausible_is_taken_without_a_question(text: str, system: UnitSystem) -> None:
    answer = enter_line(text, bedside(system))
    if not isinstance(answer, Ready):
        return
    for new in answer.new:
        assert new.patient_id == "W01"
        assert NOW - LONG_AGO_HOURS * 60 <= new.minute <= NOW
        if isinstance(new, NewReading):
            assert new.unit == system.text
            plain = SOFT_LOW.on(system) <= new.value <= SOFT_HIGH.on(system)
            assert plain or new.value in (LO_VALUE, HI_VALUE)
        if isinstance(new, NewDose) and new.amount:
            usual = next(line.usual for line in LINES if (line.drug, line.slot) == (new.drug, new.slot))
            assert usual is not None
            near = usual * 100 <= new.amount * FAR_PERCENT and new.amount * 100 <= usual * FAR_PERCENT
            assert near or abs(new.amount - usual) <= FAR_LEAST


@given(text=glucoses)
def test_a_number_that_could_be_either_unit_is_never_taken_without_its_unit(text: str) -> None:
    unit_named = any(unit in text.casefold() for unit in GLUCOSE_UNITS)
    for system, low, high in ((UnitSystem.MMOL, 180, 333), (UnitSystem.MGDL, 10, 33)):
        answer = enter_line(text, bedside(system))
        if isinstance(answer, Ready) and not unit_named:
            readings = [new for new in answer.new if isinstance(new, NewReading)]
            assert all(not low <= new.value <= high for new in readings), text


@given(text=anything, system=systems)
def test_full_width_letters_and_digits_say_the_same(text: str, system: UnitSystem) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    assert enter_line(wide, bedside(system)) == enter_line(text, bedside(system))


@given(one=anything, other=anything, system=systems)
def test_a_confirmation_never_carries_over_to_another_text(one: str, other: str, system: UnitSystem) -> None:
    here = bedside(system)
    asked = enter_line(one, here)
    if not isinstance(asked, Question) or one.split() == other.split():
        return
    confirmed = frozenset(o.confirms for o in asked.options if o.confirms)
    if enter_line(one, here, confirmed) != enter_line(other, here, confirmed):
        assert enter_line(other, here, confirmed) == enter_line(other, here)


def accepted(text: str, here: Bedside) -> Ready | None:
    """What is recorded when the person insists: of every question the last option, until the answer is ready."""
    confirmed: frozenset[str] = frozenset()
    for _ in range(9):
        answer = enter_line(text, here, confirmed)
        if not isinstance(answer, Question):
            return answer if isinstance(answer, Ready) else None
        text, confirmed = taken(text, confirmed, answer.options[-1])
    return None


@pytest.mark.parametrize("system", UnitSystem)
@given(texts=st.lists(st.one_of(glucoses, doses, measured, happened), min_size=1, max_size=12))
def test_typed_or_loaded_from_a_file_a_row_is_the_same_row_of_the_log(
    system: UnitSystem, texts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    here = replace(bedside(system), doses=(), readings=())
    ready = [answer for text in texts if (answer := accepted(text, here)) is not None]
    new = [n for answer in ready for n in answer.new if isinstance(n, NewReading | NewDose | NewLab | NewEvent)]
    if not new:
        return
    folder = tmp_path_factory.mktemp("typed")
    write_rows(folder, new)
    loaded = load(folder, formulary=shipped())
    found = [f for f in loaded.report.findings if f.fate is not Fate.FLAGGED]
    assert found == []
    (log,) = loaded.logs
    readings = sorted((n.minute, n.value, n.timing, n.source) for n in new if isinstance(n, NewReading))
    r = log.readings
    back = zip(r.minute.tolist(), r.value.tolist(), r.timing.tolist(), strict=True)
    assert sorted((minute, value, Timing(timing).text, "cbg") for minute, value, timing in back) == readings
    if any(LO_VALUE < value < HI_VALUE for _, value, _, _ in readings):
        assert log.system is system
    dosed = sorted((n.minute, n.drug, n.amount, n.slot, n.route) for n in new if isinstance(n, NewDose))
    d = log.doses
    back_doses = [
        (int(m), log.drugs[i], int(a), Slot(int(s)).text, Route(int(w)).text)
        for m, i, a, s, w in zip(d.minute, d.drug, d.amount, d.slot, d.route, strict=True)
    ]
    assert sorted(back_doses) == dosed
    labs = sorted((n.minute, n.kind, n.value) for n in new if isinstance(n, NewLab))
    held = zip(log.labs.minute.tolist(), log.labs.kind.tolist(), log.labs.value.tolist(), strict=True)
    assert sorted((minute, LAB_KINDS[kind].value, value) for minute, kind, value in held) == labs
    assert np.array_equal(np.sort(log.events.minute), sorted(n.minute for n in new if isinstance(n, NewEvent)))


def write_rows(folder: Path, new: list[NewReading | NewDose | NewLab | NewEvent]) -> None:
    """The canonical tables of what was typed: the values as written, in the unit they are kept in."""
    tables: dict[str, list[tuple[str, ...]]] = {
        "readings": [("patient_id", "time", "glucose", "unit", "timing", "source")],
        "doses": [("patient_id", "time", "drug", "amount", "unit", "slot", "route")],
        "labs": [("patient_id", "time", "kind", "value", "unit")],
        "events": [("patient_id", "time", "kind")],
    }
    for n in new:
        head = (n.patient_id, minute_text(n.minute))
        if isinstance(n, NewReading):
            tables["readings"].append((*head, n.written, n.unit, n.timing, n.source))
        elif isinstance(n, NewDose):
            tables["doses"].append((*head, n.drug, grid_text(n.amount, MILLI), n.unit, n.slot, n.route))
        elif isinstance(n, NewLab):
            unit = next(unit for kind, unit in LAB_UNITS.items() if kind.value == n.kind)
            tables["labs"].append((*head, n.kind, grid_text(n.value, MILLI), unit))
        else:
            tables["events"].append((*head, n.kind))
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
