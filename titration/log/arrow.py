"""Arrow arrays as columns. The Arrow library has no types of its own, so it is ``Any`` here and nowhere else."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np

from titration.log.columns import Column, Numbers, Text, Times
from titration.log.report import LoadError

Arrow: TypeAlias = Any
"""An Arrow object: array, table, schema or file."""

arrow: Final[Arrow] = import_module("pyarrow")
compute: Final[Arrow] = import_module("pyarrow.compute")
delimited: Final[Arrow] = import_module("pyarrow.csv")
parquet: Final[Arrow] = import_module("pyarrow.parquet")

_PER_MINUTE: Final = {"s": 60, "ms": 60_000, "us": 60_000_000, "ns": 60_000_000_000}
_BLANK_TIME: Final = -(2**63)


def text_of(cells: Sequence[str]) -> Text:
    """Cells as words by code, surrounding blanks removed."""
    return _dictionary(arrow.array([cell.strip() for cell in cells], arrow.string()).dictionary_encode())


def plain_columns(text: str, delimiter: str, width: int) -> list[Text] | None:
    """The columns of delimited text in which every line after the first is one row of ``width`` fields.

    None where quotes, blank lines, lone carriage returns or lines of another length need a closer look.
    """
    lines = text.count("\n") + (not text.endswith("\n"))
    odd = text.count("\r") != text.count("\r\n") or "\n\n" in text or "\n\r\n" in text or text.startswith(("\n", "\r"))
    # A quoted header is no obstacle if it ends where its line does.
    header_end = text.find("\n")
    if text.find('"', header_end) >= 0 or text.count('"', 0, header_end) % 2 or odd or lines < 2 or width < 2:
        return None
    names = [str(position) for position in range(width)]
    try:
        table = delimited.read_csv(
            arrow.BufferReader(text.encode()),
            read_options=delimited.ReadOptions(use_threads=False, column_names=names, skip_rows=1),
            parse_options=delimited.ParseOptions(delimiter=delimiter, quote_char=False, ignore_empty_lines=False),
            convert_options=delimited.ConvertOptions(
                column_types=dict.fromkeys(names, arrow.string()), null_values=[], strings_can_be_null=False
            ),
        )
    except arrow.ArrowException:
        return None
    if table.num_rows != lines - 1:
        return None
    return [_dictionary(_one(table.column(name).dictionary_encode())) for name in names]


def open_parquet(path: Path) -> Arrow:
    """A Parquet file whose text columns are read as words by code, whichever way they were written."""
    # Mapped or pre-buffered, the whole file would end up in memory as the groups are read one by one.
    file = parquet.ParquetFile(path, memory_map=False, pre_buffer=False)
    text = [
        field.name
        for field in file.schema_arrow
        if arrow.types.is_string(field.type)
        or (arrow.types.is_dictionary(field.type) and arrow.types.is_string(field.type.value_type))
    ]
    if not text:
        return file
    return parquet.ParquetFile(path, memory_map=False, pre_buffer=False, metadata=file.metadata, read_dictionary=text)


def column_of(name: str, chunked: Arrow) -> Column:
    """An Arrow column of any type a log may have. Raises LoadError, naming the column, for the others."""
    kind = chunked.type
    if arrow.types.is_dictionary(kind):
        if arrow.types.is_string(kind.value_type) or arrow.types.is_large_string(kind.value_type):
            return _dictionary(_one(chunked))
        return column_of(name, chunked.cast(kind.value_type))
    if arrow.types.is_string(kind) or arrow.types.is_large_string(kind) or arrow.types.is_boolean(kind):
        return _dictionary(_one(chunked.cast(arrow.string()).dictionary_encode()))
    if arrow.types.is_null(kind):
        return Text(np.zeros(len(chunked), np.int8), ("",))
    if arrow.types.is_timestamp(kind):
        return _times(name, chunked)
    if arrow.types.is_date(kind):
        return _dictionary(_one(chunked.cast(arrow.string()).dictionary_encode()))
    if arrow.types.is_integer(kind) or arrow.types.is_decimal(kind):
        return _dictionary(_one(chunked.cast(arrow.string()).dictionary_encode()))
    if arrow.types.is_floating(kind):
        single = kind == arrow.float32() or kind == arrow.float16()
        values = _one(chunked.cast(arrow.float32() if single else arrow.float64())).to_numpy(zero_copy_only=False)
        return Numbers(values, 2e-7 if single else 4e-16)
    raise LoadError(f"column {name} has the type {kind}; write it as text, a number or a local timestamp")


def _one(chunked: Arrow) -> Arrow:
    """A chunked array as one array, copied only when it has several chunks."""
    if not hasattr(chunked, "num_chunks"):
        return chunked
    if chunked.num_chunks == 1:
        return chunked.chunk(0)
    return (chunked.unify_dictionaries() if arrow.types.is_dictionary(chunked.type) else chunked).combine_chunks()


def _times(name: str, chunked: Arrow) -> Times:
    if chunked.type.tz is not None:
        raise LoadError(f"column {name} has the time zone {chunked.type.tz}; write local times without a zone")
    array = _one(chunked.cast(arrow.int64()))
    if array.null_count:
        array = compute.fill_null(array, _BLANK_TIME)
    return Times(array.to_numpy(zero_copy_only=False), _PER_MINUTE[chunked.type.unit])


def _dictionary(array: Arrow) -> Text:
    """A dictionary array with trimmed words; nulls become the blank word."""
    if not hasattr(array, "indices"):
        array = _one(array)
    words: list[str] = [
        "" if word is None else word.strip() for word in array.dictionary.to_numpy(zero_copy_only=False)
    ]
    indices = array.indices
    if indices.null_count:
        codes = compute.fill_null(indices.cast(arrow.int32()), len(words)).to_numpy(zero_copy_only=False)
        return Text(codes, [*words, ""])
    codes = indices.to_numpy(zero_copy_only=False)
    return Text(codes.astype(np.int32) if codes.dtype.kind == "u" else codes, words or [""])
