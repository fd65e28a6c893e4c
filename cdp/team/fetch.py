"""Asking the provider of a single sign-on: https only, no addresses of inner networks, no redirects.

An admin types the issuer, and what the issuer answers names further addresses. None of them may make this server
ask its own neighbours: names are looked up here, every address is judged, and the judged one is connected to.
"""

import functools
import ipaddress
import socket
from typing import Any, Final

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

SECONDS: Final = 5
LARGEST: Final = 1_000_000  # bytes that a provider may answer with


class Forbidden(requests.RequestException):
    """An address that this server does not ask; the message says why."""


def session() -> requests.Session:
    """A session that asks public addresses over https, or any where OIDC_PRIVATE_ADDRESSES says so."""
    made = requests.Session()
    made.trust_env = False
    made.max_redirects = 0
    if not settings.OIDC_PRIVATE_ADDRESSES:
        made.mount("http://", _Never())
        made.mount("https://", _Judging())
    made.request = functools.partial(made.request, timeout=SECONDS)  # type: ignore[method-assign]
    made.hooks["response"].append(_bounded)
    return made


class _Never(HTTPAdapter):
    def send(self, request: Any, *_: Any, **__: Any) -> Any:
        raise Forbidden(f"{request.url} is not https.")


class _Judging(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **named: Any) -> None:
        super().init_poolmanager(*args, **named)
        self.poolmanager: PoolManager
        self.poolmanager.pool_classes_by_scheme = {"http": HTTPConnectionPool, "https": _Pool}


class _Connection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        self._dns_host = judged(self._dns_host, self.port)
        return HTTPConnection._new_conn(self)


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection


def judged(host: str, port: int | None) -> str:
    """One public address of this name. Raises Forbidden when any of its addresses is not public."""
    found = {str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    inner = [one for one in found if not _is_public(one)]
    if inner or not found:
        raise Forbidden(f"{host} is in a network of our own.")
    return min(found)


def _is_public(address: str) -> bool:
    one = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(one, "ipv4_mapped", None)
    return bool((mapped or one).is_global and not one.is_multicast)


def _bounded(response: requests.Response, *_: Any, **__: Any) -> None:
    if len(response.content) > LARGEST:
        raise Forbidden("The answer is too long.")
