"""The same screens in a browser of this machine."""
