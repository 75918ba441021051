"""Every pack's worked cases come out as written; and the cases can fail, name their line, and leave no rule unspoken."""

import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from titration.cli import main
from titration.clinical import PlanKind
from titration.engine.decide import Engine
from titration.formulary import shipped
from titration.packs.load import find_packs, load_pack
from titration.packs.model import Pack, Review
from titration.packs.problems import PackError
from titration.resources import rules_folder
from titration.service.assessment import Patient, assess_day
from titration.service.case_file import AS_OF, CASES_FILE
from titration.service.cases import Case, CaseRunner, Outcome, read_cases, run_cases
from titration.units import HI_VALUE, LO_VALUE

FOUNDING = "huc-msc-t2dm"
FOLDERS = find_packs(rules_folder())


@cache
def pack_named(name: str) -> Pack:
    return load_pack(FOLDERS[name])


@cache
def outcomes(name: str) -> tuple[Outcome, ...]:
    return run_cases(FOLDERS[name], pack_named(name), shipped())


def founding_cases() -> Iterator[object]:
    for case in read_cases(FOLDERS[FOUNDING], pack_named(FOUNDING), shipped()):
        yield pytest.param(case, id=case.name)


@pytest.mark.parametrize("case", tuple(founding_cases()))
def test_a_case_of_the_founding_pack_comes_out_as_written(case: Case) -> None:
    outcome = CaseRunner(pack_named(FOUNDING), shipped()).run(case)
    assert [failure.text for failure in outcome.failures] == []


@pytest.mark.parametrize("name", [name for name in FOLDERS if name != FOUNDING])
def test_the_cases_of_a_published_pack_come_out_as_written(name: str) -> None:
    assert len(outcomes(name)) >= 50
    assert [failure.text for outcome in outcomes(name) for failure in outcome.failures] == []


# -- the founding pack's cases leave nothing out ---------------------------------------------------------------------


def heard(pack: Pack, case: Case) -> set[str]:
    """Rules credited on some line of a case, and those whose notice a line carries."""
    engine = Engine(pack, case.log.system, shipped())
    found = assess_day(engine, Patient(case.log), AS_OF, taper_always=case.taper)
    return {trace.rule_id for line in found.lines for trace in (line.rule, *line.also) if trace is not None}


def test_every_rule_of_the_founding_pack_is_credited_in_some_case() -> None:
    pack = pack_named(FOUNDING)
    credited = {expected.rule for outcome in outcomes(FOUNDING) for expected in outcome.case.expected}
    assert [r.id for r in pack.rules if not isinstance(r.step, Review) and r.id not in credited] == []


def test_every_review_of_the_founding_pack_is_heard_in_some_case() -> None:
    pack = pack_named(FOUNDING)
    spoken = {rule for outcome in outcomes(FOUNDING) for rule in heard(pack, outcome.case)}
    assert [r.id for r in pack.rules if isinstance(r.step, Review) and r.id not in spoken] == []


def test_the_founding_cases_ask_for_every_kind_of_plan() -> None:
    expected = [e for outcome in outcomes(FOUNDING) for e in outcome.case.expected]
    assert {e.kind for e in expected} == set(PlanKind)
    assert len(outcomes(FOUNDING)) >= 75


# -- a wrong expectation fails ---------------------------------------------------------------------------------------

GOOD = """
[[case]]
id = "low"
why = "Fasting 2.9 takes 20 % off."
readings = \"\"\"
day  fasting
-1   5.8
0    2.9
\"\"\"
lines = [{ drug = "insulin glargine", slot = "bedtime", dose = "25" }]
labs = { weight = "70" }
expect = [
    { line = "insulin glargine bedtime", kind = "adjust_down", dose = "20", rule = "insulin.low.below-3-0", notices = ["treat-low", "same-day-review", "find-cause"], next = 4 },
]

[[case]]
id = "missing"
why = "Two values are no mean."
readings = \"\"\"
day  fasting
-1   9.8
0    9.9
\"\"\"
lines = [{ drug = "insulin glargine", slot = "bedtime", dose = "25" }]
expect = [{ line = "insulin glargine bedtime", kind = "need_data", missing = "judged_mean" }]
"""


def pack_with(cases: str, folder: Path) -> Path:
    """The founding pack with other cases, in a rules folder of its own."""
    target = folder / FOUNDING
    target.mkdir(parents=True)
    for file in FOLDERS[FOUNDING].glob("*.toml"):
        shutil.copy(file, target)
    (target / CASES_FILE).write_text(cases, encoding="utf-8")
    return target


def failures(cases: str, folder: Path) -> list[str]:
    found = run_cases(pack_with(cases, folder), pack_named(FOUNDING), shipped())
    return [failure.text for outcome in found for failure in outcome.failures]


