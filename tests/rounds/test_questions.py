"""Plans asked again: what if, what a bad reading led to, what was decided, and whether the past can be made again."""

import re
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.laws.plans import few
from titration.clinical import PlanKind
from titration.engine import guard
from titration.engine.plans import LIMIT_NAMES
from titration.resources import rules_folder
from titration.service.rounds import administration as admin
from titration.service.rounds.asked import Correction, NewLab, NewReading
from titration.service.rounds.demo import DEMO_MINUTE as NOW
from titration.service.rounds.demo import NURSE, PRESCRIBER
from titration.service.rounds.desk import Desk, program_version
from titration.service.rounds.opening import open_desk
from titration.service.rounds.recall import recall_pack, recall_reading, recall_rule
from titration.service.rounds.signing import key_of
from titration.service.rounds.tally import tally
from titration.service.rounds.told import Action, Choice, PatientSheet, Reason, Refused
from titration.service.rounds.verification import verify


def accepted(sheet: PatientSheet) -> list[Choice]:
    return [
        Choice(key_of(line), Action.ACCEPT, None if line.before is None else line.after)
        for line in sheet.assessment.lines
    ]


# -- what if -----------------------------------------------------------------------------------------------------------------


@few
@given(data=st.data())
def test_what_if_is_what_a_correction_would_give(
    data: st.DataObject, demo_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = shutil.copy(demo_file, tmp_path_factory.mktemp("what") / "ward.ledger")
    desk = open_desk(str(path), read_only=False)
    try:
        patient = data.draw(st.sampled_from(("W01", "W02", "W12", "W15")))
        sheet = desk.patient(patient, minute=NOW)
        row = data.draw(st.sampled_from(sheet.readings[-12:]))
        value = data.draw(st.integers(20, 180))
        asked = desk.what_if(patient, minute=NOW, readings={row.seq: value})
        instead = NewReading(patient, row.minute, value, f"{value / 10:.1f}", "mmol/L", row.timing, row.source)
        desk.record(NURSE, [Correction(row.seq, "typed wrong", instead)], minute=NOW)
        assert asked == desk.patient(patient, minute=NOW).assessment
    finally:
        desk.close()


def test_what_if_records_nothing_and_with_nothing_changed_is_the_plan(desk: Desk) -> None:
    head = desk.head()
    for patient in ("W01", "W12"):
        assert desk.what_if(patient, minute=NOW) == desk.patient(patient, minute=NOW).assessment
    desk.what_if("W12", minute=NOW, parameters={"fasting_high": "9.0"})
    assert desk.head() == head


def test_a_changed_parameter_changes_what_rests_on_it(desk: Desk) -> None:
    plan = desk.patient("W12", minute=NOW).assessment
    assert plan.lines[0].kind is PlanKind.ADJUST_UP
    easier = desk.what_if("W12", minute=NOW, parameters={"fasting_high": "13.0", "fasting_far": "14.0"})
    assert easier.lines[0].kind is PlanKind.HOLD
    larger = desk.what_if("W12", minute=NOW, parameters={"raise_large": "6"})
    assert larger.lines[0].proposed == plan.lines[0].proposed + 2000


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("fasting_high", "7.05", "finer"),
        ("fasting_high", "126", "meter"),
        ("fasting_high", "seven", "decimal"),
        ("fasting_high", ".7", "decimal"),
        ("raise_small", "-2", "negative"),
        ("raise_small", "2.0005", "finer"),
        ("taper_step", "10.05", "finer"),
        ("fasting_hihg", "7.0", "fasting_high"),
    ],
)
def test_a_parameter_is_checked_as_a_pack_checks_it(desk: Desk, name: str, text: str, says: str) -> None:
    with pytest.raises(Refused, match=says) as refused:
        desk.what_if("W12", minute=NOW, parameters={name: text})
    assert refused.value.code == "invalid"


def test_a_reading_of_another_patient_or_value_no_meter_shows_is_refused(desk: Desk) -> None:
    mine, other = (desk.patient(name, minute=NOW).readings[-1].seq for name in ("W12", "W13"))
    for readings in ({other: 60}, {mine: 5}, {mine: 999}, {1: 60}):
        with pytest.raises(Refused):
            desk.what_if("W12", minute=NOW, readings=readings)
    desk.what_if("W12", minute=NOW, readings={mine: 0})


# -- the guard on a dose of one's own ------------------------------------------------------------------------------------------


