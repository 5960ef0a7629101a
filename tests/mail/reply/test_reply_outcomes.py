"""What became of a reply, by name; what hung on it; and which of two versions of it is believed."""

import base64
import struct

import pytest

from app.mail.reply import read_reply
from app.mail.reply.outcome import Attachment, Outcome
from app.mail.reply.rtf import decompress, rtf_body
from app.mail.reply.subject import new_subject
from tests.mail.reply.reply_mails import SENT, SENT_HTML, SENT_TEXT, gmail, gmail_html, marked

PDF = "Content-Type: application/pdf; name=plan.pdf\nContent-Disposition: attachment\n\n12345"
LOGO = "Content-Type: image/png; name=logo.png\nContent-ID: <1>\n\n123"


def multipart(subtype: str, *parts: str, subject: str = "Re: Becky asks for Physiotherapy Advice") -> bytes:
    body = "".join(f"--b\n{part}\n" for part in parts)
    return f"Subject: {subject}\nContent-Type: multipart/{subtype}; boundary=b\n\n{body}--b--\n".encode()


def plain(text: str) -> str:
    return f"Content-Type: text/plain; charset=utf-8\n\n{text}"


def html(text: str) -> str:
    return f"Content-Type: text/html; charset=utf-8\n\n{text}"


QUOTE = marked(SENT_TEXT)
PGP = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nRest it.\n- -- so\n-----BEGIN PGP SIGNATURE-----\n\nx\n"
OUTCOMES = {
    "answered": (plain("Rest it.").encode(), Outcome.ANSWERED),
    "empty": (plain(" \n").encode(), Outcome.EMPTY),
    "no bytes": (b"", Outcome.EMPTY),
    "quote only": (plain(QUOTE).encode(), Outcome.QUOTE_ONLY),
    "subject only": (b"Subject: Rest it, and ice\n\n", Outcome.SUBJECT_ONLY),
    "subject is ours": (b"Subject: AW: Re: Becky asks for Physiotherapy Advice\n\n", Outcome.EMPTY),
    "file only": (multipart("mixed", plain(""), PDF), Outcome.ATTACHMENT_ONLY),
    "file beside a quote": (multipart("mixed", plain(QUOTE), PDF), Outcome.ATTACHMENT_ONLY),
    "logo beside a quote": (multipart("related", plain(QUOTE), LOGO), Outcome.QUOTE_ONLY),
    "forwarded": (multipart("mixed", "Content-Type: message/rfc822\n\nSubject: x\n\ny"), Outcome.ATTACHMENT_ONLY),
    "calendar": (b"Content-Type: text/calendar; method=REPLY\n\nBEGIN:VCALENDAR", Outcome.CALENDAR),
    "invitation with words": (
        multipart("mixed", plain("Rest it."), "Content-Type: text/calendar; method=REQUEST\n\nx"),
        Outcome.ANSWERED,
    ),
    "signed": (multipart("signed", plain("Rest it."), "Content-Type: application/pgp-signature\n\nx"), Outcome.SIGNED),
    "signed in clear": (plain(f"{PGP}-----END PGP SIGNATURE-----\n").encode(), Outcome.SIGNED),
    "encrypted": (multipart("encrypted", "Content-Type: application/pgp-encrypted\n\nVersion: 1"), Outcome.ENCRYPTED),
    "encrypted in clear": (plain("-----BEGIN PGP MESSAGE-----\n\nhQEM\n").encode(), Outcome.ENCRYPTED),
    "s/mime": (b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nx", Outcome.ENCRYPTED),
    "sealed winmail": (b"Content-Type: application/ms-tnef; name=winmail.dat\n\nx", Outcome.WINMAIL),
    "nested": (b"Content-Type: message/rfc822\n\n" * 2_000, Outcome.UNREADABLE),
    "too many parts": (multipart("mixed", *[""] * 20_000), Outcome.UNREADABLE),
}


@pytest.mark.parametrize(("raw", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_each_reply_has_a_named_outcome(raw, outcome):
    reply = read_reply(raw, sent=SENT)
    assert reply.outcome is outcome
    assert reply.outcome.has_answer is not reply.is_empty


def test_the_armour_of_a_signed_text_is_taken_off():
    assert read_reply(plain(f"{PGP}-----END PGP SIGNATURE-----\n").encode()).text == "Rest it.\n-- so\n"


def test_an_opaque_signature_still_shows_the_text():
    inner = b"Content-Type: text/plain\r\n\r\nRest it."
    der = b"\x30\x82\x01\x00" + bytes([4, 0x82]) + len(inner).to_bytes(2, "big") + inner + b"\xa0certificates"
    head = b"Content-Type: application/pkcs7-mime; smime-type=signed-data\nContent-Transfer-Encoding: base64\n\n"
    reply = read_reply(head + base64.b64encode(der))
    assert (reply.outcome, reply.published()) == (Outcome.SIGNED, "Rest it.")


def test_attachments_are_listed():
    reply = read_reply(
        multipart("mixed", plain("See the plan."), PDF, LOGO, "Content-Type: message/rfc822\n\nSubject: x\n\ny")
    )
    assert reply.attachments == (
        Attachment("plan.pdf", "application/pdf", 5),
        Attachment("logo.png", "image/png", 3, is_inline=True),
        Attachment("x", "message/rfc822", 1),
    )


def test_the_name_of_an_attachment_is_only_a_name():
    raw = multipart("mixed", 'Content-Type: image/png; name="=?utf-8?q?..=2F..=2FKnie=C3=BCbung=2Epng?="\n\nx')
    assert read_reply(raw).attachments[0].name == "Knieübung.png"


def test_a_text_with_a_name_is_the_body_when_there_is_no_other():
    reply = read_reply(b"Content-Type: text/plain; name=reply.txt\n\nRest it.")
    assert (reply.published(), reply.attachments) == ("Rest it.", ())


@pytest.mark.parametrize(
    ("subject", "sent", "new"),
    [
        ("Re: Becky asks", "Becky asks", ""),
        ("AW: WG: [guru] Becky asks", "Becky asks", ""),
        ("回复：Becky asks", "Becky asks", ""),
        ("Re: Becky asks - yes, rest it", "Becky asks", "yes, rest it"),
        ("Yes, rest it", "Becky asks", "Yes, rest it"),
        ("Re: Becky", "Becky asks", ""),
        ("Yes, rest it", None, "Yes, rest it"),
        ("Re: who knows", None, ""),
        ("", None, ""),
    ],
)
def test_what_is_new_in_the_subject(subject, sent, new):
    assert new_subject(subject, sent) == new


VERSIONS = {
    "the same: the rich one": (plain("Rest it."), html("<p>Rest <b>it</b>.</p>"), "Rest **it.**"),
    "an empty plain part": (plain(""), html("<p>Rest it.</p>"), "Rest it."),
    "a plain part that says nothing": (
        plain("This mail needs an HTML viewer."),
        html("<p>Rest it, for two weeks at least, and then begin again.</p>"),
        "Rest it, for two weeks at least, and then begin again.",
    ),
    "an HTML part that was cut short": (
        plain("Rest it.\n\nThen run."),
        html("<p>Rest it.</p>"),
        "Rest it.\n\nThen run.",
    ),
    "a quote only one of them marks": (
        plain(f"Rest it.\n\n{SENT_TEXT}"),
        html(f'Rest it.<blockquote type="cite">{SENT_HTML}</blockquote>'),
        "Rest it.",
    ),
}


@pytest.mark.parametrize(("one", "other", "published"), VERSIONS.values(), ids=VERSIONS)
def test_of_two_versions_the_one_with_more_of_her_words_is_believed(one, other, published):
    assert read_reply(multipart("alternative", one, other), sent=SENT).published() == published


def test_the_two_versions_of_a_gmail_agree():
    body = gmail("Rest it.").split(b"\r\n\r\n", 1)[1].decode()
    rich = gmail_html("Rest it.").split(b"\r\n\r\n", 1)[1].decode()
    for sent in (SENT, None):
        assert read_reply(multipart("alternative", plain(body), html(rich)), sent=sent).published() == "Rest it."


def tnef(*attributes: tuple[int, bytes]) -> bytes:
    parts = (struct.pack("<BHHI", 1, name, 0, len(value)) + value + b"\0\0" for name, value in attributes)
    raw = struct.pack("<IH", 0x223E9F78, 0) + b"".join(parts)
    head = b"Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n"
    return head + base64.encodebytes(raw)


def properties(*values: tuple[int, int, bytes]) -> bytes:
    packed = (
        struct.pack("<HHII", kind, name, 1, len(value)) + value + b"\0" * (-len(value) % 4)
        for kind, name, value in values
    )
    return struct.pack("<I", len(values)) + b"".join(packed)


RTF = rb"{\rtf1\ansi\ansicpg1252\fromhtml1 {\fonttbl{\f0 Arial;}}{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Rest \'93it\'94 \u8211?{\*\htmltag84 <b>}now{\*\htmltag92 </b>}\htmlrtf }\htmlrtf0{\*\htmltag72 </p>}}"  # noqa: E501


def uncompressed(rtf: bytes) -> bytes:
    return struct.pack("<II", len(rtf) + 12, len(rtf)) + b"MELA" + b"\0\0\0\0" + rtf


WINMAILS = {
    "plain": ((0x9003, properties((0x1F, 0x1000, "Rest it – now.\0".encode("utf-16-le")))), "Rest it – now."),
    "old plain": ((0x800C, b"Rest it.\0"), "Rest it."),
    "html": ((0x9003, properties((0x102, 0x1013, b"<p>Rest <b>it</b>.</p>"))), "Rest **it.**"),
    "html in rtf": ((0x9003, properties((0x102, 0x1009, uncompressed(RTF)))), "Rest “it” **–now**"),
}


@pytest.mark.parametrize(("attribute", "text"), WINMAILS.values(), ids=WINMAILS)
def test_a_winmail_is_unpacked(attribute, text):
    raw = tnef(attribute, (0x9002, b""), (0x8010, b"plan.pdf\0"), (0x800F, b"12345"))
    reply = read_reply(raw)
    assert (reply.outcome, reply.published()) == (Outcome.ANSWERED, text)
    assert reply.attachments == (Attachment("plan.pdf", "application/octet-stream", 5),)


def test_compressed_rich_text_is_read():
    """The example of MS-OXRTFCP, section 4.1."""
    data = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    assert decompress(data) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert rtf_body(decompress(data)) == ("hello world", False)


@pytest.mark.parametrize("cut", range(0, 200, 7))
def test_a_broken_winmail_raises_nothing(cut):
    raw = tnef((0x9003, properties((0x102, 0x1009, uncompressed(RTF)))))
    read_reply(raw[:-cut] if cut else raw)
