"""Screens and the API: they draw what the rooms answer and hold no rules."""
