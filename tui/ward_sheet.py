"""The ward as a sheet of text: what is printed where there is no terminal to draw on."""

from dataclasses import replace

from titration.service.rounds.door import Door
from tui.keys import Keymap
from tui.session import acts, gate
from tui.session.effects import LoadWard
from tui.session.state import Session, Settings
from tui.views.frame import page
from tui.workers import answer

WIDTH = 120


def ward_sheet(door: Door, settings: Settings, minute: int) -> str:
    """The ward's page, as long as it takes; refused by ``ValueError`` where a passphrase would be needed to see it."""
    if door.needs_passphrase:
        raise ValueError("this ledger asks for a passphrase: open it in a terminal")
    session = Session(
        pack=door.pack,
        formulary=door.formulary,
        users=door.users,
        needs_passphrase=False,
        read_only=door.read_only,
        settings=replace(settings, theme="mono"),
        size=(WIDTH, 24),
        minute=minute,
    )
    session, effects = gate.start(session)
    for effect in effects:
        assert isinstance(effect, LoadWard)
        session, _ = acts.told(session, answer(door, effect, minute))
    session = acts.resized(session, (WIDTH, 20 + len(session.ward.items)))
    lines = page(session, Keymap()).text.splitlines()
    return "\n".join(line.rstrip() for line in lines[:-2]).rstrip()
