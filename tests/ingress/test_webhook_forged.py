"""Whoever has no key gets nothing in: no byte may change, no signature be guessed. Read without Flask and database."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ingress.webhook import PROVIDERS
from app.ingress.webhook.posted import Forged, Keys, Malformed, Posted, Reading
from tests.ingress import posts
from tests.ingress.posts import MAILS, Mail, Post
from tests.office import GURU, NOON

RAW = b"From: guru@clinic.example\r\nSubject: Re: your knee\r\n\r\nRest.\r\n"
MAIL = Mail(RAW, ("q-0123@column.example",))
AMAZON = posts.Amazon()


def read(post: Post, keys: Keys | None = None) -> Reading:
    name = post.path.split("/")[2]
    known = keys or posts.keys()[name]
    if name == "ses":
        return PROVIDERS[name].read(post.posted, known, NOON, fetch=AMAZON)  # type: ignore[call-arg]
    return PROVIDERS[name].read(post.posted, known, NOON)


def flipped(text: bytes, place: int, bit: int) -> bytes:
    place %= len(text)
    return text[:place] + bytes([text[place] ^ (1 << bit)]) + text[place + 1 :]


PLACE, BIT = st.integers(0, 10**6), st.integers(0, 7)


@pytest.mark.parametrize("make", MAILS.values(), ids=MAILS)
def test_what_is_untouched_is_read(make: Callable[[Mail], Post]) -> None:
    (mail,) = read(make(MAIL)).mails
    assert (mail.raw, mail.sender, mail.recipients) == (RAW, GURU, MAIL.recipients)


@pytest.mark.parametrize("name", ["generic", "cloudflare", "sendgrid"])
@given(place=PLACE, bit=BIT)
def test_no_bit_of_a_signed_body_may_change(name: str, place: int, bit: int) -> None:
    made = MAILS[name](MAIL)
    with pytest.raises(Forged):
        read(made.but(body=flipped(made.body, place, bit)))


@given(place=PLACE, bit=BIT)
def test_no_bit_may_change_that_amazon_signed(place: int, bit: int) -> None:
    """Blanks of the JSON and fields that are not signed may: then it is the same that is read, or nothing."""
    made = posts.ses(MAIL)
    try:
        assert read(made.but(body=flipped(made.body, place, bit))) == read(made)
    except (Forged, Malformed):
        return


@pytest.mark.parametrize("header", posts.SIGNED)
@given(place=PLACE, bit=BIT)
def test_no_bit_of_a_signed_header_may_change(header: str, place: int, bit: int) -> None:
    made = posts.generic(MAIL)
    value = flipped(made.headers[header].encode(), place, bit).decode("latin-1")
    with pytest.raises(Forged):
        read(made.but(headers=made.headers | {header: value}))


@given(place=PLACE, bit=st.integers(0, 4))
def test_no_bit_of_a_signature_may_change(place: int, bit: int) -> None:
    """But for upper case, which means the same in hexadecimal."""
    made = posts.generic(MAIL)
    signature = made.headers["X-Mailbag-Signature"].encode()
    with pytest.raises(Forged):
        read(made.but(headers=made.headers | {"X-Mailbag-Signature": flipped(signature, place, bit).decode("latin-1")}))


@pytest.mark.parametrize("name", ["timestamp", "token", "signature"])
@given(place=PLACE, bit=st.integers(0, 4))
def test_no_bit_may_change_that_mailgun_signed(name: str, place: int, bit: int) -> None:
    fields = posts.mailgun_fields(MAIL)
    fields[name] = flipped(fields[name], place, bit)
    with pytest.raises((Forged, Malformed)):
        read(Post("/hooks/mailgun/mime", *posts.multipart(fields)))


@given(place=PLACE, bit=BIT)
def test_no_bit_of_a_certificates_signature_may_change(place: int, bit: int) -> None:
    message = json.loads(posts.ses(MAIL).body)
    message["Signature"] = base64.b64encode(flipped(base64.b64decode(message["Signature"]), place, bit)).decode()
    with pytest.raises(Forged):
        read(posts.sns(message))


@given(place=PLACE, bit=BIT)
def test_no_bit_of_sendgrids_signature_may_change(place: int, bit: int) -> None:
    made = posts.sendgrid(MAIL)
    name = "X-Twilio-Email-Event-Webhook-Signature"
    signature = flipped(base64.b64decode(made.headers[name]), place, bit)
    with pytest.raises(Forged):
        read(made.but(headers=made.headers | {name: base64.b64encode(signature).decode()}))


@pytest.mark.parametrize("make", MAILS.values(), ids=MAILS)
def test_another_key_opens_nothing(make: Callable[[Mail], Post]) -> None:
    others = Keys(keys=("x" * 32,), passwords=("x" * 24,))
    made = make(MAIL)
    if made.path.startswith("/hooks/sendgrid"):
        others = replace(others, keys=())
    with pytest.raises(Forged):
        read(made, others)


@pytest.mark.parametrize("made", [m(MAIL) for m in MAILS.values()], ids=MAILS)
def test_without_its_signature_nothing_is_read(made: Post) -> None:
    bare = made.but(path="/".join(made.path.split("/")[:3]), headers={"Content-Type": made.headers["Content-Type"]})
    fields = {name: value for name, value in posts.mailgun_fields(MAIL).items() if name != "signature"}
    if made.path.startswith("/hooks/mailgun"):
        bare = Post(made.path, *posts.multipart(fields))
    if made.path.startswith("/hooks/ses"):
        message = json.loads(made.body)
        bare = posts.sns({name: value for name, value in message.items() if name != "Signature"})
    with pytest.raises(Forged):
        read(bare)


@pytest.mark.parametrize("password", ["", "p", "p" * 23, "p" * 25, "P" * 24, "p" * 24 + "/x", "ü" * 24])
def test_a_password_is_right_or_wrong(password: str) -> None:
    made = posts.postmark_by_path(MAIL)
    with pytest.raises(Forged):
        read(made.but(path=f"/hooks/postmark/{password}"))
    coded = base64.b64encode(f"x:{password}".encode()).decode()
    with pytest.raises(Forged):
        read(made.but(path="/hooks/postmark", headers=made.headers | {"Authorization": f"Basic {coded}"}))


@pytest.mark.parametrize("header", ["Basic", "Basic !", "Basic /w==", "Bearer x", "Basic cA=="])
def test_an_authorization_that_cannot_be_read_is_none(header: str) -> None:
    made = posts.postmark(MAIL)
    with pytest.raises(Forged):
        read(made.but(headers=made.headers | {"Authorization": header}))


@pytest.mark.parametrize("timestamp", ["", "now", "-1", "1e9", "１７００００００００", "9" * 11, "9" * 12, "9" * 99])
def test_a_time_that_is_none_is_not_believed(timestamp: str) -> None:
    values = [timestamp, "5f0c", "", "q-0123%40column.example"]
    headers = dict(zip(posts.SIGNED, values, strict=True))
    signature = posts._signature(posts.signed_text(values, RAW))
    with pytest.raises(Forged):
        read(Post("/hooks/generic", headers | {"X-Mailbag-Signature": signature}, RAW))


# Signed, and still not to be read.


def without(fields: dict[str, bytes], name: str) -> dict[str, bytes]:
    return {key: value for key, value in fields.items() if key != name}


SENDGRID = f"/hooks/sendgrid/{posts.PASSWORD}"
POSTMARK = f"/hooks/postmark/{posts.PASSWORD}"


def ses_told(**changes: object) -> Post:
    told = json.loads(posts.ses_mail(MAIL)) | changes
    return posts.sns(posts.sns_message("Notification", json.dumps(told), NOON, "n"))


BROKEN = {
    "no body-mime": (
        Post("/hooks/mailgun", *posts.multipart(without(posts.mailgun_fields(MAIL), "body-mime"))),
        "end the route's address in /mime",
    ),
    "no form": (Post("/hooks/mailgun", {"Content-Type": "text/plain"}, b"x"), "This is no form"),
    "half a form": (posts.sendgrid_by_path(MAIL).but(body=b"--xYzZY\r\nContent"), "form cannot be read"),
    "no parts": (posts.sendgrid_by_path(MAIL).but(body=b"x"), "form cannot be read"),
    "mailgun's json": (Post("/hooks/mailgun", {"Content-Type": "application/json"}, b"{"), "no JSON"),
    "no email": (Post(SENDGRID, *posts.multipart(without(posts.sendgrid_fields(MAIL), "email"))), "raw, full MIME"),
    "no envelope": (Post(SENDGRID, *posts.multipart(without(posts.sendgrid_fields(MAIL), "envelope"))), "no JSON"),
    "an envelope of none": (
        Post(SENDGRID, *posts.multipart(posts.sendgrid_fields(MAIL) | {"envelope": b"[]"})),
        "names no recipients",
    ),
    "events of none": (Post(SENDGRID, {"Content-Type": "application/json"}, b"{}"), "no list of events"),
    "postmark's json": (Post(POSTMARK, {}, b"[" * 100_000), "no JSON"),
    "a list of postmark": (Post(POSTMARK, {}, b"[]"), "no JSON object"),
    "no RawEmail": (Post(POSTMARK, {}, b'{"MessageID": "1", "RawEmail": null}'), "Include raw email content"),
    "no MessageID": (Post(POSTMARK, {}, b'{"RawEmail": "x"}'), "MessageID is missing"),
    "no content": (ses_told(content=None), "needs an SNS action"),
    "content of no base 64": (ses_told(content="!"), "no base 64"),
    "no receipt": (ses_told(receipt=None, content="x"), "names no recipients"),
    "amazon's json": (Post("/hooks/ses", {}, b"\xff"), "no JSON"),
    "no mail": (posts.generic(replace(MAIL, raw=b"\r\n")), "no raw mail"),
    "no recipient": (posts.generic(replace(MAIL, recipients=("",))), "no envelope recipient"),
    "no nonce": (posts.generic(replace(MAIL, nonce="")), "X-Mailbag-Nonce is empty"),
}


@pytest.mark.parametrize(("made", "said"), BROKEN.values(), ids=BROKEN)
def test_what_is_malformed_is_told_in_words(made: Post, said: str) -> None:
    with pytest.raises(Malformed, match=said):
        read(made)


@pytest.mark.parametrize("name", PROVIDERS)
@given(body=st.binary(max_size=200), kind=st.sampled_from(["application/json", "multipart/form-data; boundary=x", ""]))
def test_rubbish_is_refused_and_nothing_worse(name: str, body: bytes, kind: str) -> None:
    password = posts.PASSWORD if name in ("postmark", "sendgrid") else ""
    posted = Posted({"content-type": kind}, body, password)
    try:
        found = PROVIDERS[name].read(posted, posts.keys()[name], NOON)
    except (Forged, Malformed):
        return
    assert found.mails == ()


@pytest.mark.parametrize("headers", [None, "x", [], [None], [{"Name": "Received-SPF", "Value": "Pass"}]])
@pytest.mark.parametrize(
    ("author", "sender"),
    [
        ({"FromFull": {"Email": "full@clinic.example"}}, "full@clinic.example"),
        ({"FromFull": None}, GURU),
        ({"From": None}, "unknown"),
    ],
)
def test_from_stands_for_the_envelope_sender_that_postmark_does_not_tell(
    headers: object, author: dict[str, object], sender: str
) -> None:
    """An empty one would make a machine of whoever wrote it."""
    document = posts.postmark_mail(MAIL) | {"Headers": headers} | author
    (mail,) = read(Post(POSTMARK, {}, json.dumps(document).encode())).mails
    assert mail.sender == sender


@pytest.mark.parametrize("forged", ["editor@column.example", "<>"])
def test_of_two_received_spf_of_postmark_neither_is_believed(forged: str) -> None:
    document = posts.postmark_mail(replace(MAIL, sender="bounces@clinic.example"))
    document["Headers"].append({"Name": "received-spf", "Value": f"Pass envelope-from={forged}; x"})
    (mail,) = read(Post(POSTMARK, {}, json.dumps(document).encode())).mails
    assert mail.sender == GURU


def test_of_two_fields_with_one_name_the_last_counts() -> None:
    """Mailgun puts its own behind those of whoever wrote the mail."""
    kind, body = posts.multipart(posts.mailgun_fields(MAIL))
    first = f'--{posts.BOUNDARY}\r\nContent-Disposition: form-data; name="token"\r\n\r\nmine\r\n'.encode()
    assert read(Post("/hooks/mailgun", kind, first + body)).nonce == MAIL.nonce.ljust(50, "0")
