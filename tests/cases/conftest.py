"""What a test publishes or appoints is rolled back, and with it the epoch that it moved."""

from collections.abc import Iterator

import pytest

from weimin.catalogue import routes


@pytest.fixture
def own_network(db: None) -> Iterator[None]:
    """For tests that change offices, posts or items: nobody keeps what they saw of them."""
    routes._routes.cache_clear()
    yield
    routes._routes.cache_clear()
