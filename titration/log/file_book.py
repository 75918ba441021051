"""What was read from each file and what became of it, while a load is under way."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from titration.log.model import I8, I32, Doubts
from titration.log.report import (
    FATES,
    NO_DAY,
    NO_PATIENT,
    REASON_CODE,
    Fate,
    FileReport,
    Findings,
    LoadReport,
    Reason,
    Tally,
)

I64 = npt.NDArray[np.int64]


@dataclass(slots=True)
class _FileCount:
    rows: int = 0
    read: int = 0
    kept: int = 0
    notes: list[str] = field(default_factory=list[str])
    error: str | None = None


class FileBook:
    """Files, the rows and values counted in them, findings and days of doubt. Rows count from 1."""

    def __init__(self) -> None:
        self.skipped: list[str] = []
        self.notes: list[str] = []
        self._files: dict[str, int] = {}
        self._counts: list[_FileCount] = []
        self._found: list[tuple[I32, I64, I8, I32, I32, Sequence[str]]] = []
        self._findings: list[tuple[int, int, int, int, int]] = []
        self._raw: list[str] = []
        self._doubts: list[tuple[I32, I32]] = []

    def file(self, name: str) -> int:
        """Number of the file ``name``, which is opened in the report on first use."""
        number = self._files.setdefault(name, len(self._files))
        if number == len(self._counts):
            self._counts.append(_FileCount())
        return number

    def note(self, file: int, text: str) -> None:
        """A remark about a file, shown once."""
        notes = self._counts[file].notes
        if text not in notes:
            notes.append(text)

    def fail(self, file: int, error: str) -> None:
        """Record that a file could not be read."""
        self._counts[file].error = error

    def count(self, file: int, *, rows: int = 0, values: int = 0) -> None:
        """Count rows and values read from a file."""
        self._counts[file].rows += rows
        self._counts[file].read += values

    def doubt(self, *, patient: int, day: int, file: int) -> None:
        """Keep one day of doubt that the log itself records."""
        self._counts[file].kept += 1
        self._doubts.append((np.array([patient], np.int32), np.array([day], np.int32)))

    def keep(self, file: int, values: int = 1) -> None:
        """Count values that are kept in a person rather than in a column."""
        self._counts[file].kept += values

    def find(
        self,
        *,
        file: int,
        row: int,
        reason: Reason,
        raw: str,
        patient: int = NO_PATIENT,
        day: int = NO_DAY,
        glucose: bool = False,
    ) -> None:
        """Record why one value was refused, set aside or flagged; a refused ``glucose`` puts its day in doubt."""
        self._findings.append((file, row, REASON_CODE[reason], patient, day))
        self._raw.append(raw)
        if glucose and reason.fate is not Fate.FLAGGED and patient != NO_PATIENT and day != NO_DAY:
            self._doubts.append((np.array([patient], np.int32), np.array([day], np.int32)))

    def find_rows(
        self, *, file: int, row: I64, reason: I8, patient: I32, day: I32, raw: Sequence[str], glucose: bool = False
    ) -> None:
        """Record a block of findings, as ``find``; ``reason`` holds positions in ``report.REASONS``."""
        self._found.append((np.full(len(row), file, np.int32), row, reason, patient, day, raw))
        if glucose:
            doubt = (FATES[reason] != Fate.FLAGGED) & (patient != NO_PATIENT) & (day != NO_DAY)
            self._doubts.append((patient[doubt], day[doubt]))

    def _all_findings(self, rank: I32, ids: tuple[str, ...]) -> Findings:
        blocks = list(self._found)
        if self._findings:
            table = np.array(self._findings, np.int64).T
            file, reason = table[0].astype(np.int32), table[2].astype(np.int8)
            blocks.append((file, table[1], reason, table[3].astype(np.int32), table[4].astype(np.int32), self._raw))
        if not blocks:
            return Findings(tuple(self._sorted_files()), ids)
        order_of_file = np.array([sorted(self._files).index(name) for name in self._files], np.int32)
        file = order_of_file[np.concatenate([b[0] for b in blocks])]
        row = np.concatenate([b[1] for b in blocks])
        reason = np.concatenate([b[2] for b in blocks])
        patient = rank[np.concatenate([b[3] for b in blocks])]
        day = np.concatenate([b[4] for b in blocks])
        raw = [text for block in blocks for text in block[5]]
        order = np.lexsort((reason, row, file))
        positions: list[int] = order.tolist()
        return Findings(
            tuple(self._sorted_files()),
            ids,
            file[order],
            row[order],
            reason[order],
            patient[order],
            day[order],
            [raw[i] for i in positions],
        )

    def _all_doubts(self, rank: I32) -> Doubts:
        if not self._doubts:
            return Doubts()
        patient = rank[np.concatenate([doubt[0] for doubt in self._doubts])]
        pairs = np.stack((patient, np.concatenate([doubt[1] for doubt in self._doubts])), axis=1)
        unique = np.unique(pairs, axis=0).astype(np.int32)
        return Doubts(np.ascontiguousarray(unique[:, 0]), np.ascontiguousarray(unique[:, 1]))

    def _sorted_files(self) -> list[str]:
        return sorted(self._files)

    def _report(self, findings: Findings) -> LoadReport:
        files: list[FileReport] = []
        fates = findings.fates
        for number, name in enumerate(self._sorted_files()):
            count = self._counts[self._files[name]]
            here = findings.file == number
            rejected, quarantined = here & (fates == Fate.REJECTED), here & (fates == Fate.QUARANTINED)
            bad, aside = set(findings.row[rejected].tolist()), set(findings.row[quarantined].tolist())
            rows = Tally(count.rows, count.rows - len(bad | aside), len(aside - bad), len(bad))
            values = Tally(count.read, count.kept, int(quarantined.sum()), int(rejected.sum()))
            files.append(FileReport(name, rows, values, tuple(count.notes), count.error))
        return LoadReport(tuple(files), findings, tuple(sorted(self.skipped)), tuple(self.notes))
