"""The ``titration`` command as a user meets it: exit codes, what goes to which stream, and what is left on disk."""

import json
import re
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.unit.command import CHINESE, PACK, refused, run
from titration.cli import main
from titration.service import replay

COMMANDS = (
    ("ingest",),
    ("assess",),
    ("replay",),
    ("packs",),
    ("packs", "list"),
    ("packs", "show"),
    ("packs", "check"),
)


@pytest.fixture
def log(made_ward: Path, tmp_path: Path) -> Path:
    """A copy of the made-up ward that a test may spoil."""
    return Path(shutil.copytree(made_ward, tmp_path / "log"))


# ---------------------------------------------------------------------------------------------------- help, arguments


def test_no_arguments_print_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys)
    assert (code, err) == (0, "")
    assert all(name in out for name in ("ingest", "assess", "replay", "packs", "examples:"))
    assert "Not a cleared medical device" in out


@pytest.mark.parametrize("command", [(), *COMMANDS], ids=" ".join)
def test_every_command_has_help(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([*command, "--help"])
    captured = capsys.readouterr()
    assert (left.value.code, captured.err) == (0, "")
    assert captured.out.startswith(f"usage: {' '.join(('titration', *command))}")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    assert re.fullmatch(r"titration \d+\.\d+\.\d+\S*\n", capsys.readouterr().out)


@pytest.mark.parametrize(
    "argv",
    [
        ["ingst", "x"],
        ["assess", "x"],
        ["assess", "x", "--patient", "W01", "--lang", "fr"],
        ["replay", "x", "--jobs", "0"],
        ["replay", "x", "--jobs", "many"],
        ["packs"],
        ["packs", "check"],
    ],
    ids=" ".join,
)
def test_wrong_arguments_are_refused_with_the_usage(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(argv)
    captured = capsys.readouterr()
    assert (left.value.code, captured.out) == (2, "")
    assert captured.err.startswith("usage: titration")


# ------------------------------------------------------------------------------------------------------------- ingest


def test_ingest_prints_figures_and_says_on_stderr_what_it_recognised(
    made_ward: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "ingest", made_ward)
    assert code == 0
    assert "patients: 12" in out
    assert err.startswith("recognised canonical-csv: ")
    assert "recognised" not in out


def test_ingest_json_is_json_alone(made_ward: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "ingest", made_ward, "--json")
    assert code == 0
    figures = json.loads(out)
    assert figures["format"] == "canonical-csv"
    assert figures["totals"]["patients"] == 12


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_ingest_writes_a_log_that_ingests_to_the_same_figures(
    kind: str, made_ward: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "ingest", made_ward, "--json", "--out", tmp_path / "out", "--as", kind)
    assert code == 0
    assert "wrote the canonical log" in err
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {f".{kind}"}
    code, again, _ = run(capsys, "ingest", tmp_path / "out", "--json")
    assert code == 0
    first, second = (json.loads(text)["totals"] for text in (out, again))
    for name in (
        "patients",
        "glucose_readings",
        "mean_mmol",
        "below_3_9",
        "insulin_dose_records",
        "total_insulin_units",
    ):
        assert first[name] == second[name], name


def test_ingest_never_overwrites_a_table(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (log / "readings.csv").read_bytes()
    code, _, err = run(capsys, "ingest", log, "--out", log)
    assert code == 2
    assert "exists already" in err
    assert (log / "readings.csv").read_bytes() == before


def test_a_broken_file_among_good_ones_is_told_and_the_others_are_loaded(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (log / "labs.csv").write_text("nothing,that,is,known\n1,2,3,4\n", encoding="utf-8")
    code, out, err = run(capsys, "ingest", log)
    assert code == 1
    assert "patients: 12" in out
    assert re.search(r"^titration: .*labs\.csv", err, re.MULTILINE)
    assert "could not be read; the others were loaded" in err
    code, out, err = run(capsys, "assess", log, "--patient", "W01")
    assert code == 1
    assert "W01" in out
    assert "labs.csv" in err


@pytest.mark.parametrize("command", [("ingest",), ("assess", "--patient", "W01"), ("replay",)], ids=lambda c: c[0])
def test_a_log_that_cannot_be_read_is_refused(
    command: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, *options = command
    assert "no such file or folder" in refused(capsys, name, tmp_path / "nowhere", *options)
    (tmp_path / "empty").mkdir()
    refused(capsys, name, tmp_path / "empty", *options)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("Dear colleague,\n", encoding="utf-8")
    refused(capsys, name, tmp_path / "other", *options)
    (tmp_path / "torn.parquet").write_bytes(b"PAR1 and then nothing")
    refused(capsys, name, tmp_path / "torn.parquet", *options)


# ------------------------------------------------------------------------------------------------------------- assess


def test_assess_reads_a_plan_out_in_english_and_in_chinese(made_ward: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, english, err = run(capsys, "assess", made_ward, "--patient", "W01")
    assert (code, err) == (0, "")
    assert english.startswith("Patient W01")
    assert not CHINESE.search(english)
    code, chinese, err = run(capsys, "assess", made_ward, "--patient", "W01", "--lang", "zh")
    assert (code, err) == (0, "")
    assert len(CHINESE.findall(chinese)) > 100


def test_assess_json_has_the_plan_and_both_texts(made_ward: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "assess", made_ward, "--patient", "W02", "--json")
    assert (code, err) == (0, "")
    plan = json.loads(out)
    assert plan["patient"] == "W02"
    assert plan["lines"]
    assert set(plan["text"]) == {"en", "zh"}
    assert plan["pack"]["id"] == PACK


def test_assess_as_of_a_day_does_not_look_past_it(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("assess", log, "--patient", "W01", "--as-of", "2026-03-10", "--json")
    code, before, _ = run(capsys, *arguments)
    assert code == 0
    assert json.loads(before)["day"] == "2026-03-10"
    for name in ("readings.csv", "doses.csv", "events.csv", "labs.csv"):
        head, *rows = (log / name).read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [row for row in rows if row.split(",")[1] < "2026-03-11"]
        (log / name).write_text("".join([head, *kept]), encoding="utf-8")
    assert run(capsys, *arguments) == (0, before, "")


def test_assess_takes_taper_mode_from_the_command(made_ward: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for taper, expected in (("on", True), ("off", False)):
        code, out, _ = run(capsys, "assess", made_ward, "--patient", "W01", "--taper", taper, "--json")
        assert code == 0
        assert json.loads(out)["taper_on"] is expected


def test_an_unknown_patient_is_refused_with_a_suggestion(made_ward: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "did you mean W12" in refused(capsys, "assess", made_ward, "--patient", "W12x")
    assert "the log has 12 patients" in refused(capsys, "assess", made_ward, "--patient", "nobody")


@pytest.mark.parametrize("day", ["2026-13-01", "yesterday", "10.03.2026"])
def test_a_date_that_is_none_is_refused_with_the_form_to_write(
    day: str, made_ward: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "write it as" in refused(capsys, "assess", made_ward, "--patient", "W01", "--as-of", day)


def test_an_unknown_pack_is_refused_with_those_there_are(made_ward: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert PACK in refused(capsys, "assess", made_ward, "--patient", "W01", "--pack", "huc")
    assert PACK in refused(capsys, "packs", "show", "huc")
    assert PACK in refused(capsys, "packs", "check", "huc")


# ------------------------------------------------------------------------------------------------------------- replay


def test_replay_writes_what_it_says_and_nothing_else(
    made_ward: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    code, printed, err = run(capsys, "replay", made_ward, "--out", out, "--html", out / "page.html", "--json")
    assert code == 0
    assert {path.name for path in out.iterdir()} == {"plans.parquet", "summary.json", "page.html"}
    assert json.loads(printed) == json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert pq.read_metadata(out / "plans.parquet").num_rows > 100
    page = (out / "page.html").read_text(encoding="utf-8")
    assert "W01" in page
    assert not re.search(r'(?:src|href)="https?:', page), "the page fetches from elsewhere"
    assert "wrote plans.parquet and summary.json" in err


def test_replay_prints_a_summary_in_either_language(made_ward: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, english, err = run(capsys, "replay", made_ward)
    assert (code, err) == (0, "")
    assert "Never outcomes" in english
    code, chinese, _ = run(capsys, "replay", made_ward, "--lang", "zh")
    assert code == 0
    assert len(CHINESE.findall(chinese)) > 100


def interrupt_after(blocks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Ctrl-C arrive when so many blocks of patients are decided."""
    counted, honest = [0], replay.tally

    def tally(*arguments: object) -> object:
        counted[0] += 1
        if counted[0] > blocks:
            raise KeyboardInterrupt
        return honest(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(replay, "BLOCK_PATIENTS", 3)
    monkeypatch.setattr(replay, "tally", tally)


def test_an_interrupted_replay_leaves_nothing(
    made_ward: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt_after(2, monkeypatch)
    out = tmp_path / "out"
    code, printed, err = run(capsys, "replay", made_ward, "--out", out, "--html", tmp_path / "page.html", "--jobs", 1)
    assert (code, printed) == (130, "")
    assert "interrupted" in err
    assert "Traceback" not in err
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == []


def test_an_interrupted_replay_leaves_an_earlier_result_as_it_was(
    made_ward: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(capsys, "replay", made_ward, "--out", tmp_path)[0] == 0
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    interrupt_after(1, monkeypatch)
    assert run(capsys, "replay", made_ward, "--out", tmp_path, "--taper", "on")[0] == 130
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
