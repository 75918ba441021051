"""View models: every string, glyph, tone and enablement of every screen, as values. Widgets only paint them."""
