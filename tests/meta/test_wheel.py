"""The built package works away from the checkout: rules inside, console script on the path, nothing missing."""

import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Built:
    """Both distributions, and an interpreter that has the wheel but not the checkout."""

    sdist: Path
    wheel: Path
    python: Path


def run(*command: str | Path, cwd: Path) -> str:
    """What the command printed; its diagnostics are the failure's text."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("wheel")
    # Without isolation nothing is fetched; the wheel comes from the sdist, so the sdist is whole too.
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder / "dist", ROOT, cwd=folder)
    (wheel,) = (folder / "dist").glob("*.whl")
    (sdist,) = (folder / "dist").glob("*.tar.gz")

    venv.create(folder / "venv", with_pip=False, symlinks=True)
    scripts = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    python = scripts / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index")
    run(*pip, wheel, cwd=folder)
    # A path line lends the dependencies; .pth files found there are not read, so the editable checkout stays out.
    purelib = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    (purelib / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return Built(sdist, wheel, python)


def test_wheel_holds_package_rules_and_licence(built: Built) -> None:
    names = zipfile.ZipFile(built.wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"titration", "tui"}
    assert {"titration/units.py", "titration/py.typed", "tui/main.py"} <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    shipped = {name.removeprefix("titration/") for name in names if name.startswith("titration/rules/")}
    ours = {path.relative_to(ROOT).as_posix() for path in (ROOT / "rules").rglob("*") if path.is_file()}
    assert shipped == ours
    assert ours, "rules/ is empty"


def test_sdist_holds_what_a_packager_needs_and_no_leftovers(built: Built) -> None:
    with tarfile.open(built.sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "LICENSE", "README.md", "README.zh.md", "Makefile", "tests/conftest.py"} <= names
    assert [name for name in names if name.startswith((".venv", "build/", ".git/")) or name.endswith(".pyc")] == []


def test_every_module_imports_away_from_the_checkout(built: Built, tmp_path: Path) -> None:
    code = (
        "import importlib, pkgutil, titration, tui\n"
        "for package in (titration, tui):\n"
        "    for m in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        if not m.name.endswith('__main__'): importlib.import_module(m.name)\n"
        "    print(package.__file__)"
    )
    found = run(built.python, "-c", code, cwd=tmp_path).split()
    assert [built.python.parents[1] in Path(where).parents for where in found] == [True, True]


def test_rules_are_found_inside_the_installed_package(built: Built, tmp_path: Path) -> None:
    code = "from titration.resources import rules_folder; print(rules_folder())"
    folder = Path(run(built.python, "-c", code, cwd=tmp_path).strip())
    assert built.python.parents[1] in folder.parents
    assert folder.name == "rules"


def test_the_installed_command_lists_its_packs(built: Built, tmp_path: Path) -> None:
    listed = run(built.python.with_name("titration"), "packs", "list", cwd=tmp_path)
    ours = {path.parent.name for path in (ROOT / "rules").glob("*/pack.toml")}
    assert {line.split()[0] for line in listed.splitlines()} == ours
    assert ours


def test_the_installed_command_assesses_the_example_ward(built: Built, tmp_path: Path) -> None:
    run(sys.executable, ROOT / "examples" / "make_ward.py", tmp_path / "ward", "--patients", "6", cwd=tmp_path)
    command = built.python.with_name("titration")
    english = run(command, "assess", "ward", "--patient", "W01", cwd=tmp_path)
    assert english.startswith("Patient W01")
    chinese = run(command, "assess", "ward", "--patient", "W01", "--lang", "zh", cwd=tmp_path)
    assert "W01" in chinese
    assert chinese != english


def test_the_demo_ward_is_in_the_installed_package(built: Built, tmp_path: Path) -> None:
    code = (
        "from pathlib import Path\n"
        "from titration.service.rounds.demo import DEMO_MINUTE, demo_ledger\n"
        "door = demo_ledger(Path('demo'))\n"
        "print(len(door.ward(minute=DEMO_MINUTE).rows), door.verify()[1])\n"
    )
    assert run(built.python, "-c", code, cwd=tmp_path).split() == ["24", "None"]
