"""Finding and opening packs and the formulary, shipped or in a folder of the caller's."""

from collections.abc import Sequence
from pathlib import Path

from titration.formulary import Formulary, shipped
from titration.packs.load import find_packs, load_pack
from titration.packs.model import Pack
from titration.resources import rules_folder


class UnknownPack(LookupError):
    """No pack of that name; the message lists those there are."""


def pack_folder(name: str, rules: Path | None) -> Path:
    """The folder of a pack named, or given as a path.

    Raises UnknownPack with the names there are.
    """
    direct = Path(name)
    if (direct / "pack.toml").is_file():
        return direct
    root = rules or rules_folder()
    found = find_packs(root)
    if name not in found:
        listed = ", ".join(found) or "none"
        raise UnknownPack(
            f"no pack {name!r} in {root} (there: {listed}); name one of these or give a folder with a pack.toml"
        )
    return found[name]


def chosen_packs(names: Sequence[str], rules: Path | None, *, every: bool) -> tuple[Path, ...]:
    """Folders of the packs named, or of every pack there is.

    Raises UnknownPack, and ValueError when neither or both were asked for.
    """
    if every == bool(names):
        raise ValueError("name the packs, or say --all")
    if every:
        return tuple(find_packs(rules or rules_folder()).values())
    return tuple(pack_folder(name, rules) for name in names)


def open_pack(name: str, rules: Path | None) -> Pack:
    """A checked pack by name or folder; raises UnknownPack or PackError."""
    return load_pack(pack_folder(name, rules))


def open_formulary(rules: Path | None) -> Formulary:
    """The formulary beside the packs, or the shipped one."""
    if rules is not None and (rules / "formulary").is_dir():
        return Formulary.load(rules / "formulary")
    return shipped()
