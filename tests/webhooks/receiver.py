"""A receiver of webhooks that misbehaves on demand: a real HTTP server of ours, on this machine."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Receiver:
    """What it received, and how it answers: a path of its own for each fault."""

    url: str
    received: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)  # path, headers, body
    broken: int = 0  # so many calls are answered with 500 first

    def at(self, path: str) -> str:
        """An address of it."""
        return f"{self.url}{path}"


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run one."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.receiver = Receiver(f"http://127.0.0.1:{server.server_port}")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.receiver  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Handler(BaseHTTPRequestHandler):
    """Answers by the path that it is asked for."""

    def do_POST(self) -> None:
        """Note what came, then do as the path says."""
        receiver: Receiver = self.server.receiver  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["content-length"]))
        receiver.received.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        if receiver.broken > 0:
            receiver.broken -= 1
            self.answer(500, b"broken")
        elif self.path == "/slow":
            self.drip()
        elif self.path == "/redirect":
            self.answer(302, b"", location="/elsewhere")
        elif self.path == "/closes":
            self.connection.close()
        elif self.path == "/endless":
            self.endless()
        elif self.path == "/busy":
            self.answer(503, b"later", retry_after="600")
        elif self.path == "/gone":
            self.answer(410, b"")
        else:
            self.answer(200, b"thanks")

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        """A whole answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def drip(self) -> None:
        """An answer that never ends, one byte at a time: each by itself comes soon enough."""
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for _ in range(100):
                self.wfile.write(b"x-drip: 1\r\n")
                time.sleep(0.02)
        except OSError:
            return

    def endless(self) -> None:
        """Far more than anybody wants to read."""
        try:
            self.send_response(200)
            self.end_headers()
            for _ in range(100_000):
                self.wfile.write(b"x" * 65_536)
        except OSError:
            return

    def log_message(self, *_: object) -> None:
        """Nothing: tests say what went wrong."""
