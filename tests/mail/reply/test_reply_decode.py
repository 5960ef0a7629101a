import base64

import pytest

from app.mail.reply import extract_text, read_reply

BOUNDARY = b"Content-Type: multipart/%s; boundary=b\r\n\r\n"


def part(content_type: str, body: str, *more: str) -> bytes:
    return "\r\n".join(["--b", f"Content-Type: {content_type}", *more, "", body, ""]).encode()


def multipart(subtype: bytes, *parts: bytes) -> bytes:
    return BOUNDARY % subtype + b"".join(parts) + b"--b--\r\n"


def text_of(raw: bytes) -> str:
    return read_reply(raw).text.strip()


@pytest.mark.parametrize(
    ("label", "payload", "text"),
    [
        ("utf-8", "Café – „gut“".encode(), "Café – „gut“"),
        ("iso-8859-1", b"Caf\xe9", "Café"),
        ("iso-8859-15", b"\xa4 5", "€ 5"),
        ("windows-1252", b"you\x92re", "you’re"),
        ("iso-8859-1", b"you\x92re", "you’re"),
        ("us-ascii", "you’re".encode(), "you’re"),
        ("us-ascii", b"you\x92re", "you’re"),
        ("utf-8", b"Caf\xe9", "Café"),
        ("utf-8", b"\x81\x9d", "\x81\x9d"),
        ("no-such-charset", "Café".encode(), "Café"),
        ("unicode_escape", b"C:\\new", "C:\\new"),
        ("base64", b"aGk=", "aGk="),
        ("idna", b"hi", "hi"),
        ("koi8-r", "Привет".encode("koi8-r"), "Привет"),
        ("shift_jis", "こんにちは".encode("shift_jis"), "こんにちは"),
        ("utf-7", b"+2AA-", "?"),
        ("utf-8", b"\xef\xbb\xbfhi", "hi"),
        ("iso-8859-1", "Café".encode(), "Café"),
        ("windows-1251", "Ты права".encode("cp1251"), "Ты права"),
        ("gb2312", "膝盖镕".encode("gb18030"), "膝盖镕"),
        ("iso-2022-jp", "膝が痛い".encode("iso-2022-jp"), "膝が痛い"),
        ("euc-kr", "무릎".encode("euc-kr"), "무릎"),
        ("big5", "膝蓋".encode("big5"), "膝蓋"),
        ("utf-7", b"Caf+AOk-", "Café"),
        (
            "utf-8",
            "Das Knie ist müde, die Hüfte nicht. ".encode() * 60 + b"\xc3",
            "Das Knie ist müde, die Hüfte nicht. " * 60 + "\ufffd",
        ),
    ],
)
def test_a_label_is_believed_until_the_bytes_contradict_it(label, payload, text):
    raw = f"Content-Type: text/plain; charset={label}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n".encode() + payload
    assert text_of(raw) == text


def test_without_a_label_it_is_utf_8():
    assert text_of("Subject: x\n\nCafé".encode()) == "Café"


@pytest.mark.parametrize(
    ("encoding", "payload"),
    [
        ("quoted-printable", b"Caf=C3=A9 =\r\nau lait"),
        ("base64", base64.b64encode("Café au lait".encode())),
        ("x-unknown", "Café au lait".encode()),
    ],
)
def test_transfer_encodings(encoding, payload):
    raw = f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + payload
    assert text_of(raw) == "Café au lait"


@pytest.mark.parametrize(
    ("encoding", "payload", "text"),
    [
        ("base64", b"Not encoded at all.", "Not encoded at all."),
        ("base64", base64.b64encode(b"Rest it.").rstrip(b"="), "Rest it."),
        ("base64", base64.b64encode(b"Rest it.") + b"\n\n____\nThe list's footer", "Rest it.\n____\nThe list's footer"),
        ("base64", base64.b64encode(b"Rest") + base64.b64encode(b" it."), "Rest it."),
        ("base64", base64.b64encode(b"Rest it.") + b"Q", "Rest it."),
        ("quoted-printable", b"5 = 5 =\r\nand so on =ZZ", "5 = 5 and so on =ZZ"),
        (
            "7bit",
            b"Das Knie m=C3=BCde=\n und die H=C3=BCfte=\n auch m=C3=BCde=\n.",
            "Das Knie müde und die Hüfte auch müde.",
        ),
        ("7bit", b"a =\nb = 5", "a =\nb = 5"),
    ],
)
def test_transfer_encodings_that_are_broken(encoding, payload, text):
    raw = f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + payload
    assert text_of(raw) == text


def test_what_nobody_sees_is_left_out_and_marks_of_direction_stay():
    raw = "Content-Type: text/plain; charset=utf-8\n\na\u00adb\ufeffc \u202ed \u200fe\x07\x1b".encode()
    assert text_of(raw) == "abc d \u200fe"


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
def test_line_ends_become_newlines(end):
    raw = b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    assert read_reply(raw + base64.b64encode(end.join([b"one", b"two", b""]))).text == "one\ntwo\n"


def test_nuls_go_and_nbsp_stays():
    raw = b"Content-Type: text/plain; charset=utf-8\r\n\r\n6\xc2\xa0kg\0!"
    assert text_of(raw) == "6\xa0kg!"


