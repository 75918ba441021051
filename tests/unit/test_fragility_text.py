"""What fragility says: every dose with its unit, every line with its time of day."""

import pytest

from titration.clinical import PlanKind, Route, Slot, Timing
from titration.explain.phrases import Language
from titration.explain.voice import Voice
from titration.service.fragility import Fragility, Single, Turn
from titration.service.fragility_text import fragility_text
from titration.service.packs import open_formulary, open_pack
from titration.units import UnitSystem


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", ("bedtime: hold at 8 units becomes lower to 1 unit",)), ("zh", ("睡前：维持 8 单位", "减至 1 单位"))],
)
def test_a_turn_names_its_line_and_the_unit_of_both_doses(language: Language, said: tuple[str, ...]) -> None:
    turn = Turn("insulin-glargine", Slot.BEDTIME, Route.SC, PlanKind.HOLD, 8000, PlanKind.ADJUST_DOWN, 1000)
    found = Fragility(Single(29_000_000, Timing.FASTING, 66, 43, False, (turn,)), None, None, None, 1)
    text = fragility_text(
        found, open_formulary(None), Voice(open_pack("huc-msc-t2dm", None), language, UnitSystem.MMOL)
    )
    assert all(part in text for part in said), text
