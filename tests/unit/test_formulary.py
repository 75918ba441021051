"""The shipped formulary: names, steps, limits, evidence marks, and the names a public log writes."""

import os
import pickle
import re
import sys
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from titration.clinical import LineKind
from titration.formulary import Product, normalise, shipped
from titration.formulary_schema import MARK_TAGS, MARKED_FIELDS
from titration.resources import rules_folder

PRODUCTS = shipped().products
INSULIN_KINDS = {LineKind.BASAL, LineKind.PRANDIAL, LineKind.PREMIX}


def every_product() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("product", PRODUCTS.values(), ids=list(PRODUCTS))


def raw_names() -> dict[str, str]:
    """Product id by name as the files write it, read without the loader; every white space one blank, case folded."""
    names: dict[str, str] = {}
    for path in (rules_folder() / "formulary").glob("*.toml"):
        for product_id, entry in tomllib.loads(path.read_text("utf-8"))["product"].items():
            for name in (product_id, entry["name_en"], entry["name_zh"], *entry.get("aliases", [])):
                names[re.sub(r"\s+", " ", name).strip().casefold()] = product_id
    return names


RAW_NAMES = raw_names()


# --- names -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "product_id"),
    [
        ("Novolin R", "insulin-human-regular"),
        ("Humulin R", "insulin-human-regular"),
        ("Gansulin R", "insulin-human-regular"),
        ("Regular", "insulin-human-regular"),
        ("insulin aspart", "insulin-aspart"),
        ("insulin glulisine", "insulin-glulisine"),
        ("insulin glargine", "insulin-glargine"),
        ("insulin glarigine", "insulin-glargine"),
        ("insulin detemir", "insulin-detemir"),
        ("insulin degludec", "insulin-degludec"),
        ("NPH", "insulin-nph"),
        ("UltraLente", "insulin-ultralente"),
        ("Novolin 30R", "insulin-human-30r"),
        ("Humulin 70/30", "insulin-human-30r"),
        ("SciLin M30", "insulin-human-30r"),
        ("Gansulin 40R", "insulin-human-40r"),
        ("Novolin 50R", "insulin-human-50r"),
        ("insulin aspart 70/30", "insulin-aspart-30"),
        ("insulin aspart 50/50", "insulin-aspart-50"),
        ("sitagliptinphosphate/metforminhydrochloride tablets 50 mg / 500 mg", "sitagliptin-metformin-50-500"),
        ("消渴丸", "xiaoke-pill"),
        ("IDegLira", "insulin-degludec-liraglutide"),
        ("IDegAsp", "insulin-degludec-aspart"),
        ("insulin icodec", "insulin-icodec"),
    ],
)
def test_names_of_the_logs_are_found(written: str, product_id: str) -> None:
    found = shipped().find(written)
    assert found is not None
    assert found.id == product_id


@pytest.mark.parametrize(
    "written",
    ["Insulin\xa0Glargine", "  insulin   glargine ", "insulin glargine,", "insulin glargine ; ", "INSULIN\tGLARGINE"],
)
def test_white_space_commas_and_case_do_not_matter(written: str) -> None:
    assert shipped().find(written) is PRODUCTS["insulin-glargine"]


@pytest.mark.parametrize(
    "written",
    [
        "", " ", ",", "insulin", "Novolin", "Humulin", "Gansulin", "glargin", "insulin glargine U500", "metformi",
        "Humalog U200", "Humulin R U-500", "NovoMix", "iGlarLixi", "Janumet", "semaglutide", "exenatide",
        "sitagliptinphosphate/metforminhydrochloride tablets", "sitagliptin/metformin 50/501", "30R", "70/30",
        "Gansulin 40", "insulin aspart 30/70", "insulin, glargine", "none",
    ],
)  # fmt: skip
def test_names_that_do_not_say_what_is_taken_find_nothing(written: str) -> None:
    assert shipped().find(written) is None


@every_product()
def test_every_name_of_a_product_finds_it(product: Product) -> None:
    for name in product.names:
        assert shipped().find(f" {name.upper().replace(' ', chr(160))} ,;") is product


def test_every_name_belongs_to_one_product() -> None:
    claims = sorted((normalise(name), product.id) for product in PRODUCTS.values() for name in set(product.names))
    owners: dict[str, set[str]] = {}
    for name, product_id in claims:
        owners.setdefault(name, set()).add(product_id)
    assert {name: ids for name, ids in owners.items() if len(ids) > 1} == {}
    assert set(owners) == set(RAW_NAMES)


@st.composite
def mutated_names(draw: st.DrawFn) -> str:
    """A known name with one to three characters taken out, put in or changed."""
    name = draw(st.sampled_from(sorted(RAW_NAMES)))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(name)))
        insert = draw(st.sampled_from(["", "0", "3", "5", "R", "n", "U", " ", "/", "-", ",", "注", "。"]))
        name = name[:place] + insert + name[place + draw(st.integers(0, 1)) :]
    return name


