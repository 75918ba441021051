"""`pytest --titration-rules` on a folder of packs: a good one passes, and every law finds the fault planted for it."""

import json
import shutil
from pathlib import Path

import pytest

from tests.laws.rewriting import replaced
from titration.packs.load import find_packs, load_pack
from titration.resources import rules_folder
from titration.testing import items
from titration.testing.pack_laws import PACK_LAWS

pytest_plugins = ["pytester"]

GOOD = "ada-basal"
INI = """
[pytest]
addopts = -W error --strict-config --strict-markers -p no:cacheprovider
asyncio_default_fixture_loop_scope = function
"""
BASAL, INSULIN = '"basal"', '"basal", "prandial", "premix"'
TARGET = '[parameter.target]\nmmol = "7.2"\nmgdl = 130\n'
TOO_MANY = '[parameter.too_many]\nvalue = "9"\nunit = "units"\nsource = "ada"\n'
ONE_DAY_MEAN = TARGET.replace('"7.2"', '"6.2"').replace("130", "112")


def rule(name: str, tier: str, when: str, propose: str, kinds: str = BASAL) -> str:
    return f'[[rule]]\nid = "{name}"\nfor = [{kinds}]\ntier = "{tier}"\nwhen = "{when}"\npropose = {{ {propose} }}\n'


def bench(folder: Path, *rules: str, guard: bool = False, **changes: tuple[str, str]) -> Path:
    """The good pack with nothing but these rules, the features they name, and some of its text replaced."""
    here = Path(shutil.copytree(find_packs(rules_folder())[GOOD], folder / "planted"))
    (here / "cases.toml").unlink()
    (here / "certificate.json").unlink()
    text = (here / "pack.toml").read_text(encoding="utf-8")
    head, _, rest = text.partition("# ---------------------------------------------------------------- features")
    said = "".join(rules)
    kept = [
        f"[feature.{part}"
        for part in rest.partition("[arbitration]")[0].split("[feature.")[1:]
        if part.partition("]")[0] in said
    ]
    head = replaced(head, 'status = "draft"', 'status = "bench"')
    order = f"[arbitration]\nwithdraw = [{INSULIN}]\nraise = [{INSULIN}]\n"
    text = "\n".join((head, TOO_MANY, "".join(kept), "" if guard else "[guard]\noff = true\n", order, said))
    for old, new in changes.values():
        text = replaced(text, old, new)
    (here / "pack.toml").write_text(text, encoding="utf-8")
    return here


def texts_apart(folder: Path) -> Path:
    """The good pack, whose Chinese text says 3 units where its English says none."""
    here = Path(shutil.copytree(find_packs(rules_folder())[GOOD], folder / "planted"))
    path = here / "text.zh.toml"
    path.write_text(replaced(path.read_text(encoding="utf-8"), "按表加量", "按表加 3 单位"), encoding="utf-8")
    return here


RAISE_ALWAYS = rule("raise.always", "raise", "insulin_lines >= 0", 'up_units = "two_units"')
FAULTS = {
    "low_never_raises": lambda at: bench(at, RAISE_ALWAYS),
    "missing_never_raises": lambda at: bench(at, RAISE_ALWAYS),
    "changes_wait": lambda at: bench(at, RAISE_ALWAYS),
    "new_readings_come_first": lambda at: bench(at, RAISE_ALWAYS),
    "steps_keep_within_caps": lambda at: bench(
        at, rule("raise.much", "raise", "fasting_mean > target", 'up_units = "too_many"')
    ),
    "insulin_stops_need_c_peptide": lambda at: bench(
        at, rule("stop.in-target", "taper", "fasting_mean <= target", "stop = true")
    ),
    "one_line_changes_a_day": lambda at: bench(
        at, rule("raise.all", "raise", "insulin_lines >= 0", 'up_units = "two_units"', INSULIN)
    ),
    "higher_never_lowers": lambda at: bench(
        at, rule("raise.swapped", "raise", "fasting_mean < target", 'up_units = "two_units"'), guard=True
    ),
    "lower_keeps_direction": lambda at: bench(
        at, rule("reduce.swapped", "reduce", "fasting_mean > target", 'down_percent = "ten_percent"'), guard=True
    ),
    "lo_is_lowest": lambda at: bench(
        at,
        rule("low.numbers-only", "safety", "low_1_since > 0", 'down_percent = "ten_percent"'),
        guard=True,
        floor=('below = "low_1"\n', 'below = "low_1"\nabove = "meter_floor"\n'),
        pair=(TARGET, f'{TARGET}source = "ada"\n[parameter.meter_floor]\nmmol = "0.5"\nmgdl = 9\n'),
    ),
    "units_agree": lambda at: bench(
        at,
        rule("raise.2", "raise", "fasting_mean > target", 'up_units = "two_units"'),
        guard=True,
        pair=(TARGET, TARGET.replace("130", "150")),
    ),
    "languages_agree": texts_apart,
    "comes_to_rest": lambda at: bench(
        at,
        rule("raise.2", "raise", "fasting_mean > target", 'up_units = "two_units"'),
        rule("reduce.2", "reduce", "fasting_mean <= target", 'down_percent = "ten_percent"'),
        pair=(TARGET, ONE_DAY_MEAN),
        window=("window_days = 3\nmin_count = 3\nsince_change = true\n", "window_days = 1\nmin_count = 1\n"),
    ),
}


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    assert items
    pytester.makeini(INI)
    return pytester.runpytest_inprocess("--titration-rules", "rules", *arguments)


