"""Every action with its keys and names: what the footer, the help, the palette, the documents and the tests read.

A keymap file gives other keys to actions by id; see ``load_keymap``.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

PLACES: Final = ("ward", "patient", "decide", "enter", "doses", "rules", "ledger", "recorded", "study")
"""Modes of whole screens; actions of ``*`` work in all of them."""
TEXT_MODES: Final = ("gate", "search", "jump", "dose", "note", "palette", "cell", "line", "correct_why", "trial")
"""Modes in which printable keys are typed."""


class KeymapError(ValueError):
    """Everything that is wrong with a keymap file, one line each."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something a key does. ``modes`` are where; ``foot`` is its place in the footer, 0 for none; names are short."""

    id: str
    keys: tuple[str, ...]
    modes: tuple[str, ...]
    en: str
    zh: str
    foot: int = 0

    def name(self, language: str) -> str:
        """Its short name."""
        return self.en if language == "en" else self.zh

    def works_in(self, mode: str) -> bool:
        """Whether the action has a meaning in a mode."""
        return mode in self.modes or ("*" in self.modes and mode in PLACES)


_ROUND = ("patient", "decide")
_ANY = ("*",)

ACTIONS: Final = (
    # the list of patients
    Action("ward.open", ("enter", "l", "right"), ("ward",), "Open", "打开", 1),
    Action("ward.down", ("down", "j", "wheel.down"), ("ward",), "Down", "下移"),
    Action("ward.up", ("up", "k", "wheel.up"), ("ward",), "Up", "上移"),
    Action("ward.page_down", ("pagedown", "ctrl+f", "space"), ("ward",), "Page down", "下一页"),
    Action("ward.page_up", ("pageup", "ctrl+b"), ("ward",), "Page up", "上一页"),
    Action("ward.first", ("home", "g"), ("ward",), "First", "首位"),
    Action("ward.last", ("end", "G"), ("ward",), "Last", "末位"),
    Action("ward.next_open", ("n",), ("ward",), "Next open", "下一位未签", 5),
    Action("ward.previous_open", ("N",), ("ward",), "Previous open", "上一位未签"),
    Action("ward.search", ("/",), ("ward",), "Search", "搜索", 2),
    Action("ward.filter", ("f",), ("ward",), "Filter", "筛选", 3),
    Action("ward.sort", ("s",), ("ward",), "Sort", "排序", 12),
    Action("ward.group", ("w",), ("ward",), "Group by ward", "按病区分组"),
    Action("ward.clear", ("escape",), ("ward",), "Show all", "显示全部"),
    Action("ward.reload", ("r", "f5"), ("ward",), "Reload", "刷新"),
    Action("ward.jump", ("b",), ("ward",), "Go to bed", "前往床号"),
    Action("jump.done", ("enter",), ("jump",), "Open", "打开", 1),
    Action("jump.give_up", ("escape",), ("jump",), "Give up", "取消", 2),
    Action("search.done", ("enter", "down"), ("search",), "Keep", "确定", 1),
    Action("search.give_up", ("escape",), ("search",), "Give up", "取消", 2),
    # one patient
    Action("round.accept_all", ("a",), _ROUND, "Accept all", "全部接受", 1),
    Action("round.sign", ("S",), _ROUND, "Sign", "签署", 2),
    Action("round.decide", ("d", "enter"), ("patient",), "Decide", "逐项决定", 3),
    Action("round.accept", ("y", "enter", "space"), ("decide",), "Accept", "接受", 3),
    Action("round.modify", ("m",), _ROUND, "Modify", "修改", 4),
    Action("round.reject", ("x",), _ROUND, "Reject", "不采纳", 5),
    Action("round.clear", ("c", "delete", "backspace"), ("decide",), "Clear choice", "清除选择"),
    Action("round.undo", ("u", "ctrl+z"), _ROUND, "Undo", "撤销", 6),
    Action("round.down", ("down", "j"), _ROUND, "Next line", "下一项"),
    Action("round.up", ("up", "k"), _ROUND, "Previous line", "上一项"),
    Action("round.scroll_down", ("pagedown", "ctrl+f", "J", "wheel.down"), _ROUND, "Scroll down", "向下滚动"),
    Action("round.scroll_up", ("pageup", "ctrl+b", "K", "wheel.up"), _ROUND, "Scroll up", "向上滚动"),
    Action("round.full", ("e",), ("patient",), "Explain all", "完整说明", 7),
    Action("round.more_days", ("-",), ("patient",), "More days", "更多天"),
    Action("round.fewer_days", ("+", "="), ("patient",), "Fewer days", "更少天"),
    Action("round.next", ("]", "n"), _ROUND, "Next patient", "下一位"),
    Action("round.previous", ("[", "p"), _ROUND, "Previous patient", "上一位"),
    Action("round.reload", ("r", "f5"), _ROUND, "Reload", "刷新"),
    Action("round.back", ("escape", "h", "left"), _ROUND, "Back", "返回", 8),
    # entering
    Action("enter.open", ("E",), ("ward", *_ROUND, "doses", "rules", "ledger", "study"), "Enter", "录入", 11),
    Action("doses.open", ("D",), ("ward", *_ROUND, "enter"), "Doses due", "待给药", 13),
    Action("line.open", ("i",), ("ward", *_ROUND, "enter", "doses"), "One line", "单行录入", 12),
    Action("enter.type", (*"0123456789", *"０１２３４５６７８９"), ("enter",), "Type a value", "输入数值"),
    Action("enter.edit", ("enter", "f2"), ("enter",), "Type", "输入", 1),
    Action("enter.left", ("left", "h", "shift+tab"), ("enter",), "Left", "左移"),
    Action("enter.right", ("right", "l", "tab"), ("enter",), "Right", "右移"),
    Action("enter.up", ("up", "k", "wheel.up"), ("enter",), "Up", "上移"),
    Action("enter.down", ("down", "j", "wheel.down"), ("enter",), "Down", "下移"),
    Action("enter.page_down", ("pagedown", "ctrl+f", "space"), ("enter",), "Page down", "下一页"),
    Action("enter.page_up", ("pageup", "ctrl+b"), ("enter",), "Page up", "上一页"),
    Action("enter.first", ("home", "g"), ("enter",), "First", "首位"),
    Action("enter.last", ("end", "G"), ("enter",), "Last", "末位"),
    Action("enter.withdraw", ("x", "delete", "backspace"), ("enter",), "Withdraw", "撤回", 2),
    Action("enter.day_before", ("[",), ("enter",), "Day before", "前一天", 16),
    Action("enter.day_after", ("]",), ("enter",), "Day after", "后一天", 17),
    Action("enter.back", ("escape",), ("enter", "doses"), "Back", "返回", 18),
    Action("cell.done", ("enter",), ("cell",), "Save, go down", "保存并下移", 1),
    Action("cell.right", ("tab",), ("cell",), "Save, go right", "保存并右移", 2),
    Action("cell.down", ("down",), ("cell",), "Save, go down", "保存并下移"),
    Action("cell.up", ("up",), ("cell",), "Save, go up", "保存并上移"),
    Action("cell.left", ("shift+tab",), ("cell",), "Save, go left", "保存并左移"),
    Action("line.done", ("enter",), ("line",), "Save", "保存", 1),
    Action("text.leave", ("escape",), ("cell", "line"), "Leave unsaved", "暂不保存", 3),
    Action("ask.pick", ("enter", *"123456789"), ("ask",), "Choose", "选择", 1),
    Action("ask.down", ("down", "j", "wheel.down"), ("ask", "correct"), "Down", "下移"),
    Action("ask.up", ("up", "k", "wheel.up"), ("ask", "correct"), "Up", "上移"),
    Action("ask.again", ("escape",), ("ask",), "Type again", "重新输入", 2),
    Action("correct.pick", ("enter", *"12345", "o"), ("correct",), "Choose", "选择", 1),
    Action("correct.done", ("enter",), ("correct_why",), "Go on", "继续", 1),
    Action("correct.give_up", ("escape",), ("correct", "correct_why"), "Give up", "取消", 2),
    Action("doses.given", ("y",), ("doses",), "Given as prescribed", "已按医嘱给药", 1),
    Action("doses.another", ("m",), ("doses",), "Another amount", "其他剂量", 2),
    Action("doses.not_given", ("x",), ("doses",), "Not given", "未给", 3),
    Action("doses.down", ("down", "j", "wheel.down"), ("doses",), "Down", "下移"),
    Action("doses.up", ("up", "k", "wheel.up"), ("doses",), "Up", "上移"),
    Action("doses.page_down", ("pagedown", "ctrl+f", "space"), ("doses",), "Page down", "下一页"),
    Action("doses.page_up", ("pageup", "ctrl+b"), ("doses",), "Page up", "上一页"),
    Action("doses.first", ("home", "g"), ("doses",), "First", "首位"),
    Action("doses.last", ("end", "G"), ("doses",), "Last", "末位"),
    Action("not_given.pick", ("enter", *"12345"), ("not_given",), "Choose", "选择", 1),
    Action("not_given.down", ("down", "j", "wheel.down"), ("not_given",), "Down", "下移"),
    Action("not_given.up", ("up", "k", "wheel.up"), ("not_given",), "Up", "上移"),
    # looking up
    Action("rules.open", ("R",), ("ward", *_ROUND, "enter", "doses", "ledger", "study"), "Rules", "规则", 14),
    Action("ledger.open", ("H",), ("ward", *_ROUND, "enter", "doses", "rules", "study"), "Ledger", "账本", 15),
    Action("rules.change", ("enter",), ("rules",), "Try another value", "试改数值", 1),
    Action("rules.take_back", ("c",), ("rules",), "Try nothing", "取消试改", 2),
    Action("rules.next_tab", ("right", "l", "tab"), ("rules",), "Next tab", "下一栏", 3),
    Action("rules.previous_tab", ("left", "h", "shift+tab"), ("rules",), "Previous tab", "上一栏"),
    Action("rules.tab", (*"123456",), ("rules",), "Tab by number", "按数字选栏"),
    Action("rules.down", ("down", "j", "wheel.down"), ("rules",), "Down", "下移"),
    Action("rules.up", ("up", "k", "wheel.up"), ("rules",), "Up", "上移"),
    Action("rules.page_down", ("pagedown", "ctrl+f", "space"), ("rules",), "Page down", "下一页"),
    Action("rules.page_up", ("pageup", "ctrl+b"), ("rules",), "Page up", "上一页"),
    Action("rules.first", ("home", "g"), ("rules",), "First", "首位"),
    Action("rules.last", ("end", "G"), ("rules",), "Last", "末位"),
    Action("rules.scroll_down", ("J",), ("rules",), "Scroll the text", "向下滚动"),
    Action("rules.scroll_up", ("K",), ("rules",), "Scroll back", "向上滚动"),
    Action("look.back", ("escape",), ("rules", "ledger", "recorded", "study"), "Back", "返回", 18),
    Action("trial.done", ("enter",), ("trial",), "See the plan", "查看方案", 1),
    Action("trial.leave", ("escape",), ("trial",), "Give up", "取消", 2),
    Action("ledger.plan", ("enter",), ("ledger",), "Plan as it was", "当时的方案", 1),
    Action("ledger.verify", ("v",), ("ledger",), "Verify", "核验", 2),
    Action("ledger.kinds", ("f",), ("ledger",), "Narrow", "筛选", 3),
    Action("ledger.author", ("a",), ("ledger",), "By whom", "按人员", 4),
    Action("ledger.patient", ("p",), ("ledger",), "One patient", "按患者", 5),
    Action("ledger.reload", ("r", "f5"), ("ledger",), "Reload", "刷新"),
    Action("ledger.down", ("down", "j", "wheel.down"), ("ledger",), "Down", "下移"),
    Action("ledger.up", ("up", "k", "wheel.up"), ("ledger",), "Up", "上移"),
    Action("ledger.page_down", ("pagedown", "ctrl+f", "space"), ("ledger",), "Page down", "下一页"),
    Action("ledger.page_up", ("pageup", "ctrl+b"), ("ledger",), "Page up", "上一页"),
    Action("ledger.first", ("home", "g"), ("ledger",), "First", "首位"),
    Action("ledger.last", ("end", "G"), ("ledger",), "Last read", "末位"),
    Action("recorded.down", ("down", "j", "pagedown", "space", "wheel.down"), ("recorded",), "More", "更多", 1),
    Action("recorded.up", ("up", "k", "pageup", "wheel.up"), ("recorded",), "Up", "上移"),
    # the study
    Action("study.open", ("V",), ("ward", *_ROUND, "enter", "doses", "rules", "ledger"), "Study", "研究", 19),
    Action("study.next_tab", ("right", "l", "tab"), ("study",), "Next tab", "下一栏", 1),
    Action("study.previous_tab", ("left", "h", "shift+tab"), ("study",), "Previous tab", "上一栏"),
    Action("study.tab", (*"1234",), ("study",), "Tab by number", "按数字选栏"),
    Action("study.next", ("]", "n"), ("study",), "Next patient", "下一位", 2),
    Action("study.previous", ("[", "p"), ("study",), "Previous patient", "上一位"),
    Action("study.reload", ("r", "f5"), ("study",), "Reload", "刷新"),
    Action("study.down", ("down", "j", "wheel.down"), ("study",), "Down", "下移"),
    Action("study.up", ("up", "k", "wheel.up"), ("study",), "Up", "上移"),
    Action("study.page_down", ("pagedown", "ctrl+f", "space"), ("study",), "Page down", "下一页"),
    Action("study.page_up", ("pageup", "ctrl+b"), ("study",), "Page up", "上一页"),
    Action("study.first", ("home", "g"), ("study",), "First", "首位"),
    # questions
    Action("dose.done", ("enter",), ("dose",), "Go on", "继续", 1),
    Action("dose.more", ("up", "+"), ("dose",), "One step up", "加一步", 2),
    Action("dose.less", ("down", "-"), ("dose",), "One step down", "减一步", 3),
    Action("beyond.confirm", ("Y",), ("beyond",), "Go beyond the limits", "仍超出限制", 1),
    Action("beyond.give_up", ("escape", "n"), ("beyond",), "Another dose", "改剂量", 2),
    Action("why.pick", ("enter", "1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "o"), ("why",), "Choose", "选择", 1),
    Action("why.down", ("down", "j", "wheel.down"), ("why",), "Down", "下移"),
    Action("why.up", ("up", "k", "wheel.up"), ("why",), "Up", "上移"),
    Action("note.done", ("enter",), ("note",), "Go on", "继续", 1),
    Action("note.give_up", ("escape",), ("note",), "Reasons", "返回理由", 2),
    Action("leave.confirm", ("Y",), ("leave",), "Quit and drop them", "放弃并退出", 1),
    Action("dialog.close", ("escape",), ("not_given", "dose", "why", "leave", "palette", "help"), "Close", "关闭", 9),
    Action("palette.run", ("enter",), ("palette",), "Run", "执行", 1),
    Action("palette.down", ("down", "tab"), ("palette",), "Down", "下移"),
    Action("palette.up", ("up", "shift+tab"), ("palette",), "Up", "上移"),
    Action("help.down", ("down", "j", "pagedown", "space", "wheel.down"), ("help",), "More", "更多", 1),
    Action("help.up", ("up", "k", "pageup", "wheel.up"), ("help",), "Up", "上移"),
    # sign-in and lock
    Action("gate.submit", ("enter",), ("gate",), "Sign in", "登录", 1),
    Action("gate.down", ("down", "tab"), ("gate",), "Next person", "下一人", 2),
    Action("gate.up", ("up", "shift+tab"), ("gate",), "Previous person", "上一人"),
    # everywhere
    Action("app.help", ("?", "f1"), _ANY, "Help", "帮助", 20),
    Action("app.palette", (":", "ctrl+p"), _ANY, "Commands", "命令", 21),
    Action("app.language", ("L",), _ANY, "中文", "English"),
    Action("app.unit", ("U",), _ANY, "Other unit", "换单位"),
    Action("app.theme", ("T",), _ANY, "Theme", "主题"),
    Action("app.glyphs", ("ctrl+g",), _ANY, "Plain signs", "简单符号"),
    Action("app.blank", ("f8", "."), (*_ANY, "blank"), "Hide the screen", "隐藏屏幕"),
    Action("app.lock", ("f9",), _ANY, "Lock", "锁定"),
    Action("app.quit", ("q", "ctrl+c", "ctrl+q"), _ANY, "Quit", "退出"),
    Action("app.quit_now", ("ctrl+c", "ctrl+q"), (*TEXT_MODES, "beyond", "why", "leave", "help",
           "ask", "correct", "not_given"),
           "Quit", "退出"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Keymap:
    """Which key does what in which mode."""

    actions: tuple[Action, ...] = ACTIONS
    _found: Mapping[tuple[str, str], Action] = field(default_factory=lambda: {}, repr=False)

    def __post_init__(self) -> None:
        found: dict[tuple[str, str], Action] = {}
        for action in self.actions:
            for mode in modes_of(action):
                for key in action.keys:
                    found.setdefault((mode, key), action)
        object.__setattr__(self, "_found", found)

    def find(self, mode: str, key: str) -> Action | None:
        """The action of a key."""
        return self._found.get((mode, key))

    def of(self, mode: str) -> Iterator[Action]:
        """Actions of a mode, in the order of the table."""
        yield from (action for action in self.actions if action.works_in(mode))

    def action(self, action_id: str) -> Action:
        """An action by id; raises KeyError."""
        return next(action for action in self.actions if action.id == action_id)


def modes_of(action: Action) -> tuple[str, ...]:
    """Modes of an action, ``*`` written out."""
    named = tuple(mode for mode in action.modes if mode != "*")
    return (*named, *PLACES) if "*" in action.modes else named


def shown(key: str) -> str:
    """A key as a person would write it."""
    names = {"pagedown": "PgDn", "pageup": "PgUp", "escape": "Esc", "enter": "Enter", "space": "Space", "down": "Down",
             "up": "Up", "left": "Left", "right": "Right", "home": "Home", "end": "End", "delete": "Del",
             "backspace": "Bksp", "tab": "Tab", "shift+tab": "S-Tab"}  # fmt: skip
    if key.startswith("ctrl+"):
        return f"^{key[5:].upper()}"
    return names.get(key, key.upper() if len(key) > 1 and key[0] == "f" and key[1:].isdigit() else key)


def load_keymap(path: Path) -> Keymap:
    """The keymap of a TOML file with a table ``[keys]``: an action's id, and a key or list of keys.

    Raises KeymapError with everything that is wrong, and OSError when the file cannot be read.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise KeymapError(f"{path}: not TOML: {error}") from None
    problems: list[str] = []
    keys: dict[str, object] = {}
    if set(table) <= {"keys"} and isinstance(table.get("keys", {}), dict):
        keys = table.get("keys", {})
    else:
        problems.append(f"{path}: only a table [keys] belongs here")
    given: dict[str, tuple[str, ...]] = {}
    known = {action.id for action in ACTIONS}
    for name, value in keys.items():
        found = _keys_of(value)
        if name not in known:
            problems.append(f"{path}: no action {name!r}: the help lists them")
        elif found is None:
            problems.append(f"{path}: {name}: a key or a list of keys, each as text")
        else:
            given[name] = found
    actions = tuple(_with(action, given.get(action.id)) for action in ACTIONS)
    problems += [f"{path}: {clash}" for clash in clashes(actions)]
    problems += [f"{path}: {fault}" for fault in _unreachable(actions)]
    if problems:
        raise KeymapError("\n".join(problems))
    return Keymap(actions)


def _keys_of(value: object) -> tuple[str, ...] | None:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(key, str) and key for key in listed):  # pyright: ignore[reportUnknownVariableType]
        return None
    return tuple(str(key) for key in listed)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def _with(action: Action, keys: tuple[str, ...] | None) -> Action:
    if keys is None:
        return action
    return Action(action.id, keys, action.modes, action.en, action.zh, action.foot)


def clashes(actions: tuple[Action, ...]) -> list[str]:
    """Keys that two actions of one mode share."""
    owner: dict[tuple[str, str], str] = {}
    found: list[str] = []
    for action in actions:
        for mode in modes_of(action):
            for key in action.keys:
                other = owner.setdefault((mode, key), action.id)
                if other != action.id:
                    found.append(f"{key!r} means both {other} and {action.id} on the {mode} screen")
    return found


def _unreachable(actions: tuple[Action, ...]) -> Iterator[str]:
    """Actions that would leave somebody stuck: no key at all, or a printable one where text is typed."""
    for action in actions:
        if not action.keys:
            yield f"{action.id}: needs at least one key"
        for mode in modes_of(action):
            typed = [key for key in action.keys if len(key) == 1]
            if mode in TEXT_MODES and typed and action.id not in ("dose.more", "dose.less"):
                yield f"{action.id}: {typed[0]!r} is typed as text there; give it a key that is not a character"
