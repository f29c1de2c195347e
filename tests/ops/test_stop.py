"""Stopping the web server is quiet and quick, whoever holds a connection open."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.installation import free_port
from tests.ops.conftest import eventually
from weimin.ops.home import Home
from weimin.ops.process import spawn, terminate
from weimin.ops.run import FINISH_THEN_KILL
from weimin.ops.supervisor import answers

APP = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
"""
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize("sent", [b"", REQUEST, REQUEST[:20]], ids=["idle", "kept alive", "half a request"])
def test_an_open_connection_does_not_hold_up_a_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    for name in ("DATABASE_URL", "WEIMIN_OWNER_URL"):
        monkeypatch.setenv(name, "postgresql://nobody@127.0.0.1:1/nothing")
    (tmp_path / "small.py").write_text(APP, encoding="utf-8")
    port = free_port()
    *command, _ = Home(tmp_path).web("127.0.0.1", port, 2)
    server = spawn([*command, "small:app"], cwd=tmp_path, stdout=subprocess.PIPE,
                   stderr=subprocess.STDOUT, env=os.environ | {"PYTHONPATH": str(tmp_path)})
    eventually(lambda: answers("127.0.0.1", port), 30)
    held = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(6)]
    for connection in held:
        connection.sendall(sent)
        if sent == REQUEST:
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    time.sleep(0.5)  # the workers have taken them all
    began = time.monotonic()
    code = terminate(server, FINISH_THEN_KILL)
    for connection in held:
        connection.close()
    assert code in (0, -signal.SIGTERM)
    assert time.monotonic() - began < 9
    assert server.stdout is not None and server.stdout.read() == b""
