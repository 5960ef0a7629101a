"""Whose reply is it? Every combination of the decision table, and the tricks of forgers, as bytes through the door."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path
from zlib import crc32

import pytest

from app.domain.mail import DeliveryKind
from app.mail.authenticate import Border
from app.store import mail, people
from tests.office import ANSWER, GURU, QUESTION, Office, open_copy, open_office

NAME = "mx.column.example"
MALLORY = "mallory@evil.example"
HERS = "dkim=clinic.example"
RECEIVED = f"Received: from out.example by {NAME} with ESMTP; Sun, 22 Nov 2026 12:00:00 +0000"
PASS = (f"{NAME}; dkim=pass header.d={{0}} header.i=@{{0}}", f"{NAME}; dmarc=pass header.from={{0}}")
RESULTS = {
    "pass": PASS,
    "none": (f"{NAME}; dkim=none; spf=temperror smtp.mailfrom={{0}}",),
    "fail": (f"{NAME}; dkim=none", f"{NAME}; dmarc=fail (p=none) header.from={{0}}"),
    "weaker": (f"{NAME}; dkim=none; spf=pass smtp.mailfrom=x@{{0}}", f"{NAME}; dmarc=pass header.from={{0}}"),
}


@dataclass(frozen=True)
class Signals:
    """T, F, A with the pinned profile, X, a reference to a mail of ours, and a mark of a machine."""

    token: bool
    hers: bool
    authentication: str
    exposed: bool
    thread: bool
    automatic: bool

    def __str__(self) -> str:
        marks = {"T": self.token, "F": self.hers, "X": self.exposed, "thread": self.thread, "auto": self.automatic}
        return "-".join([self.authentication, *(name for name, is_set in marks.items() if is_set)])


EVERY = [Signals(*values) for values in product((True, False), (True, False), RESULTS, *[(False, True)] * 3)]
ROWS = [  # one of each row of the table, for the second database
    Signals(True, True, "pass", exposed=False, thread=True, automatic=False),
    Signals(True, True, "pass", exposed=True, thread=True, automatic=False),
    Signals(True, True, "none", exposed=False, thread=True, automatic=False),
    Signals(True, True, "fail", exposed=False, thread=True, automatic=False),
    Signals(True, True, "weaker", exposed=False, thread=True, automatic=False),
    Signals(True, False, "pass", exposed=False, thread=False, automatic=False),
    Signals(False, True, "pass", exposed=False, thread=True, automatic=False),
    Signals(False, False, "pass", exposed=False, thread=True, automatic=False),
    Signals(True, True, "pass", exposed=False, thread=True, automatic=True),
]


def pin_hers(office: Office) -> None:
    with office.mailbag.database.write() as tx:
        people.expert_named(tx, "The Guru").pinned = HERS


@pytest.fixture(scope="module")
def column(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One for all 128: each combination has a day of its own."""
    with open_copy(sqlite_template, tmp_path_factory.mktemp("forgery") / "mailbag.db", Border((NAME,))) as office:
        pin_hers(office)
        yield office


@pytest.fixture
def bordered(database_url: str) -> Iterator[Office]:
    with open_office(database_url, Border((NAME,))) as office:
        pin_hers(office)
        yield office


def mail_with(office: Office, signals: Signals, words: str) -> bytes:
    author = GURU if signals.hers else MALLORY
    head = [f"Authentication-Results: {result}" for result in RESULTS[signals.authentication]]
    head = [line.format(author.partition("@")[2]) for line in head]
    head += [
        RECEIVED,
        f"From: {author}",
        f"To: {office.reply_address()}",
        f"Message-ID: <{crc32(words.encode())}@out.example>",
    ]
    head += ["Cc: friend@elsewhere.example"] if signals.exposed else []
    head += [f"References: {office.deliveries()[-1].message_id}"] if signals.thread else []
    head += ["Auto-Submitted: auto-replied"] if signals.automatic else []
    return "\r\n".join([*head, "Subject: Re: Becky asks", "", words, ""]).encode()


