"""Plain mode: sheets for pipes, and the same decisions with the same refusals line by line, in both languages."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui.conftest import Clock
from titration.explain.layout import cells
from titration.explain.phrases import LANGUAGES, Language
from titration.explain.sentences import SENTENCES
from titration.service.rounds.demo import DEMO_MINUTE, NURSE, VIEWER
from titration.service.rounds.door import Door
from titration.service.rounds.told import Action, Stage
from tui.plain.dialogue import COMMANDS, DOES, command
from tui.plain.running import run_plain, write_to
from tui.plain.talk import WIDTH, Talk
from tui.session.state import Settings


class Screen(io.StringIO):
    """Standard input or output that is, or is no, terminal."""

    def __init__(self, text: str = "", *, terminal: bool = False) -> None:
        super().__init__(text)
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


Said = Callable[..., str]


@pytest.fixture
def talk(door: Door) -> Talk:
    return Talk.on(door, Settings(), clock=lambda: DEMO_MINUTE, write=lambda _: None, user=door.users[0])


@pytest.fixture
def said(talk: Talk) -> Said:
    """Say commands; the answer to the last of them."""

    def answer(*commands: str) -> str:
        out = io.StringIO()
        for text in commands:
            out = io.StringIO()
            talk.write = out.write
            command(talk, text)
        assert all(cells(line) <= WIDTH for line in out.getvalue().splitlines())
        return " ".join(out.getvalue().split())

    return answer


def run(
    door: Door, text: str = "", *, terminal: bool = False, patient: str | None = None, **more: object
) -> tuple[int, str]:
    out = Screen()
    code = run_plain(
        door,
        Settings(**more),  # type: ignore[arg-type]
        Clock(),
        patient=patient,
        stdin=Screen(text, terminal=terminal),
        stdout=out,
    )
    return code, out.getvalue()


@pytest.mark.parametrize("language", LANGUAGES)
def test_into_a_pipe_the_ward_is_printed_and_that_is_all(door: Door, language: Language) -> None:
    rows = [f"{row.person.bed} {row.person.patient_id}" for row in door.ward(minute=DEMO_MINUTE).rows]
    code, text = run(door, "open A02\n", terminal=True, language=language)
    assert code == 0
    assert all(row in text for row in rows)
    assert "".join(SENTENCES[language]["disclaimer"].split()) in "".join(text.split())
    assert text.count("A02 W02") == 1


def test_only_the_ward_asked_for_is_printed(door: Door) -> None:
    _, text = run(door, ward="A区")
    assert "A05 W05" in text
    assert "B12 W24" not in text


def test_one_patients_sheet_is_printed(door: Door) -> None:
    code, text = run(door, patient="W05")
    assert code == 0
    assert "Patient A05 W05" in text
    assert "B12" not in text


def test_commands_from_a_pipe_are_carried_out_and_a_refusal_shows_in_the_exit_code(door: Door) -> None:
    code, text = run(door, "open A02\nlimits\naccept all\nsign\nquit\nlist\n")
    assert code == 0
    assert "Signed" in text
    assert text.index("Ward round") < text.index("Plan for A02")


def test_an_unknown_command_is_a_refusal(door: Door) -> None:
    code, text = run(door, "frobnicate\n")
    assert code == 1
    assert "Not a command: frobnicate" in text


def test_a_ledger_with_passphrases_is_not_printed_into_a_pipe(door: Door) -> None:
    class Guarded:
        def __getattr__(self, name: str) -> object:
            return True if name == "needs_passphrase" else getattr(door, name)

    with pytest.raises(ValueError, match="passphrase"):
        run(Guarded())  # type: ignore[arg-type]


@pytest.mark.parametrize("end", ["txt", "md", "html", "csv"])
def test_a_sheet_is_written_in_the_format_its_name_ends_in(door: Door, tmp_path: Path, end: str) -> None:
    path = tmp_path / f"ward.{end}"
    write_to(path, door, Settings(), Clock(), patient=None, stdin=Screen(), stdout=Screen())
    text = path.read_text(encoding="utf-8")
    assert "石敢当" in text
    assert path.stat().st_mode & 0o777 == 0o600
    assert text.startswith(
        {"txt": "Ward round", "md": "# Ward round", "html": "<!DOCTYPE html>", "csv": "time,ward"}[end]
    )


def test_a_sheet_of_no_known_format_is_refused(door: Door, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="end the name in one of"):
        write_to(tmp_path / "ward.pdf", door, Settings(), Clock(), patient=None, stdin=Screen(), stdout=Screen())
    assert list(tmp_path.glob("ward*.pdf")) == []


# -- deciding --------------------------------------------------------------------------------------------------------------


def test_no_signature_before_limits_were_shown(said: Said, door: Door) -> None:
    text = said("open A02", "accept all", "sign")
    assert "have not been shown yet" in text
    assert "no limit bound this line" in text
    assert door.patient("W02", minute=DEMO_MINUTE).row.stage is Stage.OPEN
    assert "Signed" in said("sign")
    assert door.patient("W02", minute=DEMO_MINUTE).row.stage is Stage.SIGNED


def test_no_signature_before_every_line_has_its_choice(said: Said, door: Door) -> None:
    assert "still need a choice" in said("open A02", "limits", "accept 1", "sign")
    assert door.patient("W02", minute=DEMO_MINUTE).row.stage is Stage.OPEN


def test_a_dose_of_ones_own_and_a_line_kept_are_signed_with_their_reasons(said: Said, door: Door) -> None:
    said("open A02", "limits", "modify 1 22 reason slower", "accept 2", "reject 3 reason other seen by dietitian")
    assert "Signed" in said("sign")
    (first, second, third) = door.patient("W02", minute=DEMO_MINUTE).signed[-1].choices
    assert (first.action, first.dose, first.reason) == (Action.MODIFY, 22_000, "slower")
    assert second.action is Action.ACCEPT
    assert (third.action, third.note) == (Action.REJECT, "seen by dietitian")


def test_limits_are_gone_beyond_only_after_they_were_told_for_that_dose(said: Said, talk: Talk) -> None:
    text = said("open A03", "modify 1 60 reason hypo_risk beyond")
    assert "goes beyond limits" in text
    assert talk.session.round is not None
    assert talk.session.round.choices == ()
    assert "goes beyond limits" in said("modify 1 70 reason hypo_risk beyond")
    assert "beyond limits, confirmed" in said("modify 1 60 reason hypo_risk beyond")
    said("open A02")
    assert "goes beyond limits" in said("modify 1 60 reason hypo_risk beyond")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("modify 1 22", "Write: modify LINE DOSE reason CODE"),
        ("modify 1 22 reason because", "Not a reason: because"),
        ("modify 1 .5 reason slower", "leading zero"),
        ("modify 1 22.5 reason slower", "cannot give this"),
        ("modify 9 22 reason slower", "No line 9"),
        ("reject 1", "Write: reject LINE reason CODE"),
        ("reject 1 reason other", "needs a few words"),
        ("accept 0", "No line 0"),
        ("accept", "No line"),
        ("enter", "Write: enter TEXT"),
    ],
)
def test_what_cannot_be_done_says_how_it_can(said: Said, talk: Talk, text: str, answer: str) -> None:
    assert answer in said("open A02", text)
    assert talk.refused
    assert talk.session.round is not None
    assert talk.session.round.choices == ()


def test_undo_takes_the_last_choice_back(said: Said, talk: Talk) -> None:
    said("open A02", "accept 1", "accept 2", "undo")
    assert talk.session.round is not None
    assert len(talk.session.round.choices) == 1


@pytest.mark.parametrize("text", ["accept all", "modify 1 22 reason slower", "sign"])
def test_a_nurse_decides_nothing_and_a_viewer_enters_nothing(door: Door, text: str) -> None:
    out = io.StringIO()
    nurse = Talk.on(door, Settings(), clock=lambda: DEMO_MINUTE, write=out.write, user=NURSE)
    command(nurse, "open A02")
    command(nurse, text)
    assert "Only a prescriber" in out.getvalue()
    viewer = Talk.on(door, Settings(), clock=lambda: DEMO_MINUTE, write=out.write, user=VIEWER)
    before = door.head()
    command(viewer, "open A02")
    command(viewer, "enter f 6.8")
    assert "records nothing" in out.getvalue()
    assert door.head() == before


def test_quitting_asks_once_before_choices_are_dropped(said: Said, talk: Talk) -> None:
    assert "would be dropped" in said("open A02", "accept 1", "quit")
    assert not talk.ended
    said("list")
    assert "would be dropped" in said("quit")
    said("quit")
    assert talk.ended


@pytest.mark.parametrize("wanted", ["A02", "a02", "W02", "穆听雨", "Mu Tingyu"])
def test_a_patient_is_opened_by_bed_id_or_name(said: Said, wanted: str) -> None:
    assert "A02 穆听雨" in said(f"open {wanted}")


def test_a_name_that_fits_several_opens_none(said: Said, talk: Talk) -> None:
    assert "fits several" in said("open shu")
    assert talk.session.round is None


# -- entering --------------------------------------------------------------------------------------------------------------


def test_a_question_is_answered_by_its_number_and_nothing_is_saved_before(said: Said, door: Door) -> None:
    before = door.head()
    text = said("open A10", "enter f 68")
    assert "2 I meant 6.8 mmol/L" in text
    assert door.head() == before
    assert "saved" in said("2")
    values = [
        r.value for r in door.patient("W10", minute=DEMO_MINUTE).readings if r.minute // 1440 == DEMO_MINUTE // 1440
    ]
    assert values == [68]


def test_a_question_given_up_leaves_nothing_behind(said: Said, talk: Talk, door: Door) -> None:
    before = door.head()
    said("open A10", "enter f 68", "list", "2")
    assert door.head() == before
    assert talk.session.entry.texts == {}


def test_what_is_entered_makes_the_open_plan_stale(said: Said, door: Door) -> None:
    said("open A02", "limits", "accept all", "enter 2.8 @03:00 symptoms")
    assert "reload before signing" in said("sign")
    assert door.patient("W02", minute=DEMO_MINUTE).row.stage is Stage.OPEN
    assert "Plan for A02" in said("reload")


def test_a_correction_asks_why(said: Said, door: Door) -> None:
    said("open A02", "enter f 4.6 @06:40", "2")
    assert "saved" in said("1")
    fasting = [r for r in door.patient("W02", minute=DEMO_MINUTE).readings if r.timing == "fasting"][-1]
    assert (fasting.value, fasting.replaces is not None) == (46, True)


# -- languages -------------------------------------------------------------------------------------------------------------


def test_every_command_has_a_word_in_both_languages() -> None:
    english = {name for word, name in COMMANDS.items() if word.isascii()}
    chinese = {name for word, name in COMMANDS.items() if not word.isascii()}
    assert english == chinese == set(DOES)


def test_a_round_in_chinese(said: Said, door: Door) -> None:
    said("语言")
    assert "穆听雨" in said("打开 A02")
    assert "减量" in said("打开 A02")
    assert "未受限制" in said("限制")
    said("修改 1 22 理由 slower", "接受 2", "不采纳 3 理由 other 营养师已看")
    assert "已签署" in said("签署")
    assert door.patient("W02", minute=DEMO_MINUTE).signed[-1].choices[0].dose == 22_000
