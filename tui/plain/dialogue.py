"""From a line typed or piped to what is done: one command a line, the same in English and Chinese."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from titration.service.rounds.told import Reason
from tui.plain import deciding, entering, looking
from tui.plain.talk import Talk
from tui.session import acts, entry
from tui.session.dialogs import Ask, Correct, CorrectWhy, Leave
from tui.words import WORDS

Command = Callable[[Talk, list[str]], None]

_HELP: Final = (
    "list",
    "open",
    "why",
    "limits",
    "accept",
    "modify",
    "reject",
    "undo",
    "sign",
    "enter",
    "reload",
    "lang",
    "quit",
)
_ANYTIME: Final = frozenset(("list", "open", "reload", "lang", "help", "quit"))
"""Commands that need no warning when the open plan is out of date."""


def change_language(talk: Talk, words: list[str]) -> None:
    """The other language."""
    del words
    talk.do("app.language")


def help_(talk: Talk, words: list[str]) -> None:
    """Every command."""
    del words
    for name in _HELP:
        talk.write(WORDS[talk.language][f"plain.help.{name}"] + "\n")
    talk.say(talk.text("plain.help.codes", codes=", ".join(reason.value for reason in Reason)))


def leave(talk: Talk, words: list[str]) -> None:
    """End; where choices would be dropped, only the second time."""
    del words
    if talk.leaving:
        talk.ended = True
        return
    talk.take(acts.act(talk.session, "app.quit"))
    dialog = talk.session.dialog
    if isinstance(dialog, Leave):
        talk.leaving = True
        talk.session = replace(talk.session, dialog=None)
        talk.no("plain.dropped", names=", ".join(dialog.patients))


DOES: Final[Mapping[str, Command]] = {
    "list": looking.list_,
    "open": looking.open_,
    "why": looking.why,
    "limits": looking.limits,
    "reload": looking.reload,
    "accept": deciding.accept,
    "modify": deciding.modify,
    "reject": deciding.reject,
    "undo": deciding.undo,
    "sign": deciding.sign,
    "enter": entering.enter,
    "lang": change_language,
    "help": help_,
    "quit": leave,
}
COMMANDS: Final[Mapping[str, str]] = {
    **{name: name for name in DOES},
    "explain": "why",
    "exit": "quit",
    "?": "help",
    "列表": "list",
    "打开": "open",
    "说明": "why",
    "限制": "limits",
    "刷新": "reload",
    "接受": "accept",
    "修改": "modify",
    "不采纳": "reject",
    "撤销": "undo",
    "签署": "sign",
    "录入": "enter",
    "语言": "lang",
    "帮助": "help",
    "退出": "quit",
}
"""What each word does, in either language whatever the answers are in."""


def command(talk: Talk, text: str) -> None:
    """Carry out one line."""
    words = text.split()
    minute = talk.clock()
    talk.session = replace(acts.at(talk.session, minute), last_key=minute)
    if not words:
        return
    if isinstance(talk.session.dialog, Ask | Correct) and words[0].isdigit():
        entering.answer(talk, words[0])
        return
    if isinstance(talk.session.dialog, CorrectWhy) and words[0].casefold() not in COMMANDS:
        entering.reason_typed(talk, " ".join(words))
        return
    # What was asked and not answered is given up: a text that waits unseen would surprise.
    talk.session = entry.changed(replace(talk.session, dialog=None), texts={})
    name = COMMANDS.get(words[0].casefold())
    if name is None:
        talk.no("plain.unknown", text=words[0])
        return
    if name != "quit":
        talk.leaving = False
    talk.take(acts.tick(talk.session))
    if talk.session.round is not None and talk.session.round.stale and name not in _ANYTIME:
        talk.say(talk.text("plain.stale"))
    DOES[name](talk, words[1:])