def expected(signals: Signals) -> tuple[str, str]:
    """The rows of the table: what becomes of the mail, and why."""
    if signals.automatic:
        return "discarded", "automatic"
    if signals.token and not signals.hers:
        return "held", "other-sender"
    if signals.token:
        reasons = {"none": "unauthenticated", "fail": "forged", "weaker": "weaker"}
        held = reasons.get(signals.authentication)
        return ("held", held) if held else ("accepted", "answer")
    by_thread = signals.hers and signals.thread and signals.authentication == "pass"
    return "held", "by-thread" if by_thread else "no-token"


def open_question(office: Office) -> int:
    """One that nobody but her has written about: the last, or a new one. It saves much of the time."""
    last = next((d for d in reversed(office.deliveries()) if d.kind is DeliveryKind.QUESTION), None)
    is_fresh = last is not None and last.exposed_at is None and office.clock() < last.made_at + timedelta(days=3)
    if last is not None and is_fresh:
        with office.mailbag.database.read() as tx:
            found = mail.delivery_by_id(tx, last.id or 0)
            if found and found.question and found.question.state == "assigned":
                return found.question.id or 0
    return office.ask(text=f"{QUESTION} On {office.clock()}").id or 0


def check(office: Office, signals: Signals) -> None:
    words = f"Rest, and then walk: {signals}."
    office.clock.pass_by(hours=1)
    question_id = open_question(office)
    raw, sent = mail_with(office, signals, words), len(office.server.sent)
    inbound_id = office.receive(raw, to=office.reply_address() if signals.token else "column@column.example")
    office.clock.pass_by(days=1)
    office.sweep()
    view = office.inbound(inbound_id)
    assert (view.state, view.reason) == expected(signals)
    is_row_1 = expected(signals)[0] == "accepted" and not signals.exposed
    state = "published" if is_row_1 else "answered" if view.state == "accepted" else "assigned"
    assert office.question(question_id).state == state
    new = [(one.envelope.recipient, one.raw) for one in office.server.sent[sent:]]
    was_asked = view.reason in ("unauthenticated", "other-sender")
    assert [to for to, raw in new if b"Subject: Was that you?" in raw] == ([GURU] if was_asked else [])
    assert MALLORY not in [to for to, _ in new]
    told = b" ".join(b" ".join(raw for _, raw in new).replace(b"=\r\n", b"").split())
    is_told = b"so it might have been theirs." in told
    assert is_told is (view.state == "accepted" and signals.exposed), "in plain words, with the receipt"
    if view.state == "held" and not was_asked:
        assert new == [], "nobody is told"
    with office.mailbag.database.read() as tx:
        found = mail.inbound_by_id(tx, inbound_id)
        assert found is not None
        if signals.token:
            assert found.delivery is not None
            is_seen = (signals.exposed and view.state == "accepted") or view.reason == "other-sender"
            assert (found.delivery.exposed_at is not None) is is_seen
        if view.reason == "by-thread":
            assert found.delivery is not None
            assert found.delivery.question is not None
            assert found.delivery.question.id == question_id, "the guess of the one-click attachment"
        assert found.is_alarming is (view.reason in ("forged", "weaker"))


def test_there_are_128() -> None:
    assert len(set(EVERY)) == 128


@pytest.mark.parametrize("signals", EVERY, ids=str)
def test_the_decision_table(column: Office, signals: Signals) -> None:
    check(column, signals)


def test_its_rows_on_every_database(bordered: Office) -> None:
    for signals in ROWS:
        check(bordered, signals)


# The tricks of forgers. Each is what the border hands on: its own lines first, then what the forger wrote.

EVIL = "\r\n".join(f"Authentication-Results: {result.format('evil.example')}" for result in PASS)
OURS = f"{EVIL}\r\n{RECEIVED}"
NOTHING = f"Authentication-Results: {NAME}; dkim=none\r\n{RECEIVED}"
FORGED = "\r\n".join(f"Authentication-Results: {result.format('clinic.example')}" for result in PASS)
FAILED = f"Authentication-Results: {NAME}; dmarc=fail header.from=clinic.example"

