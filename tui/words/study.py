"""Words of the study: its place among the ledger's entries."""

from collections.abc import Mapping
from typing import Final

EN: Final[Mapping[str, str]] = {
    "kind.study": "study row",
}

ZH: Final[Mapping[str, str]] = {
    "kind.study": "研究记录",
}
