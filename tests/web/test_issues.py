"""Issues on the desk, from draft to sent, and in the web archive, where nothing personal stands."""

import re
from email import message_from_bytes
from html import unescape
from xml.etree import ElementTree as ET

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.domain.subscription import Choice, Frequency
from app.mail.transport import Fate, Handover
from app.store import digest
from app.usecases import correcting, digesting, freezing
from tests.office import ANNA, BECKY, GURU, Office
from tests.readers import READER, links_in, reader_id, subscribe, view
from tests.usecases.readers import correct, publish
from tests.web.test_desk import press

ATOM = "{http://www.w3.org/2005/Atom}"
SECOND = "Hello, is it wise to run on the beach without shoes, with a knee that has been hurting for a year?"


def printed_letters(office: Office) -> list[int]:
    ids = []
    for text in (None, SECOND):
        question = office.ask(**({"text": text} if text else {}))
        office.receive(office.reply())
        assert question.id is not None
        ids.append(question.id)
        office.clock.pass_by(minutes=5)
    return ids


def a_draft(office: Office) -> int:
    """Of two letters, with one weekly subscriber."""
    subscribe(office)
    printed_letters(office)
    issue_id = digesting.draft_of(office.mailbag, Frequency.WEEKLY, by="editor Anna")
    assert issue_id is not None
    return issue_id


def test_a_draft_is_made_changed_tried_and_sent(office: Office, desk: FlaskClient) -> None:
    assert "nothing was printed since" in press(desk, "/desk/issues", "/desk/issues/draft", frequency="weekly")
    subscribe(office)
    first, second = printed_letters(office)
    press(desk, "/desk/issues", "/desk/issues/draft", frequency="weekly")
    page = desk.get("/desk/issues/1").text
    assert page.rindex("beach without shoes") < page.rindex("first marathon"), "newest first"
    fields = {
        "subject": "Knees, and a beach",
        "introduction": "**Two** letters.",
        "letter": [str(second), str(first)],
        f"place-{second}": "2",
        f"place-{first}": "1",
        "goes": "waits",
    }
    assert press(desk, "/desk/issues/1", "/desk/issues/1", **fields) == "Saved."  # type: ignore[arg-type]
    page = desk.get("/desk/issues/1").text
    assert page.rindex("first marathon") < page.rindex("beach without shoes")
    shown = desk.get("/desk/issues/1/preview?view=text").text
    assert "Knees, and a beach" in shown
    assert "Two letters." in shown.replace("**", "")
    html = desk.get(f"/desk/issues/1/preview?reader={reader_id(office)}")
    assert "<strong>Two</strong>" in html.text
    assert "sandbox" in html.headers["Content-Security-Policy"]
    assert "Nobody gets this" in desk.get("/desk/issues/1/preview?reader=999").text

    before = len(office.server.sent)
    assert "test is on its way" in press(desk, "/desk/issues/1", "/desk/issues/1/test", address=ANNA)
    (test,) = office.server.sent[before:]
    assert test.envelope.recipient == ANNA
    own = office.mailbag.links.preferences(reader_id(office)).rpartition("/")[2]
    assert own not in " ".join(links_in(test.raw)), "a test shows nobody's links"

    assert "goes out now" in press(desk, "/desk/issues/1", "/desk/issues/1/send")
    office.run_jobs()
    page = desk.get("/desk/issues/1").text
    assert "Copies done: 1 of 1 (100 %)." in page
    (copy,) = office.server.to(READER)[1:]
    assert b"Knees, and a beach" in copy.raw
    assert "Issues sent to you" in desk.get(office.mailbag.links.preferences(reader_id(office))[20:]).text


