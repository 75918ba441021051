"""Figures as PNG: the size a journal asks for, with the resolution in the file, and plain words where it cannot be made."""

import struct
import sys
import zlib
from pathlib import Path

import pytest

from tests.unit.command import refused, run
from titration.study import raster
from titration.study.drawing import WIDTH, svg, text
from titration.study.raster import RasterError, png


def figure(words: str) -> str:
    return svg(100, "made up", [text(20, 50, words, size=20)])


def drawn(figure: str, dpi: int) -> bytes:
    try:
        return png(figure, dpi=dpi)
    except RasterError as error:
        if "no font" in str(error):
            pytest.skip(f"{error}")
        raise


def chunks(data: bytes) -> dict[bytes, bytes]:
    """The chunks of a PNG by name, each checked by its sum."""
    at, out = 8, dict[bytes, bytes]()
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        name, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size : at + 12 + size])[0] == zlib.crc32(name + body)
        out[name] = out.get(name, b"") + body
        at += 12 + size
    return out


@pytest.mark.parametrize("dpi", [72, 300, 600])
@pytest.mark.parametrize("words", ["insulin, units a day", "胰岛素，单位/日"])
def test_a_picture_has_the_size_of_its_figure_and_says_its_resolution(dpi: int, words: str) -> None:
    found = chunks(drawn(figure(words), dpi))
    width, height = struct.unpack(">II", found[b"IHDR"][:8])
    assert (width, height) == (pytest.approx(WIDTH * dpi / 72, abs=1), pytest.approx(100 * dpi / 72, abs=1))
    across, up, unit = struct.unpack(">IIB", found[b"pHYs"])
    assert (across, up, unit) == (round(dpi / 0.0254), round(dpi / 0.0254), 1)
    assert drawn(figure(words), dpi) != drawn(figure(" "), dpi)


def test_letters_no_font_has_are_refused_rather_than_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("resvg_py")
    monkeypatch.setattr(raster, "_drawn", lambda sample: sample if sample == "A" else "nothing")
    with pytest.raises(RasterError, match="no font with Chinese letters"):
        png(figure("胰岛素"))
    png(figure("± 2 – 3"))


def test_without_the_renderer_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(RasterError, match=r"titration\[study\]"):
        png(figure("x"))


def test_the_option_writes_a_png_beside_each_svg(
    capsys: pytest.CaptureFixture[str], made_course: Path, tmp_path: Path
) -> None:
    drawn(figure("x"), 72)
    command = ("study", "report", made_course, "--patient", "H01", "--pack", "none", "--png", "72")
    assert "--out" in refused(capsys, *command)
    assert run(capsys, *command, "--out", tmp_path / "r")[0] == 0
    names = {path.name for path in (tmp_path / "r").iterdir()}
    assert {name.replace(".svg", ".png") for name in names if name.endswith(".svg")} <= names
    assert all(path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n" for path in (tmp_path / "r").glob("*.png"))