PLAIN = part("text/plain", "plain")
HTML = part("text/html", "<p>html")
PICTURE = part("image/png", "x")
MIME = {
    "plain and html": (multipart(b"alternative", PLAIN, HTML), "plain"),
    "html first": (multipart(b"alternative", HTML, PLAIN), "plain"),
    "blank plain": (multipart(b"alternative", part("text/plain", " \r\n"), HTML), "html"),
    "text below a picture": (
        multipart(b"mixed", PLAIN, PICTURE, part("text/plain", "more")),
        "plain\n\nmore",
    ),
    "html repeats plain": (multipart(b"mixed", PLAIN, part("text/html", "<p>plain")), "plain"),
    "picture in html": (multipart(b"related", HTML, PICTURE), "html"),
    "signed": (multipart(b"signed", PLAIN, part("application/pgp-signature", "x")), "plain"),
    "forwarded": (multipart(b"mixed", PLAIN, part("message/rfc822", "Subject: x\r\n\r\nother")), "plain"),
    "attachment": (
        multipart(b"mixed", PLAIN, part("text/plain", "b", "Content-Disposition: attachment")),
        "plain",
    ),
    "named part": (multipart(b"mixed", PLAIN, part("text/plain; name=b.txt", "b")), "plain"),
    "no end": (b"Content-Type: multipart/mixed; boundary=never\r\n\r\ntext", "text"),
    "no boundary": (b"Content-Type: multipart/mixed\r\n\r\ntext", "text"),
    "pdf": (b"Content-Type: application/pdf\r\n\r\nx", ""),
    "bad type": (b"Content-Type: nonsense\r\n\r\ntext", "text"),
    "no bytes": (b"", ""),
}


@pytest.mark.parametrize(("raw", "text"), MIME.values(), ids=MIME)
def test_the_body_is_what_she_typed(raw, text):
    assert text_of(raw) == text


def test_an_alternative_inside_a_mixed_inside_a_signed_is_found():
    inner = multipart(b"alternative", part("text/plain", "deep")).replace(b"=b\r", b"=c\r").replace(b"--b", b"--c")
    middle = (BOUNDARY % b"mixed" + b"--b\r\n" + inner + b"--b--\r\n").replace(b"=b\r", b"=d\r").replace(b"--b", b"--d")
    assert text_of(BOUNDARY % b"signed" + b"--b\r\n" + middle + b"--b--\r\n") == "deep"


@pytest.mark.parametrize(
    ("params", "body", "text"),
    [
        ("format=flowed", "a soft \nbreak\nhard", "a soft break\nhard"),
        ("format=flowed; delsp=yes", "Zusammen \nhang", "Zusammenhang"),
        ("format=flowed", " From here\n >no quote", "From here\n>no quote"),
        ("format=flowed", "> quoted \n> text\n>> deeper \n> less", "> quoted text\n>> deeper \n> less"),
        ("format=flowed", "text \n-- \nThe Guru", "text \n-- \nThe Guru"),
        ("format=flowed", "-- \nThe Guru", "-- \nThe Guru"),
        ('FORMAT="Flowed"', "a \nb", "a b"),
        ("format=fixed", "a \nb", "a \nb"),
    ],
)
def test_format_flowed(params, body, text):
    assert read_reply(f"Content-Type: text/plain; {params}\n\n{body}".encode()).text == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("<div>one</div><div><br></div><div>two</div>", "one\n\ntwo"),
        ("one<br>two<br/><br>three", "one\ntwo\n\nthree"),
        ("a  b\n\tc<b> d</b>e", "a b c de"),
        ("a&nbsp;b &amp; c &lt;d&gt; &eacute;&#8217;", "a\xa0b & c <d> é’"),
        ("<ul><li>one<li>two</ul>three", "- one\n- two\n\nthree"),
        ("<ol><li><p>one</p></li><li>two</li></ol>", "1. one\n\n2. two"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>c", "> a\n> >\n> > b\n\nc"),
        ("<head><title>t</title><style>s</style></head><script>x</script>text", "text"),
        ("<title>never closed<body>text", "text"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<pre>a  b\n c</pre>", "a  b\n c"),
        ("<![if !supportLists]>1<![endif]><![x>2<!-- no -->3<!--[if mso]>no<![endif]-->", "123"),
        ("text <a href='x", "text <a href='x"),
        ("text <!-- never closed", "text <!-- never closed"),
        ("a<o:p>b</o:p>c", "abc"),
    ],
)
def test_html_becomes_text_by_blocks(html, text):
    raw = f"Content-Type: text/html; charset=utf-8\r\n\r\n{html}".encode()
    assert read_reply(raw).text == text


def test_html_that_is_labelled_plain_is_html():
    assert text_of(b"Content-Type: text/plain\r\n\r\n<html><body><p>text</p></body></html>") == "text"


@pytest.mark.parametrize(
    "unit",
    [
        "<!--",
        "<a ",
        '<a b="',
        "<",
        "<![if ",
        "<?",
        "</",
        "<blockquote>",
        "<ul><li>",
        "&#",
        "<title>",
        "<pre>\n",
    ],
)
def test_hostile_html_takes_linear_time(unit):
    """200 KB; a quadratic parser would need minutes."""
    read_reply(b"Content-Type: text/html\r\n\r\n" + unit.encode() * (200_000 // len(unit)))


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Yes.\n> no", "text"),
        (b"Yes.\n> no", "text"),
        ("<p>Yes.", "html"),
        (b"Subject: x\n\nYes.", "eml"),
        ("Subject: x\n\nYes.", "eml"),
    ],
)
def test_extract_text_reads_a_bare_body_or_a_whole_mail(message, kind):
    assert extract_text(message, kind) == "Yes."
