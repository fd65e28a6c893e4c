"""The guard: which addresses are the internet, and that nobody changes their mind after they were looked at."""

import socket
import time

import pytest
from pytest_django.fixtures import Settings

from cdp.webhooks import calling, guard


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1",
        "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::", "2001:db8::1",
    ],
)  # fmt: skip
def test_it_knows_what_is_no_address_of_the_internet(address: str) -> None:
    assert not guard.is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_it_knows_what_is(address: str) -> None:
    assert guard.is_public(address)


def test_one_private_address_among_several_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("1.1.1.1", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_rest: found)

    with pytest.raises(guard.Forbidden, match=r"10\.0\.0\.1"):
        guard.resolve("rebinding.example", 443, may_be_private=False)


def test_the_connection_goes_to_the_address_that_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["1.1.1.1", "127.0.0.1"])
    asked: list[str] = []

    def resolving(*_args: object, **_rest: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), 443))]

    monkeypatch.setattr(socket, "getaddrinfo", resolving)
    monkeypatch.setattr(
        "cdp.webhooks.guard.SyncBackend.connect_tcp", lambda _self, host, *_rest: asked.append(host)
    )

    limits = guard.Limits(ends=time.monotonic() + 5)
    guard.Guard(limits, may_be_private=False).connect_tcp("rebinding.example", 443)

    assert asked == ["1.1.1.1"]


@pytest.mark.parametrize(
    "url",
    ["http://shop.example/", "ftp://shop.example/", "https://", "https://ada:secret@shop.example/", "/x"],
)
def test_it_refuses_other_kinds_of_address(url: str, settings: Settings) -> None:
    settings.WEBHOOKS_PRIVATE_NETWORKS = False

    with pytest.raises(guard.Forbidden):
        calling.check(url)
