"""Weimin 为民: one door for everything a resident asks of the township and the village."""

__version__ = "0.1.0"
