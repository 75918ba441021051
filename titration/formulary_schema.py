"""The schema of formulary files: one strict model an entry, and every problem of every file at once.

Amounts are text in the drug's unit and become thousandths. Nothing here knows products: ``formulary`` builds them.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from titration.clinical import LineKind
from titration.units import MILLI, decimal_of, on_grid

__all__ = ["Draft", "Entry", "did_you_mean", "read_drafts"]

INSULIN_KINDS: Final = frozenset({LineKind.BASAL, LineKind.PRANDIAL, LineKind.PREMIX})
MARK_TAGS: Final = ("FOUND", "FOUND-2", "REC-H", "REC-M", "INFERRED", "PROPOSED")
"""Evidence tags a value may carry. REC-L is absent on purpose: such a value is not encoded at all."""
MARKED_FIELDS: Final = (
    "aliases", "atc", "concentration", "rapid_percent", "increment", "interval_days", "settle_days", "ladder",
    "max_daily", "expected_single", "hypo_risk", "components", "down",
)  # fmt: skip
"""Fields that need an evidence mark wherever they are stated; a renal limit carries its own."""

_ID: Final = re.compile(r"[a-z0-9.]+(-[a-z0-9.]+)*")


def _thousandths(value: object) -> int:
    if not isinstance(value, str):
        raise ValueError('write the number as text, for example "0.5"')
    number = on_grid(decimal_of(value), MILLI)
    if number <= 0:
        raise ValueError("must be above 0")
    return number


_Amount: TypeAlias = Annotated[int, BeforeValidator(_thousandths)]
_Text: TypeAlias = Annotated[str, Field(min_length=1)]
_Class: TypeAlias = Literal[
    "insulin", "sulfonylurea", "glinide", "biguanide", "alpha_glucosidase_inhibitor", "thiazolidinedione",
    "dpp4_inhibitor", "sglt2_inhibitor", "glp1_receptor_agonist", "glucokinase_activator", "ppar_pan_agonist",
    "combination",
]  # fmt: skip
_InsulinAction: TypeAlias = Literal[
    "rapid", "short", "intermediate", "long", "ultra_long", "weekly", "premix", "coformulation"
]


class _Model(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, defer_build=True)


class _Limit(_Model):
    below: _Amount
    max_daily: _Amount | None = None
    mark: _Text


class _Part(_Model):
    drug: _Text
    amount: _Amount


class Entry(_Model):
    """One product as a file states it, amounts in thousandths."""

    name_en: _Text
    name_zh: _Text
    aliases: list[_Text] = []
    kind: Literal["basal", "prandial", "premix", "oral", "glp1ra", "other"]
    action: _InsulinAction | None = None
    drug_class: _Class
    atc: _Text | None = None
    unit: Literal["units", "mg", "mcg", "tablet", "pill", "dose step"]
    concentration: Annotated[int, Field(gt=0)] | None = None
    rapid_percent: Annotated[int, Field(gt=0, lt=100)] | None = None
    increment: _Amount
    interval_days: Annotated[int, Field(ge=1)]
    settle_days: Annotated[int, Field(ge=1)]
    ladder: list[_Amount] = []
    max_daily: _Amount | None = None
    expected_single: Annotated[list[_Amount], Field(min_length=2, max_length=2)] | None = None
    hypo_risk: Annotated[int, Field(ge=0, le=3)]
    renal: list[_Limit] = []
    components: list[_Part] = []
    down: Literal["ladder", "stop"]
    note_en: str = ""
    note_zh: str = ""
    marks: dict[str, str]


class _File(_Model):
    defaults: dict[str, object] = {}
    marks: dict[str, str] = {}
    product: dict[str, dict[str, object]]


@dataclass(frozen=True, slots=True)
class Draft:
    """One product and where it stands. ``entry`` is None when it does not fit the schema."""

    id: str
    where: str
    entry: Entry | None


def read_drafts(contents: Mapping[str, bytes], problems: list[str]) -> Iterator[Draft]:
    """Every product of the files (name to bytes) as written; what is wrong goes to ``problems``, one line each."""
    seen: dict[str, str] = {}
    for name, content in contents.items():
        parsed = _parse(name, content, problems)
        if parsed is None:
            continue
        for product_id, written in parsed.product.items():
            where = f"{name} [product.{product_id}]"
            if product_id in seen:
                problems.append(f"{where}: {seen[product_id]} has the same id: keep one")
                continue
            seen[product_id] = where
            if not _ID.fullmatch(product_id):
                problems.append(f"{where}: write the id in small letters, digits and points joined by hyphens")
            yield Draft(product_id, where, _entry(where, written, parsed, problems))


def _parse(name: str, content: bytes, problems: list[str]) -> _File | None:
    try:
        parsed = _File.model_validate(tomllib.loads(content.decode("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{name}: not readable as TOML in UTF-8: {error}")
        return None
    except ValidationError as error:
        problems.extend(_schema_problems(name, error, list(_File.model_fields)))
        return None
    for table, keys, allowed in (
        ("defaults", parsed.defaults, list(Entry.model_fields)),
        ("marks", parsed.marks, list(MARKED_FIELDS)),
    ):
        problems.extend(
            f"{name} [{table}] {key}: unknown key{did_you_mean(key, allowed)}" for key in keys if key not in allowed
        )
    return parsed


def _entry(where: str, written: Mapping[str, object], parsed: _File, problems: list[str]) -> Entry | None:
    known_defaults = {key: value for key, value in parsed.defaults.items() if key in Entry.model_fields}
    merged: dict[str, object] = {**known_defaults, **written, "marks": written.get("marks", {})}
    try:
        entry = Entry.model_validate(merged)
    except ValidationError as error:
        problems.extend(_schema_problems(where, error, list(Entry.model_fields)))
        return None
    stated = [field for field in MARKED_FIELDS if getattr(entry, field) not in (None, [])]
    problems.extend(
        f"{where} marks.{field}: marks nothing that is stated{did_you_mean(field, stated)}: take it out"
        for field in entry.marks
        if field not in stated
    )
    marks = {field: entry.marks.get(field, parsed.marks.get(field, "")) for field in stated}
    problems.extend(f"{where} {fault}" for fault in (*_mark_faults(marks, entry), *_faults(entry)))
    return entry.model_copy(update={"marks": marks})


def _schema_problems(where: str, error: ValidationError, known: list[str]) -> Iterator[str]:
    for detail in error.errors(include_url=False, include_context=False):
        place = ".".join(str(part) for part in detail["loc"])
        if detail["type"] == "extra_forbidden":
            yield f"{where} {place}: unknown key{did_you_mean(str(detail['loc'][-1]), known)}"
        elif detail["type"] == "missing":
            yield f"{where} {place}: missing: state it here or under [defaults]"
        else:
            yield f"{where} {place}: {detail['msg'].removeprefix('Value error, ')} (found {detail['input']!r})"


def did_you_mean(key: str, known: Sequence[str]) -> str:
    """A hint to end a problem with: the closest known word, or nothing."""
    close = get_close_matches(key, known, 1)
    return f": did you mean {close[0]}?" if close else ""


def _mark_faults(marks: Mapping[str, str], entry: Entry) -> Iterator[str]:
    renal = {f"renal.{place}": limit.mark for place, limit in enumerate(entry.renal)}
    for field, mark in (*marks.items(), *renal.items()):
        if not mark:
            yield f"marks.{field}: missing: state where the value comes from"
        elif mark.split(":")[0] not in MARK_TAGS:
            yield f"marks.{field}: {mark!r} does not start with one of {', '.join(MARK_TAGS)}"


def _faults(entry: Entry) -> Iterator[str]:
    yield from _kind_faults(entry)
    yield from _ladder_faults(entry)
    yield from _renal_faults(entry)
    if bool(entry.note_en) != bool(entry.note_zh):
        yield "note_en, note_zh: give both or neither"
    if entry.expected_single and entry.expected_single[0] > entry.expected_single[1]:
        yield "expected_single: the lower dose comes first"


def _kind_faults(entry: Entry) -> Iterator[str]:
    insulin = entry.kind in INSULIN_KINDS
    if insulin != (entry.action is not None):
        yield f"action: {'state how the insulin acts' if insulin else 'only for insulin, take it out'}"
    if insulin and entry.drug_class not in ("insulin", "combination"):
        yield f"drug_class: {entry.drug_class} does not go with kind {entry.kind}"
    if not insulin and entry.drug_class == "insulin":
        yield f"kind: an insulin is {', '.join(sorted(INSULIN_KINDS))}, not {entry.kind}"
    if (entry.kind == "glp1ra") != (entry.drug_class == "glp1_receptor_agonist"):
        yield "kind: glp1ra goes with drug_class glp1_receptor_agonist and with nothing else"
    if (entry.kind == "premix") != (entry.rapid_percent is not None):
        yield "rapid_percent: state it for a premix, and only there"
    if (entry.drug_class == "combination") != bool(entry.components):
        yield "components: state them for a combination, and only there"


def _ladder_faults(entry: Entry) -> Iterator[str]:
    ladder = entry.ladder
    if any(lower >= upper for lower, upper in pairwise(ladder)):
        yield "ladder: the steps must ascend"
    if any(step % entry.increment for step in ladder):
        yield "ladder: a step is no multiple of increment"
    if entry.kind in INSULIN_KINDS and ladder:
        yield "ladder: insulin has none, take it out"
    if entry.kind not in INSULIN_KINDS and entry.down == "ladder" and not ladder:
        yield 'ladder: missing: state the steps, or down = "stop"'
    if entry.max_daily and entry.interval_days > 1:
        yield "max_daily: means nothing when a dose lasts longer than a day: take it out, the top of the ladder limits"
    if entry.max_daily and ladder and ladder[-1] > entry.max_daily:
        yield "ladder: the top step is above max_daily"
    if entry.settle_days < entry.interval_days:
        yield "settle_days: shorter than the dosing interval"


def _renal_faults(entry: Entry) -> Iterator[str]:
    if entry.renal and entry.components:
        yield "renal: comes from the components, take it out"
    for lower, upper in pairwise(entry.renal):
        if lower.below >= upper.below:
            yield "renal: the limits must ascend by below"
        if (lower.max_daily or 0) >= (upper.max_daily or 0):
            yield "renal: a lower eGFR must allow less"
    if any(limit.max_daily and limit.max_daily > (entry.max_daily or 0) for limit in entry.renal):
        yield "renal: a limit is above max_daily"
