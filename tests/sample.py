"""A column with something of everything, for tests/pages.py: letters in every state, readers, issues, experts."""

import io
from dataclasses import replace

from PIL import Image, ImageDraw

from app.domain.event import Action, advance
from app.domain.mail import DeliveryKind
from app.domain.question import Question
from app.domain.subscription import Choice, Frequency, SuppressionReason
from app.domain.token import Purpose
from app.mail.programs import Program
from app.mail.transport import Fate, Handover
from app.usecases import (
    asking,
    correcting,
    digesting,
    following_up,
    freezing,
    holding,
    photographing,
    preferring,
    publishing,
    routing,
    staffing,
    subscribing,
    suppressing,
)
from app.usecases.importing import import_text
from tests.office import TEMPLATES, Office
from tests.readers import reader_id, subscribe, the_link
from tests.usecases.test_receiving import plain

SAMPLES = TEMPLATES.parent / "samples"
CREDENTIALS = "Chartered physiotherapist since 2009"
ABOUT = "She *walks* to work, has mended knees for twenty years, and answers on Sundays, after the run."


def drawn(size: tuple[int, int], paper: str = "#d8c9ae", ink: str = "#5b6b4f") -> bytes:
    """A JPEG of a head and shoulders, or of a knee: it depends on what one is told."""
    width, height = size
    image = Image.new("RGB", size, paper)
    draw = ImageDraw.Draw(image)
    draw.ellipse((width * 0.3, height * 0.12, width * 0.7, height * 0.62), fill="#f0d9c0")
    draw.ellipse((width * 0.1, height * 0.6, width * 0.9, height * 1.5), fill=ink)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85)
    return file.getvalue()


