"""How formulary files are read: amounts, every kind of problem, and all problems told at once."""

from pathlib import Path

import pytest

from titration.formulary import Formulary, FormularyError

GOOD = """
[marks]
increment = "REC-H"
interval_days = "REC-H"
settle_days = "REC-H"
ladder = "REC-H"
max_daily = "REC-H"
hypo_risk = "REC-H"
components = "REC-H"
down = "REC-H"
[product.plain]
name_en = "plain"
name_zh = "甲"
kind = "oral"
drug_class = "biguanide"
unit = "mg"
increment = "0.5"
interval_days = 1
settle_days = 14
ladder = ["0.5", "1"]
max_daily = "2"
hypo_risk = 0
down = "ladder"
[product.pair]
name_en = "pair"
name_zh = "乙"
kind = "oral"
drug_class = "combination"
unit = "tablet"
increment = "1"
interval_days = 1
settle_days = 14
ladder = ["1"]
max_daily = "2"
hypo_risk = 0
down = "stop"
components = [{ drug = "plain", amount = "1" }]
"""


def problems_of(folder: Path, **files: str) -> tuple[str, ...]:
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, "utf-8")
    with pytest.raises(FormularyError) as caught:
        Formulary.load(folder)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def test_amounts_become_thousandths(tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text(GOOD, "utf-8")
    products = Formulary.load(tmp_path).products
    assert products["plain"].ladder == (500, 1000)
    assert products["pair"].components[0].amount == 1000
    assert products["pair"].classes == ("biguanide",)


@pytest.mark.parametrize(
    ("written", "instead", "problem"),
    [
        ('increment = "0.5"', 'increments = "1"', "[product.plain] increments: unknown key: did you mean increment?"),
        ('increment = "0.5"', "increment = 0.5", 'increment: write the number as text, for example "0.5" (found 0.5)'),
        ('increment = "0.5"', 'increment = ".5"', "increment: not a plain decimal number: '.5'"),
        ('increment = "0.5"', 'increment = "0,5"', "increment: not a plain decimal number: '0,5'"),
        ('increment = "0.5"', 'increment = "0.0005"', "increment: 0.0005 is finer than 1/1000"),
        ('increment = "0.5"', 'increment = "0"', "increment: must be above 0"),
        ('increment = "0.5"', 'increment = "0.3"', "ladder: a step is no multiple of increment"),
        ('ladder = ["0.5", "1"]', 'ladder = ["1", "0.5"]', "ladder: the steps must ascend"),
        ('ladder = ["0.5", "1"]', "ladder = []", 'ladder: missing: state the steps, or down = "stop"'),
        ('ladder = ["0.5", "1"]', 'ladder = ["0.5", "3"]', "ladder: the top step is above max_daily"),
        ("settle_days = 14\nladder", "ladder", "[product.plain] settle_days: missing: state it here"),
        ("interval_days = 1\nsettle", "interval_days = 21\nsettle", "settle_days: shorter than the dosing interval"),
        ("interval_days = 1\nsettle", "interval_days = 7\nsettle", "max_daily: means nothing when a dose lasts longer"),
        ("interval_days = 1\nsettle", 'interval_days = "1"\nsettle', "interval_days: Input should be a valid integer"),
        ('drug_class = "biguanide"', 'drug_class = "biguanid"', "drug_class: Input should be 'insulin'"),
        ('drug_class = "biguanide"', 'drug_class = "insulin"', "kind: an insulin is basal, prandial, premix, not oral"),
        ('kind = "oral"\ndrug_class = "biguanide"', 'kind = "premix"\ndrug_class = "insulin"', "rapid_percent: state it"),
        ("hypo_risk = 0", "hypo_risk = 4", "hypo_risk: Input should be less than or equal to 3"),
        ("hypo_risk = 0", "hypo_risk = 1", "[product.pair] hypo_risk: below that of plain"),
        ("hypo_risk = 0", 'hypo_risk = 0\nnote_en = "x"', "note_en, note_zh: give both or neither"),
        ("hypo_risk = 0", 'hypo_risk = 0\nexpected_single = ["2", "1"]', "expected_single: the lower dose comes first"),
        ("hypo_risk = 0", 'hypo_risk = 0\natc = "A10"', "marks.atc: missing: state where the value comes from"),
        ("hypo_risk = 0", 'hypo_risk = 0\nmarks = { atc = "REC-H" }', "marks.atc: marks nothing that is stated"),
        ("hypo_risk = 0", 'hypo_risk = 0\nmarks = { ladder = "REC-L" }', "marks.ladder: 'REC-L' does not start with one"),
        ("hypo_risk = 0", 'hypo_risk = 0\nrenal = [{ below = "30", mark = "?" }]', "marks.renal.0: '?' does not start"),
        (
            "hypo_risk = 0",
            'hypo_risk = 0\nrenal = [{ below = "3", max_daily = "1", mark = "REC-H" }, { below = "4", mark = "REC-H" }]',
            "renal: a lower eGFR must allow less",
        ),
        ("hypo_risk = 0", 'hypo_risk = 0\naliases = ["Pair ,"]', "aliases: 'pair' also names plain: only one"),
        ("hypo_risk = 0", 'hypo_risk = 0\naliases = ["x  y", "X y"]', "aliases: 'x y' is written twice: keep one"),
        ("hypo_risk = 0", 'hypo_risk = 0\naliases = [" ;"]', "aliases: a name is empty"),
        ("hypo_risk = 0", 'hypo_risk = 0\naction = "long"', "action: only for insulin, take it out"),
        ('kind = "oral"', 'kind = "basal"', "action: state how the insulin acts"),
        ('kind = "oral"', 'kind = "basal"', "drug_class: biguanide does not go with kind basal"),
        ('kind = "oral"', 'kind = "basal"', "ladder: insulin has none, take it out"),
        ('kind = "oral"', 'kind = "glp1ra"', "kind: glp1ra goes with drug_class glp1_receptor_agonist"),
        ("hypo_risk = 0", 'hypo_risk = 0\nrenal = [{ below = "30", max_daily = "3", mark = "REC-H" }]', "above max_daily"),
        (
            "hypo_risk = 0",
            'hypo_risk = 0\nrenal = [{ below = "4", mark = "REC-H" }, { below = "3", max_daily = "1", mark = "REC-H" }]',
            "renal: the limits must ascend by below",
        ),
        ("components = [{", 'renal = [{ below = "3", mark = "REC-H" }]\ncomponents = [{', "renal: comes from the components"),
        ('drug_class = "combination"', 'drug_class = "biguanide"', "components: state them for a combination"),
        ("[product.plain]", "[defaults]\nunits = 'mg'\n[product.plain]", "[defaults] units: unknown key: did you mean unit?"),
        ('drug = "plain"', 'drug = "plan"', "[product.pair] components: plan is no product: did you mean plain?"),
        ('drug = "plain"', 'drug = "pair"', "[product.pair] components: pair is a combination itself: name its parts"),
        ('amount = "1"', 'amount = "1.5"', "[product.pair] max_daily: allows more plain than its own max_daily"),
        ("[product.plain]", "[product.Plain_1]", "write the id in small letters"),
        ("[marks]", "[marks]\nladders = 'REC-H'", "bad.toml [marks] ladders: unknown key: did you mean ladder?"),
        ("[marks]", "[mark]", "bad.toml mark: unknown key: did you mean marks?"),
        ("[marks]", "[marks", "bad.toml: not readable as TOML in UTF-8"),
    ],
)  # fmt: skip
def test_problems_name_file_entry_and_remedy(tmp_path: Path, written: str, instead: str, problem: str) -> None:
    assert written in GOOD
    problems = problems_of(tmp_path, bad=GOOD.replace(written, instead, 1))
    assert all(line.startswith("bad.toml") for line in problems)
    assert any(problem in line for line in problems), problems


def test_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    broken = GOOD.replace('increment = "0.5"', "increment = 0.5").replace("hypo_risk = 0\ndown", "hypo_risk = 9\ndown")
    problems = problems_of(tmp_path, first=broken, second="product = [", third=GOOD)
    assert [line.split(":")[0] for line in problems] == [
        "first.toml [product.plain] increment",
        "first.toml [product.plain] hypo_risk",
        "first.toml [product.pair] hypo_risk",
        "second.toml",
        "third.toml [product.plain]",
        "third.toml [product.pair]",
    ]
    assert "first.toml [product.plain] has the same id" in problems[-2]


def test_a_folder_without_files_is_a_problem(tmp_path: Path) -> None:
    assert "no formulary file" in problems_of(tmp_path)[0]


def test_the_hash_follows_content_not_order(tmp_path: Path) -> None:
    plain, pair = GOOD.split("[product.pair]")
    marks = plain.split("[product.plain]")[0]
    hashes: list[str] = []
    for place, files in enumerate(
        [
            {"a": plain, "b": f"{marks}[product.pair]{pair}"},
            {"b": f"{marks}[product.pair]{pair}", "a": plain},
            {"a": plain + "# more\n", "b": f"{marks}[product.pair]{pair}"},
        ]
    ):
        folder = tmp_path / str(place)
        folder.mkdir()
        for name, text in files.items():
            (folder / f"{name}.toml").write_text(text, "utf-8")
        hashes.append(Formulary.load(folder).sha256)
    assert hashes[0] == hashes[1] != hashes[2]
