"""The last look at a finished mail before SMTP DATA: is every rule kept that can be seen in the bytes?

Written apart from header.py and message.py, without the `email` package, so as not to share their errors.
"""

import binascii
import re
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from app.mail.address import is_wire_address

REQUIRED_HEADERS: Final = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type")
OPTIONAL_HEADERS: Final = (
    *("Reply-To", "Sender", "Cc", "In-Reply-To", "References"),
    *("Content-Transfer-Encoding", "Content-Language", "DKIM-Signature"),
    *("Auto-Submitted", "Precedence", "X-Auto-Response-Suppress", "Feedback-ID"),
    *("List-ID", "List-Help", "List-Post", "List-Owner", "List-Archive", "List-Subscribe"),
    *("List-Unsubscribe", "List-Unsubscribe-Post"),
    *("X-PM-KeepID", "X-PM-Metadata-mailbag"),
)
FORBIDDEN_HEADERS: Final = ("Bcc", "Resent-Bcc", "Return-Path", "Received", "Delivered-To", "X-Original-To")
PART_HEADERS: Final = ("Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "Content-Language")

_OF_LISTS: Final = (
    *("list-unsubscribe", "list-unsubscribe-post", "list-help", "list-post", "feedback-id", "precedence"),
)
_SIGNED: Final = (  # RELIABILITY, section 2
    *("from", "to", "subject", "date", "message-id", "reply-to", "in-reply-to", "references", "list-id"),
    *("list-unsubscribe", "list-unsubscribe-post", "mime-version", "content-type"),
)

_LONGEST_LINE = 998  # RFC 5322, 2.1.1
_LONGEST_ENCODED_LINE = 76  # RFC 2047, 2; RFC 2045, 6.7 and 6.8
_LONGEST_ENCODED_WORD = 75  # RFC 2047, 2
_LARGEST_HTML = 102 * 1024  # Gmail hides what is beyond, and the unsubscribe link stands last

_ALLOWED = frozenset(map(str.lower, REQUIRED_HEADERS + OPTIONAL_HEADERS))
_ALLOWED_IN_PART = frozenset(map(str.lower, PART_HEADERS))
_FORBIDDEN = frozenset(map(str.lower, FORBIDDEN_HEADERS))
_MAILBOXES = frozenset({"from", "to", "reply-to", "sender", "cc"})
_MAY_BE_ENCODED = _MAILBOXES | {"subject"}

_FIELD = re.compile(rb"([!-9;-~]+):(.*)", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_ENCODED_WORD = re.compile(r"(?<![^ \t])=\?(?:utf-8|us-ascii)\?([bq])\?([!->@-~]*)\?=(?![^ \t])", re.IGNORECASE)
_QUOTED_STRING = re.compile(r'"(?:[^"\\]|\\.?)*(?:"|$)', re.DOTALL)  # an open one reaches to the end: linear time
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@([A-Za-z0-9.-]+)>")
_DATE = re.compile(
    r"([A-Z][a-z]{2}), ([0-9]{1,2}) ([A-Z][a-z]{2}) ([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r" [+-][0-9]{2}[0-5][0-9]"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LIST_ID = re.compile(r'(?:[^<>@"]+ |"[^"\\]*" )?<[A-Za-z0-9.-]+>')
_LIST_UNSUBSCRIBE = re.compile(r"<https://[^>\s]+>, <mailto:[^>\s]+>")
_MEDIA_TYPE = re.compile(r"([A-Za-z0-9.+-]+/[A-Za-z0-9.+-]+)[ \t]*")
_PARAMETER = re.compile(r';[ \t]*([A-Za-z-]+)=(?:"([^"\\]*)"|([^\s;"()<>@,:\\/\[\]?=]+))[ \t]*')
_BOUNDARY = re.compile(r"[A-Za-z0-9'()+_,./:=? -]{0,69}[A-Za-z0-9'()+_,./:=?-]")  # RFC 2046, 5.1.1
_BROKEN_QUOTED_PRINTABLE = re.compile(rb"=(?![0-9A-F]{2}|\r\n)")


class Envelope(NamedTuple):
    """What SMTP is told: MAIL FROM (empty for a mail that must not bounce) and RCPT TO, without brackets."""

    sender: str
    recipient: str


class Violation(NamedTuple):
    """One broken rule, by its code, and where; the detail is for the editor and may quote the mail."""

    rule: str
    detail: str


class _Field(NamedTuple):
    name: str  # lower-case
    value: str  # unfolded; Latin-1, so that each octet is a character
    longest_encoded_line: int


class _Entity(NamedTuple):
    """A message, or one part of it: RFC 2045, 2.4."""

    fields: list[_Field]
    body: bytes
    allowed: frozenset[str]

    def values(self, name: str) -> list[str]:
        return [field.value for field in self.fields if field.name == name]

    def first(self, name: str) -> str:
        return next(iter(self.values(name)), "")


def lint_outgoing(message: bytes, envelope: Envelope) -> list[Violation]:
    """Every broken rule of the sending checklist; an empty list means: may be sent.

    message is what stands between DATA and the final dot, before dot-stuffing. Any bytes may come in; never
    raises. Source: RELIABILITY, section 2, and the RFCs named at the rules.
    """
    entity, malformed = _split(message, _ALLOWED)
    return [
        *_wire(message),
        *_envelope(envelope),
        *malformed,
        *_header(entity),
        *_missing(entity),
        *_recipient(entity, envelope),
        *_identity(entity),
        *_unsubscription(entity),
        *_list(entity, envelope),
        *_signatures(entity),
        *_body(entity),
    ]


def recipient_in(message: bytes) -> str:
    """Who stands in To; empty where nobody does."""
    entity, _ = _split(message, _ALLOWED)
    return _mailbox(entity.first("to")) or ""


# Octets, lines, envelope


def _wire(message: bytes) -> Iterator[Violation]:
    """RFC 5321, 2.3.8 and 4.5.3.1.6; a bare CR or LF is how a second mail is smuggled past a server."""
    found = {
        "bare-cr": re.search(rb"\r(?!\n)", message),
        "bare-lf": re.search(rb"(?<!\r)\n", message),
        "nul": re.search(rb"\x00", message),
        "eight-bit": re.search(rb"[\x80-\xff]", message),
    }
    for rule, match in found.items():
        if match:
            yield Violation(rule, f"at octet {match.start()}")
    lines = re.split(rb"\r\n|\r|\n", message)
    longest = max(map(len, lines))
    if longest > _LONGEST_LINE:
        yield Violation("line-too-long", f"{longest} octets")
    if lines[-1]:
        yield Violation("last-line-open", "the message does not end with CRLF")


def _envelope(envelope: Envelope) -> Iterator[Violation]:
    """RFC 5321, 4.1.2; without SMTPUTF8 only ASCII may be said."""
    if envelope.sender and not is_wire_address(envelope.sender):
        yield Violation("envelope-sender", repr(envelope.sender))
    if not is_wire_address(envelope.recipient):
        yield Violation("envelope-recipient", repr(envelope.recipient))


def _split(octets: bytes, allowed: frozenset[str]) -> tuple[_Entity, list[Violation]]:
    head, empty_line, body = (b"\r\n" + octets).partition(b"\r\n\r\n")
    fields, malformed = [], []
    lines = head[2:] if empty_line else head[2:].removesuffix(b"\r\n")
    for block in re.split(rb"\r\n(?![ \t])", lines) if lines else ():
        field = _field(block)
        if field:
            fields.append(field)
        else:
            malformed.append(Violation("header-malformed", repr(block[:60])))
    if not empty_line:
        malformed.append(Violation("header-open", "no empty line ends the header"))
    return _Entity(fields, body, allowed), malformed


def _field(block: bytes) -> _Field | None:
    lines = block.split(b"\r\n")
    match = _FIELD.fullmatch(b"".join(lines))
    # A folded line of nothing but spaces is the end of the header to some servers.
    if not match or not all(line.strip() for line in lines):
        return None
    name, value = (octets.decode("latin-1") for octets in match.groups())
    longest = max((len(line) for line in lines if b"=?" in line), default=0)
    return _Field(name.lower(), value.strip(" \t"), longest)


# The header


def _header(entity: _Entity) -> Iterator[Violation]:
    for name, count in Counter(field.name for field in entity.fields).items():
        yield from _name(name, count, entity.allowed)
    for field in entity.fields:
        yield from _text(field)
        yield from _value(field)


def _missing(entity: _Entity) -> Iterator[Violation]:
    for name in REQUIRED_HEADERS:
        if not entity.values(name.lower()):
            yield Violation("header-missing", name)


def _name(name: str, count: int, allowed: frozenset[str]) -> Iterator[Violation]:
    """RFC 5322, 3.6; beyond it, a name that we never write is an injected one."""
    if name in _FORBIDDEN:
        yield Violation("header-forbidden", name)
    elif name not in allowed:
        yield Violation("header-unknown", name)
    elif count > 1 and name != "dkim-signature":  # one for each algorithm
        yield Violation("header-repeated", f"{name}: {count} times")


def _text(field: _Field) -> Iterator[Violation]:
    """RFC 2047, 2 and 5, and the probe for injection: what does a mail program make of this text?"""
    words = [_word_text(*match.groups()) for match in _ENCODED_WORD.finditer(field.value)]
    plain = _ENCODED_WORD.sub(" ", field.value)
    if any(_CONTROL.search(text) for text in [plain, *filter(None, words)]):
        yield Violation("header-control", field.name)
    if "=?" not in field.value:
        return
    if _holds_encoded_word_where_forbidden(field):
        yield Violation("encoded-word-misplaced", field.name)
    elif "=?" in plain or None in words:
        yield Violation("encoded-word-malformed", field.name)
    yield from _encoded_lengths(field)


def _word_text(encoding: str, encoded: str) -> str | None:
    octets = encoded.encode()
    if encoding in "qQ":
        return _decoded_text(_from_quoted_printable(octets.replace(b"_", b" ")))
    return _decoded_text(_from_base64(octets))


def _decoded_text(octets: bytes | None) -> str | None:
    try:
        return None if octets is None else octets.decode()
    except UnicodeDecodeError:
        return None


def _holds_encoded_word_where_forbidden(field: _Field) -> bool:
    if field.name not in _MAILBOXES:
        return field.name not in _MAY_BE_ENCODED
    return any("=?" in text for text in [_addr_spec(field.value), *_QUOTED_STRING.findall(field.value)])


def _encoded_lengths(field: _Field) -> Iterator[Violation]:
    longest_word = max(map(len, re.findall(r"=\?[^ \t]*", field.value)))
    if longest_word > _LONGEST_ENCODED_WORD:
        yield Violation("encoded-word-too-long", f"{field.name}: {longest_word} octets")
    elif field.longest_encoded_line > _LONGEST_ENCODED_LINE:
        yield Violation("encoded-word-line", f"{field.name}: {field.longest_encoded_line} octets")


def _value(field: _Field) -> Iterator[Violation]:
    rule, is_right = _VALUE_RULES.get(field.name, ("", bool))
    if rule and not is_right(field.value):
        yield Violation(rule, f"{field.name}: {field.value[:200]}")


def _is_mailbox(value: str) -> bool:
    return _mailbox(value) is not None or "=?" in _addr_spec(value)  # that one has a rule of its own


def _mailbox(value: str) -> str | None:
    """The address, if the value is exactly one mailbox: RFC 5322, 3.4, without comments and groups."""
    phrase, bracket, _ = _QUOTED_STRING.sub("", value).rpartition("<")
    address = _addr_spec(value)
    if (bracket and not value.endswith(">")) or re.search(r'[<>(),:;@\[\]\\"]', phrase):
        return None
    return address if is_wire_address(address) else None


def _addr_spec(value: str) -> str:
    bare = _QUOTED_STRING.sub('""', value)
    return bare[:-1].rpartition("<")[2] if bare.endswith(">") else bare


def _one_of(*values: str) -> Callable[[str], bool]:
    return frozenset(values).__contains__


def _is_date(value: str) -> bool:
    """RFC 5322, 3.3: with the right day of the week and a numeric zone."""
    match = _DATE.fullmatch(value)
    if not match or match[3] not in _MONTHS:
        return False
    day, year, hour, minute, second = (int(match[group]) for group in (2, 4, 5, 6, 7))
    try:
        date = datetime(year, _MONTHS.index(match[3]) + 1, day, hour, minute, second)  # noqa: DTZ001  only its form
    except ValueError:
        return False
    return _WEEKDAYS[date.weekday()] == match[1]


def _is_auto_submitted(value: str) -> bool:
    """RFC 3834, 5."""
    keyword = value.partition(";")[0].strip().lower()
    return keyword in {"no", "auto-generated", "auto-replied", "auto-notified"}


def _is_content_type(value: str) -> bool:
    return _content_type(value) is not None


def _is_transfer_encoding(value: str) -> bool:
    """RFC 2045, 6.1; never 8bit or binary, so that no server on the way needs 8BITMIME."""
    return value.lower() in {"7bit", "quoted-printable", "base64"}


_VALUE_RULES: Final[Mapping[str, tuple[str, Callable[[str], object]]]] = {
    **dict.fromkeys(_MAILBOXES, ("mailbox-malformed", _is_mailbox)),
    "date": ("date-malformed", _is_date),
    "message-id": ("message-id-malformed", _MESSAGE_ID.fullmatch),
    "mime-version": ("mime-version", _one_of("1.0")),
    "content-type": ("content-type-malformed", _is_content_type),
    "content-transfer-encoding": ("transfer-encoding", _is_transfer_encoding),
    "auto-submitted": ("auto-submitted", _is_auto_submitted),
    "precedence": ("precedence", _one_of("bulk", "list", "junk")),
    "list-id": ("list-id", _LIST_ID.fullmatch),
    "list-post": ("list-post", _one_of("NO")),
    "list-help": ("list-help", re.compile(r"<(?:https?://|mailto:)[^>\s]+>").fullmatch),
    "feedback-id": ("feedback-id", re.compile(r"[\w.-]+(?::[\w.-]+){2}:[\w.-]{5,15}", re.ASCII).fullmatch),
    "list-unsubscribe": ("list-unsubscribe", _LIST_UNSUBSCRIBE.fullmatch),
    "list-unsubscribe-post": ("list-unsubscribe-post", _one_of("List-Unsubscribe=One-Click")),
}


def _recipient(entity: _Entity, envelope: Envelope) -> Iterator[Violation]:
    for value in entity.values("to"):
        address = _mailbox(value)
        if address is not None and address != envelope.recipient:
            yield Violation("to-not-recipient", value[:200])


def _identity(entity: _Entity) -> Iterator[Violation]:
    address = _mailbox(entity.first("from"))
    message_id = _MESSAGE_ID.fullmatch(entity.first("message-id"))
    if address and message_id and address.rpartition("@")[2].lower() != message_id[1].lower():
        yield Violation("message-id-domain", f"{message_id[0]} is not in the domain of {address}")


def _unsubscription(entity: _Entity) -> Iterator[Violation]:
    """RFC 8058, 3.1: one-click needs both headers."""
    names = [name for name in ("list-unsubscribe", "list-unsubscribe-post") if entity.values(name)]
    if len(names) == 1:
        yield Violation("list-unsubscribe-pair", f"only {names[0]}")


def _list(entity: _Entity, envelope: Envelope) -> Iterator[Violation]:
    """What goes to many says so and offers the way out; what goes to one person says nothing of the kind."""
    if not entity.values("list-id"):
        found = [name for name in _OF_LISTS if entity.values(name)]
        if found:
            yield Violation("list-header-outside-list", ", ".join(found))
        return
    for name in ("list-help", "list-post", "feedback-id", "auto-submitted"):
        if not entity.values(name):
            yield Violation("list-header-missing", name)
    if not any(entity.values(name) for name in _OF_LISTS[:2]):  # of one alone speaks the rule above
        yield Violation("list-header-missing", "list-unsubscribe")
    if not envelope.sender:
        yield Violation("list-without-return", "bounces of a digest have to come back")


def _signatures(entity: _Entity) -> Iterator[Violation]:
    """RFC 6376; all that a reader or a robot acts upon is signed, and nothing can be added to it."""
    present = Counter(field.name for field in entity.fields)
    for value in entity.values("dkim-signature"):
        tags = dict(re.findall(r"([a-z]+)=([^;]*)", re.sub(r"[ \t]", "", value)))
        signed = Counter(tags.get("h", "").lower().split(":"))
        wanted = {name: max(present[name], 1) + (name == "from") for name in _SIGNED}
        if any(signed[name] < number for name, number in wanted.items()):
            yield Violation("dkim-unsigned", ", ".join(name for name in wanted if signed[name] < wanted[name]))
        if tags.get("c") != "relaxed/relaxed" or "l" in tags or not tags.get("b"):
            yield Violation("dkim-signature", value[:200])


# The body


def _content_type(value: str) -> tuple[str, dict[str, str]] | None:
    """Media type and parameters, names in lower case: RFC 2045, 5.1, without comments."""
    match = _MEDIA_TYPE.match(value)
    parameters: dict[str, str] = {}
    media_type = match[1].lower() if match else ""
    while match and match.end() < len(value):
        match = _PARAMETER.match(value, match.end())
        if match and parameters.setdefault(match[1].lower(), match[2] or match[3]) != (match[2] or match[3]):
            return None
    return (media_type, parameters) if match else None


def _body(entity: _Entity) -> Iterator[Violation]:
    content_type = _content_type(entity.first("content-type"))
    if content_type is None:
        return
    media_type, parameters = content_type
    if media_type == "multipart/alternative":
        yield from _alternative(entity, parameters)
    elif media_type == "text/plain":
        yield from _leaf(entity)
    else:
        yield Violation("content-type-unexpected", media_type)


def _alternative(entity: _Entity, parameters: Mapping[str, str]) -> Iterator[Violation]:
    """RFC 2046, 5.1: text/plain first, because mail programs show the last part that they understand."""
    boundary = parameters.get("boundary") or ""
    if not _BOUNDARY.fullmatch(boundary):
        yield Violation("boundary-malformed", boundary)
        return
    if (entity.first("content-transfer-encoding") or "7bit").lower() != "7bit":
        yield Violation("transfer-encoding", "a multipart that is itself encoded")
    parts = [_split(octets, _ALLOWED_IN_PART) for octets in _part_octets(entity.body, boundary)]
    types = [(_content_type(part.first("content-type")) or ("none",))[0] for part, _ in parts]
    if types != ["text/plain", "text/html"]:
        yield Violation("alternative-parts", ", ".join(types))
    yield from _delimiters(entity.body, boundary)
    for part, malformed in parts:
        yield from malformed
        yield from _header(part)
        yield from _leaf(part)


def _pieces(body: bytes, boundary: str) -> list[bytes]:
    """What stands around the delimiters; all but the first start with the rest of a delimiter's line."""
    return (b"\r\n" + body).split(b"\r\n--" + boundary.encode())


def _part_octets(body: bytes, boundary: str) -> list[bytes]:
    return [piece[2:] for piece in _pieces(body, boundary)[1:] if piece.startswith(b"\r\n")]


def _delimiters(body: bytes, boundary: str) -> Iterator[Violation]:
    before, *pieces = _pieces(body, boundary)
    kinds = [piece[:2] for piece in pieces]
    if b"--" not in kinds:
        yield Violation("boundary-open", "no closing boundary")
    outside = before + b"".join(piece[2:] for piece in pieces if piece.startswith(b"--"))
    if outside.strip(b"\r\n") or b"--" in kinds[:-1]:
        yield Violation("text-outside-parts", "before the first or after the closing boundary")
    if set(kinds) - {b"\r\n", b"--"} or any(boundary.encode() in piece for piece in pieces):
        yield Violation("boundary-in-part", boundary)


def _leaf(entity: _Entity) -> Iterator[Violation]:
    encoding = (entity.first("content-transfer-encoding") or "7bit").lower()
    octets = _DECODERS.get(encoding, bytes)(entity.body)
    longest = max(map(len, entity.body.split(b"\r\n")))
    if encoding != "7bit" and longest > _LONGEST_ENCODED_LINE:
        yield Violation("encoded-body-line", f"{longest} octets in {encoding}")
    if octets is None:
        yield Violation("encoded-body-malformed", encoding)
        return
    media_type, parameters = _content_type(entity.first("content-type")) or ("", {})
    yield from _leaf_text(octets, parameters.get("charset", "us-ascii").lower())
    if media_type == "text/plain" and not octets.decode(errors="replace").strip():
        yield Violation("text-blank", "nothing to read in text/plain")
    if media_type == "text/html" and len(octets) > _LARGEST_HTML:
        yield Violation("html-too-large", f"{len(octets)} octets")


def _leaf_text(octets: bytes, charset: str) -> Iterator[Violation]:
    if charset not in {"utf-8", "us-ascii"}:
        yield Violation("charset", charset)
    elif _decoded_text(octets) is None or (charset == "us-ascii" and not octets.isascii()):
        yield Violation("charset", f"the text is not {charset}")


def _from_quoted_printable(octets: bytes) -> bytes | None:
    return None if _BROKEN_QUOTED_PRINTABLE.search(octets) else binascii.a2b_qp(octets)


def _from_base64(octets: bytes) -> bytes | None:
    try:
        return b64decode(octets.replace(b"\r\n", b""), validate=True)
    except binascii.Error:
        return None


_DECODERS: Final[Mapping[str, Callable[[bytes], bytes | None]]] = {
    "quoted-printable": _from_quoted_printable,
    "base64": _from_base64,
}
