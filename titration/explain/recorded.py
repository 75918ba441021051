"""An assessment as tokens that can be kept and read back: every field by its name, and what a pack or formulary holds by its id.

``read`` gives back exactly what ``write`` was given, whatever the program has learnt to say since: a field it did not know then
takes its default.
"""

from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from titration.explain.trace import Assessment
from titration.formulary import Formulary, Product
from titration.packs.model import Pack, Parameter, Source

_BY_NAME = (Product, Parameter, Source)


def write(assessment: Assessment) -> dict[str, Any]:
    """The assessment as data for JSON, without fractions; equal assessments give equal data."""
    return _written(assessment)


def _written(value: Any) -> Any:  # noqa: ANN401 - any part of an assessment
    if isinstance(value, Product):
        return value.id
    if isinstance(value, Parameter | Source):
        return value.name
    if is_dataclass(value) and not isinstance(value, type):
        return {part.name: _written(getattr(value, part.name)) for part in fields(value)}
    if isinstance(value, tuple):
        return [_written(part) for part in value]  # pyright: ignore[reportUnknownVariableType] - parts of a trace
    if isinstance(value, Enum):
        return value.value
    return value


def read(data: dict[str, Any], pack: Pack, formulary: Formulary) -> Assessment:
    """The assessment that ``write`` was given, made with this pack and formulary.

    Raises KeyError when it names a parameter, source or product they lack, or lacks a field that has no default.
    """
    return _Reader(pack, formulary).make(Assessment, data)


class _Reader:
    def __init__(self, pack: Pack, formulary: Formulary) -> None:
        self._named = {Product: formulary.products, Parameter: pack.parameters, Source: pack.sources}

    def make(self, kind: Any, data: Any) -> Any:  # noqa: ANN401 - any part of an assessment
        """A part of the declared kind."""
        origin, arguments = get_origin(kind), get_args(kind)
        if origin in (Union, UnionType):
            if data is None:
                return None
            (kind,) = (part for part in arguments if part is not NoneType)
            return self.make(kind, data)
        if origin is tuple:
            return tuple(self.make(arguments[0], part) for part in data)
        if kind in _BY_NAME:
            return self._named[kind][data]
        if is_dataclass(kind):
            return self._record(kind, data)
        return kind(data) if isinstance(kind, type) and issubclass(kind, Enum) else data

    def _record(self, kind: Any, data: dict[str, Any]) -> Any:  # noqa: ANN401 - any part of an assessment
        hints = _hints(kind)
        made = {name: self.make(hints[name], data[name]) for name in hints if name in data}
        for part in fields(kind):
            if part.name not in made and part.default is MISSING and part.default_factory is MISSING:
                raise KeyError(part.name)
        return kind(**made)


@cache
def _hints(kind: Any) -> dict[str, Any]:  # noqa: ANN401 - a class of the trace
    return {part.name: get_type_hints(kind)[part.name] for part in fields(kind)}