def test_a_right_expectation_passes(tmp_path: Path) -> None:
    assert failures(GOOD, tmp_path) == []


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ('dose = "20"', 'dose = "22"', "dose expected 22, got 20"),
        ('kind = "adjust_down"', 'kind = "hold"', "kind expected hold, got adjust_down"),
        (".below-3-0", ".below-3-9", "rule expected insulin.low.below-3-9, got insulin.low.below-3-0"),
        (
            '"treat-low", ',
            "",
            "notices expected find-cause, same-day-review, got find-cause, same-day-review, treat-low",
        ),
        ("next = 4", "next = 3", "next change in days expected 3, got 4"),
        ("next = 4", 'limits = ["rounding"]', "limits expected rounding, got none"),
    ],
)
def test_a_wrong_expectation_fails_and_names_its_line(right: str, wrong: str, says: str, tmp_path: Path) -> None:
    found = failures(GOOD.replace(right, wrong, 1), tmp_path)
    assert found == [f"{FOUNDING}/cases.toml:13: case low: insulin glargine bedtime: {says}"]


def test_a_wrong_missing_datum_fails(tmp_path: Path) -> None:
    found = failures(GOOD.replace("judged_mean", "meal_mean"), tmp_path)
    assert len(found) == 1
    assert found[0].endswith("missing expected meal_mean, got judged_mean")


def test_a_line_without_an_expectation_fails(tmp_path: Path) -> None:
    extra = '{ drug = "insulin aspart", slot = "dinner", dose = "4" },\n    { drug = "insulin glargine"'
    found = failures(GOOD.replace('{ drug = "insulin glargine"', extra, 1), tmp_path)
    assert [text for text in found if "insulin aspart dinner: nothing expected, got" in text]


def test_an_expectation_of_a_line_no_longer_in_use_fails(tmp_path: Path) -> None:
    found = failures(GOOD.replace('dose = "25" }', 'dose = "25", until = -9 }', 1), tmp_path)
    assert len(found) == 1
    assert "no such line is in use on day 0" in found[0]


# -- the command -----------------------------------------------------------------------------------------------------


def test_check_runs_the_cases_of_a_shipped_pack(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["packs", "check", FOUNDING]) == 0
    assert f"{len(outcomes(FOUNDING))} worked cases run: all as expected" in capsys.readouterr().out


def test_check_fails_on_a_failing_case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = pack_with(GOOD.replace('dose = "20"', 'dose = "22"'), tmp_path)
    assert main(["packs", "check", str(folder)]) == 1
    said = capsys.readouterr()
    assert f"{FOUNDING}/cases.toml:13: case low: insulin glargine bedtime: dose expected 22, got 20" in said.out
    assert "2 worked cases run: 1 not as expected" in said.out