@given(written=mutated_names() | st.text(max_size=20))
def test_find_never_guesses(written: str) -> None:
    as_compared = re.sub(r"^[\s,;]+|[\s,;]+$", "", re.sub(r"\s+", " ", written)).casefold()
    found = shipped().find(written)
    assert (None if found is None else found.id) == RAW_NAMES.get(as_compared)


# --- the shipped data --------------------------------------------------------------------------------------------


@every_product()
def test_ladder_ascends_in_whole_increments_within_the_maximum(product: Product) -> None:
    assert all(lower < upper for lower, upper in pairwise(product.ladder))
    assert product.increment > 0
    assert all(step > 0 and step % product.increment == 0 for step in product.ladder)
    if product.ladder and product.max_daily is not None:
        assert product.ladder[-1] <= product.max_daily
    assert (product.ladder == ()) if product.kind in INSULIN_KINDS else (product.ladder or product.down == "stop")


@every_product()
def test_less_kidney_function_never_allows_more(product: Product) -> None:
    assert all(lower.below < upper.below for lower, upper in pairwise(product.renal))
    limits = [product.renal_limit(egfr * 1000) for egfr in range(130)]
    unlimited = product.max_daily or sys.maxsize
    allowed = [unlimited if limit is None else limit.max_daily or 0 for limit in limits]
    assert allowed == sorted(allowed)
    assert allowed[-1] == unlimited
    assert (allowed[0] < unlimited) == bool(product.renal)


@every_product()
def test_components_exist_and_give_classes_risk_and_limits(product: Product) -> None:
    if product.drug_class != "combination":
        assert product.components == ()
        assert product.classes == (product.drug_class,)
        return
    parts = [PRODUCTS[part.drug] for part in product.components]
    assert set(product.classes) == {part.drug_class for part in parts}
    assert "combination" not in product.classes
    assert product.hypo_risk == max(part.hypo_risk for part in parts)
    for amount, part in zip((part.amount for part in product.components), parts, strict=True):
        assert product.max_daily is not None
        assert part.max_daily is None or product.max_daily * amount <= part.max_daily * 1000
        for egfr in range(130):
            limit, whole = part.renal_limit(egfr * 1000), product.renal_limit(egfr * 1000)
            if limit is not None:
                assert whole is not None
                assert (whole.max_daily or 0) * amount <= (limit.max_daily or 0) * 1000


def test_hidden_sulfonylureas_and_glinides_show_in_classes() -> None:
    hidden = {
        product.id
        for product in PRODUCTS.values()
        if product.drug_class == "combination" and {"sulfonylurea", "glinide"} & set(product.classes)
    }
    assert hidden == {
        "xiaoke-pill",
        "metformin-glibenclamide-500-2.5",
        "metformin-glibenclamide-250-1.25",
        "glipizide-metformin-2.5-250",
        "repaglinide-metformin-1-500",
        "repaglinide-metformin-2-500",
    }
    assert PRODUCTS["xiaoke-pill"].classes == ("sulfonylurea",)
    assert PRODUCTS["xiaoke-pill"].components[0].amount == 250
    assert all(PRODUCTS[product_id].hypo_risk >= 2 for product_id in hidden)


@every_product()
def test_every_value_carries_an_accepted_mark(product: Product) -> None:
    stated = {field for field in MARKED_FIELDS if getattr(product, field) not in (None, ())}
    assert set(product.marks) == stated
    for mark in (*product.marks.values(), *(limit.mark for limit in product.renal)):
        assert mark.split(":")[0] in MARK_TAGS
        assert "REC-L" not in mark


@every_product()
def test_printed_text_follows_the_notation_rules(product: Product) -> None:
    for text in (product.name_en, product.name_zh, product.note_en, product.note_zh):
        assert not re.search(r"\d\s*(U|IU|u|iu)\b|μg|ug\b|[<>]", text), text
        assert not re.search(r"\d\.0\b|(?<!\d)\.\d", text), text


@every_product()
def test_concentration_shows_in_names_where_a_substance_has_several(product: Product) -> None:
    siblings = {other.concentration for other in PRODUCTS.values() if other.atc == product.atc}
    if product.concentration is not None and len(siblings) > 1:
        assert f"{product.concentration} units/mL" in product.name_en
        assert f"{product.concentration} 单位/mL" in product.name_zh


def test_concentrations_ratios_and_devices_are_products_of_their_own() -> None:
    u40, ratio = PRODUCTS["insulin-human-regular-u40"], PRODUCTS["insulin-human-40r"]
    assert (u40.concentration, u40.rapid_percent, u40.kind) == (40, None, LineKind.PRANDIAL)
    assert (ratio.concentration, ratio.rapid_percent, ratio.kind) == (100, 40, LineKind.PREMIX)
    bare, u100, u300 = (PRODUCTS[f"insulin-glargine{end}"] for end in ("", "-u100", "-u300"))
    assert bare.atc == u100.atc == u300.atc == "A10AE04"
    assert (bare.concentration, bare.increment, bare.settle_days) == (None, u100.increment, u100.settle_days)
    assert (u300.concentration, u300.increment, u300.settle_days) == (300, 1000, 7)
    assert PRODUCTS["insulin-glargine-u300-max"].increment == 2000
    weekly = PRODUCTS["insulin-icodec"]
    assert (weekly.interval_days, weekly.increment, weekly.concentration) == (7, 10_000, 700)


