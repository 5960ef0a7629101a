"""Replies of which every word is known: to mails that Mailbag composes, in the shapes of clients.py, seeded.

The expert writes above the quote, below it or between its paragraphs; she deletes half of it, mends a word, wraps it
again, types into a line of it, has other quotation marks; her sentences repeat the question's words.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from difflib import SequenceMatcher
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

from app.domain.mail import Delivery, DeliveryKind
from app.domain.people import Asker, Expert, Topic
from app.domain.question import Assignment, Question
from app.domain.token import Signer
from app.mail.compose import Composer
from app.mail.links import Links
from app.mail.programs.original import Original, read
from app.mail.reply import read_reply
from bench.clients import BOTTOM, CLIENTS, LANGUAGES, PHRASES, TOP, Client, Draft, Passage, Piece, write
from tests.office import COLUMN

NOW = datetime(2026, 2, 20, 9, 30, tzinfo=UTC)
TEMPLATES = Path(__file__).parents[1] / "templates" / "mail"
EDITS = ("none", "halved", "mended", "rewrapped", "typed inside", "other signs", "repeats")
QUESTIONS = 12  # of each language
LINKS = Links(base_url="https://guru.example", mail_domain="column.example", signer=Signer((b"k" * 32,)))
_OTHER_SIGNS = str.maketrans({"’": "'", "“": '"', "”": '"', "–": "-", "„": '"', "«": '"', "»": '"'})
_MARKS = re.compile(r"^[ \t]*(?:>[ \t]?)+", re.MULTILINE)
_SIGNS_ONLY = re.compile(r"[\W_]*")


@dataclass(frozen=True)
class Sent:
    """A mail that Mailbag composed; `paragraphs` of its text part, and which of them are the question."""

    raw: bytes
    original: Original
    paragraphs: tuple[tuple[str, ...], ...]
    questions: frozenset[int]
    html: dict[int, str]


@dataclass(frozen=True)
class Message:
    """A reply and the truth: `hers` are her words in order; `either` may be published or cut."""

    client: str
    language: str
    position: str
    edit: str
    kind: str
    raw: bytes
    sent: bytes
    hers: tuple[str, ...]
    either: frozenset[str] = field(default=frozenset())


@dataclass(frozen=True)
class Result:
    message: Message
    lost: tuple[str, ...]
    leaked: tuple[str, ...]
    published: str

    @property
    def is_exact(self) -> bool:
        return not self.lost and not self.leaked


def messages(count: int, seed: int = 1) -> Iterator[Message]:
    """Client and language in turn, so that each pair comes; all else by chance."""
    for number in range(count):
        chance = random.Random(f"{seed}/{number}")
        client = CLIENTS[number % len(CLIENTS)]
        language = LANGUAGES[number // len(CLIENTS) % len(LANGUAGES)]
        position = client.positions[number // (len(CLIENTS) * len(LANGUAGES)) % len(client.positions)]
        yield _message(client, language, position, chance)


def measure(message: Message) -> Result:
    reply = read_reply(message.raw, sent=message.sent).without_passages()
    published = words(reply.published())
    lost: list[str] = []
    leaked: list[str] = []
    if published != list(message.hers):
        for tag, a, b, c, d in SequenceMatcher(None, message.hers, published, autojunk=False).get_opcodes():
            if tag != "equal":
                lost += message.hers[a:b]
                leaked += [word for word in published[c:d] if word not in message.either]
    return Result(message, tuple(lost), tuple(leaked), reply.published())


def words(text: str) -> list[str]:
    """Without what Markdown adds, and blind to the signs that programs change."""
    plain = _MARKS.sub("", text.replace("\xa0", " ").translate(_OTHER_SIGNS))
    found = (word.strip("*_") for word in plain.split())
    return [word for word in found if not _SIGNS_ONLY.fullmatch(word)]


@cache
def sent_mail(language: str, number: int) -> Sent:
    chance = random.Random(f"{language}/{number}")
    text = _question(PHRASES[language], chance)
    raw = _composed(text)
    original = read(raw)
    blocks = "\n".join(original.lines).split("\n\n")
    paragraphs = tuple(tuple(block.split("\n")) for block in blocks if block.strip())
    questions = frozenset(i for i, lines in enumerate(paragraphs) if lines[0].startswith("    "))
    elements = re.findall(r"<p [^>]*>[^<]*</p>", original.html)
    shown = {unescape(element.partition(">")[2].removesuffix("</p>")): element for element in elements}
    html = {i: shown[_flat(paragraphs[i])] for i in questions}
    return Sent(raw, original, paragraphs, questions, html)


def _question(phrases: dict[str, Any], chance: random.Random) -> str:
    sentences = list(phrases["question"])
    chance.shuffle(sentences)
    paragraphs, space = [], "" if phrases is PHRASES["ja"] else " "
    for _ in range(chance.choice((1, 2, 3, 3))):
        take = chance.randint(1, 4)
        paragraphs.append(space.join(sentences[:take]))
        sentences = sentences[take:] or list(phrases["question"][:2])
    return "\n\n".join(dict.fromkeys(paragraphs))


def _composed(text: str) -> bytes:
    topic = Topic("Physiotherapy Advice", "physiotherapy-advice", id=1)
    question = Question(
        public_id="b3cky1",
        public_name="Becky",
        topic=topic,
        text=text,
        made_at=NOW - timedelta(days=1),
        form_key="form",
        fingerprint=None,
        asker=Asker("becky@asker.example", id=1),
        id=412,
    )
    expert = Expert("The Guru", "guru@clinic.example", [topic], id=1)
    assignment = Assignment(question, expert, made_at=NOW, due_at=NOW + timedelta(days=4), id=5)
    question.assignments.append(assignment)
    delivery = Delivery(
        kind=DeliveryKind.QUESTION,
        address="guru@clinic.example",
        message_id="<4f1c@column.example>",
        occasion="question/5",
        made_at=NOW,
        due_at=NOW,
        question=question,
        assignment=assignment,
        id=77,
    )
    return Composer(templates=TEMPLATES, column=COLUMN, links=LINKS).compose(delivery, at=NOW)


# What she writes.


def _message(client: Client, language: str, position: str, chance: random.Random) -> Message:
    sent = sent_mail(language, chance.randrange(QUESTIONS))
    edit = chance.choice(EDITS)
    phrases = PHRASES[language]
    passages, either = _passages(sent, edit, phrases, chance)
    hers = _paragraphs(sent, edit, phrases, chance)
    pieces = _placed(position, hers, passages, sent, chance)
    kind = chance.choice(client.kinds)
    is_whole = edit != "halved" and len([p for p in pieces if isinstance(p, Passage)]) == len(sent.paragraphs)
    draft = Draft(
        original=sent.original,
        language=language,
        pieces=pieces,
        at=NOW + timedelta(hours=chance.randrange(2000)),
        kind=kind,
        width=chance.choice(client.widths),
        encoding=chance.choice(client.encodings),
        rewrap=chance.choice((40, 55, 64, 76)) if edit == "rewrapped" else 0,
        is_tight=chance.random() < 0.2,
        # These two put it above the quote, wherever she writes.
        signature=chance.choice(("", "", "", "Anna Smith\nPhysiotherapist", "Anna"))
        if position == TOP or client.form not in {"owa", "word"}
        else "",
        extra={"whole": sent.original.html} if is_whole else {},
    )
    truth = [word for piece in pieces for text in _hers_of(piece) for word in words(text)]
    return Message(
        client.name, language, position, edit, kind, write(client, draft), sent.raw, tuple(truth), frozenset(either)
    )


def _hers_of(piece: Piece) -> list[str]:
    return [piece] if isinstance(piece, str) else [text for is_hers, text in piece.spans if is_hers]


def _paragraphs(sent: Sent, edit: str, phrases: dict[str, Any], chance: random.Random) -> list[str]:
    sentences = list(phrases["answer"])
    chance.shuffle(sentences)
    space = "" if phrases is PHRASES["ja"] else " "
    found: list[str] = []
    for _ in range(chance.choice((1, 1, 2, 3, 4, 6))):
        take = chance.randint(1, 4)
        found.append(space.join(sentences[:take]))
        sentences = sentences[take:] or list(phrases["answer"])
    if chance.random() < 0.15:
        found = [chance.choice(phrases["shorts"])]
    if chance.random() < 0.25:
        found.insert(chance.randint(0, len(found)), chance.choice(phrases["lists"]))
    if chance.random() < 0.25:
        found.insert(chance.randint(1, len(found)), chance.choice(phrases["lookalikes"]))
    if edit == "repeats":
        found.insert(chance.randint(0, len(found)), _repeating(sent, phrases, chance))
    if chance.random() < 0.4:
        found.insert(0, chance.choice(phrases["greetings"]))
    if chance.random() < 0.3:
        found.append(chance.choice(phrases["sign_offs"]))
    return found


def _repeating(sent: Sent, phrases: dict[str, Any], chance: random.Random) -> str:
    """Her own sentence around some of the asker's words."""
    text = _flat(sent.paragraphs[chance.choice(sorted(sent.questions))])
    if phrases is PHRASES["ja"]:
        start = chance.randrange(max(1, len(text) - 10))
        return str(phrases["repeats"][0]).format(text[start : start + chance.randint(5, 20)])
    found = text.split()
    start = chance.randrange(max(1, len(found) - 4))
    some = " ".join(found[start : start + chance.randint(3, 14)]).strip(".,;:!?¿¡ ")
    sentence = str(chance.choice(phrases["repeats"])).format(some)
    return f"{sentence} {chance.choice(phrases['answer'])}" if chance.random() < 0.5 else sentence


