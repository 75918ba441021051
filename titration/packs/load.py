"""Reading a pack folder: every problem at once, with file and line, and a suggestion for a misspelt name."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from titration.clinical import LineKind, Slot
from titration.clinical import Source as ReadingSource
from titration.expr.nodes import Condition
from titration.expr.parse import ConditionError, Names, parse
from titration.features.attribution import Attribution, Judges
from titration.features.lines import LineOptions
from titration.features.spec import TIMING_BIT
from titration.packs.check import Problems, check_pack, feature_dimension
from titration.packs.model import (
    FeatureDefinition,
    Hold,
    Ladder,
    LimitTo,
    Pack,
    Parameter,
    Percent,
    Refer,
    Restore,
    Review,
    Rule,
    ShareOfTotal,
    Source,
    Step,
    Stop,
    Tier,
    Units,
)
from titration.packs.problems import LineIndex, PackError, Problem, shown
from titration.packs.schema import PackFile, ParameterTable, RuleTable, StepTable
from titration.units import Dimension, Pair, UnitSystem, decimal_of, on_grid

LANGUAGES = ("en", "zh")
SURVIVORS_FILE = "survivors.toml"
"""Mutants that no worked case notices, each with the reason why it is no worse."""
_PARAMETER_UNITS: Mapping[str, Dimension] = {
    "units": Dimension.DOSE,
    "mg": Dimension.DOSE,
    "units/kg": Dimension.DOSE_PER_KG,
    "percent": Dimension.PERCENT,
    "days": Dimension.DAYS,
    "readings": Dimension.COUNT,
    "events": Dimension.COUNT,
    "lines": Dimension.COUNT,
    "drugs": Dimension.COUNT,
    "years": Dimension.YEARS,
    "kg": Dimension.WEIGHT,
    "HbA1c %": Dimension.HBA1C,
    "mL/min/1.73 m2": Dimension.EGFR,
    "nmol/L": Dimension.C_PEPTIDE,
}


def with_parameters(pack: Pack, written: Mapping[str, str], system: UnitSystem) -> Pack:
    """The pack with some parameters changed, each as a pack writes its number; of a glucose pair the member of ``system``.

    Raises PackError with every parameter that is unknown or does not lie on its grid, and whatever ``check`` then finds.
    """
    problems = Problems(pack.id, LineIndex(""))
    changed = dict(pack.parameters)
    for name, text in written.items():
        parameter = pack.parameters.get(name)
        if parameter is None:
            problems.add(("parameter", name), f"unknown parameter {name!r}{_similar(name, list(pack.parameters))}")
            continue
        try:
            changed[name] = _changed(parameter, text.strip(), system)
        except ValueError as error:
            problems.add(("parameter", name), f"parameter {name}: {error}")
    varied = replace(pack, parameters=changed)
    check_pack(varied, problems, [r.id for r in varied.rules])
    if problems.found:
        raise PackError(problems.found)
    return varied


def _changed(parameter: Parameter, text: str, system: UnitSystem) -> Parameter:
    number = decimal_of(text)
    if not isinstance(parameter.value, Pair):
        return replace(parameter, value=_whole(on_grid(number, parameter.dimension.scale)))
    value = on_grid(number, system.steps_per_unit)
    low, high = system.accepted
    if not low <= value <= high:
        raise ValueError(f"{text} {system.text} is nothing a meter shows")
    if system is UnitSystem.MMOL:
        return replace(parameter, value=Pair(value, parameter.value.mgdl), mmol_text=text)
    return replace(parameter, value=Pair(parameter.value.mmol_tenths, value))


def _whole(value: int) -> int:
    if not 0 <= value < 2**31:
        raise ValueError("the number is negative or too large")
    return value


def find_packs(root: Path) -> dict[str, Path]:
    """Pack folders under ``root`` by name, sorted."""
    if not root.is_dir():
        return {}
    return {p.parent.name: p.parent for p in sorted(root.glob("*/pack.toml"))}


def load_pack(folder: Path) -> Pack:
    """The checked pack in ``folder``.

    Raises PackError with every problem of every file, FileNotFoundError when there is no ``pack.toml``.
    """
    path = folder / "pack.toml"
    raw = path.read_bytes()
    lines, data = parse_toml(path, raw)
    problems = Problems(shown(path), lines)
    table = _schema(data, problems)
    texts = _texts(folder, problems)
    pack = _assemble(table, problems, texts, _sha256(folder))
    if problems.found:
        raise PackError(problems.found)
    return pack


def parse_toml(path: Path, raw: bytes) -> tuple[LineIndex, dict[str, Any]]:
    """A TOML file's content and where its tables and keys stand; raises PackError when it is not TOML or not UTF-8."""
    try:
        text = raw.decode("utf-8")
        return LineIndex(text), tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise PackError(
            [Problem(shown(path), 1, f"not UTF-8 text (byte {error.start}): save the file as UTF-8")]
        ) from None
    except tomllib.TOMLDecodeError as error:
        line = getattr(error, "lineno", None) or _line_in(str(error))
        raise PackError([Problem(shown(path), line, f"not TOML: {error}")]) from None


