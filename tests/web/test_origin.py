"""Where a request comes from: what a proxy of ours wrote is believed, and nothing that a stranger did."""

from ipaddress import ip_network
from typing import Any

import pytest

from app.domain.suspicion import Origin
from app.web.origin import BehindProxies, origin_of

PROXIES = tuple(map(ip_network, ("127.0.0.1/32", "10.0.0.0/8", "::1/128")))


def seen(peer: str, forwarded: str | None) -> str:
    found: list[str] = []

    def application(environ: dict[str, Any], _: Any) -> list[bytes]:
        found.append(environ["REMOTE_ADDR"])
        return []

    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    BehindProxies(application, PROXIES)({"REMOTE_ADDR": peer, **headers}, print)
    return found[0]


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("8.8.4.4", None, "8.8.4.4"),
        ("8.8.4.4", "1.2.3.4", "8.8.4.4"),  # she wrote the header herself
        ("127.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("127.0.0.1", "9.9.9.9, 1.2.3.4", "1.2.3.4"),  # she wrote the first one
        ("127.0.0.1", "9.9.9.9, 1.2.3.4, 10.1.2.3", "1.2.3.4"),  # two proxies, both ours
        ("127.0.0.1", "10.0.0.9", "10.0.0.9"),
        ("127.0.0.1", "9.9.9.9, nonsense", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("::1", "2a00:1450::1", "2a00:1450::1"),
        ("::ffff:127.0.0.1", "1.2.3.4:55555", "1.2.3.4:55555"),
    ],
)
def test_the_address_is_the_last_that_is_not_ours(peer: str, forwarded: str | None, address: str) -> None:
    assert seen(peer, forwarded) == address


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("1.2.3.4", Origin("1.2.3.4", "1.2.3.0/24")),
        ("1.2.3.4:55555", Origin("1.2.3.4", "1.2.3.0/24")),
        ("::ffff:1.2.3.4", Origin("1.2.3.4", "1.2.3.0/24")),
        ("2a00:1450:4001:80b::200e", Origin("2a00:1450:4001:80b::/64", "2a00:1450:4001:80b::/64")),
        ("[2a00:1450:4001:80b::1]:443", Origin("2a00:1450:4001:80b::/64", "2a00:1450:4001:80b::/64")),
        ("127.0.0.1", Origin()),
        ("10.1.2.3", Origin()),
        ("fe80::1%eth0", Origin()),
        ("", Origin()),
        ("unknown", Origin()),
    ],
)
def test_host_and_network(text: str, origin: Origin) -> None:
    assert origin_of(text) == origin
