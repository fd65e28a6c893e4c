"""The load generator: requests written beforehand, sent over kept connections by a process of its own."""

import argparse
import base64
import json
import socket
import threading
import time
from urllib.parse import urlsplit

from benchmarks.harness import percentile


def main() -> None:
    """Send the requests of one run and print what it took as JSON."""
    arguments = _arguments()
    address = urlsplit(arguments.url)
    requests = [_request(arguments, number) for number in range(arguments.requests)]
    taken: list[float] = []
    start = threading.Barrier(arguments.connections + 1)

    def work(mine: list[bytes]) -> None:
        with socket.create_connection((address.hostname, address.port)) as line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            start.wait()
            for request in mine:
                began = time.perf_counter()
                line.sendall(request)
                _expect_success(line)
                taken.append(time.perf_counter() - began)

    shares = [requests[number :: arguments.connections] for number in range(arguments.connections)]
    threads = [threading.Thread(target=work, args=[share]) for share in shares]
    for thread in threads:
        thread.start()
    cpu = time.process_time()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    assert len(taken) == arguments.requests, "some requests failed"
    print(
        json.dumps(
            {
                "seconds": seconds,
                "requests": len(taken),
                "cpu_seconds": time.process_time() - cpu,
                "p50_ms": percentile(taken, 0.5) * 1e3,
                "p99_ms": percentile(taken, 0.99) * 1e3,
            }
        )
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--run", required=True)
    parser.add_argument("--requests", type=int, required=True)
    parser.add_argument("--items", type=int, required=True)
    parser.add_argument("--connections", type=int, required=True)
    return parser.parse_args()


def _request(arguments: argparse.Namespace, number: int) -> bytes:
    from benchmarks.ingest_baseline import body

    address = urlsplit(arguments.url)
    content = body(arguments.run, number * arguments.items, arguments.items)
    authorization = base64.b64encode(f"{arguments.key}:".encode()).decode()
    head = [
        f"POST {address.path} HTTP/1.1",
        f"Host: {address.hostname}",
        f"Authorization: Basic {authorization}",
        f"X-Key: {arguments.key}",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + content


def _expect_success(line: socket.socket) -> None:
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(line)
    head, _, content = received.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    while len(content) < length:
        content += _more(line)
    assert head.startswith(b"HTTP/1.1 200"), received
    assert b'"success":' in content, content
    assert b"refused" not in content, content


def _more(line: socket.socket) -> bytes:
    chunk = line.recv(65536)
    assert chunk, "the server hung up"
    return chunk


if __name__ == "__main__":
    import django

    django.setup()
    main()
