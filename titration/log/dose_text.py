"""Doses in the text cells of a ``shanghai-t2dm`` recording: products, amounts, combination tablets.

Whatever is not read as a dose is handed back as a remainder, never dropped: ``Novolin R, 4,5 IU`` is not 5 units.
"""

import re
from dataclasses import dataclass
from typing import Final

from titration.formulary import Formulary, Product
from titration.log.notation import squeezed, thousandths
from titration.log.report import Reason
from titration.units import MILLI

_NUMBER: Final = r"(\d+(?:\.\d+)?)"
_INSULIN: Final = re.compile(rf"(.+?)[\s,;]+{_NUMBER}\s*(?:IU|units?)(?![\w/])", re.IGNORECASE | re.ASCII)
_INFUSED: Final = re.compile(rf"(?<![\d.,]){_NUMBER}\s*IU\s+([^,;]+)", re.IGNORECASE | re.ASCII)
_COMBINED: Final = re.compile(
    rf"([^,;/\d][^,;/]*(?:/[^,;/\d]+)+?)(?:\s+tablets?)?[\s,]+{_NUMBER}\s*(m?g)\s*/\s*{_NUMBER}\s*(m?g)(?![\w/])",
    re.IGNORECASE | re.ASCII,
)
_TABLET: Final = re.compile(rf"([^,;/\d][^,;/]*?)[\s,]+{_NUMBER}\s*(m?g)(?![\w/])", re.IGNORECASE | re.ASCII)
_ENDS_IN_NUMBER: Final = re.compile(r"(?:^|[\s,;.])\d+$", re.ASCII)
_SEPARATORS: Final = " ,;\t\n\r"


@dataclass(frozen=True, slots=True)
class WrittenDose:
    """One dose as read from text: formulary id or name as written, thousandths of its unit.

    ``doubtful`` is a dose outside the range the formulary expects of a single one.
    """

    drug: str
    product: Product | None
    amount: int
    unit: str
    raw: str
    doubtful: bool = False


def insulin_doses(cell: str, formulary: Formulary) -> tuple[list[WrittenDose], str]:
    """Doses of ``PRODUCT, N IU`` (comma optional, several per cell), and the text that is none."""
    doses: list[WrittenDose] = []
    rest: list[str] = []
    end = 0
    for match in _INSULIN.finditer(cell):
        written = squeezed(match[1].strip(_SEPARATORS))
        product = formulary.find(written)
        _append(doses, rest, written, product, number=match[2], raw=match[0])
        rest.append(cell[end : match.start()])
        end = match.end()
    rest.append(cell[end:])
    return doses, _remainder(rest)


def infused_doses(cell: str, formulary: Formulary) -> tuple[list[WrittenDose], str]:
    """Doses of ``N IU PRODUCT`` in an infusion's text; the fluids beside them are no remainder."""
    doses: list[WrittenDose] = []
    rest: list[str] = []
    for match in _INFUSED.finditer(cell):
        written = squeezed(match[2].strip(_SEPARATORS))
        _append(doses, rest, written, formulary.find(written), number=match[1], raw=match[0])
    return doses, _remainder(rest) if doses else squeezed(cell)


def other_doses(cell: str, formulary: Formulary) -> tuple[list[WrittenDose], str]:
    """Doses of ``DRUG N mg`` or ``DRUG, N g`` and of ``DRUG/DRUG tablets N mg / N mg`` (one tablet each)."""
    doses: list[WrittenDose] = []
    rest: list[str] = []
    for match in _COMBINED.finditer(cell):
        written = squeezed(match[0].strip(_SEPARATORS))
        name = squeezed(match[1].strip(_SEPARATORS))
        product = formulary.find(written) or formulary.find(f"{name} {match[2]}/{match[4]}") or formulary.find(name)
        doses.append(WrittenDose(product.id if product else written, product, MILLI, "tablet", written))
    left = _COMBINED.sub(",", cell)
    end = 0
    for match in _TABLET.finditer(left):
        written = squeezed(match[1].strip(_SEPARATORS))
        _append(doses, rest, written, formulary.find(written), number=match[2], raw=match[0], unit=match[3])
        rest.append(left[end : match.start()])
        end = match.end()
    rest.append(left[end:])
    return doses, _remainder(rest)


def _append(
    doses: list[WrittenDose],
    rest: list[str],
    written: str,
    product: Product | None,
    *,
    number: str,
    raw: str,
    unit: str = "units",
) -> None:
    amount = thousandths(number)
    name = product.id if product else written
    own = "units" if unit == "units" else "mg"
    # An unknown product that ends in a number is the front of a broken one: ``4,5 IU`` is not 5 units.
    broken = product is None and (not written or _ENDS_IN_NUMBER.search(written))
    if broken or isinstance(amount, Reason) or (product is not None and product.unit != own):
        rest.append(raw)
        return
    amount = amount * MILLI if unit.casefold() == "g" else amount
    expected = product.expected_single if product else None
    doubtful = expected is not None and not expected[0] <= amount <= expected[1]
    doses.append(WrittenDose(name, product, amount, own, squeezed(raw), doubtful))


def _remainder(parts: list[str]) -> str:
    return squeezed(" ".join(part.strip(_SEPARATORS) for part in parts if part.strip(_SEPARATORS)))