@pytest.mark.slow
def test_a_good_pack_keeps_every_law_and_case_each_by_its_name(pytester: pytest.Pytester) -> None:
    here = Path(shutil.copytree(find_packs(rules_folder())[GOOD], pytester.path / "rules" / GOOD))
    proofs = json.loads((here / "certificate.json").read_text(encoding="utf-8"))["obligations"]
    result = run(pytester, "-v", "--titration-wards", "1")
    # Loading, laws, cases, every obligation, and whether the certificate is of this pack.
    result.assert_outcomes(passed=1 + len(PACK_LAWS) + 66 + len(proofs) + 1)
    result.stdout.fnmatch_lines_random(
        [
            f"{GOOD}::load PASSED*",
            *(f"{GOOD}::law::{law.id} PASSED*" for law in PACK_LAWS),
            f"{GOOD}::case::cell-7.1 PASSED*",
        ]
    )


def test_a_fault_is_planted_for_every_law() -> None:
    assert FAULTS.keys() == {law.id for law in PACK_LAWS}


def test_the_page_for_authors_has_every_law() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "testing-packs.md").read_text(encoding="utf-8")
    for law in PACK_LAWS:
        assert f"| `{law.id}` | {law.says} |".casefold() in page.casefold(), law.id


@pytest.mark.slow
@pytest.mark.parametrize("law", FAULTS)
def test_a_law_finds_the_fault_planted_for_it(law: str, pytester: pytest.Pytester) -> None:
    load_pack(FAULTS[law](pytester.path / "rules"))
    result = run(pytester, "-k", f"law and {law}")
    result.assert_outcomes(failed=1)
    says = next(each.says for each in PACK_LAWS if each.id == law)
    result.stdout.fnmatch_lines([f"*planted, law, {law}*", f"{says}: broken.*", "  *", f"FAILED planted::law::{law}*"])


def test_a_pack_that_does_not_load_says_why_and_is_tested_no_further(pytester: pytest.Pytester) -> None:
    here = bench(pytester.path / "rules", RAISE_ALWAYS, slip=('two_units" }', 'two_unit" }'))
    result = run(pytester)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*{here.name}*unknown parameter 'two_unit'; did you mean 'two_units'?"])


def test_a_case_that_comes_out_otherwise_fails_by_its_name(pytester: pytest.Pytester) -> None:
    here = Path(shutil.copytree(find_packs(rules_folder())[GOOD], pytester.path / "rules" / "ours"))
    cases = here / "cases.toml"
    cases.write_text(
        cases.read_text(encoding="utf-8").replace('up", dose = "42"', 'up", dose = "43"', 1), encoding="utf-8"
    )
    result = run(pytester, "-k", "case")
    result.assert_outcomes(passed=65, failed=1)
    result.stdout.fnmatch_lines(["*dose expected 43, got 42*", "FAILED ours::case::*"])


def test_a_certificate_holds_for_its_pack_and_engine_only(pytester: pytest.Pytester) -> None:
    here = bench(pytester.path / "rules", RAISE_ALWAYS)
    content = {
        "pack_sha256": "of another pack",
        "obligations": [{"id": "caps", "outcome": "proved"}, {"id": "low", "outcome": "refuted", "why": "day 3"}],
    }
    (here / "certificate.json").write_text(json.dumps(content), encoding="utf-8")
    result = run(pytester, "-k", "proof")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        ["*changed since it was proved", "refuted: day 3", "FAILED planted::proof::certificate-is-current*"]
    )


def test_without_the_option_nothing_of_it_is_loaded(pytester: pytest.Pytester) -> None:
    pytester.makeini(INI)
    pytester.makepyfile(
        """
        import sys

        def test_light():
            assert "titration.testing.plugin" in sys.modules
            assert not {"titration.testing.items", "titration.engine", "numpy"} & set(sys.modules)
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:hypothesispytest")
    result.assert_outcomes(passed=1)


def test_a_folder_without_packs_is_an_error_of_use(pytester: pytest.Pytester) -> None:
    pytester.makeini(INI)
    (pytester.path / "empty").mkdir()
    result = pytester.runpytest_inprocess("--titration-rules", "empty")
    assert result.ret is pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*no pack.toml in*empty*"])
    assert pytester.runpytest_inprocess("--titration-wards", "0").ret is pytest.ExitCode.USAGE_ERROR
