"""Ports: the doors through which effects leave. A place plugs in its own SMS company here."""

from collections.abc import Callable, Mapping


class PortError(Exception):
    """An effect did not happen. ``permanent``: trying again is of no use."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


class Unreachable(PortError):
    """Nothing is broken: this way does not lead to him, and somebody tells him otherwise."""

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=True)


Send = Callable[[str, Mapping[str, str]], None]  # (key, payload)

_ports: dict[str, Send] = {}


def register(name: str, send: Send) -> None:
    """Plug a port in, in the place of the one of that name."""
    _ports[name] = send


def send(name: str, key: str, payload: Mapping[str, str]) -> None:
    """Have one effect happen.

    Raises PortError when it did not; an unknown port is a permanent error.
    """
    if name not in _ports:
        raise PortError(f"没有接通“{name}”通道", permanent=True)
    _ports[name](key, payload)


def _kept_here(key: str, payload: Mapping[str, str]) -> None:
    """The demo's SMS: nothing leaves this machine; the message stands in the outbox to be read."""


register("sms", _kept_here)
