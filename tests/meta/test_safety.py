"""Every hazard has controls that exist, every rule has a source, and the traceability table says what the data say."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAFETY = ROOT / "docs" / "safety"


@pytest.fixture(scope="module")
def trace() -> ModuleType:
    spec = importlib.util.spec_from_file_location("safety_trace", SAFETY / "trace.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_hazard_is_controlled_and_every_rule_has_a_source(trace: ModuleType) -> None:
    hazards = trace.read_hazards(SAFETY / "hazards.toml")
    assert len(hazards) > 20
    assert list(trace.faults(hazards, trace.Shelf(ROOT))) == []


def test_the_table_is_current(trace: ModuleType) -> None:
    hazards = trace.read_hazards(SAFETY / "hazards.toml")
    assert (SAFETY / "traceability.md").read_text(encoding="utf-8") == trace.table(hazards), (
        "python docs/safety/trace.py"
    )


@pytest.mark.parametrize(
    "control",
    [
        "guard:no_such_limit",
        "loader:no_such_reason",
        "rule:huc-msc-t2dm/no.such.rule",
        "rule:no-such-pack/basal.raise",
        "case:huc-msc-t2dm/no-such-case",
        "test:tests/laws/test_caution.py::test_no_such_law",
        "test:tests/laws/test_no_such_file.py::test_x",
        "test:tests/laws/wards.py::ward",
        "proof:huc-msc-t2dm/no-such-obligation",
        "hope:for-the-best",
    ],
)
def test_a_control_that_is_gone_is_named(trace: ModuleType, control: str) -> None:
    hazard = {"id": "H00", "en": "a", "zh": "b", "harm": "c", "anchor": "d", "controls": [control]}
    found = list(trace.faults([hazard], trace.Shelf(ROOT)))
    assert any(fault.startswith(f"H00: {control}") for fault in found)


def test_a_hazard_that_nothing_controls_is_named(trace: ModuleType) -> None:
    hazard = {"id": "H00", "en": "a", "zh": "", "harm": "c", "anchor": "d", "controls": []}
    found = list(trace.faults([hazard], trace.Shelf(ROOT)))
    assert "H00: nothing controls it" in found
    assert "H00: zh is empty" in found
