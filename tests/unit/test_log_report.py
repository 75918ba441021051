import numpy as np

from titration.log.file_book import FileBook
from titration.log.report import REASONS, Fate, Findings, Reason, Tally


def test_every_reason_has_a_fate_and_a_remedy() -> None:
    assert all(reason.remedy and reason.fate in Fate for reason in Reason)
    assert len(set(REASONS)) == len(Reason)


def test_a_tally_adds_up_or_does_not() -> None:
    assert Tally(3, 1, 1, 1).adds_up
    assert not Tally(3, 1, 1, 0).adds_up
    assert Tally(3, 1, 1, 1).plus(Tally(1, 1)) == Tally(4, 2, 1, 1)


def test_a_book_that_loses_a_value_does_not_add_up() -> None:
    book = FileBook()
    file = book.file("a.csv")
    book.count(file, rows=2, values=2)
    book.keep(file)
    book.find(file=file, row=2, reason=Reason.BAD_TIME, raw="x")
    assert report(book).values.adds_up
    book.count(file, values=1)
    assert not report(book).values.adds_up


def report(book: FileBook) -> Tally:
    return book.report(np.zeros(1, np.int32), ())
