"""How well replies are captured, on the measuring data, and what it costs.

    python -m bench.reply [--shared ../shared] [--generated 6144] [--seed 1] [--show 0]
    python -m bench.reply --growth [--form NAME]

Prints: the share of development rows that come out word for word, what was lost and what leaked (the measure is
shared/reply/score.py's); every mail of the corpora read without an exception, with its partition; the time for a
reply of 5 KB and for an HTML mail of 50 KB; and, with the sent mail known, what of her words was lost and what of
ours leaked in generated replies (generated.py), the worst ones with --show. The last line is JSON.
"""

import argparse
import base64
import importlib.util
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from app.mail.reply import extract_text, read_reply
from bench.generated import Result, results
from bench.growth import FORMS, growth

PROSE = "Keep the stairs; going down, your thighs are the brakes, and brakes can be trained at any age. "


def rows(shared: Path) -> list[dict[str, Any]]:
    lines = (shared / "reply" / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def measure_of(shared: Path) -> Any:
    """shared/reply/score.py as a module."""
    spec = importlib.util.spec_from_file_location("score", shared / "reply" / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def score(shared: Path, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, float]:
    """Means over the rows with a stated reply: exact, recall and precision in per cent, rows that lose or leak."""
    measure = measure_of(shared)
    found = []
    for row in filter(wanted, rows(shared)):
        if row.get("expected") is None:
            continue
        message = base64.b64decode(row["input_b64"]) if row.get("input_b64") else row["input"]
        found.append(measure.score_row(row, extract_text(message, row["kind"])))
    return {
        "rows": len(found),
        "exact": 100 * statistics.mean(row["exact"] for row in found),
        "recall": 100 * statistics.mean(row["recall"] for row in found),
        "precision": 100 * statistics.mean(row["prec"] for row in found),
        "losing": sum(row["recall"] < 1 for row in found),
        "leaking": sum(row["prec"] < 1 for row in found),
    }


def corpus(shared: Path) -> Iterator[bytes]:
    for folder in (shared / "corpus" / "messages", shared / "corpus" / "bounces" / "mail"):
        yield from (path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def read_everything(shared: Path) -> dict[str, float]:
    """Every mail of the corpora: none raises, each is a partition; the slowest in seconds."""
    slowest, number = 0.0, 0
    for raw in corpus(shared):
        began = time.perf_counter()
        reply = read_reply(raw)
        slowest = max(slowest, time.perf_counter() - began)
        assert "".join(segment.text for segment in reply.segments) == reply.text
        number += 1
    return {"mails": number, "slowest_s": slowest}


def median_ms(raw: bytes, sent: bytes | None = None, times: int = 41) -> float:
    spent = []
    for _ in range(times):
        began = time.process_time()  # of a busy machine the clock says little
        read_reply(raw, sent=sent)
        spent.append(time.process_time() - began)
    return statistics.median(spent) * 1000


def costs() -> dict[str, float]:
    question = "\r\n".join(f"    {PROSE}" for _ in range(15))
    quoted = "\r\n".join(f"> {line}" for line in question.split("\r\n"))
    head = "From: guru@clinic.example\r\nSubject: Re: x\r\nContent-Type: text/{}; charset=utf-8\r\n\r\n"
    answer = "\r\n\r\n".join([PROSE * 3] * 10)
    attribution = "On Thu, Jan 9, 2014 at 8:16 PM Ask The Guru <column@guru.example> wrote:"
    text = f"{head.format('plain')}{answer}\r\n\r\n{attribution}\r\n{quoted}\r\n"
    html = head.format("html") + "<div dir=ltr>" + f"<p><b>{PROSE}</b>{PROSE}</p>" * 240 + "</div>"
    sent = f"{head.format('plain')}{question}\r\n"
    return {
        "text_kb": len(text) / 1024,
        "text_ms": median_ms(text.encode()),
        "text_sent_ms": median_ms(text.encode(), sent.encode()),
        "html_kb": len(html) / 1024,
        "html_ms": median_ms(html.encode(), times=9),
    }


def figures(found: list[Result]) -> dict[str, float]:
    """Over all words of some generated replies: recall and precision in per cent; exact: the share of replies."""
    hers = sum(len(result.message.hers) for result in found)
    lost = sum(len(result.lost) for result in found)
    leaked = sum(len(result.leaked) for result in found)
    return {
        "mails": len(found),
        "words": hers,
        "recall": 100 * (hers - lost) / hers,
        "precision": 100 * (hers - lost) / max(1, hers - lost + leaked),
        "exact": 100 * statistics.mean(result.is_exact for result in found),
        "losing": sum(bool(result.lost) for result in found),
        "leaking": sum(bool(result.leaked) for result in found),
    }


def print_generated(found: list[Result], show: int) -> dict[str, float]:
    sys.stdout.write(f"{'generated':20}{'mails':>7}{'recall':>9}{'prec':>9}{'exact':>8}{'losing':>8}{'leaking':>8}\n")
    for key in ("client", "language", "position", "edit", "kind"):
        names = sorted({getattr(result.message, key) for result in found})
        for name in names:
            _print_figures(name, [result for result in found if getattr(result.message, key) == name])
    worst = sorted(found, key=lambda result: (-len(result.lost), -len(result.leaked)))
    for result in worst[:show]:
        message = result.message
        where = f"{message.client}, {message.language}, {message.position}, {message.edit}, {message.kind}"
        sys.stdout.write(f"{where}\n  lost: {' '.join(result.lost)}\n  leaked: {' '.join(result.leaked)}\n")
    return _print_figures("all", found)


def _print_figures(name: str, found: list[Result]) -> dict[str, float]:
    one = figures(found)
    shares = f"{one['recall']:9.3f}{one['precision']:9.3f}{one['exact']:8.2f}"
    sys.stdout.write(f"{name:20}{one['mails']:7}{shares}{one['losing']:8}{one['leaking']:8}\n")
    return one


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("MAILBAG_SHARED", "../shared")))
    parser.add_argument("--generated", type=int, default=6144)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--growth", action="store_true", help="time and memory of hostile forms to 10 MB (minutes)")
    parser.add_argument("--form", choices=FORMS, help="only this form of them")
    options = parser.parse_args()
    if options.growth:
        return int(any(figures["problem"] for figures in growth(options.form).values()))
    if not (options.shared / "reply" / "dev.jsonl").is_file():
        sys.stderr.write(f"no measuring data in {options.shared}; name its folder with --shared or MAILBAG_SHARED\n")
        return 2
    result: dict[str, Any] = {**print_rows(options.shared), "corpus": read_everything(options.shared), "cost": costs()}
    sys.stdout.write(f"corpora: {result['corpus']}\ncost: {result['cost']}\n")
    if options.generated:
        result["generated"] = print_generated(results(options.generated, options.seed), options.show)
    sys.stdout.write(json.dumps(result) + "\n")
    return 0


def print_rows(shared: Path) -> dict[str, dict[str, float]]:
    tables = {
        "clean": score(shared, lambda row: not row.get("conflicts")),
        "all": score(shared, lambda _: True),
        "html": score(shared, lambda row: row["kind"] == "html" and not row.get("conflicts")),
    }
    sys.stdout.write(f"{'rows':8}{'n':>6}{'exact':>8}{'recall':>8}{'prec':>8}{'losing':>8}{'leaking':>8}\n")
    for name, table in tables.items():
        shares = "".join(f"{table[key]:8.1f}" for key in ("exact", "recall", "precision"))
        sys.stdout.write(f"{name:8}{table['rows']:6}{shares}{table['losing']:8}{table['leaking']:8}\n")
    return tables


if __name__ == "__main__":
    sys.exit(main())