@pytest.mark.parametrize(
    ("product_id", "expected"),
    [
        ("metformin", (250_000, 1_000_000)),
        ("acarbose", (25_000, 100_000)),
        ("voglibose", (200, 300)),
        ("gliclazide", (15_000, 160_000)),
        ("glimepiride", (1000, 8000)),
        ("gliquidone", (15_000, 60_000)),
        ("repaglinide", (500, 4000)),
        ("sitagliptin", (25_000, 100_000)),
        ("linagliptin", (5000, 5000)),
        ("dapagliflozin", (5000, 10_000)),
        ("empagliflozin", (10_000, 25_000)),
        ("canagliflozin", (100_000, 300_000)),
        ("pioglitazone", (15_000, 45_000)),
        ("liraglutide", (600, 1800)),
    ],
)
def test_expected_single_doses(product_id: str, expected: tuple[int, int]) -> None:
    assert PRODUCTS[product_id].expected_single == expected


@pytest.mark.parametrize(
    ("product_id", "egfr", "max_daily"),
    [
        ("sitagliptin", 45_000, "no limit"),
        ("sitagliptin", 44_999, 50_000),
        ("sitagliptin", 30_000, 50_000),
        ("sitagliptin", 29_999, 25_000),
        ("metformin", 45_000, "no limit"),
        ("metformin", 44_999, None),
        ("canagliflozin", 59_000, 100_000),
        ("canagliflozin", 29_000, None),
        ("xiaoke-pill", 59_999, None),
        ("vildagliptin-metformin-50-850", 49_000, 1000),
        ("vildagliptin-metformin-50-850", 44_000, None),
        ("insulin-glargine", 10_000, "no limit"),
    ],
)
def test_renal_limits_at_their_edges(product_id: str, egfr: int, max_daily: int | str | None) -> None:
    limit = PRODUCTS[product_id].renal_limit(egfr)
    assert ("no limit" if limit is None else limit.max_daily) == max_daily


def test_products_can_be_hashed_and_sent_to_other_processes() -> None:
    assert len(set(PRODUCTS.values())) == len(PRODUCTS)
    assert pickle.loads(pickle.dumps(shipped())).products == PRODUCTS


def test_gliclazide_of_unknown_formulation_offers_no_step() -> None:
    bare = PRODUCTS["gliclazide"]
    assert (bare.ladder, bare.down) == ((), "stop")
    assert PRODUCTS["gliclazide-mr"].ladder == (30_000, 60_000, 90_000, 120_000)


# --- the public log ----------------------------------------------------------------------------------------------

AGENTS = 14
"""Column of the summary that lists a patient's hypoglycaemic agents."""
NOT_A_DRUG = {"none"}
"""What that column writes for a patient without any."""


@pytest.fixture(scope="module")
def shanghai() -> Path:
    beside = Path(__file__).resolve().parents[2].parent / "shared" / "data"
    folder = Path(os.environ.get("TITRATION_DATA", beside)) / "shanghai-t2dm"
    if not folder.is_dir():
        pytest.skip("NOT CHECKED: the Shanghai T2DM folder is absent; set TITRATION_DATA to the folder that holds it")
    return folder


def rows_of(path: Path) -> list[list[object]]:
    calamine = pytest.importorskip("python_calamine")
    return calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()[1:]


def written_drugs(cell: str) -> Iterator[str]:
    """The product names of one dose cell, as written."""
    if tablets := re.fullmatch(r".* tablets [\d.]+ mg / [\d.]+ mg", cell.strip()):
        yield tablets[0]
    elif infusion := re.search(r"[\d.]+ IU ([^,]+)", cell):
        yield infusion[1]
    else:
        yield from (dose[1] for dose in re.finditer(r"(\S.*?)[\s,;]+[\d.]+\s*(?:IU|mg|g)\b[\s,;]*", cell))


def test_every_name_in_the_shanghai_files_is_known(shanghai: Path) -> None:
    names: set[str] = set()
    for path in sorted(shanghai.glob("[0-9]*.xls*")):
        for row in rows_of(path):
            for cell in (row[6], row[7], row[8], row[10]):
                names.update(written_drugs(cell) if isinstance(cell, str) and "(" not in cell else ())
    summary = rows_of(shanghai / "Shanghai_T2DM_Summary.xlsx")
    names.update(name.strip() for row in summary for name in str(row[AGENTS]).split(","))
    assert len(names) >= 25
    assert {name for name in names if shipped().find(name) is None} - NOT_A_DRUG == set()