TRICKS = {
    "two From lines, hers last": f"{OURS}\r\nFrom: {MALLORY}\r\nFrom: {GURU}",
    "two From lines, hers first": f"{OURS}\r\nFrom: {GURU}\r\nFrom: {MALLORY}",
    "two From lines, both hers": f"{OURS}\r\nFrom: {GURU}\r\nfrom: {GURU}",
    "a space before the colon": f"{OURS}\r\nFrom : {MALLORY}\r\nFrom: {GURU}",
    "a tab before the colon": f"{OURS}\r\nFrom: {GURU}\r\nFrom\t: {MALLORY}",
    "an mbox line": f"{OURS}\r\nFrom {MALLORY} Sun Nov 22\r\nFrom: {GURU}",
    "a line that is no field hides the first": f"{OURS}\r\nFrom: {MALLORY}\r\nno field at all\r\nFrom: {GURU}",
    "a bare CR starts a second one": f"{OURS}\r\nSubject: x\rFrom: {GURU}\r\nFrom: {MALLORY}",
    "a list of two": f"{OURS}\r\nFrom: {GURU}, {MALLORY}",
    "a list of two, hers last": f"{OURS}\r\nFrom: {MALLORY}, {GURU}",
    "a group": f"{OURS}\r\nFrom: Friends: {GURU};",
    "an empty group and hers": f"{OURS}\r\nFrom: Friends:;, {GURU}",
    "a comment with another": f"{OURS}\r\nFrom: {GURU} ({MALLORY})",
    "a comment inside the address": f"{OURS}\r\nFrom: guru(hi)@(there)clinic.example",
    "hers as the display name": f'{OURS}\r\nFrom: "{GURU}" <{MALLORY}>',
    "hers as a bare display name": f"{OURS}\r\nFrom: {GURU} <{MALLORY}>",
    "hers as an encoded display name": f"{OURS}\r\nFrom: =?utf-8?q?guru=40clinic.example?= <{MALLORY}>",
    "hers behind a long blank": f'{OURS}\r\nFrom: "{GURU}{" " * 200}" <{MALLORY}>',
    "two angle addresses": f"{OURS}\r\nFrom: <{GURU}><{MALLORY}>",
    "two angle addresses, folded": f"{OURS}\r\nFrom: <{GURU}>\r\n <{MALLORY}>",
    "words behind the address": f"{OURS}\r\nFrom: {GURU} via {MALLORY}",
    "a source route": f"{OURS}\r\nFrom: <@evil.example,@any.example:{GURU}>",
    "an address all of encoded words": f"{OURS}\r\nFrom: =?utf-8?q?guru=40clinic=2Eexample?=",
    "an encoded local part": f"{OURS}\r\nFrom: =?utf-8?b?Z3VydQ==?=@clinic.example",
    "a quoted local part": f'{OURS}\r\nFrom: "guru"@clinic.example',
    "spaces inside the address": f"{OURS}\r\nFrom: guru @ clinic . example",
    "NUL inside the address": f"{OURS}\r\nFrom: {GURU}\0.evil.example",
    "NUL before the address": f"{OURS}\r\nFrom: \0{GURU}",
    "a semicolon": f"{OURS}\r\nFrom: {GURU};{MALLORY}",
    "two at signs": f"{OURS}\r\nFrom: guru@clinic.example@evil.example",
    "letters that look like hers": f"{OURS}\r\nFrom: guru@clіnic.example",
    "her domain in full-width letters": f"{OURS}\r\nFrom: guru@ｃlinic.example",
    "a soft hyphen": f"{OURS}\r\nFrom: guru@clinic\u00ad.example",
    "below her domain": f"{OURS}\r\nFrom: guru@clinic.example.evil.example",
    "no From, hers as Sender": f"{OURS}\r\nSender: {GURU}",
    "no From, hers as Resent-From": f"{OURS}\r\nResent-From: {GURU}\r\nReply-To: {GURU}",
    "hers as Sender too": f"{OURS}\r\nFrom: {MALLORY}\r\nSender: {GURU}\r\nResent-From: {GURU}",
    "an empty From and hers": f"{OURS}\r\nFrom:\r\nFrom: {GURU}",
    "her name without a signature": f"{NOTHING}\r\nFrom: {GURU}",
    "signed by another domain": f"{OURS}\r\nFrom: {GURU}",
    "an envelope of another domain": f"Authentication-Results: {NAME}; spf=pass smtp.mailfrom={MALLORY}\r\n"
    f"{RECEIVED}\r\nFrom: {GURU}",
    "a sender of her domain in the HELO alone": f"Authentication-Results: {NAME}; spf=pass smtp.helo=clinic.example\r\n"
    f"{RECEIVED}\r\nFrom: {GURU}",
    "refuted": f"{FAILED}\r\n{RECEIVED}\r\nFrom: {GURU}",
    "refuted, and a forged pass beside it": f"{FAILED}\r\n{FORGED}\r\n{RECEIVED}\r\nFrom: {GURU}",
    "a forged pass below ours": f"{NOTHING}\r\n{FORGED}\r\nFrom: {GURU}",
    "a forged pass under a forged Received": f"{NOTHING}\r\n{FORGED}\r\n{RECEIVED}\r\nFrom: {GURU}",
    "a pass of somebody else's border": f"{FORGED.replace(NAME, 'mx.evil.example')}\r\n{NOTHING}\r\nFrom: {GURU}",
    "a name that begins like ours": f"{FORGED.replace(NAME, NAME + '.evil.example')}\r\n{NOTHING}\r\nFrom: {GURU}",
    "our name in a comment": f"{FORGED.replace(NAME, f'({NAME}) mx.evil.example')}\r\n{NOTHING}\r\nFrom: {GURU}",
    "a pass in a comment": f"Authentication-Results: {NAME}; dkim=none (x; dkim=pass header.d=clinic.example)\r\n"
    f"{RECEIVED}\r\nFrom: {GURU}",
    "a pass in a quoted word": f'Authentication-Results: {NAME}; spf=none smtp.mailfrom="a; dkim=pass'
    f' header.d=clinic.example"@evil.example\r\n{RECEIVED}\r\nFrom: {GURU}',
    "a pass of a look-alike": f"{FORGED.replace('clinic.example', 'xclinic.example')}\r\n{RECEIVED}\r\nFrom: {GURU}",
    "an older kind of result": f"ARC-Authentication-Results: i=1; {NAME}; dkim=pass header.d=clinic.example\r\n"
    f"X-Authentication-Results: {NAME}; dkim=pass header.d=clinic.example\r\n{RECEIVED}\r\nFrom: {GURU}",
    "proven, and another behind a space": f"{FORGED}\r\n{RECEIVED}\r\nFrom : {MALLORY}\r\nFrom: {GURU}",
    "proven, and another in a second line": f"{FORGED}\r\n{RECEIVED}\r\nFrom: {GURU}\r\nFrom: {MALLORY}",
    "proven, and another in a comment": f"{FORGED}\r\n{RECEIVED}\r\nFrom: {GURU} ({MALLORY})",
    "proven, and another below no field": f"{FORGED}\r\n{RECEIVED}\r\nFrom: {GURU}\r\nno field\r\nFrom: {MALLORY}",
    "proven, and another behind a bare CR": f"{FORGED}\r\n{RECEIVED}\r\nFrom: {GURU}\r\nX: y\rFrom: {MALLORY}",
    "signed for the beginning alone": f"{FORGED}\r\n{RECEIVED}\r\nDKIM-Signature: v=1; d=clinic.example; l=10; b=x\r\n"
    f"From: {GURU}",
}


