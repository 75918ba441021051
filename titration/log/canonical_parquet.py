"""Canonical Parquet: the tables of canonical CSV as ``readings.parquet`` and so on, or a readings file alone.

``iter_parquet_logs`` reads a log of any size in blocks of patients and in flat memory. It needs files whose row
groups are in the order of ``patient_id`` (text); within a row group any order will do. A file that is not is
loaded whole and sorted, and the report says so. Rows count from 1; there is no header row.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from titration.formulary import Formulary
from titration.log import canonical
from titration.log.arrow import Arrow, arrow, column_of, open_parquet
from titration.log.builder import LogBuilder
from titration.log.canonical_doses import decode_doses
from titration.log.canonical_readings import UnitEvidence, decode_readings
from titration.log.columns import Column, Text, rows_of
from titration.log.model import Log
from titration.log.report import LoadError, LoadReport
from titration.log.rows import RowNumbers, numbers_at
from titration.log.side_tables import SideRow, add_side_rows, side_rows
from titration.units import UnitSystem

I64 = npt.NDArray[np.int64]
Progress = Callable[[str, int, int], None]

_LONGEST_ID: Final = 64
_LONGEST_CONSTANT: Final = 32
"""A longer word in row-group statistics may have been cut off by the writer."""

PROBED_BELOW: Final = 1 << 25
"""Bytes under which a file's first rows are read before its metadata: damage to column metadata that raises while
reading ends the process when it is asked for. Larger files are spared the time."""

ROWS_AT_HAND: Final = 1 << 19
"""So many rows are enough for a block, however few the patients: larger ones leave the processor's cache."""

NOT_SORTED: Final = "not in the order of patient_id: loaded whole and sorted, memory grows with its size"


