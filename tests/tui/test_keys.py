"""The table of actions, the keymap file, and the words of both languages."""

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

import tui
from tests.tui.standing import Standing
from tests.tui.walking import Walk
from tui import words
from tui.keys import ACTIONS, PLACES, TEXT_MODES, Keymap, KeymapError, clashes, load_keymap, modes_of, shown
from tui.session import acts


def written(folder: Path, text: str) -> Path:
    path = folder / "keys.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(folder: Path, text: str) -> str:
    with pytest.raises(KeymapError) as error:
        load_keymap(written(folder, text))
    return str(error.value)


def test_no_key_means_two_things_on_one_screen() -> None:
    assert clashes(ACTIONS) == []


def test_every_action_has_a_key_an_act_and_a_name_in_both_languages() -> None:
    assert {action.id for action in ACTIONS} <= acts.ACTS.keys()
    assert all(action.keys and action.en and action.zh and action.modes for action in ACTIONS)
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)


def test_nothing_that_is_typed_is_taken_away_by_an_action() -> None:
    taken = {
        (mode, key): action.id
        for action in ACTIONS
        for mode in modes_of(action)
        for key in action.keys
        if mode in TEXT_MODES and len(key) == 1
    }
    assert set(taken.values()) == {"dose.more", "dose.less"}
    assert {key for _, key in taken} == {"+", "-"}


def test_every_screen_has_a_way_out_help_and_commands() -> None:
    keymap = Keymap()
    for place in PLACES:
        ids = {action.id for action in keymap.of(place)}
        assert {"app.help", "app.palette", "app.quit", "app.blank", "app.lock"} <= ids
    for mode in ("search", "jump", "dose", "why", "note", "beyond", "leave", "palette", "help"):
        assert keymap.find(mode, "escape") is not None


def test_arrows_and_letters_of_vi_move_alike() -> None:
    keymap = Keymap()
    for place in PLACES:
        assert keymap.find(place, "down") is keymap.find(place, "j") is not None
        assert keymap.find(place, "up") is keymap.find(place, "k") is not None


def test_a_keymap_file_gives_other_keys(tmp_path: Path, standing: Standing) -> None:
    keymap = load_keymap(written(tmp_path, '[keys]\n"ward.open" = "o"\n"round.sign" = ["ctrl+s", "Z"]\n'))
    assert keymap.find("ward", "o") is keymap.action("ward.open")
    assert keymap.find("ward", "enter") is None
    session = Walk.on(standing).session
    opened, _ = acts.press(session, "o", keymap)
    assert opened.opening is not None


def test_everything_wrong_with_a_keymap_is_told_at_once(tmp_path: Path) -> None:
    told = refused(tmp_path, '[keys]\n"ward.fly" = "x"\n"ward.open" = 3\n"ward.search" = "f"\n"app.quit" = []\n')
    assert "no action 'ward.fly'" in told
    assert "ward.open: a key or a list of keys" in told
    assert "'f' means both ward.search and ward.filter on the ward screen" in told
    assert "app.quit: needs at least one key" in told


@pytest.mark.parametrize("text", ["[keys", "[other]\n", "keys = 3\n"])
def test_what_is_no_keymap_is_refused(tmp_path: Path, text: str) -> None:
    assert "keys.toml" in refused(tmp_path, text)


def test_a_printable_key_cannot_be_given_where_text_is_typed(tmp_path: Path) -> None:
    assert "'e' is typed as text there" in refused(tmp_path, '[keys]\n"search.done" = ["enter", "e"]\n')


def test_keys_are_written_as_people_write_them() -> None:
    assert [shown(key) for key in ("pagedown", "ctrl+c", "escape", "f8", "S", "/")] == [
        "PgDn", "^C", "Esc", "F8", "S", "/",
    ]  # fmt: skip


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_both_languages_say_the_same_things_with_the_same_places() -> None:
    english, chinese = words.WORDS["en"], words.WORDS["zh"]
    assert english.keys() == chinese.keys()
    assert {key for key in english if places(english[key]) != places(chinese[key])} == set()


def test_no_area_of_words_overwrites_another() -> None:
    assert sum(len(area.EN) for area in words._AREAS) == len(words.WORDS["en"])
    assert all(text.strip() for table in words.WORDS.values() for text in table.values())


def asked_for(path: Path) -> set[str]:
    """Keys a module asks for by name: the strings handed to ``say`` and to a talk's ``text``."""
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    asking = [c for c in calls if getattr(c.func, "id", "") == "say" or getattr(c.func, "attr", "") == "text"]
    constants = [
        node for call in asking for arg in call.args for node in ast.walk(arg) if isinstance(node, ast.Constant)
    ]
    return {node.value for node in constants if isinstance(node.value, str)}


def test_every_text_asked_for_is_written() -> None:
    known, areas = words.WORDS["en"], {key.split(".")[0] for key in words.WORDS["en"]}
    sources = [path for path in Path(tui.__file__).parent.rglob("*.py") if path.parent.name != "words"]
    asked = {key for path in sources for key in asked_for(path)}
    keys = {key for key in asked if re.fullmatch(r"[a-z_]+(\.[a-z_0-9]+)+", key) and key.split(".")[0] in areas}
    assert len(keys) > 200
    assert keys - known.keys() == set()
