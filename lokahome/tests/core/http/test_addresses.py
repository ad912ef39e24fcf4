"""Which addresses may be called, and what a name may resolve to."""

import socket
import time

import pytest

from lokahome.core.http import addresses
from lokahome.core.http.errors import AddressRefused, Unreachable


@pytest.mark.parametrize("address", ["1.1.1.1", "196.223.4.9", "2606:4700::1111"])
def test_public_addresses_are_called(address):
    addresses.check_address(address, allow_loopback=False)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.5.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
    ],
)
def test_addresses_inside_the_house_are_not(address):
    with pytest.raises(AddressRefused):
        addresses.check_address(address, allow_loopback=False)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_loopback_is_called_when_allowed(address):
    addresses.check_address(address, allow_loopback=True)


def test_allowing_loopback_allows_nothing_else():
    for address in ("10.0.0.1", "169.254.169.254", "0.0.0.0", "fe80::1"):
        with pytest.raises(AddressRefused):
            addresses.check_address(address, allow_loopback=True)


def answer_with(monkeypatch, *found):
    rows = [(None, None, 0, "", (address, 443)) for address in found]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: rows)


def resolve(**options):
    wanted = {"seconds": 1, "allow_loopback": False, **options}
    return addresses.resolve("gateway.test", 443, **wanted)


def test_a_name_gives_its_addresses(monkeypatch):
    answer_with(monkeypatch, "1.1.1.1", "1.1.1.1", "2606:4700::1111")
    assert resolve() == ["1.1.1.1", "2606:4700::1111"]


def test_one_private_address_refuses_the_name(monkeypatch):
    answer_with(monkeypatch, "1.1.1.1", "10.0.0.1")
    with pytest.raises(AddressRefused):
        resolve()


def test_a_name_that_does_not_exist_is_unreachable(monkeypatch):
    def fail(*_, **__):
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(Unreachable):
        resolve()
    answer_with(monkeypatch)
    with pytest.raises(Unreachable):
        resolve()


def test_a_slow_resolver_does_not_hold_the_caller(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(1.5) or [])
    began = time.monotonic()
    with pytest.raises(Unreachable):
        resolve(seconds=0.05)
    assert time.monotonic() - began < 1