def _placed(
    position: str, hers: list[str], passages: list[tuple[int, Passage]], sent: Sent, chance: random.Random
) -> list[Piece]:
    quote: list[Piece] = [passage for _, passage in passages]
    if position == TOP:
        return [*hers, *quote]
    if position == BOTTOM:
        return [*quote, *hers]
    slots = [i for i, (number, _) in enumerate(passages) if number in sent.questions]
    above = [hers.pop(0)] if len(hers) > 1 and chance.random() < 0.3 else []
    placed: list[Piece] = list(above)
    for i, piece in enumerate(quote):
        placed.append(piece)
        if i in slots and hers:
            last = i == slots[-1]
            count = len(hers) if last else chance.randint(0 if len(slots) > 1 else 1, len(hers))
            placed += hers[:count]
            del hers[:count]
    keeps_rest = chance.random() < 0.7
    last_hers = max(i for i, piece in enumerate(placed) if isinstance(piece, str)) if not hers else len(placed)
    return [*(placed if keeps_rest else placed[: last_hers + 1]), *hers]


# What becomes of the quote.


def _passages(
    sent: Sent, edit: str, phrases: dict[str, Any], chance: random.Random
) -> tuple[list[tuple[int, Passage]], set[str]]:
    passages = [
        (i, Passage(lines, ((False, _flat(lines)),), sent.html.get(i, ""))) for i, lines in enumerate(sent.paragraphs)
    ]
    either: set[str] = set()
    if edit == "halved":
        passages = _halved(passages, sent, chance)
    ours = [at for at, (i, _) in enumerate(passages) if i in sent.questions]
    at = chance.choice(ours)
    number, passage = passages[at]
    if edit == "mended":
        passage, either = _mended(passage, chance)
    elif edit == "typed inside":
        passage = _typed_inside(passage, phrases, chance)
    passages[at] = number, passage
    if edit == "other signs":
        passages = [(i, _with_other_signs(one, chance)) for i, one in passages]
    return passages, either


