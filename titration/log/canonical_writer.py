"""Canonical tables written from logs, as CSV or Parquet; reading them back gives the same logs.

Glucose is written as held, a mmol/L log in mmol/L and a mg/dL log in mg/dL; HI and LO as words (a Parquet column
that has them is text). What was refused goes to ``rejects``, the days that puts in doubt to ``doubts``.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from titration.clinical import EVENT_KINDS, LAB_KINDS, Route, Slot, Source, Timing
from titration.log.arrow import Arrow, arrow, compute, delimited, parquet
from titration.log.model import MINUTES_A_DAY, Log, Person
from titration.log.report import LoadReport
from titration.log.side_tables import LAB_UNITS
from titration.units import HI_VALUE, LO_VALUE, MILLI, glucose_text, grid_text, plain

Kind = Literal["csv", "parquet"]
Ints = npt.NDArray[np.signedinteger]


def write_canonical(
    logs: Sequence[Log],
    folder: Path,
    kind: Kind,
    *,
    drug_units: Mapping[str, str],
    report: LoadReport | None = None,
) -> tuple[Path, ...]:
    """Write the tables of ``logs`` to ``folder`` and return their paths; empty tables but readings are left out.

    ``drug_units`` has the unit of every name in ``Log.drugs`` (``Loaded.drug_units``). Raises FileExistsError
    rather than overwrite a table.
    """
    tables = {
        "readings": [_readings(log, kind) for log in logs],
        "doses": [table for log in logs for table in (_doses(log, kind, drug_units), _rates(log, kind))],
        "patients": [_patients(log) for log in logs],
        "labs": [_labs(log, kind) for log in logs],
        "events": [_events(log, kind) for log in logs],
        "doubts": [_doubts(log) for log in logs],
        "rejects": [] if report is None else [_rejects(report)],
    }
    folder.mkdir(parents=True, exist_ok=True)
    joined = {name: _joined(parts, name) for name, parts in tables.items()}
    paths = {name: folder / f"{name}.{kind}" for name, table in joined.items() if table is not None}
    for path in paths.values():
        if path.exists():
            raise FileExistsError(f"{path.name} exists already; choose an empty folder")
    for name, path in paths.items():
        if kind == "csv":
            _write_csv(joined[name], path)
        else:
            parquet.write_table(joined[name], path)
    return tuple(paths.values())


def _write_csv(table: Arrow, path: Path) -> None:
    """Without quotes where no cell needs them: such a file is read faster."""
    try:
        delimited.write_csv(table, path, delimited.WriteOptions(quoting_style="none"))
    except arrow.ArrowException:
        delimited.write_csv(table, path)


def _joined(parts: Sequence[Arrow], name: str) -> Arrow:
    """The parts as one table; None when there is no row, but of readings. Numbers become text where a part has text."""
    filled = [part for part in parts if part.num_rows] or (list(parts[:1]) if name == "readings" else [])
    if not filled:
        return None
    texts = {
        name for part in filled for name in part.column_names if arrow.types.is_string(part.schema.field(name).type)
    }
    return arrow.concat_tables([_as_text(part, texts) for part in filled])


def _as_text(table: Arrow, names: set[str]) -> Arrow:
    for position, name in enumerate(table.column_names):
        if name in names and not arrow.types.is_string(table.schema.field(name).type):
            words = [grid_text(round(value * 10), 10) for value in table.column(name).to_pylist()]
            table = table.set_column(position, name, arrow.array(words, arrow.string()))
    return table


def _words(codes: Ints, words: Sequence[str]) -> Arrow:
    """One word per row, shape (n,)."""
    if not len(codes):
        return arrow.array([], arrow.string())
    return arrow.DictionaryArray.from_arrays(
        arrow.array(codes.astype(np.int32)), arrow.array(list(words), arrow.string())
    ).cast(arrow.string())


def _minutes(minute: Ints, kind: Kind) -> Arrow:
    stamps = arrow.array(minute.astype("datetime64[m]").astype("datetime64[s]"))
    return compute.strftime(stamps, format="%Y-%m-%d %H:%M") if kind == "csv" else stamps


def _ids(log: Log, patient: Ints) -> Arrow:
    return _words(patient, [person.patient_id for person in log.people])


def _amounts(values: Ints, kind: Kind) -> Arrow:
    """Thousandths as numbers: plain decimals in CSV, 64-bit floating point in Parquet."""
    if kind == "parquet":
        return arrow.array(values / MILLI, arrow.float64())
    distinct, at = np.unique(values, return_inverse=True)
    return _words(at, [grid_text(value, MILLI) for value in distinct.tolist()])


def _readings(log: Log, kind: Kind) -> Arrow:
    rows, system = log.readings, log.system
    marked = bool(np.any((rows.value == LO_VALUE) | (rows.value == HI_VALUE)))
    if kind == "parquet" and not marked:
        glucose = arrow.array(rows.value / system.steps_per_unit, arrow.float64())
    else:
        distinct, at = np.unique(rows.value, return_inverse=True)
        glucose = _words(at, [glucose_text(value, system) for value in distinct.tolist()])
    none = np.zeros(len(rows), np.int32)
    return arrow.table(
        {
            "patient_id": _ids(log, rows.patient),
            "time": _minutes(rows.minute, kind),
            "glucose": glucose,
            "unit": _words(none, [system.text]),
            "timing": _words(rows.timing, [timing.text for timing in Timing]),
            "source": _words(rows.source, [source.text for source in Source]),
            "flag": _words(rows.repeat.astype(np.int32), ["", "repeat"]),
        }
    )


def _doses(log: Log, kind: Kind, drug_units: Mapping[str, str]) -> Arrow:
    rows = log.doses
    return arrow.table(
        {
            "patient_id": _ids(log, rows.patient),
            "time": _minutes(rows.minute, kind),
            "drug": _words(rows.drug, log.drugs),
            "amount": _amounts(rows.amount, kind),
            "unit": _words(rows.drug, [drug_units.get(name, "") for name in log.drugs]),
            "slot": _words(rows.slot, [slot.text for slot in Slot]),
            "route": _words(rows.route, [route.text for route in Route]),
            "flag": _words(rows.doubtful.astype(np.int32), ["", "doubtful"]),
        }
    )


def _rates(log: Log, kind: Kind) -> Arrow:
    """Pump rates, as rows of the doses table in units/h. The product of a rate is not held: it is named a pump."""
    rows = log.pump
    none = np.zeros(len(rows), np.int32)
    return arrow.table(
        {
            "patient_id": _ids(log, rows.patient),
            "time": _minutes(rows.minute, kind),
            "drug": _words(none, ["insulin pump"]),
            "amount": _amounts(rows.rate, kind),
            "unit": _words(none, ["units/h"]),
            "slot": _words(none, [""]),
            "route": _words(none, [Route.CSII_BASAL.text]),
            "flag": _words(none, [""]),
        }
    )


def _patients(log: Log) -> Arrow:
    people = log.people

    def column(cells: list[str]) -> Arrow:
        return arrow.array(cells, arrow.string())

    return arrow.table(
        {
            "patient_id": column([person.patient_id for person in people]),
            "sex": column([person.sex or "" for person in people]),
            "age": column([_text(person.age_years) for person in people]),
            "height_m": column([_metres(person) for person in people]),
            "diabetes_type": column([person.diabetes_type or "" for person in people]),
            "duration_years": column([_text(person.duration_years) for person in people]),
            "comorbidities": column([person.comorbidities or "" for person in people]),
            "agents": column([person.agents or "" for person in people]),
            "hypoglycaemia_noted": column([_truth(value=person.hypoglycaemia_noted) for person in people]),
        }
    )


def _text(number: float | None) -> str:
    return "" if number is None else plain(Decimal(repr(number)))


def _metres(person: Person) -> str:
    return "" if person.height_cm is None else plain(Decimal(repr(person.height_cm)) / 100)


def _truth(*, value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


def _labs(log: Log, kind: Kind) -> Arrow:
    rows = log.labs
    return arrow.table(
        {
            "patient_id": _ids(log, rows.patient),
            "time": _minutes(rows.minute, kind),
            "kind": _words(rows.kind, [lab.value for lab in LAB_KINDS]),
            "value": _amounts(rows.value, kind),
            "unit": _words(rows.kind, [LAB_UNITS[lab] for lab in LAB_KINDS]),
        }
    )


def _events(log: Log, kind: Kind) -> Arrow:
    rows = log.events
    return arrow.table(
        {
            "patient_id": _ids(log, rows.patient),
            "time": _minutes(rows.minute, kind),
            "kind": _words(rows.kind, [event.value for event in EVENT_KINDS]),
        }
    )


def _doubts(log: Log) -> Arrow:
    rows = log.doubts
    stamps = arrow.array((rows.day.astype(np.int64) * MINUTES_A_DAY).astype("datetime64[m]").astype("datetime64[s]"))
    return arrow.table({"patient_id": _ids(log, rows.patient), "date": compute.strftime(stamps, format="%Y-%m-%d")})


def _rejects(report: LoadReport) -> Arrow:
    """Everything refused, set aside or flagged, with the remedy."""
    findings = list(report.findings)
    return arrow.table(
        {
            "source_file": arrow.array([f.file for f in findings], arrow.string()),
            "row_or_line": arrow.array([f.row for f in findings], arrow.int64()),
            "raw": arrow.array([f.raw for f in findings], arrow.string()),
            "reason": arrow.array([f.reason.value for f in findings], arrow.string()),
            "fate": arrow.array([f.fate.text for f in findings], arrow.string()),
            "remedy": arrow.array([f.reason.remedy for f in findings], arrow.string()),
        }
    )