def form_of(page: str) -> dict[str, list[str]]:
    """What a browser would post of the draft's form, as it stands."""
    form = page[page.index('id="draft"') : page.index("</form>", page.index('id="draft"'))]
    found: dict[str, list[str]] = {"introduction": re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", form, re.DOTALL)}
    for field in re.findall(r"<input[^>]*>", form):
        fields = dict(re.findall(r'(name|type|value)="([^"]*)"', field))
        if fields.get("type") not in ("checkbox", "radio") or " checked" in field:
            found.setdefault(fields["name"], []).append(unescape(fields.get("value", "")))
    return found


def put(desk: FlaskClient, form: dict[str, list[str]], then: str = "", **typed: str | list[str]) -> TestResponse:
    return desk.post(f"/desk/issues/1{then}", data={**form, **typed}, follow_redirects=True)


def test_no_address_stands_in_the_addresses_of_the_desk(office: Office, desk: FlaskClient) -> None:
    a_draft(office)
    form = form_of(desk.get("/desk/issues/1").text)
    shown = desk.post("/desk/issues/1/seen-as", data={**form, "reader": READER.upper(), "view": "text"})
    assert shown.location == f"/desk/issues/1?view=text&reader={reader_id(office)}"
    page = desk.get(shown.location).text
    assert f'value="{READER}"' in page
    assert f'src="/desk/issues/1/preview?reader={reader_id(office)}&amp;view=text"' in page
    unknown = put(desk, form_of(page), "/seen-as", reader="nobody@x.example")
    assert "No subscriber has this address." in unknown.text
    assert 'value="nobody@x.example"' in unknown.text


def test_every_button_of_a_draft_saves_what_was_typed(office: Office, desk: FlaskClient) -> None:
    a_draft(office)
    page = put(desk, form_of(desk.get("/desk/issues/1").text), "/seen-as", introduction="Seen first.").text
    assert form_of(page)["introduction"] == ["Seen first."]
    again = put(desk, form_of(page), "/seen-as").text
    assert page.count("Issue corrected") == again.count("Issue corrected") == 1, "only what changes is told"
    put(desk, form_of(page), "/test", introduction="Tried next.", address=ANNA)
    assert b"Tried next." in office.server.to(ANNA)[-1].raw
    page = desk.get("/desk/issues/1").text
    assert "One copy goes out at most." in page
    assert "goes out now" in put(desk, form_of(page), "/send", introduction="And sent.").text
    office.run_jobs()
    assert b"And sent." in office.server.to(READER)[-1].raw


def test_a_letter_that_was_left_out_can_be_taken_in_again(office: Office, desk: FlaskClient) -> None:
    a_draft(office)
    form = form_of(desk.get("/desk/issues/1").text)
    both = form["letter"]
    form = form_of(put(desk, form, letter=both[1:]).text)
    assert form["letter"] == both[1:]
    assert form_of(put(desk, form, letter=both).text)["letter"] == [both[1], both[0]], "at the end"


def test_what_cannot_be_saved_is_told_and_stands_there_still(office: Office, desk: FlaskClient) -> None:
    a_draft(office)
    form = form_of(desk.get("/desk/issues/1").text)
    for slip, said in (
        ({"subject": " "}, "a mail needs a subject"),
        ({"letter": []}, "tick one letter at least"),
        ({"goes": "by-itself"}, "say at what time"),
        ({"goes": "by-itself", "sends_at": "2020-01-01T08:00"}, "this time is past"),
    ):
        answer = put(desk, form, introduction="An hour’s work.", **slip)
        assert answer.status_code == 409
        assert said in answer.text
        again = form_of(answer.text)
        assert again["introduction"] == ["An hour’s work."]
        assert all(
            again.get(name, []) == ([value] if isinstance(value, str) else value) for name, value in slip.items()
        )
    answer = put(desk, form, "/test", address="nonsense")
    assert "no mail could go to this address" in answer.text
    office.server.answers = [Handover(Fate.REFUSED, "550 no")]
    answer = put(desk, form_of(answer.text), "/test", address=ANNA)
    assert "the next mail server did not take it" in answer.text


def test_two_editors_at_one_draft_lose_nothing(office: Office, desk: FlaskClient) -> None:
    a_draft(office)
    form = form_of(desk.get("/desk/issues/1").text)
    put(desk, form, introduction="Of the first.")
    late = put(desk, form, introduction="Of the second.")
    assert late.status_code == 409
    assert "Somebody else changed this" in late.text
    assert form_of(late.text)["introduction"] == ["Of the second."]
    with office.mailbag.database.read() as tx:
        assert digest.the_issue(tx, 1).introduction == "Of the first."
    put(desk, form_of(late.text), "/send")
    office.run_jobs()
    too_late = put(desk, form, introduction="Of the third.")
    assert "no longer fits" in too_late.text
    assert "Of the third." in too_late.text, "to be copied"


def test_a_letter_withdrawn_while_its_draft_is_open_is_told(office: Office, desk: FlaskClient) -> None:
    a_draft(office)
    form = form_of(desk.get("/desk/issues/1").text)
    correcting.withdraw(office.mailbag, int(form["letter"][0]), "", by="Anna")
    answer = put(desk, form, introduction="Kept.")
    assert "a letter was withdrawn meanwhile" in answer.text
    assert form_of(answer.text)["introduction"] == ["Kept."]
    assert "Saved." in put(desk, form_of(answer.text)).text


def test_a_period_that_had_its_issue_gets_no_other(office: Office, desk: FlaskClient) -> None:
    a_draft(office)
    press(desk, "/desk/issues/1", "/desk/issues/1/cancel")
    said = press(desk, "/desk/issues", "/desk/issues/draft", frequency="weekly")
    assert "was sent or cancelled already" in said


def test_a_copy_leads_to_its_issue_on_the_page(office: Office, client: FlaskClient) -> None:
    issue_id = a_draft(office)
    digesting.start(office.mailbag, issue_id, by="Anna")
    office.run_jobs()
    assert "/issues/weekly/1" in links_in(office.server.to(READER)[-1].raw)
    assert client.get("/issues/weekly/1").status_code == 200


def test_both_ways_out_of_a_copys_header_lead_out(office: Office, client: FlaskClient) -> None:
    subscribe(office, "otto@reader.example")
    issue_id = a_draft(office)
    digesting.start(office.mailbag, issue_id, by="Anna")
    office.run_jobs()
    https, mailto = ways_out(office.server.to(READER)[-1].raw)
    foreign = {"Origin": "https://mail.provider.example"}
    answer = client.post(https, data={"List-Unsubscribe": "One-Click"}, headers=foreign)
    assert answer.status_code == 200
    assert view(office).left_because == "one-click"
    assert view(office, "otto@reader.example").state == "confirmed"
    https, mailto = ways_out(office.server.to("otto@reader.example")[-1].raw)
    office.receive(b"From: otto@reader.example\r\nSubject: unsubscribe\r\n\r\n", to=mailto)
    assert view(office, "otto@reader.example").left_because == "mail"


def ways_out(raw: bytes) -> tuple[str, str]:
    """The path of the link, and the mail address, in List-Unsubscribe."""
    header = message_from_bytes(raw)["List-Unsubscribe"]
    found = re.fullmatch(r"<https://guru\.example(/\S+)>,\s+<mailto:([^?>]+)(?:\?[^>]*)?>", header)
    assert found, header
    return found[1], found[2]


def test_pause_resume_and_what_no_longer_fits(office: Office, desk: FlaskClient) -> None:
    issue_id = a_draft(office)
    page = f"/desk/issues/{issue_id}"
    freezing.freeze(office.mailbag, issue_id)
    assert "Refresh" in desk.get(page).headers
    assert "Paused." in press(desk, page, f"{page}/pause")
    assert "Paused: by editor Anna" in desk.get(page).text
    assert "Refresh" not in desk.get(page).headers
    assert "It goes on." in press(desk, page, f"{page}/resume")
    assert "no longer fits" in press(desk, page, f"{page}/cancel")
    office.run_jobs()
    assert "Sent" in desk.get(page).text


def test_a_cancelled_one_is_nowhere(office: Office, desk: FlaskClient) -> None:
    issue_id = a_draft(office)
    assert "Cancelled." in press(desk, f"/desk/issues/{issue_id}", f"/desk/issues/{issue_id}/cancel")
    assert desk.get("/issues/weekly/1").status_code == 404
    assert "No issue has gone out yet" in desk.get("/issues").text


def test_the_archive_has_what_everybody_may_read(office: Office, client: FlaskClient) -> None:
    issue_id = a_draft(office)
    assert client.get("/issues/weekly/1").status_code == 404, "a draft is the editor's"
    digesting.edit(office.mailbag, issue_id, by="Anna", introduction="*Hello*")
    digesting.start(office.mailbag, issue_id, by="Anna")
    office.run_jobs()
    reader = reader_id(office)
    links = office.mailbag.links
    private = [READER, BECKY, GURU, links.unsubscribe(reader), links.preferences(reader)]
    with office.mailbag.database.read() as tx:
        issue = digest.issue_by_id(tx, issue_id)
        assert issue is not None
        subject = issue.subject
    listed, page, feed = (client.get(p).text for p in ("/issues", "/issues/weekly/1", "/issues/feed.atom"))
    assert "/issues/weekly/1" in listed
    assert "<em>Hello</em>" in page
    assert "first marathon" in page
    root = ET.fromstring(feed)
    (entry,) = root.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == subject
    content = entry.findtext(f"{ATOM}content") or ""
    assert "<em>Hello</em>" in content
    assert content.count("<h2>") == 2
    for text in (listed, page, feed):
        assert not any(one in text for one in private)
        assert "/unsubscribe/" not in text
        assert "/preferences/" not in text
    assert re.search(r'rel="alternate"[^>]+/issues/feed.atom', page)


def test_the_feed_is_as_new_as_the_issue_that_went_out_last(office: Office, client: FlaskClient) -> None:
    subscribe(office, "otto@reader.example", Choice(frequency=Frequency.MONTHLY))
    late = a_draft(office)
    early = digesting.draft_of(office.mailbag, Frequency.MONTHLY, by="editor Anna")
    for issue_id in (early, late):
        office.clock.pass_by(hours=1)
        assert issue_id is not None
        digesting.start(office.mailbag, issue_id, by="Anna")
        office.run_jobs()
    root = ET.fromstring(client.get("/issues/feed.atom").data)
    times = [entry.findtext(f"{ATOM}updated") or "" for entry in root.findall(f"{ATOM}entry")]
    assert root.findtext(f"{ATOM}updated") == max(times) != times[0]


def test_a_subscriber_of_nothing_in_it_is_told_so_on_the_desk(office: Office, desk: FlaskClient) -> None:
    issue_id = a_draft(office)
    with office.mailbag.database.read() as tx:
        letters = digest.issue_by_id(tx, issue_id)
        assert letters is not None
    subscribe(office, "otto@reader.example", Choice(takes_all=False, questions=(999,)))
    otto = reader_id(office, "otto@reader.example")
    assert "Nobody gets this issue" in desk.get(f"/desk/issues/{issue_id}/preview?reader={otto}").text


def test_what_was_written_again_and_corrected_stands_in_the_archive_of_issues(
    office: Office, client: FlaskClient
) -> None:
    subscribe(office)
    first = publish(office)
    again = publish(office, text="And to the end of my road?", answer="To its very end.", follows=first)
    send_an_issue(office)
    subscribe(office, choice=Choice(takes_all=False, questions=(first,)))
    office.clock.pass_by(minutes=5)
    correct(office, again)
    send_an_issue(office)
    path = office.question(again).path
    for number, corrections in ((1, 0), (2, 1)):
        page = client.get(f"/issues/weekly/{number}").text
        assert "Becky wrote again:" in page
        assert f'href="{path}"' in page
        assert page.count("Corrected on") == page.count("It was too short.") == corrections
    entries = ET.fromstring(client.get("/issues/feed.atom").data).findall(f"{ATOM}entry")
    for content in (entry.findtext(f"{ATOM}content") or "" for entry in entries):
        assert "<h2>Becky wrote again:</h2>" in content
        assert f"https://guru.example{path}" in content


def send_an_issue(office: Office) -> None:
    """A week later, of what was printed in it."""
    office.clock.pass_by(days=7)
    issue_id = digesting.draft_of(office.mailbag, Frequency.WEEKLY, by="editor Anna")
    assert issue_id is not None
    digesting.start(office.mailbag, issue_id, by="Anna")
    office.run_jobs()