@pytest.mark.parametrize("head", TRICKS.values(), ids=TRICKS.keys())
def test_no_trick_is_published_without_a_persons_yes(column: Office, head: str) -> None:
    column.clock.pass_by(hours=1)
    question_id = open_question(column)
    to = column.reply_address()
    words = f"Take snake oil for it, {crc32(head.encode())}."
    raw = f"{head}\r\nTo: {to}\r\nSubject: Re: Becky asks\r\n\r\n{words}\r\n".encode()
    inbound_id = column.receive(raw, to=to, sender=MALLORY)
    column.clock.pass_by(days=1)
    column.sweep()
    assert column.inbound(inbound_id).state in ("held", "failed")
    assert column.question(question_id).state == "assigned"


def test_the_same_mail_in_her_hand_is_published(column: Office) -> None:
    """Else the tricks above would show nothing."""
    question = column.ask(text=f"{QUESTION} And now?")
    to = column.reply_address()
    raw = f"{FORGED}\r\n{RECEIVED}\r\nFrom: {GURU}\r\nTo: {to}\r\nSubject: Re: x\r\n\r\n{ANSWER}\r\n".encode()
    assert column.inbound(column.receive(raw, to=to)).reason == "answer"
    assert column.question(question.id).state == "published"


# Replay.


