"""A line of typed text with a caret: the one way anything is typed in this application."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class Field:
    """Typed text. ``caret`` counts characters before it. The text of a secret is never shown, nor in ``repr``."""

    text: str = field(default="", repr=False)
    caret: int = 0
    secret: bool = False
    most: int = 200

    @classmethod
    def holding(cls, text: str) -> "Field":
        """A field with ``text`` and the caret behind it."""
        return cls(text=text, caret=len(text))

    def insert(self, typed: str) -> "Field":
        """``typed`` put in at the caret; what cannot be shown is left out, and so is what would make it too long."""
        kept = "".join(c for c in typed if c.isprintable())[: self.most - len(self.text)]
        text = self.text[: self.caret] + kept + self.text[self.caret :]
        return replace(self, text=text, caret=self.caret + len(kept))

    def backspace(self) -> "Field":
        """Without the character before the caret."""
        if not self.caret:
            return self
        return replace(self, text=self.text[: self.caret - 1] + self.text[self.caret :], caret=self.caret - 1)

    def delete(self) -> "Field":
        """Without the character at the caret."""
        return replace(self, text=self.text[: self.caret] + self.text[self.caret + 1 :])

    def move(self, by: int) -> "Field":
        """The caret ``by`` characters further, as far as there is text."""
        return replace(self, caret=max(0, min(len(self.text), self.caret + by)))

    def home(self) -> "Field":
        """The caret in front."""
        return replace(self, caret=0)

    def end(self) -> "Field":
        """The caret behind."""
        return replace(self, caret=len(self.text))

    def clear(self) -> "Field":
        """Empty."""
        return replace(self, text="", caret=0)


EMPTY: Final = Field()

EDITS: Final[Mapping[str, Callable[[Field], Field]]] = {
    "backspace": Field.backspace,
    "ctrl+h": Field.backspace,
    "delete": Field.delete,
    "left": lambda f: f.move(-1),
    "right": lambda f: f.move(1),
    "home": Field.home,
    "end": Field.end,
    "ctrl+a": Field.home,
    "ctrl+e": Field.end,
    "ctrl+u": Field.clear,
}
"""Keys that edit a field wherever one is open; they cannot be given to another action there."""


def edited(field_: Field, key: str) -> Field | None:
    """The field after an editing key; None when ``key`` edits nothing."""
    edit = EDITS.get(key)
    return None if edit is None else edit(field_)
