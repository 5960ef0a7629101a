"""The wire between Postfix and the LMTP door: it can be watched, and the door's process killed at a chosen byte."""

import contextlib
import socket
import threading
from collections.abc import Callable


class Wire:
    """Forwards a listening port to another. `at_byte` and `at_taken` are called once, then forgotten."""

    def __init__(self, listen: int, door: int) -> None:
        self._door = door
        self._listener = socket.create_server(("127.0.0.1", listen))
        self.at_byte: tuple[int, Callable[[], None]] | None = None
        self.at_taken: Callable[[], None] | None = None
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        try:
            door = socket.create_connection(("127.0.0.1", self._door), timeout=5)
        except OSError:
            client.close()  # nobody behind the door: Postfix tries again later
            return
        door.settimeout(None)
        back = threading.Thread(target=self._answers, args=(door, client), daemon=True)
        back.start()
        self._mail(client, door)
        back.join()

    def _mail(self, client: socket.socket, door: socket.socket) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while got := client.recv(4096):
                passed += len(got)
                if self.at_byte and passed >= self.at_byte[0]:
                    (_, act), self.at_byte = self.at_byte, None
                    act()
                door.sendall(got)
        _end(door)

    def _answers(self, door: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while got := door.recv(4096):
                if self.at_taken and b"2.0.0 Taken" in got:
                    act, self.at_taken = self.at_taken, None
                    act()
                    break  # the 250 never gets there
                client.sendall(got)
        _end(client)

    def close(self) -> None:
        self._listener.close()


def _end(side: socket.socket) -> None:
    with contextlib.suppress(OSError):
        side.shutdown(socket.SHUT_RDWR)
    side.close()
