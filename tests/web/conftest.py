"""What every test of the screens needs."""

import pytest
from django.conf import settings


@pytest.fixture(scope="session", autouse=True)
def static_root() -> None:
    """whitenoise wants its folder to exist; here the finders serve the files."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
