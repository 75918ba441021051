"""The README's pictures, from real output: ``python docs/pictures.py`` after ``make replay``.

Terminal pictures are SVG made by rich from what ``titration assess`` prints on the made-up ward. The page and the screens of a ward
round are pictures by a headless Chromium, when there is one.
"""

import asyncio
import html
import io
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text
from wcwidth import wcswidth

from titration.service.rounds.demo import DEMO_MINUTE, demo_ledger
from tui.app import RoundsApp
from tui.session.state import Settings

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
TITRATION = Path(sys.executable).parent / "titration"
LINES = 46


def terminal(name: str, *arguments: str) -> None:
    """One command's output as a terminal window."""
    out = subprocess.run([str(TITRATION), *arguments], check=True, capture_output=True, text=True, cwd=ROOT).stdout
    console = Console(record=True, width=102, file=io.StringIO())
    console.print(Text("\n".join(out.splitlines()[:LINES])))
    console.save_svg(str(IMAGES / f"{name}.svg"), title=f"titration {' '.join(arguments)}")


def page(name: str, language: str) -> None:
    """One patient of the replay page."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        print("no chromium: the picture of the page is left as it is")
        return
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.html"
        command = [str(TITRATION), "replay", "build/ward", "--html", str(report), "--lang", language]
        subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
        text = report.read_text(encoding="utf-8")
        # Everything but one patient is taken out; the page's own policy forbids a style that hides it.
        body, tail = text.split("<main>", 1)
        chosen = tail[tail.index('<article id="p3"') : tail.index('<article id="p4"')]
        alone = Path(folder) / "patient.html"
        alone.write_text(body[: body.index("<header")] + "<main>" + chosen + "</main></body></html>", encoding="utf-8")
        photograph(browser, alone, name, (1100, 580), Path(folder))


async def _drawn(folder: Path, name: str, language: str, keys: tuple[str, ...], size: tuple[int, int]) -> Path:
    """A screen of the demo's ward after some keys, as SVG."""
    door = demo_ledger(folder / name)
    app = RoundsApp(door, clock=lambda: DEMO_MINUTE, settings=Settings(language=language), beat=None)  # type: ignore[arg-type]
    async with app.run_test(size=size) as pilot:
        for key in ("", *keys):
            if key:
                await pilot.press(key)
            await pilot.pause()
            await app.workers.wait_for_complete()
            await pilot.pause()
        app.save_screenshot(f"{name}.svg", path=str(folder))
    return folder / f"{name}.svg"


def screen(name: str, language: str, *keys: str, size: tuple[int, int] = (120, 40)) -> None:
    """One screen of a ward round, as the terminal shows it."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        print("no chromium: the pictures of the screens are left as they are")
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / name).mkdir()
        svg = asyncio.run(_drawn(folder, name, language, keys, size))
        width, height = (float(n) for n in re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg.read_text()).groups())  # type: ignore[union-attr]
        page = folder / "page.html"
        # The fonts that the drawing names are on the network: a mono font of this machine takes their place.
        style = "<style>body{margin:0}svg{width:100%}text{font-family:'DejaVu Sans Mono','Noto Sans Mono CJK SC',monospace!important}</style>"
        text = _spread(svg.read_text(encoding="utf-8"))
        text = re.sub(r"@font-face \{.*?\}", "", text, flags=re.DOTALL)
        page.write_text(f"<meta charset='utf-8'>{style}{text}", encoding="utf-8")
        photograph(browser, page, name, (1200, round(1200 * height / width)), folder)


def _spread(svg: str) -> str:
    """The drawing with every run of text as wide as its cells: the export counts a Chinese character as one."""

    def wide(found: re.Match[str]) -> str:
        text = html.unescape(found[4]).replace("\xa0", " ")
        return f"{found[1]}{float(found[2]) / max(len(text), 1) * wcswidth(text):.1f}{found[3]}{found[4]}</text>"

    return re.sub(r'(<text[^>]*textLength=")([\d.]+)("[^>]*>)([^<]*)</text>', wide, svg)


def photograph(browser: str, page: Path, name: str, size: tuple[int, int], folder: Path) -> None:
    """A page as PNG among the images."""
    subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            f"--user-data-dir={folder}/profile",
            f"--screenshot={IMAGES / name}.png",
            f"--window-size={size[0]},{size[1]}",
            f"file://{page}",
        ],
        check=True,
        capture_output=True,
    )


def main() -> None:
    """Every picture."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    terminal("assess-en", "assess", "build/ward", "--patient", "W03")
    terminal("assess-zh", "assess", "build/ward", "--patient", "W03", "--lang", "zh")
    page("replay-patient", "en")
    screen("rounds-ward-en", "en")
    screen("rounds-patient-en", "en", "j", "j", "j", "j", "j", "j", "enter")
    screen("rounds-patient-zh", "zh", "j", "j", "j", "j", "j", "j", "enter")
    screen("rounds-enter-zh", "zh", "E")


if __name__ == "__main__":
    main()
