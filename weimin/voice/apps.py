"""The room of voices makes its events known when Django starts."""

from importlib import import_module

from django.apps import AppConfig

from weimin.trail.verify import register


class VoiceConfig(AppConfig):
    """The trail refuses events that nobody registered."""

    name = "weimin.voice"

    def ready(self) -> None:
        import_module("weimin.voice.rate")
        register("case", import_module("weimin.voice.proof").RatingWitness)
        import_module("weimin.cases.erasing").register(
            import_module("weimin.voice.rate").forget_words
        )
