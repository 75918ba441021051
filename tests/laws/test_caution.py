"""A low locks increases out, missing facts never raise a dose, steps and doses keep within their caps."""

from hypothesis import strategies as st

from tests.laws import guarded
from tests.laws.plans import decide, over_packs
from tests.laws.test_monotone import seeds
from tests.laws.wards import ward
from titration.clinical import LineKind
from titration.units import UnitSystem


@over_packs(seed=seeds, system=st.sampled_from(UnitSystem))
def test_increases_are_earned_and_everything_keeps_within_its_caps(pack: str, seed: int, system: UnitSystem) -> None:
    guarded.assert_guarded(decide(pack, ward(seed, system=system)))


@over_packs(seed=seeds)
def test_a_line_the_formulary_does_not_know_is_left_alone(pack: str, seed: int) -> None:
    assert LineKind.OTHER not in guarded.kinds_changed(decide(pack, ward(seed)))
