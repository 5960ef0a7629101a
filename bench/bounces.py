"""How well delivery reports are read, on sisimai's public set, beside flufl.bounce.

    python -m bench.bounces [--shared ../shared] [--set FOLDER] [--list]

The set is a folder with labels.jsonl (`labels`: the set's own; `oracle`: what Sisimai 5.1 says) and mail/. A file
counts as a failure where a label or the oracle has a reason that is one; as none where it is feedback, vacation or
delivered. Files without either are left out. One with bare CR has no oracle: that of its twin with other line ends
counts.
`Right address`: the oracle's recipient is among the failed ones. `Hard precision`: of those that are called hard, how
many the oracle (or the label) calls hard. --list names every file that went wrong. The last line is JSON.
"""

import argparse
import base64
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from typing import Any

from app.mail.bounce import read_report
from bench.reply import rows as development_rows

NO_FAILURES = {"feedback", "vacation", "delivered"}


@dataclass(frozen=True)
class Truth:
    name: str
    raw: bytes
    is_failure: bool
    recipient: str  # empty where nobody states it
    is_hard: bool


@dataclass(frozen=True)
class Answer:
    is_failure: bool
    addresses: frozenset[str]
    hard: frozenset[str]


@dataclass
class Score:
    failures: int = 0
    found: int = 0
    with_address: int = 0
    right_address: int = 0
    called_hard: int = 0
    rightly_hard: int = 0
    hard: int = 0
    others: int = 0
    flagged: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        return {
            "failures": self.failures,
            "found %": 100 * self.found / self.failures,
            "right address %": 100 * self.right_address / max(self.with_address, 1),
            "hard precision %": 100 * self.rightly_hard / max(self.called_hard, 1),
            "hard recall %": 100 * self.rightly_hard / max(self.hard, 1),
            "non-bounces": self.others,
            "flagged": self.flagged,
            "seconds": self.seconds,
        }


def truths(folder: Path) -> Iterator[Truth]:
    rows = {row["file"]: row for row in map(json.loads, (folder / "labels.jsonl").read_text("utf-8").splitlines())}
    for name, row in rows.items():
        oracle, labels = row["oracle"] or {}, row["labels"] or []
        if "reason" not in oracle and "__mac__" in name:
            twins = (rows.get(name.replace("__mac__", kind)) for kind in ("__dos__", "__bsd__"))
            oracle = next((twin["oracle"] for twin in twins if twin and "reason" in twin["oracle"]), oracle)
        reasons = {label["reason"] for label in labels} | ({oracle["reason"]} if "reason" in oracle else set())
        is_named_none = "__not__" in name
        if not reasons and not is_named_none:
            continue
        is_hard = bool(oracle["hard"]) if "hard" in oracle else any(label["hardbounce"] == "1" for label in labels)
        is_failure = bool(reasons) and reasons.isdisjoint(NO_FAILURES)
        yield Truth(name, (folder / "mail" / name).read_bytes(), is_failure, oracle.get("recipient", ""), is_hard)


def others(shared: Path) -> Iterator[Truth]:
    """Mail that is no report: the corpus of odd messages, but for the reports in it, and real replies."""
    for path in sorted((shared / "corpus" / "messages").rglob("*")):
        if path.is_file() and not is_report(path):
            yield Truth(str(path.name), path.read_bytes(), is_failure=False, recipient="", is_hard=False)
    for row in development_rows(shared):
        raw = base64.b64decode(row["input_b64"]) if row.get("input_b64") else _as_mail(row)
        yield Truth(f"dev {row['id']}", raw, is_failure=False, recipient="", is_hard=False)


def _as_mail(row: dict[str, Any]) -> bytes:
    if row["kind"] == "eml":
        return str(row["input"]).encode("utf-8", "surrogateescape")
    kind = "html" if row["kind"] == "html" else "plain"
    head = f"From: guru@clinic.example\r\nSubject: Re: x\r\nContent-Type: text/{kind}; charset=utf-8\r\n\r\n"
    return (head + str(row["input"])).encode("utf-8", "replace")


def is_report(path: Path) -> bool:
    """By its name: these were looked at, and do report a failure."""
    return path.name in REPORTS