def signed(to: str, words: str = "Rest, and then walk.", *, message_id: str = "<one@clinic.example>") -> bytes:
    head = f"{FORGED}\r\n{RECEIVED}\r\nFrom: {GURU}\r\nTo: {to}\r\nDate: Sun, 22 Nov 2026 12:00:00 +0000"
    return f"{head}\r\nMessage-ID: {message_id}\r\nSubject: Re: x\r\n\r\n{words}\r\n".encode()


@pytest.mark.parametrize("change", ["nothing", "Message-ID", "To"])
def test_a_mail_that_was_sent_on_to_another_reply_address_is_held(bordered: Office, change: str) -> None:
    office = bordered
    office.ask()
    first = office.reply_address()
    assert office.inbound(office.receive(signed(first), to=first)).reason == "answer"
    other = office.ask(text=f"{QUESTION} And the other knee?")
    second = office.reply_address()
    to = second if change == "To" else first
    message_id = "<two@clinic.example>" if change == "Message-ID" else "<one@clinic.example>"
    replayed = office.receive(signed(to, message_id=message_id), to=second)
    assert office.inbound(replayed).reason == "replay"
    assert office.question(other.id).state == "assigned"


def test_the_same_short_answer_to_two_letters_is_no_replay(bordered: Office) -> None:
    office = bordered
    questions = []
    for number in range(2):
        questions.append(office.ask(text=f"{QUESTION} Number {number}?"))
        to = office.reply_address()
        raw = signed(to, message_id=f"<{number}@clinic.example>").replace(b"12:00:00", f"12:0{number}:00".encode())
        office.receive(raw, to=to)
    assert [office.question(question.id).state for question in questions] == ["published", "published"]


def test_a_copy_that_nobody_vouched_for_keeps_the_genuine_one_not_out(bordered: Office) -> None:
    """DNS failed for the first copy; the second one, with a result, is no mere repetition."""
    question = bordered.ask()
    to = bordered.reply_address()
    bordered.receive(signed(to).replace(FORGED.encode(), NOTHING.encode()), to=to)
    assert bordered.inbound(bordered.receive(signed(to), to=to)).reason == "answer"
    assert bordered.question(question.id).state == "published"


# What is pinned.


def pinned(office: Office) -> str:
    with office.mailbag.database.read() as tx:
        return people.expert_named(tx, "The Guru").pinned


def by_spf(raw: bytes) -> bytes:
    return raw.replace(b"dkim=pass header.d=clinic.example", b"spf=pass smtp.mailfrom=guru@clinic.example")


def answer(office: Office, number: int, *, weaker: bool) -> str:
    office.ask(text=f"{QUESTION} Number {number}?")
    to = office.reply_address()
    raw = signed(to, f"Rest {number} days.", message_id=f"<{number}@clinic.example>")
    return office.inbound(office.receive(by_spf(raw) if weaker else raw, to=to)).reason


def test_her_first_reply_pins_and_a_stronger_one_raises_it(database_url: str) -> None:
    with open_office(database_url, Border((NAME,))) as office:
        assert pinned(office) == ""
        assert (answer(office, 1, weaker=True), pinned(office)) == ("answer", "spf")
        assert (answer(office, 2, weaker=False), pinned(office)) == ("answer", HERS)
        assert (answer(office, 3, weaker=True), pinned(office)) == ("weaker", HERS)