def test_the_guard_names_its_limits_in_both_directions(desk: Desk) -> None:
    sheet = desk.patient("W01", minute=NOW)
    glargine = next(line for line in sheet.assessment.lines if line.drug == "insulin-glargine")
    key = key_of(glargine)
    assert glargine.before == 12_000
    assert desk.beyond(sheet, key, 12_000) == ()
    assert desk.beyond(sheet, key, glargine.after) == ()
    assert {"step_cap", "interval"} & set(desk.beyond(sheet, key, 24_000))
    assert "day_cap" in desk.beyond(sheet, key, 4_000)
    # Its C-peptide, 0.55, is below what opens the way to a stop.
    assert "c_peptide" in desk.beyond(sheet, key, 0)
    assert "rounding" in desk.beyond(sheet, key, 10_300)
    assert set(desk.beyond(sheet, key, 0)) <= set(LIMIT_NAMES.values())
    with pytest.raises(Refused):
        desk.beyond(sheet, ("insulin-glargine", "lunch", "sc"), 1000)


def test_a_low_locks_increases_out_for_a_dose_of_ones_own_too(desk: Desk) -> None:
    sheet = desk.patient("W02", minute=NOW)
    (line,) = [line for line in sheet.assessment.lines if line.drug == "insulin-glargine"]
    assert line.before is not None
    assert "hypo_lockout" in desk.beyond(sheet, key_of(line), line.before + 2000)
    assert desk.beyond(sheet, key_of(line), line.after) == ()


@few
@given(data=st.data())
def test_every_override_the_guard_objects_to_needs_its_name(data: st.DataObject, demo_file: Path) -> None:
    desk = open_desk(str(demo_file), read_only=True)
    try:
        patient = data.draw(st.sampled_from(("W01", "W02", "W04", "W12", "W21")))
        sheet = desk.patient(patient, minute=NOW)
        line = data.draw(st.sampled_from(sheet.assessment.lines))
        dose = data.draw(st.integers(0, 60)) * 500
        beyond = desk.beyond(sheet, key_of(line), dose)
        assert (dose in (line.before, line.after)) <= (beyond == ())
        if line.line_kind.value == "basal" and line.before and dose > line.before * 1.2 + 2000:
            assert beyond
    finally:
        desk.close()


# -- signing: what a choice must say ---------------------------------------------------------------------------------------------


def test_choices_that_do_not_fit_the_plan_are_refused(desk: Desk) -> None:
    sheet = desk.patient("W12", minute=NOW)
    good = accepted(sheet)
    first = good[0]
    before = sheet.assessment.lines[0].before
    bad: list[tuple[list[Choice], str]] = [
        (good[1:], "accept, change or reject"),
        ([*good, first], "two choices"),
        ([*good, replace(first, line=("aspirin", "lunch", "oral"))], "no such line"),
        ([replace(first, dose=99_000), *good[1:]], "takes its dose"),
        ([replace(first, dose=None), *good[1:]], "takes its dose"),
        ([replace(first, action=Action.REJECT, dose=before), *good[1:]], "give the reason"),
        ([replace(first, action=Action.REJECT, dose=before, reason=Reason.OTHER), *good[1:]], "needs a note"),
        ([replace(first, action=Action.REJECT, dose=0, reason=Reason.ILLNESS), *good[1:]], "leaves the dose"),
        ([replace(first, action=Action.MODIFY, dose=None, reason=Reason.ILLNESS), *good[1:]], "give the dose"),
        ([replace(first, action=Action.MODIFY, dose=-1000, reason=Reason.ILLNESS), *good[1:]], "give the dose"),
        ([replace(first, beyond=("gravity",)), *good[1:]], "no such limit"),
        ([replace(first, note="\a"), *good[1:]], "signs"),
    ]
    head = desk.head()
    for choices, says in bad:
        with pytest.raises(Refused, match=says) as refused:
            desk.sign(PRESCRIBER, sheet, choices, minute=NOW)
        assert refused.value.code == "invalid"
    assert desk.head() == head
    desk.sign(PRESCRIBER, sheet, good, minute=NOW)


def test_a_plan_of_yesterday_or_one_that_was_made_up_is_not_signed(desk: Desk) -> None:
    sheet = desk.patient("W12", minute=NOW)
    with pytest.raises(Refused, match="another day"):
        desk.sign(PRESCRIBER, sheet, accepted(sheet), minute=NOW + 1440)
    made_up = replace(sheet, assessment=replace(sheet.assessment, taper_on=not sheet.assessment.taper_on))
    with pytest.raises(Refused, match="no longer"):
        desk.sign(PRESCRIBER, made_up, accepted(sheet), minute=NOW)


