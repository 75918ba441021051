"""The README's pictures, from real output: ``python docs/pictures.py`` after ``make demo``.

Terminal pictures are SVG made by rich from what ``titration assess`` prints on the made-up ward. The page is a screenshot
by a headless Chromium, when there is one.
"""

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

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
        subprocess.run(
            [
                browser,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                f"--user-data-dir={folder}/profile",
                f"--screenshot={IMAGES / name}.png",
                "--window-size=1100,580",
                f"file://{alone}",
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


if __name__ == "__main__":
    main()
