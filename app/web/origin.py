"""Where a request comes from, also behind proxies that are ours, and how fast that place asks."""

import time
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from flask import Flask, current_app, request

from app.domain.pace import Pace
from app.domain.suspicion import Origin

Network = IPv4Network | IPv6Network
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class BehindProxies:
    """Puts the reader's address in the place of our proxy's, for whatever comes after.

    X-Forwarded-For is read from its end, which our own proxy wrote, up to the first address that is not ours: what
    stands before that anybody can have written.
    """

    def __init__(self, application: Wsgi, proxies: tuple[Network, ...]) -> None:
        self._application, self._proxies = application, proxies

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        forwarded = [part.strip() for part in environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
        address = environ.get("REMOTE_ADDR", "")
        while forwarded and self._is_ours(address) and read_address(forwarded[-1]) is not None:
            address = forwarded.pop()
        environ["REMOTE_ADDR"] = address
        return self._application(environ, start_response)

    def _is_ours(self, text: str) -> bool:
        address = read_address(text)
        return address is not None and any(address in proxy for proxy in self._proxies)


def read_address(text: str) -> IPv4Address | IPv6Address | None:
    """Without a port, which some proxies write; an IPv4 address in IPv6 dress is the IPv4 address."""
    bare = text.strip().removeprefix("[").partition("]")[0]
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def origin_of(text: str) -> Origin:
    """The host and its network, /24 or /64.

    A loopback or private address is most likely a proxy that nobody named in the settings: behind it is everybody,
    and nobody must be locked out for the others.
    """
    address = read_address(text)
    if address is None or address.is_loopback or address.is_private or address.is_link_local:
        return Origin()
    prefix = 24 if isinstance(address, IPv4Address) else 64
    network = ip_network(f"{address}/{prefix}", strict=False)
    host = str(address) if isinstance(address, IPv4Address) else str(network)  # in a /64 a host has any address
    return Origin(host, str(network))


def origin() -> Origin:
    """Of the request that is being answered."""
    return origin_of(request.remote_addr or "")


def prepare(app: Flask) -> None:
    """How many posts of the form, and looks for letters like one that is being typed, a network may do in a minute."""
    app.extensions["mailbag_pace"] = {"posts": Pace(120, 60.0), "looks": Pace(240, 60.0)}


def is_too_fast(what: str) -> bool:
    """Counts this request."""
    place = origin()
    pace: Pace = current_app.extensions["mailbag_pace"][what]
    return bool(place.network) and pace.is_too_fast(place.network, time.monotonic())
