"""The network as webhooks may use it: addresses that people type reach the internet, never our own house.

A name is resolved here, each of its addresses is looked at, and the connection goes to that very address: what a
name server says a moment later changes nothing. There is one deadline and one limit of bytes for a whole call.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import httpcore
from httpcore._backends.base import SOCKET_OPTION
from httpcore._backends.sync import SyncBackend

MOST_BYTES: Final = 64 * 1024  # of an answer, its headers included
# Networks that carry an IPv4 address inside: what counts is that address.
NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Forbidden(Exception):
    """This address is not for webhooks; the message is a sentence for whoever typed it."""


def resolve(host: str, port: int, *, may_be_private: bool) -> list[str]:
    """The addresses of a host. Raises Forbidden where one is not of the internet, OSError where there are none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    if not may_be_private:
        for address in addresses:
            if not is_public(address):
                raise Forbidden(f"{host} is an address inside a private network ({address}).")
    return addresses


def is_public(address: str) -> bool:
    """Whether this address belongs to the internet at large."""
    ip: Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo or (None, None))[1]
        if inner is None and ip in NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(inner)
    return _is_public(ip)


def _is_public(ip: Address) -> bool:
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


@dataclass
class Limits:
    """What one call may still use."""

    ends: float  # time.monotonic()
    bytes: int = MOST_BYTES

    def left(self, timeout: float | None) -> float:
        """Seconds that the next step may take. Raises httpcore.TimeoutException when none are left."""
        seconds = self.ends - time.monotonic()
        if seconds <= 0:
            raise httpcore.ReadTimeout("the deadline has passed")
        return seconds if timeout is None else min(seconds, timeout)


class Stream(httpcore.NetworkStream):
    """A connection that keeps to its limits."""

    def __init__(self, stream: httpcore.NetworkStream, limits: Limits) -> None:
        self.stream = stream
        self.limits = limits

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Some bytes."""
        if self.limits.bytes <= 0:
            raise httpcore.ReadError("the answer is too long")
        got = self.stream.read(max_bytes, self.limits.left(timeout))
        self.limits.bytes -= len(got)
        return got

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it."""
        self.stream.write(buffer, self.limits.left(timeout))

    def close(self) -> None:
        """Hang up."""
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Go on in secret."""
        secret = self.stream.start_tls(ssl_context, server_hostname, self.limits.left(timeout))
        return Stream(secret, self.limits)

    def get_extra_info(self, info: str) -> Any:
        """What the connection knows of itself."""
        return self.stream.get_extra_info(info)


class Guard(httpcore.NetworkBackend):
    """Connects to addresses that `resolve` allows, within the limits of one call."""

    def __init__(self, limits: Limits, *, may_be_private: bool) -> None:
        self.limits = limits
        self.may_be_private = may_be_private
        self.network = SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first of the host's addresses that takes one."""
        try:
            addresses = resolve(host, port, may_be_private=self.may_be_private)
        except OSError as error:
            raise httpcore.ConnectError(f"{host} has no address: {error.strerror or error}") from error
        last: httpcore.NetworkError | httpcore.TimeoutException | None = None
        for address in addresses[:4]:
            try:
                return Stream(self.network.connect_tcp(address, port, self.limits.left(timeout)), self.limits)
            except (httpcore.NetworkError, httpcore.TimeoutException) as error:
                last = error
        raise last or httpcore.ConnectError(f"{host} has no address")