@dataclass(slots=True)
class _File:
    """An open table: positions of its columns, and the row number before each row group."""

    table: str
    path: Path
    handle: Arrow
    names: dict[str, str]
    header_unit: UnitSystem | None
    unused: list[str]
    before: list[int]
    inferred: UnitSystem | None = None
    note: str | None = None

    @property
    def groups(self) -> int:
        return len(self.before)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Consecutive rows in the order of patients: ``ids[i]`` has the rows ``starts[i]`` to ``starts[i + 1]``."""

    ids: list[str]
    starts: I64
    columns: dict[str, Column]
    rows: RowNumbers

    def cut(self, patients: int) -> tuple["_Piece", "_Piece"]:
        """The first ``patients`` patients, and the rest."""
        row = int(self.starts[patients])
        first = {name: rows_of(column, slice(0, row)) for name, column in self.columns.items()}
        rest = {name: rows_of(column, slice(row, None)) for name, column in self.columns.items()}
        return (
            _Piece(self.ids[:patients], self.starts[: patients + 1], first, self.rows[:row]),
            _Piece(self.ids[patients:], self.starts[patients:] - row, rest, self.rows[row:]),
        )

    def named(self) -> dict[str, Column]:
        """The columns with patients as consecutive words."""
        lengths = self.starts[1:] - self.starts[:-1]
        codes = np.arange(len(self.ids), dtype=np.int32).repeat(lengths)
        return {**self.columns, "patient_id": Text(codes, self.ids, each=True)}


@dataclass(slots=True)
class _Stream:
    """The rest of a sorted table: pieces read but not yet given out, and the next row group."""

    file: _File
    pieces: deque[_Piece] = field(default_factory=deque[_Piece])
    group: int = 0

    @property
    def exhausted(self) -> bool:
        return self.group >= self.file.groups

    def fill(self, patients: int) -> str | None:
        """Read until enough whole patients or rows are at hand; the last id that is whole, or None at the end."""
        while not self.exhausted and (self._whole() is None or not self._enough(patients)):
            piece = _sorted_piece(self.file, self.group)
            self.group += 1
            if piece is None:
                continue
            if self.pieces and piece.ids[0] < self.pieces[-1].ids[-1]:
                raise LoadError(f"{self.file.path.name}: row group {self.group} is out of order; sort it by patient_id")
            self.pieces.append(piece)
        return self._whole()

    def _enough(self, patients: int) -> bool:
        rows = sum(len(piece.rows) for piece in self.pieces)
        return rows >= ROWS_AT_HAND or sum(len(piece.ids) for piece in self.pieces) > patients

    def _whole(self) -> str | None:
        """The last id all of whose rows are at hand: the last but one, unless the table ends here."""
        if not self.pieces:
            return None
        if self.exhausted:
            return self.pieces[-1].ids[-1]
        last = self.pieces[-1].ids[-1]
        return next((i for piece in reversed(self.pieces) for i in reversed(piece.ids) if i != last), None)

    def ids_to(self, limit: str | None) -> list[str]:
        """The ids at hand up to ``limit`` (None: all), ascending, a divided patient once."""
        near = (p.ids if limit is None else p.ids[: bisect_right(p.ids, limit)] for p in self.pieces)
        return list(dict.fromkeys(chain.from_iterable(near)))

    def take(self, limit: str) -> list[_Piece]:
        """Give out the rows of all patients up to ``limit``."""
        taken: list[_Piece] = []
        while self.pieces and self.pieces[0].ids[0] <= limit:
            piece = self.pieces.popleft()
            if piece.ids[-1] <= limit:
                taken.append(piece)
                continue
            first, rest = piece.cut(bisect_right(piece.ids, limit))
            taken.append(first)
            self.pieces.appendleft(rest)
            break
        return taken


def load_canonical_parquet(
    files: dict[str, Path], builder: LogBuilder, formulary: Formulary, progress: Progress | None = None
) -> None:
    """Add the canonical tables in ``files`` (stem of ``canonical.TABLES`` to path); a broken file is reported."""
    side: list[SideRow] = []
    for name, path in files.items():
        number = builder.file(path.name)
        try:
            file = _open(name, path)
            blocks = [_columns(file, group, progress) for group in range(file.groups)]
        except LoadError as error:
            builder.fail(number, str(error))
            continue
        _add_notes(file, builder)
        for group, columns in enumerate(blocks):
            rows = _row_numbers(file, group)
            if name in ("readings", "doses"):
                _add(file, columns, rows, builder, formulary)
            else:
                side += side_rows(name, path.name, columns, rows=rows)
    add_side_rows(side, builder)


def iter_parquet_logs(
    path: Path, *, formulary: Formulary, patients_per_block: int = 2048, progress: Progress | None = None
) -> Iterator[tuple[Log, LoadReport]]:
    """The logs of a canonical Parquet folder or readings file, block of patients by block, with their reports.

    Patients ascend by id; a block in two unit systems comes as two logs, the second with an empty report. The
    reports of all blocks add up to the report of the whole. Raises LoadError for a file that cannot be read.
    """
    files = [_open(name, file) for name, file in parquet_files(path).items()]
    tables = [file for file in files if file.table in ("readings", "doses")]
    late = [file for file in tables if not _is_sorted(file)]
    builder = LogBuilder()
    if late:
        for file in late:
            builder.note(builder.file(file.path.name), NOT_SORTED)
        load_canonical_parquet(parquet_files(path), builder, formulary, progress)
        yield from _built(builder)
        return
    streams = [_Stream(file) for file in tables]
    side = _side(files)
    while True:
        wholes = [(stream, stream.fill(patients_per_block)) for stream in streams]
        limits = [whole for stream, whole in wholes if whole is not None and not stream.exhausted]
        limit = min(limits) if limits else None
        known = [stream.ids_to(limit) for stream in streams]
        ids = sorted(dict.fromkeys(chain(*known, _side_ids(side, limit))))
        if not ids and not side:
            break
        # Blocks of one size: a small one at the end would cost nearly as much as a full one.
        parts = -(-max(len(ids), 1) // patients_per_block)
        for part in range(parts):
            block = ids[len(ids) * part // parts : len(ids) * (part + 1) // parts]
            for file in files:
                builder.file(file.path.name)
            _add_block(streams, block, side, builder, formulary=formulary, progress=progress)
            yield from _built(builder)
            builder = LogBuilder()


def parquet_files(path: Path) -> dict[str, Path]:
    """The canonical tables at ``path``: of a folder by their stems, or a readings file alone."""
    if not path.is_dir():
        return {"readings": path}
    return {name: path / f"{name}.parquet" for name in canonical.TABLES if (path / f"{name}.parquet").is_file()}


def _built(builder: LogBuilder) -> Iterator[tuple[Log, LoadReport]]:
    built = builder.build()
    report = built.report
    for log in built.logs:
        yield log, report
        report = LoadReport()


def _add_block(
    streams: list[_Stream],
    ids: list[str],
    side: dict[str, list[SideRow]],
    builder: LogBuilder,
    *,
    formulary: Formulary,
    progress: Progress | None,
) -> None:
    for stream in streams if ids else ():
        _add_notes(stream.file, builder)
        for piece in stream.take(ids[-1]):
            _add(stream.file, piece.named(), piece.rows, builder, formulary)
        if progress is not None:
            progress(stream.file.path.name, stream.group, stream.file.groups)
    add_side_rows([row for i in ("", *ids) for row in side.pop(i, ())], builder)


def _add(file: _File, columns: dict[str, Column], rows: RowNumbers, builder: LogBuilder, formulary: Formulary) -> None:
    number = builder.file(file.path.name)
    if file.table == "readings":
        readings = decode_readings(columns, header_unit=file.header_unit, inferred=file.inferred)
        canonical.add_readings(builder, readings, columns, file=number, rows=rows)
    else:
        doses = decode_doses(columns, formulary=formulary)
        canonical.add_doses(builder, doses, columns, file=number, rows=rows)


def _add_notes(file: _File, builder: LogBuilder) -> None:
    number = builder.file(file.path.name)
    if file.unused:
        builder.note(number, f"columns not used: {', '.join(file.unused)}")
    if file.inferred is not None:
        builder.note(number, f"values without a unit read as {file.inferred.text}: all of them agree")


def _open(table: str, path: Path) -> _File:
    """Open a table and read its metadata. Raises LoadError when it is no Parquet file or lacks a column."""
    with _reading(path, "damaged or not a Parquet file"):
        handle = open_parquet(path)
        headers: list[str] = handle.schema_arrow.names
        if path.stat().st_size < PROBED_BELOW:
            for group in range(handle.num_row_groups):
                next(handle.iter_batches(batch_size=1, row_groups=[group], use_threads=False), None)
        sizes: list[int] = [handle.metadata.row_group(group).num_rows for group in range(handle.num_row_groups)]
    at, unit, unused = canonical.named_columns(table, path.name, headers)
    names = {name: headers[position] for name, position in at.items()}
    before = [0, *np.cumsum(sizes, dtype=np.int64).tolist()][: len(sizes)]
    file = _File(table, path, handle, names, unit, unused, before)
    if table == "readings" and unit is None:
        file.inferred = _inferred(file)
    return file


def _statistics(file: _File, name: str, group: int) -> Arrow:
    """Row-group statistics of a column with its extremes, or None."""
    names = file.handle.schema_arrow.names
    chunk = file.handle.metadata.row_group(group).column(names.index(file.names[name]))
    known = chunk.statistics if chunk.is_stats_set else None
    return known if known is not None and known.has_min_max and known.has_null_count else None


def _constant(file: _File, name: str, group: int) -> str | None:
    """The word that a whole row group holds according to its statistics, or None."""
    known = _statistics(file, name, group)
    if known is None or known.null_count or not isinstance(known.min, str) or known.min != known.max:
        return None
    return known.min.strip() if len(known.min) < _LONGEST_CONSTANT else None


def _inferred(file: _File) -> UnitSystem | None:
    """What the unit-less values say about the unit, if there are any."""
    evidence = UnitEvidence()
    for group in range(file.groups):
        if "unit" not in file.names or not _constant(file, "unit", group):
            evidence.add(_columns(file, group, None, only=("glucose", "unit")))
    return evidence.system


def _is_sorted(file: _File) -> bool:
    """Whether statistics show that row groups follow each other in the order of patient ids."""
    last = ""
    with _reading(file.path, "its statistics are damaged"):
        for group in range(file.groups):
            known = _statistics(file, "patient_id", group)
            if known is None or known.null_count or not isinstance(known.min, str):
                return False
            low: str = known.min
            high: str = known.max
            if low < last or not low.strip() or low != low.strip() or len(high) > _LONGEST_ID:
                return False
            last = high
    return True


@contextmanager
def _reading(path: Path, what: str) -> Generator[None]:
    """Turn whatever a damaged file raises into a LoadError; a message about a column gets the file's name."""
    try:
        yield
    except LoadError as error:
        raise LoadError(f"{path.name}: {error}") from error
    except (OSError, ValueError, OverflowError, arrow.ArrowException) as error:
        raise LoadError(f"{path.name}: {what} ({error}); export it again") from error