REPORTS = frozenset(
    {
        "data__msg_16.txt",
        "data__msg_25.txt",
        "data__msg_43.txt",
        "froide__bounce__testdata__bounce_001.txt",
        "froide__bounce__testdata__bounce_002.txt",
        "froide__bounce__testdata__bounce_003.txt",
        "froide__foirequest__tests__testdata__test_mail_12.txt",
        "spec__fixtures__emails__mime_emails__raw_email_with_mimepart_without_content_type.eml",
        "spec__fixtures__emails__multipart_report_emails__multi_address_bounce1.eml",
        "spec__fixtures__emails__multipart_report_emails__multipart_report_multiple_status.eml",
        "spec__fixtures__emails__multipart_report_emails__report_422.eml",
        "spec__fixtures__emails__multipart_report_emails__report_530.eml",
        "test__fixtures__delivery-status.eml",
        "test__fixtures__bounce.eml",
    }
)


def ours(raw: bytes) -> Answer:
    report = read_report(raw)
    troubled = [recipient for recipient in report.recipients if recipient.action in ("failed", "delayed")]
    addresses = frozenset(a.lower() for r in troubled for a in (r.address, r.original) if a)
    return Answer(report.is_failure, addresses, frozenset(r.address.lower() for r in troubled if r.kind == "hard"))


def flufl(raw: bytes) -> Answer:
    from flufl.bounce import all_failures  # noqa: PLC0415 - only whoever compares needs it

    try:
        temporary, permanent = all_failures(message_from_bytes(raw))
    except Exception:  # noqa: BLE001 - whatever it raises, it did not read this one
        return Answer(is_failure=False, addresses=frozenset(), hard=frozenset())
    lower = [frozenset(a.decode("utf-8", "replace").lower() for a in found) for found in (temporary, permanent)]
    return Answer(bool(lower[0] | lower[1]), lower[0] | lower[1], lower[1])


def measure(read: Callable[[bytes], Answer], cases: list[Truth]) -> Score:
    score = Score()
    for case in cases:
        began = time.process_time()
        answer = read(case.raw)
        score.seconds += time.process_time() - began
        if case.is_failure:
            _count(score, case, answer)
        else:
            score.others += 1
            score.flagged += answer.is_failure
            score.wrong += [f"flagged: {case.name}"] * answer.is_failure
    return score


def _count(score: Score, case: Truth, answer: Answer) -> None:
    score.failures += 1
    score.found += answer.is_failure
    score.hard += case.is_hard
    score.wrong += [f"missed: {case.name}"] * (not answer.is_failure)
    wanted = case.recipient.lower()
    if wanted:
        score.with_address += 1
        score.right_address += wanted in answer.addresses
        score.wrong += [f"address: {case.name}: {wanted}, not {sorted(answer.addresses)}"] * (
            wanted not in answer.addresses
        )
    called = wanted in answer.hard if wanted in answer.addresses else bool(answer.hard)
    score.called_hard += called
    score.rightly_hard += called and case.is_hard
    score.wrong += [f"hard: {case.name}"] * (called and not case.is_hard)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("MAILBAG_SHARED", "../shared")))
    parser.add_argument("--set", type=Path, default=None, help="folder of labels.jsonl and mail/")
    parser.add_argument("--list", action="store_true", help="name the files that went wrong")
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)  # flufl.bounce writes its own errors into the log
    folder = arguments.set or arguments.shared / "corpus" / "bounces"
    if not (folder / "labels.jsonl").is_file():
        sys.stderr.write(f"no labelled reports in {folder}; name the folder with --shared or --set\n")
        return 2
    cases = [*truths(folder), *others(arguments.shared)]
    tables = {name: measure(read, cases) for name, read in (("mailbag", ours), ("flufl", flufl))}
    for name, score in tables.items():
        sys.stdout.write(f"{name:8}" + "  ".join(f"{key} {value:.1f}" for key, value in score.figures().items()) + "\n")
    if arguments.list:
        sys.stdout.write("\n".join(tables["mailbag"].wrong) + "\n")
    sys.stdout.write(json.dumps({name: score.figures() for name, score in tables.items()}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