def test_a_second_signature_needs_a_second_look(desk: Desk) -> None:
    sheet = desk.patient("W12", minute=NOW)
    desk.sign(PRESCRIBER, sheet, accepted(sheet), minute=NOW)
    with pytest.raises(Refused) as refused:
        desk.sign(PRESCRIBER, sheet, accepted(sheet), minute=NOW)
    assert refused.value.code == "stale"
    again = desk.patient("W12", minute=NOW)
    desk.sign(PRESCRIBER, again, accepted(again), minute=NOW)


# -- recall ----------------------------------------------------------------------------------------------------------------------


def test_a_bad_reading_is_recalled_with_what_the_plan_would_have_been(desk: Desk) -> None:
    low = NewReading("W12", NOW - 60, 28, "2.8", "mmol/L", "fasting")
    (bad,) = desk.record(NURSE, [low], minute=NOW).seqs
    sheet = desk.patient("W12", minute=NOW)
    receipt = desk.sign(PRESCRIBER, sheet, accepted(sheet), minute=NOW)
    other = desk.patient("W13", minute=NOW)
    desk.sign(PRESCRIBER, other, accepted(other), minute=NOW)
    (touched,) = recall_reading(desk.ledger, bad)
    assert (touched.seq, touched.patient, touched.changed) == (receipt.seqs[0], "W12", True)
    glargine = touched.lines[0]
    assert glargine.kind == "adjust_down"
    assert glargine.instead == ("adjust_up", 16_000)
    assert [decided.seq for decided in touched.decisions] == [receipt.seqs[1]]

    right = replace(low, value=128, written="12.8")
    (better,) = desk.record(NURSE, [Correction(bad, "2.8 was 12.8", right)], minute=NOW + 5).seqs
    assert [t.seq for t in recall_reading(desk.ledger, bad)] == [receipt.seqs[0]]
    assert recall_reading(desk.ledger, better) == ()
    again = desk.patient("W12", minute=NOW + 6)
    desk.sign(PRESCRIBER, again, accepted(again), minute=NOW + 6)
    assert [t.seq for t in recall_reading(desk.ledger, bad)] == [receipt.seqs[0]], "the later plan rests on 12.8"


def test_a_reading_of_no_weight_is_told_apart(desk: Desk) -> None:
    sheet = desk.patient("W12", minute=NOW)
    oldest = sheet.readings[0]
    receipt = desk.sign(PRESCRIBER, sheet, accepted(sheet), minute=NOW)
    touched = {t.seq: t.changed for t in recall_reading(desk.ledger, oldest.seq)}
    assert touched[receipt.seqs[0]] is False


def test_an_entry_that_brought_no_reading_cannot_be_recalled(desk: Desk) -> None:
    for seq in (1, 10**9, desk.entries(kinds=("dose",), most=1)[0].seq):
        with pytest.raises(Refused):
            recall_reading(desk.ledger, seq)


def test_a_rule_and_a_pack_are_recalled_by_name(desk: Desk) -> None:
    ruled = recall_rule(desk.ledger, "basal.raise")
    assert ruled
    assert {line.kind for touched in ruled for line in touched.lines} <= {"adjust_up", "hold", "need_data", "refer"}
    assert recall_rule(desk.ledger, "no.such.rule") == ()
    everything = len(desk.entries(kinds=("recommendation",), most=999))
    for name in (desk.pack.id, f"{desk.pack.id}@{desk.pack.version}", desk.pack.sha256[:10]):
        assert len(recall_pack(desk.ledger, name)) == everything
    assert recall_pack(desk.ledger, "another@1.0.0") == ()


# -- the past, made again --------------------------------------------------------------------------------------------------------


def changed_pack(folder: Path) -> Path:
    """The shipped rules with another number in the pack, as a new version."""
    shutil.copytree(rules_folder(), folder / "rules")
    path = folder / "rules" / "huc-msc-t2dm" / "pack.toml"
    text = path.read_text(encoding="utf-8")
    text = re.sub(r'^version = ".*"$', 'version = "9.0.0"', text, count=1, flags=re.MULTILINE)
    text = text.replace('[parameter.raise_small]\nvalue = "2"', '[parameter.raise_small]\nvalue = "1"', 1)
    path.write_text(text, encoding="utf-8")
    return folder / "rules"


