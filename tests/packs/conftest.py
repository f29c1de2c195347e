"""What the tests of a changing place begin with."""

from pathlib import Path

import pytest

from tests.packs.place import Place


@pytest.fixture
def place(db: None, tmp_path: Path) -> Place:
    """The pack of the demo place, in the hands of the county's IT officer."""
    return Place(tmp_path)
