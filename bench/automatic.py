"""How well automatic mail is told from a person's: the corpora, samples in all languages, and real replies.

    python -m bench.automatic [--shared ../shared] [--list]

Recognised is what has no way to an answer: everything but PERSONAL. Of the corpora, the mails named in AUTOMATIC count,
and those that the bounce set labels vacation, feedback or delivered. Real replies are the rows of reply/dev.jsonl; what
is held of them is wrong. The last line is JSON.
"""

import argparse
import base64
import json
import os
import sys
from collections.abc import Iterator
from email.header import Header
from pathlib import Path

from app.domain.mailkind import MailKind
from app.mail.kind import kind_by_words, sight
from app.mail.parse import parse_mail
from app.mail.reply import extract_text, read_reply
from bench.bounces import truths
from bench.reply import rows as development_rows

SAMPLES = Path(__file__).with_name("automatic.tsv")
# Of the corpus of odd messages: automatic by their header or their words, looked at one by one.
AUTOMATIC = ("froide__foirequest__tests__testdata__test_mail_05.txt", "test__fixtures__arf.eml")
MARKS = {
    "none": "",
    "gmail": "Precedence: bulk\r\nX-Autoreply: yes\r\nAuto-Submitted: auto-replied\r\n",
    "sieve": "Auto-Submitted: auto-replied (vacation)\r\n",
    "cpanel": "X-Autorespond: Re: Becky\r\nPrecedence: auto_reply\r\nX-Loop: guru@clinic.example\r\n",
    "zimbra": "Auto-Submitted: auto-replied (zimbra; vacation=guru@clinic.example)\r\nPrecedence: bulk\r\n",
    "domino": "X-Mailer: Lotus Domino Web Server Release 8.5.3\r\n",
}


def samples() -> Iterator[tuple[str, bytes]]:
    """(name, mail) of each line of automatic.tsv."""
    for number, line in enumerate(SAMPLES.read_text("utf-8").splitlines(), 1):
        if line.startswith("#") or not line.strip():
            continue
        language, program, subject, text = line.split("\t")
        head = (
            "From: The Guru <guru@clinic.example>\r\nTo: column@column.example\r\n"
            f"Subject: {Header(subject, 'utf-8').encode(linesep=chr(13) + chr(10))}\r\n{MARKS[program]}"
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        )
        yield f"{language} line {number}", (head + text.replace("\\n", "\r\n") + "\r\n").encode()


def kind_of(raw: bytes) -> MailKind:
    """As a mail to a reply address is judged: by its header, then by the words that are new in it."""
    seen = sight(raw, sender="guru@clinic.example")
    if seen.kind is not MailKind.PERSONAL:
        return seen.kind
    reply = read_reply(raw)
    return kind_by_words(_subject(raw), reply.published())


def _subject(raw: bytes) -> str:
    return parse_mail(raw, sender="x@y.example").subject


def of_the_corpora(shared: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted((shared / "corpus" / "messages").rglob("*")):
        if path.name in AUTOMATIC:
            yield path.name, path.read_bytes()
    for truth in truths(shared / "corpus" / "bounces"):
        if not truth.is_failure and "__not__" not in truth.name:
            yield truth.name, truth.raw


def held_replies(shared: Path) -> Iterator[tuple[str, MailKind]]:
    """Real replies, and what each is taken for."""
    for row in development_rows(shared):
        message = base64.b64decode(row["input_b64"]) if row.get("input_b64") else row["input"]
        if row["kind"] == "eml":
            yield row["id"], kind_of(message if isinstance(message, bytes) else message.encode("utf-8", "replace"))
        else:
            yield row["id"], kind_by_words("Re: Becky asks The Guru", extract_text(message, row["kind"]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("MAILBAG_SHARED", "../shared")))
    parser.add_argument("--list", action="store_true", help="name what went wrong")
    arguments = parser.parse_args()
    if not (arguments.shared / "reply" / "dev.jsonl").is_file():
        sys.stderr.write(f"no measuring data in {arguments.shared}; name its folder with --shared\n")
        return 2
    corpora = {name: kind_of(raw) for name, raw in of_the_corpora(arguments.shared)}
    written = {name: kind_of(raw) for name, raw in samples()}
    replies = dict(held_replies(arguments.shared))
    missed = [name for name, kind in {**corpora, **written}.items() if kind is MailKind.PERSONAL]
    held = [name for name, kind in replies.items() if kind is not MailKind.PERSONAL]
    result = {
        "corpora": len(corpora),
        "samples": len(written),
        "languages": len({name.split()[0] for name in written}),
        "recognised": len(corpora) + len(written) - len(missed),
        "replies": len(replies),
        "wrongly held": len(held),
        "wrongly held %": 100 * len(held) / len(replies),
    }
    sys.stdout.write("".join(f"{key:16}{value}\n" for key, value in result.items()))
    if arguments.list:
        sys.stdout.write("".join(f"missed: {name}\n" for name in missed))
        sys.stdout.write("".join(f"held: {name}: {replies[name]}\n" for name in held))
    sys.stdout.write(json.dumps(result) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