def test_an_old_plan_is_made_again_with_its_own_pack(desk: Desk, tmp_path: Path) -> None:
    sheet = desk.patient("W19", minute=NOW)
    receipt = desk.sign(PRESCRIBER, sheet, accepted(sheet), minute=NOW)
    seq = admin.change_pack(desk, PRESCRIBER, "huc-msc-t2dm", rules=changed_pack(tmp_path), minute=NOW)
    assert desk.head("W12") == seq, "a new pack makes every plan another"
    later = desk.patient("W12", minute=NOW)
    assert (desk.pack.version, later.assessment.pack_version) == ("9.0.0", "9.0.0")
    desk.sign(PRESCRIBER, later, accepted(later), minute=NOW)
    assert desk.recorded_plan(receipt.seqs[0]).assessment == sheet.assessment
    assert desk.verify() == (desk.head(), None)
    assert len(recall_pack(desk.ledger, "huc-msc-t2dm@9.0.0")) == 1


def test_a_plan_signed_before_a_change_of_pack_is_stale_after_it(desk: Desk, tmp_path: Path) -> None:
    sheet = desk.patient("W12", minute=NOW)
    admin.change_pack(desk, PRESCRIBER, "huc-msc-t2dm", rules=changed_pack(tmp_path), minute=NOW)
    with pytest.raises(Refused) as refused:
        desk.sign(PRESCRIBER, sheet, accepted(sheet), minute=NOW)
    assert refused.value.code == "stale"


def test_a_pack_without_a_guard_is_not_for_patients(desk: Desk, tmp_path: Path) -> None:
    rules = changed_pack(tmp_path)
    path = rules / "huc-msc-t2dm" / "pack.toml"
    text = path.read_text(encoding="utf-8").replace('status = "draft"', 'status = "bench"', 1)
    path.write_text(text + "\n[guard]\noff = true\n", encoding="utf-8")
    with pytest.raises(Refused, match="guard"):
        admin.change_pack(desk, PRESCRIBER, "huc-msc-t2dm", rules=rules, minute=NOW)


def test_a_program_that_plans_otherwise_is_found_out(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = desk.patient("W12", minute=NOW)
    receipt = desk.sign(PRESCRIBER, sheet, accepted(sheet), minute=NOW)
    assert sheet.assessment.lines[0].limits
    monkeypatch.setattr(guard, "SMALL_STEP_UNITS", 1_000)
    monkeypatch.setattr(guard, "MOST_UP_PERCENT", 10)
    verdict = verify(desk.ledger, program=program_version())
    faults = {fault.seq: fault.text for fault in verdict.faults}
    assert receipt.seqs[0] in faults
    assert "lines[0].after" in faults[receipt.seqs[0]]
    other = verify(desk.ledger, program="99.0.0")
    assert "this is 99.0.0" in next(fault.text for fault in other.faults)


# -- counts ----------------------------------------------------------------------------------------------------------------------


def test_what_was_decided_is_counted(desk: Desk) -> None:
    today = NOW // 1440
    assert tally(desk.ledger, first_day=today).decisions == 0
    sheet = desk.patient("W12", minute=NOW)
    key, rest = key_of(sheet.assessment.lines[0]), accepted(sheet)[1:]
    lower = Choice(key, Action.MODIFY, 15_000, Reason.HYPO_RISK, beyond=desk.beyond(sheet, key, 15_000))
    desk.sign(PRESCRIBER, sheet, [lower, *rest], minute=NOW)
    after = NewReading("W12", NOW + 600, 35, "3.5", "mmol/L", "random")
    desk.record(NURSE, [after, NewLab("W12", NOW + 600, "weight", 92_000)], minute=NOW + 600)
    counts = tally(desk.ledger, first_day=today, last_day=today).as_dict()
    assert (counts["decisions"], counts["lines"]) == (1, len(sheet.assessment.lines))
    assert counts["actions"] == {"accept": len(rest), "modify": 1}
    assert counts["actions_by_plan"]["adjust_up"] == {"modify": 1}
    overrides = counts["overrides"]
    assert (overrides["direction"], overrides["reason"]) == ({"lower": 1}, {"hypo_risk": 1})
    assert overrides["size"] == {"to_10_percent": 1}
    assert counts["next_24_hours"]["lower"] == {"low": 1}
    bound = [name for line in sheet.assessment.lines for name in line.limits]
    assert counts["limits_that_bound"] == Counter(bound)
    whole = tally(desk.ledger)
    assert whole.decisions == len(desk.entries(kinds=("decision",), most=999))
    assert sum(whole.actions.values()) == whole.lines
    assert sum(whole.directions.values()) == whole.actions["modify"] + whole.actions["reject"]
