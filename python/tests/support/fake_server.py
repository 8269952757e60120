"""Servers in this process: one that answers, one that is silent and one that is full."""

from __future__ import annotations

import json
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from typing_extensions import Self


@dataclass
class Request:
    """A request that the server received."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    @property
    def page(self) -> int:
        return int(self.query.get("page", ["1"])[0])


@dataclass
class Reply:
    """A reply. If the body is `None`, the server closes the connection instead."""

    body: object
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


HEXPM = {
    "cache-control": "max-age=0, private, must-revalidate",
    "x-request-id": "GH2BMzdO4SmNGQsAAAdC",
    "vary": "accept-encoding, accept-encoding",
}
"""The headers of an audit log of hexpm, which ends with the first page that is not full."""


class FakeServer:
    """Answer each request with the result of `answer`, and keep it in `requests`.

    `accepted` counts the connections, and `hung_up` has a permit for each that ended. If `is_hexpm`
    is true, audit logs have the headers of hexpm.
    """

    def __init__(self, answer: Callable[[Request], Reply], *, is_hexpm: bool = True) -> None:
        self.requests: list[Request] = []
        self.accepted = 0
        self.hung_up = threading.Semaphore(0)
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # It sends head and body separately. Without this, the body waits for the head's ACK.
            disable_nagle_algorithm = True

            def setup(self) -> None:
                server.accepted += 1
                super().setup()

            def finish(self) -> None:
                super().finish()
                server.hung_up.release()

            def handle_request(self) -> None:
                url = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, url.path, parse_qs(url.query), headers, body)
                server.requests.append(request)
                reply = answer(request)
                if reply.body is None:
                    self.close_connection = True
                    return
                encoded = reply.encoded()
                self.send_response(reply.status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(encoded)))
                is_log = is_hexpm and url.path.endswith("/audit-logs")
                for name, value in ((HEXPM if is_log else {}) | reply.headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(encoded)

            do_GET = do_POST = handle_request  # noqa: N815 - http.server's names

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 1024

            def handle_error(self, request: object, client_address: object) -> None:
                pass  # in some tests the client closes the connection

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/api"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class SilentServer:
    """Accept requests, and never answer them.

    `heard` has a permit for each request, and `hung_up` for each connection that ended.
    """

    def __init__(self) -> None:
        self.heard = threading.Semaphore(0)
        self.hung_up = threading.Semaphore(0)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/api"
        self._connections: list[socket.socket] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            threading.Thread(target=self._receive, args=(connection,), daemon=True).start()

    def _receive(self, connection: socket.socket) -> None:
        try:
            while data := connection.recv(65536):
                if b"\r\n\r\n" in data:
                    self.heard.release()
        except OSError:
            pass
        connection.close()
        self.hung_up.release()

    def wait_for_request(self) -> None:
        assert self.heard.acquire(timeout=30), "no request came"

    def wait_for_end(self) -> None:
        assert self.hung_up.acquire(timeout=30), "the connection is still open"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            connection.close()


class FullServer:
    """Listen with a full queue of connections, so that connecting hangs."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        address = self._listener.getsockname()
        self.url = f"http://127.0.0.1:{address[1]}/api"
        self._port = f":{address[1]:04X} 02 "
        self._connections = [socket.socket() for _ in range(8)]
        for connection in self._connections:
            connection.setblocking(False)
            connection.connect_ex(address)
        self._seen = self._list_connecting()
        assert self._seen, "the queue of connections is not full"

    def _list_connecting(self) -> set[str]:
        """Return the inodes of sockets that wait for an answer, from the kernel's list."""
        lines = Path("/proc/net/tcp").read_text().splitlines()
        return {line.split()[9] for line in lines if self._port in line}

    def wait_for_connect(self) -> None:
        """Wait until another socket connects."""
        for _ in range(3000):
            if new := self._list_connecting() - self._seen:
                self._seen |= new
                return
            time.sleep(0.01)
        raise AssertionError("no socket connects")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._connections:
            connection.close()
        self._listener.close()


def audit_row(number: int) -> dict[str, Any]:
    """Return row `number` of an example log."""
    return {"action": "key.generate", "params": {"id": number}, "user_agent": None}


def audit_page(number: int, total: int) -> Reply:
    """Return page `number` of a log with `total` rows."""
    return Reply([audit_row(n) for n in range(total)[(number - 1) * 100 : number * 100]])


def answer(request: Request) -> Reply:
    """Answer as a server on which every user exists and has a log of 1000 rows."""
    if request.path.endswith("/audit-logs"):
        return audit_page(request.page, 1000)
    return Reply({"username": request.path.rsplit("/", 1)[1]})