def test_check_says_when_there_are_no_cases(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = pack_with("", tmp_path)
    (folder / CASES_FILE).unlink()
    assert main(["packs", "check", str(folder)]) == 0
    assert "no worked cases" in capsys.readouterr().out


# -- every problem of the file at once -------------------------------------------------------------------------------

BAD = """
[[case]]
id = "bad"
why = "Everything is wrong."
readings = \"\"\"
day  fasting post_diner
-1   5.85    .
0    .5      55.0
x    6.0     6.1
-2   6.0
\"\"\"
lines = [
    { drug = "insulin glargine", slot = "bedtime", dose = ".2" },
    { drug = "insulin aspart", slot = "dinner", dose = "4", since = -3, missed = [-9] },
]
labs = { weigth = "70" }
events = [{ kind = "steriod", day = -1 }]
expect = [
    { line = "insulin glargin bedtime", kind = "adjust_down", rule = "insulin.low.below-30" },
    { line = "insulin aspart dinner", kind = "hold", limits = ["roundin"], notices = ["treat-lo"], missing = "judged_men" },
]
"""

SAID = (
    (6, "unknown timing 'post_diner'; did you mean 'post_dinner'?"),
    (7, "day -1, fasting: 5.85 is finer than 1/10"),
    (8, "day 0, fasting: not a plain decimal number: '.5'"),
    (9, "'x' is not a day"),
    (10, "day -2 has 1 cells for 2 timings"),
    (13, "dose not a plain decimal number: '.2'"),
    (14, "no dose is given on day -9"),
    (16, "unknown measurement 'weigth'; did you mean 'weight'?"),
    (17, "unknown event 'steriod'; did you mean 'steroid'?"),
    (19, "no line 'insulin glargin bedtime'; did you mean 'insulin glargine bedtime'?"),
    (19, "unknown rule 'insulin.low.below-30'; did you mean 'insulin.low.below-3-0'?"),
    (19, "adjust_down needs the new dose"),
    (20, "unknown limit 'roundin'; did you mean 'rounding'?"),
    (20, "unknown notice 'treat-lo'; did you mean 'treat-low'?"),
    (20, "unknown missing datum 'judged_men'; did you mean 'judged_mean'?"),
)


def problems(cases: str, folder: Path) -> list[str]:
    with pytest.raises(PackError) as caught:
        read_cases(pack_with(cases, folder), pack_named(FOUNDING), shipped())
    return [problem.text for problem in caught.value.problems]


def test_all_problems_come_at_once_with_file_and_line(tmp_path: Path) -> None:
    found = problems(BAD, tmp_path)
    for line, message in SAID:
        assert [t for t in found if t.startswith(f"{FOUNDING}/cases.toml:{line}: ") and message in t], message
    assert len(found) == len(SAID)


def test_problems_of_the_schema_come_at_once(tmp_path: Path) -> None:
    broken = GOOD.replace("why = ", "wy = ", 1).replace('slot = "bedtime"', 'slot = "night"')
    found = problems(broken, tmp_path)
    assert [t.partition(": ")[0] for t in found] == [f"{FOUNDING}/cases.toml:{n}" for n in (2, 4, 10, 24)]
    assert "unknown key 'wy'; did you mean 'why'?" in found[1]


def test_a_value_no_meter_can_mean_is_a_slip_of_the_pen(tmp_path: Path) -> None:
    assert "55.0 mmol/L is outside what a meter can mean" in problems(GOOD.replace("5.8", "55.0"), tmp_path)[0]


def test_a_case_name_is_given_once(tmp_path: Path) -> None:
    assert "case low is written twice" in problems(GOOD.replace('"missing"', '"low"', 1), tmp_path)[0]


def test_what_is_not_toml_is_a_problem_with_a_line(tmp_path: Path) -> None:
    assert problems(GOOD + "\n[[case]\n", tmp_path)[0].startswith(f"{FOUNDING}/cases.toml:27: not TOML")


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    folder = pack_with("", tmp_path)
    (folder / CASES_FILE).write_bytes("why = '血糖'".encode("gb18030"))
    with pytest.raises(PackError, match="not UTF-8 text"):
        read_cases(folder, pack_named(FOUNDING), shipped())


# -- the notation ----------------------------------------------------------------------------------------------------

NOTATION = """
[[case]]
id = "notation"
why = "Every way of writing a value."
unit = "mg/dL"
readings = \"\"\"
day  fasting random    overnight
-1   LO/101  .         .
0    HI      99@23:05  88
\"\"\"
lines = [
    { drug = "dulaglutide", slot = "breakfast", dose = "1.5", since = -14, changes = { "-7" = "0.75" } },
    { drug = "metformin", slot = "dinner", dose = "500", since = -2, missed = [-1], doubtful = [0], time = "19:00" },
]
labs = { weight = [{ day = -3, value = "70.5" }], egfr = "80" }
events = [{ kind = "steroid", day = -1, time = "10:15" }]
person = { age = "unknown", type = "T1D" }
doubts = [-1]
pump = [0]
expect = [
    { line = "dulaglutide breakfast", kind = "refer", rule = "scope.acute" },
    { line = "metformin dinner", kind = "refer", rule = "scope.acute" },
]
"""


@pytest.fixture
def notation(tmp_path: Path) -> Case:
    return read_cases(pack_with(NOTATION, tmp_path), pack_named(FOUNDING), shipped())[0]


def clock(minute: int) -> tuple[int, int]:
    day, rest = divmod(minute, 1440)
    return day - AS_OF, rest


def test_readings_are_read_in_time_order(notation: Case) -> None:
    readings = notation.log.readings
    seen = [(*clock(m), v) for m, v in zip(readings.minute.tolist(), readings.value.tolist(), strict=True)]
    assert seen == [
        (-1, 6 * 60 + 30, LO_VALUE),
        (-1, 6 * 60 + 40, 101),
        (0, 3 * 60, 88),
        (0, 6 * 60 + 30, HI_VALUE),
        (0, 23 * 60 + 5, 99),
    ]


def test_doses_follow_the_dosing_interval(notation: Case) -> None:
    log = notation.log
    rows = zip(log.doses.drug.tolist(), log.doses.minute.tolist(), log.doses.amount.tolist(), strict=True)
    given = {(log.drugs[drug], *clock(minute), amount) for drug, minute, amount in rows}
    assert given == {
        ("dulaglutide", -14, 450, 1500),
        ("dulaglutide", -7, 450, 750),
        ("dulaglutide", 0, 450, 750),
        ("metformin", -2, 1140, 500_000),
        ("metformin", -1, 1140, 0),
        ("metformin", 0, 1140, 500_000),
    }
    assert log.doses.doubtful.sum() == 1


def test_the_rest_of_a_case_reaches_the_log(notation: Case) -> None:
    log = notation.log
    assert sorted(zip((log.labs.minute // 1440 - AS_OF).tolist(), log.labs.value.tolist(), strict=True)) == [
        (-10, 80_000),
        (-3, 70_500),
    ]
    assert [clock(m) for m in log.events.minute.tolist()] == [(-1, 615)]
    assert (log.people[0].age_years, log.people[0].diabetes_type) == (None, "T1D")
    assert (log.doubts.day - AS_OF).tolist() == [-1]
    assert (log.pump.minute // 1440 - AS_OF).tolist() == [0]