def _halved(passages: list[tuple[int, Passage]], sent: Sent, chance: random.Random) -> list[tuple[int, Passage]]:
    """Paragraphs gone, and half of one; something of the question stays."""
    kept = [(i, one) for i, one in passages if chance.random() < 0.5]
    if not any(i in sent.questions for i, _ in kept):
        kept = sorted([*kept, passages[chance.choice(sorted(sent.questions))]], key=lambda one: one[0])
    at = chance.randrange(len(kept))
    number, passage = kept[at]
    found = passage.spans[0][1].split(" ")
    half = len(found) // 2
    if half > 6:
        some = found[half:] if chance.random() < 0.5 else found[:half]
        kept[at] = number, replace(passage, spans=((False, " ".join(some)),))
    return kept


def _mended(passage: Passage, chance: random.Random) -> tuple[Passage, set[str]]:
    """A letter of a long word, or a word put in place of another."""
    found = passage.spans[0][1].split(" ")
    longest = max(found, key=len)
    at = found.index(longest) if chance.random() < 0.5 else chance.randrange(len(found))
    old = found[at]
    new = old[:-3] + old[-2:] if len(old) > 6 else chance.choice(("it", "…", "xxx"))
    text = " ".join([*found[:at], new, *found[at + 1 :]])
    return replace(passage, spans=((False, text),)), set(words(new))


def _typed_inside(passage: Passage, phrases: dict[str, Any], chance: random.Random) -> Passage:
    text, typed = passage.spans[0][1], str(chance.choice(phrases["inserted"]))
    ends = [match.end() for match in re.finditer(r"[.?!,。、](?: |\Z|(?<=[。、]))", text)]
    spaces = [match.end() for match in re.finditer(" ", text)]
    at = chance.choice(ends if ends and (chance.random() < 0.7 or not spaces) else (spaces or [len(text)]))
    spans = ((False, text[:at].strip()), (True, typed), (False, text[at:].strip()))
    is_broken = chance.random() < 0.4
    return replace(passage, spans=tuple(span for span in spans if span[1]), is_broken=is_broken)


def _with_other_signs(passage: Passage, chance: random.Random) -> Passage:
    text = passage.spans[0][1].translate(_OTHER_SIGNS)
    text = "".join("\xa0" if char == " " and chance.random() < 0.1 else char for char in text)
    return replace(passage, spans=((False, text),))


def _flat(lines: Sequence[str]) -> str:
    return " ".join(line.strip() for line in lines)


def results(count: int, seed: int = 1) -> list[Result]:
    return [measure(message) for message in messages(count, seed)]
