"""``python -m weimin``: the same as the command ``weimin``."""

from weimin.ops.cli import main

main()
