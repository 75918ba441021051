"""Conditions of rules: parse, check, evaluate in three values, give the reason, render. Knows columns and units only."""
