"""The registry plugs in the port to residents when Django starts."""

from importlib import import_module

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """Residents are told through the registry, which alone knows their phones."""

    name = "weimin.registry"

    def ready(self) -> None:
        import_module("weimin.registry.notify")
