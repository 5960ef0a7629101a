"""Free TCP ports for the servers that tests start."""

import socket
from contextlib import ExitStack


def free_ports(number: int) -> list[int]:
    """Held open together while they are chosen, so that no two are the same."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(number)]
        for found in sockets:
            found.bind(("127.0.0.1", 0))
        return [found.getsockname()[1] for found in sockets]
