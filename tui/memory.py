"""What stays loaded for the whole round, kept out of the collector's way."""

import gc


def set_aside() -> None:
    """Leave everything loaded so far out of later collections.

    Modules, tables and the pack are some three hundred thousand objects that live as long as the program. Looking through them
    again and again takes a quarter of a second while a large ward is read, and holds up a key for as long as a blink.
    """
    gc.freeze()
