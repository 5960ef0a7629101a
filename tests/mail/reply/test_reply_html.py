"""HTML as each mail program writes it: what is quoted goes, what she wrote stays, with its lines and its emphasis."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mail.reply import extract_text, html_to_text, read_reply
from app.mail.reply.hints import HintKind
from app.mail.reply.htmltext import read_html
from tests.mail.reply.reply_mails import QUESTION, SENT, SENT_HTML, mail
from tests.mail.reply.test_reply_properties import holds_together

WHO = 'Ask The Guru &lt;<a href="mailto:q+412@column.test">q+412@column.test</a>&gt;'
# In a language that no list of phrases knows: only the containers can tell.
ATTRIBUTION = f"Fim., 9. jan. 2014 kl. 20:16 skrifaði {WHO}:"
HEADERS = f"<b>Frá:</b> {WHO}<br><b>Sent þann:</b> 9. janúar 2014<br><b>Til:</b> The Guru<br><b>Efni:</b> Becky asks"
CLIENTS = {
    "gmail": (
        '<div dir="ltr"><div>Rest it.</div></div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" '
        f'class="gmail_attr">{ATTRIBUTION}<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;'
        f'border-left:1px solid rgb(204,204,204);padding-left:1ex">{SENT_HTML}</blockquote></div>'
    ),
    "old gmail": (
        f'Rest it.<br><br><div class="gmail_extra"><br><div class="gmail_quote">{ATTRIBUTION}<br><blockquote '
        f'class="gmail_quote" style="margin:0 0 0 .8ex">{SENT_HTML}</blockquote></div><br></div>'
    ),
    "outlook desktop": (
        '<div class="WordSection1"><p class="MsoNormal">Rest it.<o:p></o:p></p><p class="MsoNormal"><o:p>&nbsp;</o:p>'
        '</p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p '
        f'class="MsoNormal">{HEADERS}<o:p></o:p></p></div></div>{SENT_HTML}</div>'
    ),
    "outlook on the web": (
        '<style type="text/css" style="display:none;"> P {margin-top:0;margin-bottom:0;} </style><div '
        'class="elementToProof">Rest it.</div><div id="appendonsend"></div><hr tabindex="-1"><div id="divRplyFwdMsg" '
        f'dir="ltr"><font face="Calibri">{HEADERS}</font><div>&nbsp;</div></div><div>{SENT_HTML}</div>'
    ),
    "outlook, ids rewritten": (
        f'<div>Rest it.</div><hr><div id="x_x_divRplyFwdMsg" dir="ltr">{HEADERS}</div><div>{SENT_HTML}</div>'
    ),
    "outlook mobile": (
        '<div dir="auto">Rest it.</div><div id="ms-outlook-mobile-signature"><div><br></div>Sækja <a '
        'href="https://aka.ms/o0ukef">Outlook fyrir iOS</a></div><div id="mail-editor-reference-message-container">'
        f"<div>{HEADERS}</div>{SENT_HTML}</div>"
    ),
    "outlook for mac": f'<div>Rest it.</div><span id="OLK_SRC_BODY_SECTION"><div>{HEADERS}</div>{SENT_HTML}</span>',
    "apple mail": (
        '<div style="overflow-wrap:break-word">Rest it.<br><div><br><blockquote type="cite"><div>'
        f'{ATTRIBUTION}</div><br class="Apple-interchange-newline"><div>{SENT_HTML}</div></blockquote></div><br></div>'
    ),
    "iphone": (
        'Rest it.<br><br><div id="AppleMailSignature" dir="ltr">The Guru</div><div dir="ltr"><br><blockquote '
        f'type="cite">{ATTRIBUTION}<br><br></blockquote></div><blockquote type="cite">{SENT_HTML}</blockquote>'
    ),
    "yahoo": (
        '<div class="ydp1yahoo-style-wrap"><div dir="ltr">Rest it.</div></div><div id="yahoo_quoted_7361" '
        f'class="yahoo_quoted"><div><div>{ATTRIBUTION}</div><div><br></div><div>{SENT_HTML}</div></div></div>'
    ),
    "yahoo on ios": (
        "<!DOCTYPE html><html><head></head><body>Rest it.<br><br><p class='yahoo-quoted-begin'>"
        f'{ATTRIBUTION}</p><blockquote class="iosymail"><!DOCTYPE html>{SENT_HTML}</blockquote></body></html>'
    ),
    "thunderbird": (
        f'<p>Rest it.</p><div class="moz-cite-prefix">{ATTRIBUTION}<br></div><blockquote type="cite" cite="mid:1">'
        f'{SENT_HTML}</blockquote><div class="moz-signature">-- <br>The Guru</div>'
    ),
    "proton": (
        '<div>Rest it.</div><div class="protonmail_signature_block"><div class="protonmail_signature_block-user">The '
        f'Guru</div></div><div class="protonmail_quote">{ATTRIBUTION}<br><blockquote class="protonmail_quote" '
        f'type="cite">{SENT_HTML}</blockquote></div>'
    ),
    "zimbra": (
        f'<div>Rest it.</div><hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__">{HEADERS}</div>'
        f'<div data-marker="__QUOTED_TEXT__">{SENT_HTML}</div>'
    ),
    "spark": (
        '<div name="messageBodySection">Rest it.</div><div name="messageSignatureSection">The Guru</div><div '
        f'name="messageReplySection">{ATTRIBUTION}<blockquote type="cite">{SENT_HTML}</blockquote></div>'
    ),
    "front": (
        f'<div>Rest it.</div><div class="front-signature">The Guru</div>{ATTRIBUTION}<br><blockquote type="cite" '
        f'class="front-blockquote">{SENT_HTML}</blockquote>'
    ),
    "missive": f'<div>Rest it.</div><div class="missive_quote">{ATTRIBUTION}<blockquote>{SENT_HTML}</blockquote></div>',
    "samsung": (
        '<div dir="auto">Rest it.</div><div id="composer_signature">The Guru</div><div '
        f'id="composer_history_container">{HEADERS}<br>{SENT_HTML}</div>'
    ),
    "yandex": f"<div>Rest it.</div><div>{ATTRIBUTION}</div><blockquote>{SENT_HTML}</blockquote>",
    "roundcube": (
        f'<p>Rest it.</p><p id="reply-intro">{ATTRIBUTION}</p><blockquote type="cite">{SENT_HTML}</blockquote>'
    ),
}


@pytest.mark.parametrize("is_sent_known", [True, False], ids=["sent known", "sent unknown"])
@pytest.mark.parametrize("html", CLIENTS.values(), ids=CLIENTS)
def test_of_a_reply_only_the_new_words_stay(html, is_sent_known):
    reply = read_reply(mail(html, content_type="text/html"), sent=SENT if is_sent_known else None)
    assert reply.published() in {"Rest it.", "Rest it.\n\nThe Guru"}


def answers(html: str, *, is_sent_known: bool) -> list[str]:
    reply = read_reply(mail(html, content_type="text/html"), sent=SENT if is_sent_known else None)
    return [line for line in reply.published().split("\n") if line and not line.startswith(">")]


INLINE = (
    f'<div>See below.</div><div class="gmail_quote"><div class="gmail_attr">{ATTRIBUTION}</div><blockquote '
    f'class="gmail_quote"><p>{QUESTION[1]}</p></blockquote><div>That is normal.</div><blockquote class="gmail_quote">'
    f"<p>{QUESTION[2]}</p></blockquote><div>A good decision.</div></div>"
)


@pytest.mark.parametrize("is_sent_known", [True, False])
def test_her_answers_between_the_quotes_of_a_container_stay(is_sent_known):
    assert answers(INLINE, is_sent_known=is_sent_known) == ["See below.", "That is normal.", "A good decision."]


def test_an_answer_typed_into_a_quote_stays_when_we_know_what_we_sent():
    html = (
        f'<div>See below.</div><div class="yahoo_quoted"><div>{ATTRIBUTION}</div><p>{QUESTION[1]}</p>'
        f"<p>That soreness is quite normal, I think.</p><p>{QUESTION[2]}</p></div>"
    )
    assert answers(html, is_sent_known=True)[-1] == "That soreness is quite normal, I think."


def test_text_below_the_quote_of_gmail_stays():
    html = f'<div class="gmail_quote"><blockquote class="gmail_quote">{SENT_HTML}</blockquote><div>Rest it.</div></div>'
    assert answers(html, is_sent_known=False) == ["Rest it."]


@pytest.mark.parametrize(
    "quote",
    [
        "<blockquote>Do no harm.</blockquote><p>So I do.</p>",
        '<blockquote class="gmail_quote" style="border-left:1px solid #ccc">Do no harm.</blockquote>',
        '<blockquote style="margin:0 0 0 40px;border:none;padding:0px">Do no harm.</blockquote>',
    ],
)
def test_a_block_quote_that_she_made_herself_stays(quote):
    html = f"<p>As the old one said:</p>{quote}"
    assert "Do no harm." in read_reply(mail(html, content_type="text/html")).published()


def test_a_letter_written_inside_the_container_of_the_signature_stays():
    prose = "<p>Rest the knee for two weeks, then begin again with short runs on soft ground, every second day.</p>" * 4
    html = f'<div><br></div><div id="AppleMailSignature">{prose}</div>'
    assert read_reply(mail(html, content_type="text/html")).published().count("two weeks") == 4


WORD_LIST = (
    '<p class="MsoListParagraph" style="mso-list:l0 level1 lfo1"><![if !supportLists]><span style="mso-list:Ignore">·'
    '<span>&nbsp; </span></span><![endif]>ice</p><p class="MsoListParagraph" style="mso-list:l0 level2 lfo1"><span '
    'style="mso-list:Ignore">1.<span>&nbsp;</span></span>twice</p>'
)


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<b>Rest</b>, then <i>slowly</i> run", "**Rest,** then *slowly* run"),
        ("<strong><em>Now</em></strong>!", "***Now!***"),
        ('<span style="font-weight:700">Rest</span>', "**Rest**"),
        ('<b style="font-weight:normal">Rest</b>', "Rest"),
        ("un<b>believ</b>able", "unbelievable"),
        ("<b>one<br>two</b>", "**one**\n**two**"),
        ("<b> </b>x<i></i>", "x"),
        ('<a href="https://knee.test/a">this page</a>', "[this page](https://knee.test/a)"),
        ('<a href="https://www.knee.test/">www.knee.test</a>', "www.knee.test"),
        ('<a href="mailto:guru@expert.test">guru@expert.test</a>', "guru@expert.test"),
        ('<a href="javascript:x()">x</a> <a href="#top">y</a>', "x y"),
        (
            '<a href="https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fknee.test%2Fa&amp;data=1">it</a>',
            "[it](https://knee.test/a)",
        ),
        ('<a href="https://knee.test/(a)">[x]</a>', "[(x)](https://knee.test/%28a%29)"),
        ("<ul><li>ice<ul><li>twice</ul><li>rest</ul>", "- ice\n  - twice\n- rest"),
        ('<ol start="3"><li>ice<li>rest</ol>', "3. ice\n4. rest"),
        ("<ul><li></ul>rest", "rest"),
        ("<table><tr><th>Day<th>km<tr><td><p>Mo</p><td><p>5</p></table>", "Day | km\nMo | 5"),
        ("<table><tr><td>The<br>Guru<td>Clinic</table>", "The\nGuru\nClinic"),
        ("a<table><tr><td>b<td>c<tr><td>d</table>e", "a\n\nb c\nd\n\ne"),
        ('x<img src="cid:1" alt="Logo of the clinic"><img src="t.gif" width=1><img alt="🙂">', "x🙂"),
        ('<div style="display:none">Preview</div><p style="font-size:0">a<b style="font-size:9pt">b</b>', "**b**"),
        ('<div style="max-height:0;overflow:hidden">Preview</div>x', "x"),
        ('<p class="MsoNormal">one</p><p class="MsoNormal">&nbsp;</p><p class="MsoNormal">two</p>', "one\n\ntwo"),
        ('<p style="margin:0">one</p><p style="margin:0">two</p>', "one\ntwo"),
        (
            WORD_LIST,
            "- ice\n  1. twice",
        ),
        ('<div style="white-space:pre-wrap">one\n  two</div>', "one\n  two"),
        ("<p title=don't>one</p>two", "one\n\ntwo"),
        ("write to <guru@expert.test> now", "write to <guru@expert.test> now"),
        ("5 * 3 is 15, and a_b_c", "5 * 3 is 15, and a_b_c"),
        ("&#13;a&#0;\0b", "a\ufffdb"),
        ("<html><body>one<html><body>two</body></html>three</body></html>", "one\ntwo\nthree"),
    ],
)
def test_html_becomes_markdown(html, markdown):
    assert html_to_text(html) == markdown


def test_hints_are_whole_lines_of_the_text():
    text, hints = read_html(CLIENTS["thunderbird"])
    assert {hint.kind for hint in hints} == {HintKind.ATTRIBUTION, HintKind.QUOTE, HintKind.SIGNATURE}
    for hint in hints:
        assert hint.start == 0 or text[hint.start - 1] == "\n"
        assert hint.end == len(text) or text[hint.end - 1] == "\n"


TAGS = [
    *[
        "<div>",
        "</div>",
        "<p>",
        "</p>",
        "<b>",
        "</b>",
        "<blockquote>",
        "</blockquote>",
        "<blockquote type=cite>",
        "<br>",
    ],
    *[
        "<table>",
        "<tr>",
        "<td>",
        "</td>",
        "</tr>",
        "</table>",
        "<ul>",
        "<ol>",
        "<li>",
        "</ul>",
        "<pre>",
        "</pre>",
        "<hr>",
    ],
    *["<div class=gmail_quote>", "<div class=gmail_attr>", "<div id=divRplyFwdMsg>", "<div class=gmail_signature>"],
    *[
        "<div style='border-top:solid #E1E1E1;padding:3pt'>",
        "<p style='mso-list:l0 level2'>",
        "<a href=https://x.test>",
    ],
    *["<span style='mso-list:Ignore'>", "</span>", "</a>", "<div style=display:none>", "<style>", "<html>", "</body>"],
    *["word", "Rest.", "a:&nbsp;b", "On 9 x wrote:", "<!--", "-->", "&#13;", "\x1f", ">", "**x**", "-----"],
]


@given(st.lists(st.sampled_from(TAGS), max_size=40).map(" ".join))
def test_of_any_soup_of_tags_the_hints_are_whole_lines(html):
    text, hints = read_html(html)
    assert "\r" not in text
    assert "\x1f" not in text
    for hint in hints:
        assert hint.start < hint.end
        assert hint.start == 0 or text[hint.start - 1] == "\n"
        assert hint.end == len(text) or text[hint.end - 1] == "\n"
    assert holds_together(read_reply(mail(html, content_type="text/html")))


def test_a_bare_html_body_is_read_as_such():
    assert extract_text("<p>Rest <b>it</b>.", "html") == "Rest **it.**"
