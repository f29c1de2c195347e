"""What publishing would change, running cases included."""

from collections.abc import Iterator

from weimin.kernel import clock
from weimin.packs.lint import lint
from weimin.packs.parts import compared
from weimin.packs.read import Pack

NOTHING = "没有变化"


def diff(pack: Pack) -> Iterator[str]:
    """The changes, a line each; a pack that is published as it is gives one line.

    Lines with ＝ change nothing: there the administration has decided otherwise than the pack.

    Faults come first, or alone where the pack itself has some: publishing refuses them.
    """
    if faults := lint(pack):
        yield from (f"✗ {fault}" for fault in faults)
        return
    parts = list(compared(pack, clock.today()))
    lines = [f"✗ {fault}" for part in parts for fault in part.faults()]
    lines += [line for part in parts for line in part.said()]
    if not any(parts) and all(line.startswith(("＝", "　")) for line in lines):
        yield NOTHING
    yield from lines
