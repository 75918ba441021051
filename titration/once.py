"""Values worked out when first asked for, and kept."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class once(Generic[T]):  # noqa: N801 - reads as the decorator it is, like the one of the standard library
    """``functools.cached_property`` without the lock that one takes before Python 3.12.

    A patient's plan reads fifty such values a first time, and the locks take longer than some of the work. Two threads
    that ask at once both work the value out, and either may be kept: only for values that are the same each time.
    """

    def __init__(self, work_out: Callable[[Any], T]) -> None:
        self._work_out = work_out
        self._name = work_out.__name__
        self.__doc__ = work_out.__doc__

    def __get__(self, instance: Any, owner: type | None = None) -> T:  # noqa: ANN401 - of any class
        """The value of an instance; from then on its own attribute, found before this is asked again."""
        value = self._work_out(instance)
        instance.__dict__[self._name] = value
        return value
