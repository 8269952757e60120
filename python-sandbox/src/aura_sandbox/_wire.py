"""HTTP to the admin API: over a port, over TLS, over a unix socket."""

from __future__ import annotations

import http.client
import socket
import ssl
from typing import Any
from urllib.parse import urlsplit

_TIMEOUT = 30.0


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, context: ssl.SSLContext | None) -> None:
        super().__init__("localhost", timeout=_TIMEOUT)
        self._path = path
        self._context = context

    def connect(self) -> None:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(self.timeout)
        sock.connect(self._path)
        if self._context is not None:
            sock = self._context.wrap_socket(sock, server_hostname="localhost")
        self.sock = sock


def _unchecked() -> ssl.SSLContext:
    # The server is our own process on the loopback. Its certificate may be bad on purpose.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def exchange(
    url: str,
    unix_socket: str | None,
    method: str,
    headers: dict[str, str],
    body: bytes | None,
) -> tuple[int, bytes]:
    """Send one request and return status and body. It uses no proxy."""
    parts = urlsplit(url)
    context = _unchecked() if parts.scheme == "https" else None
    connection: http.client.HTTPConnection
    if unix_socket is not None:
        connection = _UnixConnection(unix_socket, context)
    elif context is not None:
        connection = http.client.HTTPSConnection(
            parts.hostname or "", parts.port, timeout=_TIMEOUT, context=context
        )
    else:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    sent: dict[str, Any] = {"Connection": "close", **headers}
    try:
        connection.request(method, target, body=body, headers=sent)
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()
