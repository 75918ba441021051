"""Laws of the study: moving every date moves nothing but dates, in the schedule and in every endpoint."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from titration.clinical import LabKind, Route, Slot, Source, Timing
from titration.formulary import shipped
from titration.log.builder import LogBuilder
from titration.log.model import Log
from titration.log.report import LoadReport
from titration.resources import rules_folder
from titration.study.case import build_case
from titration.study.doses import dose_course
from titration.study.indices import Reason
from titration.study.measures import Found, Measured, endpoints_at
from titration.study.protocol import open_protocol
from titration.study.rows import AdverseEvent, InfusionRow, PatientTables, StudyTables, VisitRow
from titration.study.schedule import Window
from titration.units import UnitSystem

START = 18_000
PROTOCOL = open_protocol("huc-msc-2022", rules_folder() / "protocols")
LABS = st.lists(
    st.tuples(
        st.integers(0, 30), st.sampled_from([k for k in LabKind if k is not LabKind.KETONE]), st.integers(1, 900)
    ),
    max_size=12,
)
READINGS = st.lists(
    st.tuples(
        st.integers(0, 30), st.sampled_from((Timing.FASTING, Timing.POST_LUNCH)), st.integers(20, 300),
        st.sampled_from((Source.CBG, Source.LAB)),
    ),
    max_size=12,
)  # fmt: skip
DOSES = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from(("insulin-glargine", "metformin")), st.integers(1, 40)), max_size=12
)


def log_of(start: int, labs: list, readings: list, doses: list) -> Log:
    builder = LogBuilder()
    file, patient = builder.file("made-up"), builder.patient("P")
    for day, kind, value in labs:
        builder.lab(patient=patient, minute=(start + day) * 1440 + 400, kind=kind, value=value * 100, file=file)
    for row, (day, timing, value, source) in enumerate(readings):
        builder.read(
            patient=patient, minute=(start + day) * 1440 + 400 + row, value=value, system=UnitSystem.MMOL, timing=timing,
            source=source, file=file, row=row,
        )  # fmt: skip
    for day, drug, amount in doses:
        insulin = drug.startswith("insulin")
        builder.dose(
            patient=patient, minute=(start + day) * 1440 + 500, drug=builder.drug(drug, insulin=insulin, unit="units" if insulin else "mg"),
            amount=amount * 1000, slot=Slot.BEDTIME, route=Route.SC if insulin else Route.ORAL, file=file,
        )  # fmt: skip
    return builder.build().logs[0]


def endpoints(start: int, parts: tuple[list, list, list], target: int, as_of: int) -> dict[str, object]:
    log = log_of(start, *parts)
    measured = Measured(log, 0, dose_course(log, shipped(), patient=0))
    window = Window(start + target, start + target - 3, start + target + 3)
    found = endpoints_at(measured, window, baseline=start, as_of=start + as_of)
    return {
        name: cell if isinstance(cell, Reason) else (cell.value, cell.day - start, cell.source, cell.remark)
        for name, cell in found.items()
    }


@given(st.integers(-9_000, 9_000), LABS, READINGS, DOSES, st.integers(0, 30), st.integers(0, 40))
def test_endpoints_do_not_know_the_date(
    shift: int, labs: list, readings: list, doses: list, target: int, as_of: int
) -> None:
    parts = (labs, readings, doses)
    assert endpoints(START + shift, parts, target, as_of) == endpoints(START, parts, target, as_of)


def course(start: int, parts: tuple[list, list, list], days: list[int], as_of: int) -> dict[str, object]:
    """A whole case with its days counted from ``start``."""
    tables = PatientTables(
        visits=[VisitRow("W1", start + days[-1] + 8, None, None, None, "")],
        infusions=[
            InfusionRow(n, (start + day) * 1440 + 600, Fraction(72_000_000), Fraction(72), None, None, "", "", None)
            for n, day in enumerate(days, 1)
        ],
        events=[AdverseEvent((start + days[0]) * 1440, None, "fever", 3, None, None, None, True, None, "")],
    )
    case = build_case(
        log_of(start, *parts), 0, protocol=PROTOCOL, study=StudyTables({"P": tables}, (), LoadReport()),
        formulary=shipped(), decision=None, as_of=start + as_of, baseline=start + days[0],
    )  # fmt: skip

    def rel(day: int | None) -> int | None:
        return None if day is None else day - start

    return {
        "visits": [(v.name, v.state, rel(v.appointed), rel(v.held)) for v in (*case.visits, *case.infusions)],
        "changes": [(rel(c.change.day), c.change.line, c.change.before, c.change.after) for c in case.changes],
        "insulin": [(rel(day), units) for day, units in case.insulin_by_day()],
        "alarms": [(a.flag, rel(a.day), a.about) for a in case.alarms],
        "verdicts": case.verdicts,
        "lows": [(e.minute - start * 1440, e.lowest, e.ada_level, e.ctcae_grade) for e in case.episodes],
        "phases": [(p.phase.id, rel(p.day)) for p in case.phases],
        "points": [(rel(p.day), p.value, p.kind) for p in case.points],
    }


@given(
    st.integers(-9_000, 9_000), LABS, READINGS, DOSES.filter(bool),
    st.lists(st.integers(0, 25), min_size=1, max_size=3, unique=True).map(sorted), st.integers(30, 130),
)  # fmt: skip
def test_a_whole_case_does_not_know_the_date(
    shift: int, labs: list, readings: list, doses: list, days: list[int], as_of: int
) -> None:
    parts = (labs, readings, doses)
    assert course(START + shift, parts, days, as_of) == course(START, parts, days, as_of)


@given(LABS, READINGS, st.integers(0, 30), st.integers(0, 30))
def test_what_is_measured_later_changes_no_earlier_answer(labs: list, readings: list, target: int, as_of: int) -> None:
    known = [row for row in labs if row[0] <= as_of], [row for row in readings if row[0] <= as_of], []
    assert endpoints(START, (labs, readings, []), target, as_of) == endpoints(START, known, target, as_of)


@given(LABS, READINGS, DOSES, st.integers(0, 30))
def test_an_endpoint_lies_in_its_window_and_an_index_on_one_day(
    labs: list, readings: list, doses: list, target: int
) -> None:
    log = log_of(START, labs, readings, doses)
    measured = Measured(log, 0, dose_course(log, shipped(), patient=0))
    window = Window(START + target, START + target - 3, START + target + 3)
    found = endpoints_at(measured, window, baseline=START, as_of=START + 60)
    for name, cell in found.items():
        if isinstance(cell, Found):
            assert window.holds(cell.day), name
            assert cell.value >= 0 or name == "c_peptide_index"
    index, peptide = found["homa_ir_cp"], found["c_peptide"]
    if isinstance(index, Found):
        assert isinstance(peptide, Found)
        assert index.day == peptide.day
        assert index.value > Fraction("1.5")