def _columns(
    file: _File, group: int, progress: Progress | None, only: tuple[str, ...] | None = None
) -> dict[str, Column]:
    """The columns of a row group; one whose statistics show a single word is not decoded."""
    with _reading(file.path, f"row group {group + 1} is damaged"):
        rows: int = file.handle.metadata.row_group(group).num_rows
        wanted = [name for name in file.names if only is None or name in only]
        constant = {name: word for name in wanted if (word := _constant(file, name, group)) is not None}
        read = [file.names[name] for name in wanted if name not in constant]
        table = file.handle.read_row_group(group, columns=read, use_threads=False)
        columns: dict[str, Column] = {
            name: Text(np.zeros(rows, np.int8), (constant[name],))
            if name in constant
            else column_of(name, table.column(file.names[name]))
            for name in wanted
        }
    if any(len(column) != rows for column in columns.values()):
        raise LoadError(f"{file.path.name}: row group {group + 1} is damaged (columns of unequal length)")
    if progress is not None:
        progress(file.path.name, group + 1, file.groups)
    return columns


def _row_numbers(file: _File, group: int) -> range:
    first = file.before[group] + 1
    return range(first, first + file.handle.metadata.row_group(group).num_rows)


def _sorted_piece(file: _File, group: int) -> _Piece | None:
    """A row group in the order of patients; None when it has no rows."""
    columns = _columns(file, group, None)
    rows: RowNumbers = _row_numbers(file, group)
    patient = columns["patient_id"]
    if not len(rows) or not isinstance(patient, Text):
        return None
    ids = sorted(set(patient.words))
    keys = patient.codes
    if ids != patient.words:
        rank = {word: number for number, word in enumerate(ids)}
        keys = np.array([rank[word] for word in patient.words], np.int32).take(keys)
    if (keys[1:] < keys[:-1]).any():
        order = np.argsort(keys, kind="stable")
        columns = {name: rows_of(column, order) for name, column in columns.items()}
        keys, rows = keys[order], numbers_at(rows, order)
    starts = np.concatenate(([0], np.flatnonzero(keys[1:] != keys[:-1]) + 1, [len(keys)])).astype(np.int64)
    runs: list[int] = keys[starts[:-1]].tolist()
    return _Piece([ids[run] for run in runs], starts, columns, rows)


def _side(files: list[_File]) -> dict[str, list[SideRow]]:
    """The rows of the small tables, by patient id ("" for rows without one)."""
    side: dict[str, list[SideRow]] = {}
    for file in files:
        if file.table in ("readings", "doses"):
            continue
        for group in range(file.groups):
            columns = _columns(file, group, None)
            for row in side_rows(file.table, file.path.name, columns, rows=_row_numbers(file, group)):
                side.setdefault(row.patient_id, []).append(row)
    return side


def _side_ids(side: dict[str, list[SideRow]], limit: str | None) -> set[str]:
    return {i for i in side if i and (limit is None or i <= limit)}
