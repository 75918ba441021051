"""The ward round in a terminal. An application: nothing else imports it.

One loop: a key, click or answer -> ``session.acts`` -> (next session, effects) -> ``views.frame.page`` -> ``paper``. The session is
a frozen value, a page is rows of text in tones, exactly as wide and high as the terminal; only ``workers`` calls the door.

To add a screen ``x``:

1. ``session/state.py``: a constant for the place, a frozen ``XState`` and a field of it in ``Session`` (settings and typed text too).
2. ``session/x.py``: transitions ``(Session, ...) -> Step``. What the door is asked for is an effect in ``session/effects.py``, what
   it says a result in ``session/results.py``, both with the same ``purpose``; ``state.asking`` takes the token. Register the handler
   in ``acts.HANDLERS``, the call in ``workers._asked``. Go there with ``places=(*session.places, X)``, leave by dropping it.
3. ``keys.py``: ``"x"`` in ``PLACES`` (or ``TEXT_MODES`` where characters are typed), a row in ``ACTIONS`` per action; ``acts.ACTS``
   says what each does, ``acts.refusal`` why it may not. Typed text is a ``Field``: in a dialog, or given to ``acts.open_field``.
4. ``views/x.py``: ``body(session, keymap, width, height) -> Body`` (pure; cells, not characters; a sign and a word for every state).
   Register it in ``views.frame.VIEWS``. A question below the screen is a dialog: ``session/dialogs.py`` and ``views/dialogs.py``.
5. ``words/x.py``: ``EN`` and ``ZH`` with the same keys and places, listed in ``words/__init__.py``.
6. ``tests/tui``: the transitions without Textual, a snapshot per language and size (``snapshots.py``), a journey with Pilot.
"""
