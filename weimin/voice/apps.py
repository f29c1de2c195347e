"""The room of voices makes its events known when Django starts."""

from importlib import import_module

from django.apps import AppConfig


class VoiceConfig(AppConfig):
    """The trail refuses events that nobody registered."""

    name = "weimin.voice"

    def ready(self) -> None:
        import_module("weimin.voice.rate")