class Sample:
    """Fills a column with letters in every state, and remembers where they are."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.mailbag = office.mailbag
        self.numbers: dict[str, int] = {}
        self.paths: dict[str, str] = {}

    def ask(self, name: str, text: str, **changes: object) -> int:
        question = self.office.ask(
            public_name=name,
            address=f"{name.lower()}@asker.example",
            text=text,
            **{"form_key": self.mailbag.links.signer.mint(Purpose.FORM, len(self.numbers) + 100), **changes},
        )
        assert question.id is not None
        self.numbers[name] = question.id
        return question.id

    def fill(self) -> None:
        for path in sorted(path for path in SAMPLES.iterdir() if path.is_file()):
            import_text(self.mailbag, path.read_text(encoding="utf-8"), is_html=path.suffix == ".html")
        readers = (self.described, self.subscribed, self.published, self.issues, self.continued)
        for step in (*readers, self.withdrawn, self.waiting, self.held, self.moved, self.undelivered, self.suppressed):
            self.office.clock.pass_by(minutes=40)
            step()

    def described(self) -> None:
        staffing.describe_expert(self.mailbag, 1, credentials=CREDENTIALS, about=ABOUT)
        staffing.portray_expert(self.mailbag, 1, drawn((600, 600)))

    def subscribed(self) -> None:
        """One for each kind of issue, one who left, and one who has not pressed the button yet."""
        for frequency in Frequency:
            token = subscribe(self.office, f"{frequency}@reader.example", Choice(frequency=frequency))
            self.paths[f"subscribed-{frequency}"] = f"/subscribe/{token}"
        topics = Choice(takes_all=False, topics=(1,))
        subscribe(self.office, "left@reader.example", topics)
        preferring.leave(self.mailbag, self.own("left").rpartition("/")[2])
        subscribing.wish(self.mailbag, "new@reader.example", topics)
        self.office.run_jobs()
        self.paths["wished"] = "/subscribe/" + the_link(self.office, "new@reader.example", "/subscribe/")

    def own(self, name: str) -> str:
        """The path of a subscriber's preferences."""
        return self._path(self.mailbag.links.preferences(reader_id(self.office, f"{name}@reader.example")))

    def leaving(self, name: str) -> str:
        return self._path(self.mailbag.links.unsubscribe(reader_id(self.office, f"{name}@reader.example")))

    def _path(self, address: str) -> str:
        return address.removeprefix(self.mailbag.links.base_url)

    def published(self) -> None:
        """Two letters, one of them with a photo."""
        other = self.ask("Nils", "I sleep on my belly, with my head to the left. Is that why my neck hurts on Mondays?")
        self.office.receive(self.office.reply("Hi Nils\n\nIt would hurt on Tuesdays too. What do you do on Sundays?"))
        publishing.approve(self.mailbag, other, None, by="Anna")
        key = self.mailbag.links.signer.mint(Purpose.FORM, 97)
        photographing.keep(self.mailbag, key, 1, drawn((900, 600), "#e9e2d2", "#8c6f5a"))
        photographing.describe(self.mailbag, key, {1: "My left knee, seen from the side"})
        text = "My left knee creaks on the stairs, only on the way down. Should I worry, or oil it?"
        number = self.ask("Becky", text, form_key=key)
        photographing.approve(self.mailbag, 1, by="Anna")
        self.office.receive(self.office.reply("Hi Becky\n\nDo not oil it. A knee that creaks and does not hurt talks."))
        publishing.approve(self.mailbag, number, None, by="Anna")
        self.office.run_jobs()
        self.paths["letter"] = self.office.question(number).path

    def writes_again(self, name: str, text: str) -> int:
        """A reply to the mail that brought the answer: it waits for an editor."""
        address = f"{name.lower()}@asker.example"
        answered = [d for d in self.office.deliveries() if (d.kind, d.address) == (DeliveryKind.ANSWERED, address)][-1]
        reply_to = self.mailbag.links.reply_address(answered)
        return self.office.receive(plain(text, sender=address), to=reply_to, sender=address)

    def issues(self) -> None:
        """The weekly one is sent, the daily one rests on its way, the monthly one is a draft."""
        ids = {}
        for frequency in (Frequency.WEEKLY, Frequency.DAILY, Frequency.MONTHLY):
            issue_id = digesting.draft_of(self.mailbag, frequency, by="editor Anna")
            assert issue_id is not None
            ids[frequency] = self.numbers[f"issue-{frequency}"] = issue_id
        digesting.edit(self.mailbag, ids[Frequency.WEEKLY], by="Anna", introduction="A knee, a neck, and *one* Monday.")
        digesting.start(self.mailbag, ids[Frequency.WEEKLY], by="Anna")
        self.office.run_jobs()
        freezing.freeze(self.mailbag, ids[Frequency.DAILY])
        digesting.pause(self.mailbag, ids[Frequency.DAILY], by="Anna")
        self.office.run_jobs()

    def continued(self) -> None:
        """Becky writes again, is answered, and her first answer is corrected."""
        number = self.numbers["Becky"]
        mail = self.writes_again("Becky", "It has not said a word for a week. May I take the stairs two at a time?")
        following_up.send_on(self.mailbag, mail, 1, None, by="Anna")
        self.office.run_jobs()
        self.office.clock.pass_by(days=2)
        self.office.receive(plain("Up, yes. Down, one at a time, like everybody who has to be at work on Monday."))
        publishing.approve(self.mailbag, number + 1, None, by="Anna")
        self.office.run_jobs()
        words = "Hi Becky\n\nDo not oil it. A knee that creaks and does not hurt makes conversation."
        correcting.correct(self.mailbag, number, words, "It said “talks”, which knees do not.", by="Anna")

    def withdrawn(self) -> None:
        number = self.ask("Wendy", "May I run on the day after a long flight? My ankles are as thick as my calves.")
        self.office.receive(self.office.reply("Hi Wendy\n\nWalk. Then run.", Program.GMAIL))
        publishing.approve(self.mailbag, number, None, by="Anna")
        self.office.run_jobs()
        self.paths["withdrawn"] = self.office.question(number).path
        with self.mailbag.database.write() as tx:
            question = tx.session.get(Question, number)
            assert question is not None
            advance(
                question, Action.WITHDRAW, at=self.office.clock(), actor="editor Anna", detail="Its asker wished it."
            )

    def waiting(self) -> None:
        """One of each: unconfirmed, submitted, assigned, sent back, declined, answered."""
        letter = replace(
            self.office.letter(public_name="Una", address="una@asker.example"),
            text="My toes go numb on the bicycle after an hour, and wake up at the baker’s. What is it?",
            form_key=self.mailbag.links.signer.mint(Purpose.FORM, 99),
        )
        unconfirmed = asking.submit(self.mailbag, letter)
        assert unconfirmed.id is not None
        self.numbers["Una"] = unconfirmed.id
        submitted = self.ask(
            "Sven", "Is it true that cold water after a run does more than a warm bath in the evening?"
        )
        routing.unassign(self.mailbag, submitted, by="Anna")
        self.ask("Aled", "My shoulder clicks when I put the kettle on the top shelf, and has done since March.")
        back = self.ask("Bea", "How long should I wait with running after a cold, when it was only the nose?")
        self.office.receive(self.office.reply("A week.", Program.OUTLOOK))
        publishing.send_back(self.mailbag, back, "Could you say why a week?", by="Anna")
        declined = self.ask("Dora", "Which of the two teams will win on Saturday, and by how many points will it be?")
        routing.decline(self.mailbag, declined, "This is a column about bodies, and not about results.", by="Anna")
        key = self.mailbag.links.signer.mint(Purpose.FORM, 96)
        photographing.keep(self.mailbag, key, 1, drawn((700, 500)))
        photographing.describe(self.mailbag, key, {1: "How I stretch"})
        self.ask(
            "Anwar",
            "Should I stretch before I run, or afterwards, or is it all a story for gym class?",
            form_key=key,
        )
        reply = "Hi Anwar\n\nAfterwards, if at all.\n\nWarm up by running slowly.\n\nThe Guru\n\nSent from my iPhone"
        self.office.receive(self.office.reply(reply, Program.APPLE_MAIL))
        self.office.run_jobs()

    def held(self) -> None:
        self.ask("Hugo", "I sit all day and my neck cracks like a nut when I turn it. Should I stop turning it?")
        empty = self.office.reply("", Program.GMAIL)
        raw = self.office.reply("Hello Hugo, it is me from my other address. Turn it.", sender="pat@elsewhere.example")
        self.office.receive(empty)  # she is told
        self.numbers["held"] = self.office.receive(raw, sender="pat@elsewhere.example")
        self.office.run_jobs()
        self.numbers["follow-up"] = self.writes_again(
            "Becky", "And may I oil the stairs, at least? They creak as well."
        )
        raw = self.office.reply("Once more.", sender="sam@elsewhere.example")
        other = self.office.receive(raw, sender="sam@elsewhere.example")
        holding.discard(self.mailbag, other, by="Anna", likewise_later=True)

    def undelivered(self) -> None:
        self.office.server.answers.append(Handover(Fate.REFUSED, "550 5.1.1 No such mailbox"))
        letter = self.office.letter(
            public_name="Fritz", address="fritz@asker.example", text="Is it bad to run twice a day?"
        )
        asking.submit(self.mailbag, replace(letter, form_key=self.mailbag.links.signer.mint(Purpose.FORM, 98)))
        self.office.run_jobs()
        self.numbers["undelivered"] = next(d.id for d in self.office.deliveries() if d.state == "failed" and d.id)

    def moved(self) -> None:
        """The monthly reader wants her letters elsewhere: both mails are out, the second has not been answered."""
        own = self.own(Frequency.MONTHLY).rpartition("/")[2]
        preferring.ask_to_move(self.mailbag, own, "elsewhere@reader.example")
        self.office.run_jobs()
        self.paths["move-from"] = "/move/" + the_link(self.office, "monthly@reader.example", "/move/")
        preferring.agree_to_move(self.mailbag, self.paths["move-from"].rpartition("/")[2])
        self.office.run_jobs()
        self.paths["move-to"] = "/move/" + the_link(self.office, "elsewhere@reader.example", "/move/")

    def suppressed(self) -> None:
        with self.mailbag.database.write() as tx:
            for name, reason in (("gone", SuppressionReason.ERASED), ("full", SuppressionReason.HARD_BOUNCE)):
                detail = "550 5.1.1 No such mailbox" if name == "full" else ""
                suppressing.suppress(self.mailbag, tx, f"{name}@reader.example", reason, detail=detail)
        suppressing.lift_address(self.mailbag, "full@reader.example", by="Anna")
        suppressing.suppress_by_hand(self.mailbag, "asked@reader.example", by="Anna")
