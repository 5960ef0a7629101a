"""What a mail server may do wrong, told apart in two errors: another connection may do better, or only a person can."""

from collections.abc import Iterator
from contextlib import contextmanager

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, IMAPClientReadOnlyError

_PASSING = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]")


class Lost(Exception):
    """The connection is gone, or of no more use; another one may do better."""


class Refused(Exception):
    """The server understood, and said no. Only somebody who changes a setting can help; the words say which."""


@contextmanager
def on_the_wire(what: str) -> Iterator[None]:
    """The library raises nearly anything when an answer is cut or makes no sense."""
    try:
        yield
    except IMAPClientReadOnlyError as error:
        raise Refused("the folder can only be read; set MAILBAG_IMAP_AFTER=leave, or give us the right") from error
    except (OSError, IMAPClientError, ValueError, TypeError, LookupError, AttributeError, AssertionError) as error:
        raise Lost(f"{what}: {words_of(error)}") from error


def words_of(error: BaseException) -> str:
    """On one line, as the desk shows it."""
    text = " ".join(str(error).split()) or type(error).__name__
    return "".join(character for character in text if character.isprintable())[:300]


def is_passing(error: BaseException) -> bool:
    """Whether the same may succeed later: a cut connection, or a NO that says so (RFC 5530, 3)."""
    said = str(error).upper()
    return isinstance(error, IMAPClientAbortError) or any(code in said for code in _PASSING)