def _line_in(message: str) -> int:
    _, _, tail = message.partition("at line ")
    digits = tail.split(",")[0].strip()
    return int(digits) if digits.isdigit() else 1


def _schema(data: dict[str, Any], problems: Problems) -> PackFile:
    try:
        return PackFile.model_validate(data)
    except ValidationError as error:
        for item in error.errors():
            place = list(item["loc"])
            message = str(item["msg"]).removeprefix("Value error, ")
            if item["type"] == "extra_forbidden":
                message = f"unknown key {place[-1]!r}{_similar(str(place[-1]), _siblings(place))}"
            problems.add(place, f"{'.'.join(str(p) for p in place)}: {message}")
        raise PackError(problems.found) from None


def _siblings(place: list[Any]) -> list[str]:
    tables: dict[str, Any] = {"rule": RuleTable, "parameter": ParameterTable}
    model = tables.get(str(place[0])) if len(place) > 1 else PackFile
    if model is None:
        return []
    if "propose" in place:
        model = StepTable
    return [f.alias or name for name, f in model.model_fields.items()]


def _similar(name: str, candidates: list[str]) -> str:
    close = get_close_matches(name, candidates, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _texts(folder: Path, problems: Problems) -> dict[str, dict[str, str]]:
    out: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        path = folder / f"text.{language}.toml"
        if not path.exists():
            continue
        index, data = parse_toml(path, path.read_bytes())
        flat: dict[str, str] = {}
        _flatten("", data, flat)
        out[language] = flat
        for key, value in flat.items():
            if not value.strip():
                problems.found.append(Problem(shown(path), index.of(*key.split(".")), f"{key} is empty"))
    return out


def _flatten(prefix: str, data: Mapping[str, Any], out: dict[str, str]) -> None:
    for key, value in data.items():
        name = f"{prefix}.{key}" if prefix else key
        if isinstance(value, dict):
            _flatten(name, cast("dict[str, Any]", value), out)
        else:
            out[name] = str(value).strip()


def _sha256(folder: Path) -> str:
    digest = hashlib.sha256()
    # Worked cases decide nothing: editing one must not make yesterday's plans look like another pack's.
    for path in sorted(p for p in folder.glob("*.toml") if p.name not in ("cases.toml", SURVIVORS_FILE)):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _assemble(table: PackFile, problems: Problems, texts: dict[str, dict[str, str]], sha256: str) -> Pack:
    parameters = {n: p for n, t in table.parameter.items() if (p := _parameter(n, t, problems)) is not None}
    features = _features(table, problems)
    conditions: dict[str, Condition] = {}
    names = Names(table.feature.keys(), table.parameter.keys(), conditions)
    for name, entry in table.condition.items():
        found = _condition(entry.when, names, problems, ("condition", name, "when"))
        if found is not None:
            conditions[name] = found
    rules = [r for i, t in enumerate(table.rule) if (r := _rule(i, t, names, problems)) is not None]
    pack = Pack(
        id=table.pack.id,
        version=table.pack.version,
        status=table.pack.status,
        sources={n: Source(n, t.cite, t.mark, t.note) for n, t in table.source.items()},
        parameters=parameters,
        features=features,
        attribution=_attribution(table),
        line_options=LineOptions(table.lines.carry_days, table.lines.zero == "dose"),
        withdraw=table.arbitration.withdraw,
        raise_=table.arbitration.raise_,
        guard_off=table.guard.off,
        rules=tuple(sorted(rules, key=lambda r: (r.tier, r.id))),
        sha256=sha256,
        unique=tuple(sorted({Tier[name.upper()] for name in table.prove.unique})),
        departs=table.prove.departs,
        texts=texts,
    )
    check_pack(pack, problems, [r.id for r in table.rule])
    return pack


def _parameter(name: str, table: ParameterTable, problems: Problems) -> Parameter | None:
    try:
        if table.mmol is not None and table.mgdl is not None:
            value: Pair | int = Pair(on_grid(decimal_of(table.mmol), 10), table.mgdl)
            dimension = Dimension.GLUCOSE
        else:
            unit = table.unit or ""
            if unit not in _PARAMETER_UNITS:
                raise ValueError(f"unknown unit {unit!r}{_similar(unit, list(_PARAMETER_UNITS))}")
            dimension = _PARAMETER_UNITS[unit]
            value = on_grid(decimal_of(table.value or ""), dimension.scale)
    except ValueError as error:
        problems.add(("parameter", name), f"parameter {name}: {error}")
        return None
    unit = table.unit or "mmol/L"
    return Parameter(name, dimension, value, table.source, table.basis, table.sign_off, table.note, unit, table.mmol)


def _features(table: PackFile, problems: Problems) -> dict[str, FeatureDefinition]:
    out: dict[str, FeatureDefinition] = {}
    for name, t in table.feature.items():
        dimension = feature_dimension(t.of, t.reduce, ("feature", name), problems)
        if dimension is None:
            continue
        out[name] = FeatureDefinition(
            name=name,
            of=t.of,
            reduce=t.reduce,
            dimension=dimension,
            window_days=t.window_days,
            min_count=t.min_count,
            since_change=t.since_change,
            below=t.below,
            at_most=t.at_most,
            above=t.above,
            at_least=t.at_least,
            max_age=t.max_age,
            sources=sum(1 << ReadingSource[s.upper()] for s in t.sources),
        )
    return out


def _condition(text: str, names: Names, problems: Problems, place: tuple[str | int, ...]) -> Condition | None:
    try:
        return parse(text, names)
    except ConditionError as error:
        problems.add(place, f"{'.'.join(str(p) for p in place)}, column {error.column}: {error.message}")
        return None


def _attribution(table: PackFile) -> Attribution:
    judges: dict[tuple[str, Slot], Judges] = {}
    for action, slots in table.attribution.items():
        for slot, entry in slots.items():
            judges[(action, Slot[slot.upper()])] = Judges(
                sum({TIMING_BIT[t] for t in entry.pre}), sum({TIMING_BIT[t] for t in entry.post})
            )
    return Attribution(judges)


def _rule(index: int, table: RuleTable, names: Names, problems: Problems) -> Rule | None:
    when = _condition(table.when, names, problems, ("rule", index, "when"))
    if when is None:
        return None
    return Rule(
        id=table.id,
        kinds=tuple(LineKind(k) for k in table.for_),
        tier=Tier[table.tier.upper()],
        when=when,
        when_text=" ".join(table.when.split()),
        step=_step(table.propose),
        notices=table.notice,
        sources=table.source,
    )


def _step(table: StepTable) -> Step:
    if table.hold:
        return Hold()
    if table.stop:
        return Stop()
    if table.restore:
        return Restore()
    if table.refer is not None:
        return Refer(table.refer)
    if table.review is not None:
        return Review(table.review)
    if table.down_percent_of_total is not None:
        return ShareOfTotal(table.down_percent_of_total)
    if table.ladder is not None:
        return Ladder(table.ladder)
    if table.limit_to is not None:
        return LimitTo(table.limit_to)
    for name, up in (("up_units", True), ("down_units", False)):
        value = getattr(table, name)
        if value is not None:
            return Units(value, up)
    if table.up_percent is not None:
        return Percent(table.up_percent, up=True)
    return Percent(table.down_percent or "", up=False, at_least=table.at_least)
