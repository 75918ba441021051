"""``titration packs``: what is listed and shown, and everything wrong with a pack at once."""

import re
import shutil
from pathlib import Path

import pytest

from tests.unit.command import CHINESE, PACK, refused, run
from titration.resources import rules_folder


def test_packs_list_names_every_pack(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "packs", "list")
    assert (code, err) == (0, "")
    names = {path.parent.name for path in rules_folder().glob("*/pack.toml")}
    assert {line.split()[0] for line in out.splitlines()} == names


def test_packs_show_tells_rules_with_conditions_and_sources(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "packs", "show", PACK)
    assert (code, err) == (0, "")
    for told in ("== safety", "== taper", "basal.taper", "when ", "propose ", "local assumption; to be signed off by"):
        assert told in out
    code, chinese, _ = run(capsys, "packs", "show", PACK, "--lang", "zh")
    assert code == 0
    assert CHINESE.search(chinese)


def test_packs_check_passes_the_shipped_pack(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "packs", "check", PACK)
    assert (code, err) == (0, "")
    assert "no problems" in out


def broken_pack(folder: Path) -> dict[str, int]:
    """A pack with several things wrong, in a rules folder: what each is about, and its line."""
    here = folder / PACK
    shutil.copytree(rules_folder() / PACK, here)
    shutil.copytree(rules_folder() / "formulary", folder / "formulary")
    text = (here / "pack.toml").read_text(encoding="utf-8")
    for old, new in (
        ('of = "state.taper"', 'of = "state.tapper"'),
        ("judged_mean > fasting_far", "judged_mean > fasting_farr"),
        ('propose = { up_units = "prandial_raise" }', 'propose = { up_units = "prandial_rise" }'),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (here / "pack.toml").write_text(text, encoding="utf-8")
    lines = text.splitlines()
    return {
        "'state.tapper'; did you mean 'state.taper'": lines.index("[feature.taper_on]") + 1,
        "did you mean 'fasting_far'": next(i for i, line in enumerate(lines, 1) if "fasting_farr" in line),
        "'prandial_rise'; did you mean 'prandial_raise'": _table_before(lines, "prandial_rise"),
    }


def _table_before(lines: list[str], word: str) -> int:
    at = next(i for i, line in enumerate(lines) if word in line)
    return max(i for i, line in enumerate(lines[:at], 1) if line.startswith("["))


def test_packs_check_tells_every_problem_with_its_line_and_a_suggestion(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = broken_pack(tmp_path)
    code, out, err = run(capsys, "packs", "check", PACK, "--rules", tmp_path)
    assert code == 1
    for about, line in expected.items():
        pattern = rf"^{PACK}/pack\.toml:{line}: .*{re.escape(about)}"
        assert re.search(pattern, out, re.MULTILINE), f"{pattern} not in\n{out}"
    assert re.search(r"^titration: \d+ problems in ", err, re.MULTILINE)
    code, out, _ = run(capsys, "packs", "--rules", tmp_path, "list")
    assert code == 1
    assert re.search(rf"^{PACK}: \d+ problems", out)


def test_a_broken_pack_is_refused_where_it_would_be_used(
    made_ward: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken_pack(tmp_path)
    for command in (("assess", made_ward, "--patient", "W01"), ("replay", made_ward)):
        assert "did you mean 'fasting_far'" in refused(capsys, *command, "--rules", tmp_path)


def test_a_pack_that_is_no_toml_is_told_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken_pack(tmp_path)
    (tmp_path / PACK / "pack.toml").write_text('[pack]\nid = "x"\nversion = = 1\n', encoding="utf-8")
    code, out, _ = run(capsys, "packs", "check", PACK, "--rules", tmp_path)
    assert code == 1
    assert f"{PACK}/pack.toml:3: not TOML" in out
