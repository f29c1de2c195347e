"""Background jobs: procrastinate's app, made ready when Django is."""

import procrastinate


def ready(app: procrastinate.App) -> None:
    """Called by procrastinate once Django's apps are loaded."""
