"""The loop, end to end over real HTTP and SMTP: form, expert's mailbox, reply, dated page."""

import re
import smtplib
from html.parser import HTMLParser
from pathlib import Path

import pytest

from app.domain.dated import read_entries
from app.mail.programs import Program, compose_reply
from app.usecases.mailbag import utc_now
from tests.journeys.demo_process import DemoProcess
from tests.servers import PATIENCE

QUESTION = """Hi there,

My left knee creaks on the stairs – only on the way down – and it’s been doing so since March. The creak is
louder after a long day at a desk, and my neighbours have begun to comment on it.

I can still do everything that I want to. Should I worry, or oil it?"""

ANSWER = """Hi {name}

Do not oil it. A knee that creaks and does not hurt is a knee that makes conversation…

Going down, your thighs are the brakes. Brakes that are out of practice squeak: ten slow steps, twice a day, hold on
to the rail and count to three on each.

If it ever swells, locks or gives way, somebody should look at it. Until then: take the stairs, and let the
neighbours comment."""


class _Answer(HTMLParser):
    """The text of the answer's section, and of the letter, as a reader sees it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.parts: dict[str, list[str]] = {"letter flow": [], "answer flow": []}
        self._where: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("div", "section"):
            self._where.append(dict(attrs).get("class") or "")
        if tag in ("p", "br", "h2"):
            self.handle_data("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("div", "section"):
            self._where.pop()

    def handle_data(self, data: str) -> None:
        for place in self._where:
            if place in self.parts:
                self.parts[place].append(data)

    @property
    def answer(self) -> str:
        return "".join(self.parts["answer flow"])

    @property
    def letter(self) -> str:
        return "".join(self.parts["letter flow"])


def seed(shared: Path) -> tuple[str, str]:
    """The question and answer of the real page; the answer as its writer typed it, line by line."""
    path = next((shared / "seed").glob("*.txt"))
    entry = read_entries(path.read_text(encoding="utf-8"))[0][0]
    return entry.question, entry.answer


@pytest.fixture(params=["own", "seed"])
def letter(request: pytest.FixtureRequest) -> tuple[str, str]:
    if request.param == "seed":
        return seed(request.getfixturevalue("shared"))
    return QUESTION, ANSWER


@pytest.mark.parametrize("program", Program)
def test_a_reply_in_every_style_becomes_the_dated_page(
    demo: DemoProcess, program: Program, letter: tuple[str, str], request: pytest.FixtureRequest
) -> None:
    kind = request.node.callspec.params["letter"]
    name = f"Becky{program.value.replace('_', '').title()}{kind.title()}"
    question, answer = letter[0] + f"\n\nYours, {name}", letter[1].format(name=name)
    address = f"{name.lower()}@asker.example"

    asked = demo.ask(name=name, address=address, text=question)
    posted = demo.post(
        f"/mailbox/{asked['id']}/reply", program=program.value, text=answer, signature="The Guru, tel. 01632 960417"
    )
    assert posted.status == 200

    told = demo.wait_for_mail(address, "has answered you")
    page = demo.get(demo.link(told, r"/2"))
    assert page.status == 200
    seen = _Answer(page.text)

    assert re.search(r"<time[^>]*>[A-Z][a-z]{2} \d{1,2}(st|nd|rd|th), \d{4}</time>", page.text)
    assert f"{name} asked The Guru for the following Physiotherapy Advice:" in page.text
    assert "The Guru Responded:" in seen.answer
    assert seen.letter.split() == question.split(), "every word of the question, in order"
    words = seen.answer.replace("The Guru Responded:", "").split()
    assert words == answer.split(), "every word of the answer, in order, and nothing else"
    assert not [line for line in seen.answer.splitlines() if line.startswith(">") or line.endswith("wrote:")]
    for private in (address, "guru@clinic.example", "@column.example", "01632"):
        assert private not in page.text


def test_the_hard_wrapped_answer_flows(demo: DemoProcess) -> None:
    typed = [" ".join(block.split()) for block in ANSWER.format(name="Flo").split("\n\n")]
    asked = demo.ask(name="Flo", address="flo@asker.example", text=QUESTION + "\n\nFlo")
    demo.post(f"/mailbox/{asked['id']}/reply", program="plain69", text="\n\n".join(typed))
    told = demo.wait_for_mail("flo@asker.example", "has answered you")
    lines = _Answer(demo.get(demo.link(told, "/2")).text).answer.split("\n")
    assert [line for line in lines if line.strip()][1:] == typed


def test_a_script_with_smtplib_can_answer(demo: DemoProcess) -> None:
    asked = demo.ask(name="Sam", address="sam@asker.example", text=QUESTION + "\n\nSam")
    recipient, reply = compose_reply(
        Program.GMAIL,
        original=demo.raw(asked),
        sender_name="The Guru",
        sender="guru@clinic.example",
        text=ANSWER.format(name="Sam"),
        at=utc_now(),
    )
    with smtplib.SMTP("127.0.0.1", demo.smtp_port, local_hostname="mx", timeout=PATIENCE) as smtp:
        assert smtp.sendmail("guru@clinic.example", [recipient], reply) == {}
    demo.wait_for_mail("sam@asker.example", "has answered you")


def test_posting_the_same_reply_twice_changes_nothing(demo: DemoProcess) -> None:
    asked = demo.ask(name="Tina", address="tina@asker.example", text=QUESTION + "\n\nTina")
    fields = {"program": "outlook", "text": ANSWER.format(name="Tina")}
    demo.post(f"/mailbox/{asked['id']}/reply", **fields, times="2")
    demo.wait_for_mail("tina@asker.example", "has answered you")
    demo.wait_until(lambda: demo.mails("guru@clinic.example")[0]["subject"].startswith("Got it") or None, "receipt")
    assert len([m for m in demo.mails("tina@asker.example") if "has answered" in m["subject"]]) == 1
    assert len([m for m in demo.mails("guru@clinic.example") if "Tina" in m["subject"]]) == 2, "question, receipt"


def test_no_page_shows_a_private_address(demo: DemoProcess) -> None:
    """Every public page that the front page leads to."""
    seen, waiting = set(), ["/"]
    while waiting:
        path = waiting.pop()
        if path in seen or path.startswith(("/mailbox", "/desk", "/static")):
            continue
        seen.add(path)
        page = demo.get(path)
        assert page.status == 200, path
        assert not re.search(r"[\w.-]+@[\w-]+\.example", page.text.replace("you@example.org", "")), path
        waiting += re.findall(r'href="(/[^"#]*)"', page.text)
    assert len(seen) > 20
