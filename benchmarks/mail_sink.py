"""The mail server that benchmarks send to: real SMTP over TCP with PIPELINING, quick, and it counts what it took.

`python benchmarks/mail_sink.py` prints its port; a connection that says `COUNT` instead of SMTP gets the number of
mails taken, of distinct Message-IDs, and of bytes, and starts the count anew.
"""

import asyncio
import re

IDENTIFIER = re.compile(rb"^Message-ID: (\S+)", re.MULTILINE | re.IGNORECASE)
GREETING = b"220 sink\r\n"
EHLO = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 50000000\r\n"


class Sink(asyncio.Protocol):
    """One connection."""

    identifiers: list[bytes] = []
    size = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say hello."""
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.buffer, self.in_content = transport, b"", False
        transport.write(GREETING)

    def data_received(self, data: bytes) -> None:
        """Answer every command and every content that has arrived whole."""
        self.buffer += data
        answers = []
        while True:
            end = b"\r\n.\r\n" if self.in_content else b"\r\n"
            piece, found, rest = self.buffer.partition(end)
            if not found:
                break
            self.buffer = rest
            answers.append(self.content(piece) if self.in_content else self.command(piece))
        self.transport.write(b"".join(answers))

    def content(self, piece: bytes) -> bytes:
        """Keep what names the mail."""
        self.in_content = False
        found = IDENTIFIER.search(piece)
        assert found, "a mail without Message-ID"
        Sink.identifiers.append(found[1])
        Sink.size += len(piece)
        return b"250 kept\r\n"

    def command(self, piece: bytes) -> bytes:
        """As a mail server answers."""
        match piece[:4].upper():
            case b"EHLO":
                return EHLO
            case b"DATA":
                self.in_content = True
                return b"354 go on\r\n"
            case b"COUN":
                counted = f"{len(Sink.identifiers)} {len(set(Sink.identifiers))} {Sink.size}\r\n".encode()
                Sink.identifiers, Sink.size = [], 0
                return counted
            case b"QUIT":
                return b"221 bye\r\n"
            case _:
                return b"250 OK\r\n"


async def main() -> None:
    """Listen until stopped."""
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
