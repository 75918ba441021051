"""Protocols: the shipped ones, everything wrong at once with file and line, and the commands that show them."""

from pathlib import Path

import pytest

from tests.unit.command import CHINESE, refused, run
from titration.study.protocol import ProtocolError, UnknownProtocol, find_protocols, load_protocol, open_protocol

ROOT = Path(__file__).resolve().parents[2]
PROTOCOLS = ROOT / "rules" / "protocols"
FOUNDING = PROTOCOLS / "huc-msc-2022.toml"


@pytest.mark.parametrize("name", sorted(find_protocols(PROTOCOLS)))
def test_a_shipped_protocol_has_no_problems(name: str) -> None:
    protocol = open_protocol(name, PROTOCOLS)
    assert protocol.id == name
    for visit in protocol.visits:
        assert protocol.text(f"visit-{visit.id}", "en")
        assert CHINESE.search(protocol.text(f"visit-{visit.id}", "zh"))


def test_the_founding_protocol_is_one_of_several() -> None:
    assert {"huc-msc-2022", "lian-2022"} <= set(find_protocols(PROTOCOLS))
    file = load_protocol(FOUNDING).file
    assert file.screening is not None
    assert file.screening.stable_days == 56
    assert file.infusion is not None
    assert (file.infusion.count, file.infusion.every_days, file.infusion.cells_per_kg) == (3, 7, "1000000")
    assert [(v.id, v.day, v.early, v.late) for v in file.visit if v.id.startswith("W")] == [
        ("W0", 0, 3, 3), ("W1", 7, 3, 3), ("W2", 14, 3, 3), ("W3", 21, 3, 3), ("W4", 28, 3, 3), ("W12", 84, 3, 3),
    ]  # fmt: skip
    passage = next(check for check in file.check if check.id == "passage")
    assert (passage.least, passage.most) == ("2", "4")


def test_what_no_source_says_is_named_as_an_assumption() -> None:
    assert set(load_protocol(FOUNDING).assumptions) == {
        "infusion_limits", "vitals", "visit B", "phase treatment", "phase follow_up",
    }  # fmt: skip


def test_a_note_on_a_definition_is_said_in_both_languages(tmp_path: Path) -> None:
    founding = load_protocol(FOUNDING)
    for language in ("en", "zh"):
        assert "6.25" in founding.note("lian-off-insulin", language)  # type: ignore[arg-type]
        assert founding.note("case-insulin", language) == ""  # type: ignore[arg-type]
    lines = FOUNDING.read_text(encoding="utf-8").splitlines()
    (at,) = [i for i, text in enumerate(lines) if text.startswith("note-zang") and not text.isascii()]
    path = tmp_path / FOUNDING.name
    path.write_text("\n".join([*lines[:at], *lines[at + 1 :]]), encoding="utf-8")
    with pytest.raises(ProtocolError, match=r"text\.zh: no text 'note-zang'"):
        load_protocol(path)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    text = FOUNDING.read_text(encoding="utf-8")
    for old, new in (
        ('id = "huc-msc-2022"', 'id = "other-name"'),
        ('[thaw]\nwithin_hours = "12"\nsource = "brief"', '[thaw]\nwithin_hours = "12"\nsource = "breif"'),
        ('measures = ["fbg", "pbg", "doses", "adverse_events"]', 'measures = ["fgb", "pbg"]'),
        ('id = "case-tablets"\nvisit = "W4"', 'id = "case-tablets"\nvisit = "W44"'),
        ('visit-W12 = "第12周"', 'visit-W13 = "第12周"'),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "protocols" / "huc-msc-2022.toml"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    return path


def test_everything_wrong_is_said_at_once_with_its_line(broken: Path) -> None:
    with pytest.raises(ProtocolError) as caught:
        load_protocol(broken)
    told = str(caught.value).splitlines()
    lines = broken.read_text(encoding="utf-8").splitlines()
    for piece, at in (
        ("the protocol 'other-name'", 'id = "other-name"'),
        ("unknown source 'breif'; did you mean 'brief'?", 'source = "breif"'),
        ("unknown measure 'fgb'; did you mean 'fbg'?", 'measures = ["fgb", "pbg"]'),
        ("unknown visit 'W44'; did you mean", 'visit = "W44"'),
    ):
        line = next(text for text in told if piece in text)
        assert line.startswith(f"protocols/huc-msc-2022.toml:{lines.index(at) + 1}: "), line
    assert any("text.zh: no text 'visit-W12'" in line for line in told)
    assert any("text.zh: nothing is called 'visit-W13'" in line for line in told)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('source = "brief"\n\n[infusion]', "\n[infusion]", 'screening: needs either source = "..." or basis'),
        ('sign_off = "principal investigator"\nnote = "the window', 'note = "the window', "who must sign it off"),
        ("stable_days = 56", "stable_dayz = 56", "did you mean"),
        ('mark = "FOUND-2"', 'mark = "REC-L"', "source.brief.mark"),
        ("early = 3", "early = -3", "infusion_limits.early"),
        ('least = "2"', 'least = "9"', "least 9 is above most 4"),
        (
            'insulin_down_more_than = "50"',
            'insulin_down_more_than = "50"\ninsulin_down_at_least = "50"',
            "exclude each other",
        ),
        ('id = "W1"\n', 'id = "W0"\n', "visit W0 is defined twice"),
        ("[protocol]", "[protocol", "not TOML"),
    ],
)
def test_a_slip_is_refused_with_its_reason(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = FOUNDING.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "huc-msc-2022.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ProtocolError, match=r"huc-msc-2022\.toml:\d+: ") as caught:
        load_protocol(path)
    assert said in str(caught.value)


def test_an_unknown_protocol_lists_those_there_are() -> None:
    with pytest.raises(UnknownProtocol, match="huc-msc-2022, lian-2022"):
        open_protocol("huc", PROTOCOLS)


def test_the_commands_list_and_check(capsys: pytest.CaptureFixture[str], broken: Path) -> None:
    code, out, _ = run(capsys, "study", "list")
    assert code == 0
    assert "huc-msc-2022 1.0.0 (draft)" in out
    code, out, _ = run(capsys, "study", "check", "huc-msc-2022")
    assert code == 0
    assert "no problems (7 visits, 3 infusions, 7 product checks" in out
    assert "phase treatment" in out
    code, out, err = run(capsys, "study", "check", broken)
    assert (code, out) == (1, "")
    assert "did you mean 'brief'?" in err
    assert "no protocol 'nothing'" in refused(capsys, "study", "check", "nothing")
