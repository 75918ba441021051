"""Driving the application with keys alone, and reading what stands on the screen."""

from textual.pilot import Pilot

from tui.app import RoundsApp


async def settled(pilot: Pilot[int]) -> None:
    """Every answer is in and painted."""
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def press(pilot: Pilot[int], *keys: str) -> None:
    """Press keys one after the other, each once the answer to the one before is in."""
    for key in keys:
        await pilot.press(key)
        await settled(pilot)


def screen(app: RoundsApp) -> str:
    """What the compositor put on the screen, line by line."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


def state(pilot: Pilot[int]) -> RoundsApp:
    """The application under the pilot."""
    app = pilot.app
    assert isinstance(app, RoundsApp)
    return app


async def wait_for_answers(pilot: Pilot[int]) -> None:
    """Answers to what the application asked for by itself are in."""
    await settled(pilot)
    await settled(pilot)
