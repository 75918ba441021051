"""The pure state machine behind the screens: values in, the next session and its effects out."""
