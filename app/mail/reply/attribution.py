"""Attribution lines ("On Jan 9, 2014, Ask The Guru wrote:"), wrapped or not, in the languages of phrases.toml.

A strong one has a date and a time or an address, so that nobody would write it by hand: it may stand above a quote
without marks, or alone. A weak one ("Anna wrote:") is one only directly above a marked quote; elsewhere it is prose.
"""

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise

from app.mail.reply.draft import Draft
from app.mail.reply.lines import Line
from app.mail.reply.phrases import QUOTING, REPLY_ABOVE, STARTS, WROTE, WROTE_BEFORE
from app.mail.reply.unwrap import SENTENCE_ENDS
from app.mail.reply.words import fold

MOST_LINES = 5
LONGEST = 400  # characters
MOST_NAME_WORDS = 6
MOST_VERB_WORDS = 3
MOST_WORDS = 20  # of a form that has no verb
FRAME = "*_-–— \xa0>\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2069"  # bold marks, Zoho's and Zimbra's dashes
NO_NAMES = frozenset({"am", "pm", "a m", "p m", "uhr", "utc", "gmt", "i"})
COLONS = (":", "：")
TIME = re.compile(r"\d[:.hH]\d\d")
TIME_OF_DAY = re.compile(r"\d(?::\d\d|[.hH]\d\d(?!\.\d|\d))")
ADDRESS = re.compile(r"[\w.+-]@[\w-]")
YEAR = re.compile(r"(?:19|20)\d\d")
NUMERIC_DATE_FIRST = re.compile(r"\d{1,4}[-/.] ?\d{1,2}[-/.] ?\d{1,4}")
FULL_DATE = re.compile(r"(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}\b")


@dataclass(frozen=True)
class Attribution:
    """Lines start..end; `has_address` when it names the address of whom it quotes."""

    start: int
    end: int
    has_address: bool


def strong_attributions(draft: Draft) -> list[Attribution]:
    """All that stand in text without marks."""
    found: list[Attribution] = []
    i = 0
    while (i := draft.after(i)) < len(draft.lines):
        one = _strong_from(draft, i) if draft.is_new(i) else None
        if is_groupwise(draft.lines[i].text):
            one = Attribution(i, i + 1, has_address=True)
        if one:
            found.append(one)
        i = one.end if one else i + 1
    return found


def label_attributions(draft: Draft) -> int:
    """Label those above a quote; return the line below the first whose quote is unmarked, or the number of lines."""
    below = len(draft.lines)
    for first in reversed(range(len(draft.lines))):
        if _starts_quote(draft, first):
            start, end = _attribution_above(draft, first)
            if start < end:
                draft.label(start, end, "attribution-line")
                below = below if draft.lines[first].depth else end
    return below


def is_groupwise(text: str) -> bool:
    """ ">>> Ask The Guru <q@column.test> 1/9/2014 8:16 PM >>>", with no marks on the lines below."""
    line = text.strip()
    return line.startswith(">>> ") and line.endswith(" >>>") and "@" in line and bool(TIME.search(line))


def label_lone_attributions(draft: Draft) -> None:
    """With the sent mail known: an attribution whose quote she deleted. It names an address, so nobody misses it."""
    for one in strong_attributions(draft):
        if one.has_address:
            draft.label(one.start, one.end, "attribution-line")


def split_at_attributions(lines: list[Line]) -> list[Line]:
    """Where her last words and an attribution stand on one line, make it two."""
    lines = [part for line in lines for part in _split_at_reply_line(line)]
    parts: list[Line] = []
    for i, line in enumerate(lines):
        following = next((one for one in lines[i + 1 : i + 4] if one.text.strip()), None)
        is_marked = following is not None and following.depth > 0
        at = 0 if line.depth else _attribution_inside(line, is_marked=is_marked)
        parts += [line.until(at), line.starting_at(at)] if at else [line]
    return parts


def _split_at_reply_line(line: Line) -> list[Line]:
    """ "… wrote: -- REPLY ABOVE THIS LINE -- …": what gateways make of a mail when they put all in one line."""
    at = max(line.text.find(frame, 1) for frame in ("-- ", "##"))
    if at < 1 or not any(map(str.isalnum, line.text[:at])) or len(line.text) > 4 * LONGEST:
        return [line]
    if not REPLY_ABOVE.length_at_start(fold(line.text[at:]).split()):
        return [line]
    return [line.until(at), line.starting_at(at)]


def _attribution_inside(line: Line, *, is_marked: bool) -> int:
    """Where in the line an attribution begins; 0 when it is one as a whole, or has none."""
    text = line.text.rstrip()
    if not text.endswith(COLONS) or not _ends_with_verb(_bare(text)) or len(text) > 2 * LONGEST:
        return 0
    is_one = _is_dated_above if is_marked else _is_strong_with_address
    if is_one(_bare(text)):
        return 0
    for at in range(len(text) - 1, 0, -1):
        if text[at].isupper() and text[at - 1] in " -–—" and is_one(text[at:]):
            return len(text[:at].rstrip(" -–—"))
    return 0


def _strong_from(draft: Draft, start: int) -> Attribution | None:
    end = _end_of_strong(draft, start)
    if end <= start:
        return None
    if not _begins_with_start(draft.lines[start].body.strip(FRAME)) and not _is_time(draft.lines[start].body):
        # "5 kg" above a wrapped one begins with a number too.
        later = (i for i in reversed(range(start + 1, end)) if _end_of_strong(draft, i) == end)
        start = next((i for i in later if _is_outside_address(draft, start, i)), start)
    text = " ".join(line.text for line in draft.lines[start:end])
    return Attribution(start, _with_address_below(draft, end), "@" in text)


def _is_time(text: str) -> bool:
    """ "joi, 9 ianuarie 2014, 20:16:43 EET, Ask", and the name goes on in the next line."""
    return bool(TIME_OF_DAY.search(text)) and _numbers(text) > 2


def _is_outside_address(draft: Draft, start: int, i: int) -> bool:
    above = " ".join(line.text for line in draft.lines[start:i])
    return above.count("<") == above.count(">") and not draft.lines[i].text.lstrip().startswith("<")


def _is_strong_with_address(text: str) -> bool:
    return "@" in text and _begins_with_start(text) and is_strong(text)


def _end_of_strong(draft: Draft, start: int) -> int:
    """The line below a strong one that begins at `start`, or 0."""
    if not _may_start(draft.lines[start].body) and not _is_name_above_address(draft, start):
        return 0
    text, blanks = "", 0
    for i in range(start, min(start + MOST_LINES, len(draft.lines))):
        line = draft.lines[i].text.strip()
        if blanks and not line.startswith("<"):
            return 0  # Polymail alone puts a blank line in
        blanks = 0 if line else 1
        text = f"{text} {line}".strip()
        if len(text) > LONGEST:
            return 0
        if line and is_strong(text):
            return i + 1
        if _ends_sentence(line):
            return 0
    return 0


def _ends_sentence(line: str) -> bool:
    """Not with an abbreviation, as "p.m." and the Russian "г." are."""
    word = line[line.rfind(" ") + 1 :]
    return word.endswith((".", "!", "?")) and sum(map(str.isalpha, word)) > 3


def _with_address_below(draft: Draft, end: int) -> int:
    """Some programs go on, below "wrote:", with "<address>" and "wrote:" again."""
    joined = " ".join(line.text.strip() for line in draft.lines[end : end + 2])
    return end + 2 if joined.startswith("<") and _ends_with_verb(_bare(joined)) and "@" in joined else end


def _may_start(body: str) -> bool:
    """A cheap look at the first words, which most lines of prose do not survive."""
    text = body.strip(FRAME)
    if not text or (text[0].islower() and text.endswith(SENTENCE_ENDS[:3])):
        return False
    first = text[:60]
    return any(map(str.isdigit, first)) or "<" in text or body.lstrip().startswith("--") or _is_quoting(text)


def _is_name_above_address(draft: Draft, i: int) -> bool:
    following = draft.lines[i + 1].text.lstrip() if i + 1 < len(draft.lines) else ""
    return following.startswith("<") and "@" in following and _looks_like_name(draft.lines[i].body.strip())


def _is_quoting(text: str) -> bool:
    return bool(QUOTING.length_at_start(fold(text[:80]).split()))


def is_strong(text: str) -> bool:
    """An attribution with a date and time or an address, which nobody would write by hand."""
    bare = _bare(text)
    if not bare or len(text) > LONGEST:
        return False
    closes = bare.endswith(COLONS)
    framed = text.lstrip().startswith("--") and text.rstrip().endswith("--")
    if not closes and not framed and "@" not in bare:
        return False
    words = fold(bare).split()
    if framed and WROTE.length_at_end(words):
        return len(words) <= 2 * MOST_NAME_WORDS or _numbers(bare) > 1
    if framed and _begins_with_start(bare) and "@" in bare and _has_verb_before_name(words):
        return _numbers(bare) > 1
    if not closes and "@" not in bare:
        return False
    return _is_form(bare, words, closes=closes)


def _is_form(bare: str, words: list[str], *, closes: bool) -> bool:
    if _is_quoting(bare):
        return closes and "@" in bare and len(words) <= MOST_WORDS
    if _begins_with_start(bare) and _is_dated(bare, words, closes=closes):
        return True
    if _begins_with_number(bare) and _is_numbered(bare, words, closes=closes):
        return True
    return closes and (_is_named(bare, words) or _is_named_and_dated(bare, words) or _is_in_any_language(bare, words))


def _is_in_any_language(bare: str, words: list[str]) -> bool:
    """A full date, a time and an address in brackets, and hardly a word after it: also with a verb unknown to us."""
    address, closing, tail = bare.rpartition(">")
    if not closing or "<" not in address or not ADDRESS.search(address) or len(words) > MOST_WORDS + MOST_NAME_WORDS:
        return False
    address = _with_ascii_digits(address)
    is_dated = YEAR.search(address) and TIME_OF_DAY.search(address) and _numbers(address) > 1
    # In lower case only a weekday, and the day right after it.
    begins = not bare[0].islower() or any(map(str.isdigit, bare.split()[1][:1]))
    return bool(is_dated) and len(tail.split()) <= MOST_VERB_WORDS and begins


def _with_ascii_digits(text: str) -> str:
    return text if text.isascii() else "".join(str(unicodedata.digit(char, char)) for char in text)


def _bare(text: str) -> str:
    return text.strip(FRAME.replace(">", "")) if text.rstrip().endswith(">") else text.strip(FRAME)


def _begins_with_start(bare: str) -> bool:
    """ "On", "Am", "Le ..." and soon a number."""
    if bare[:1].islower() or not STARTS.length_at_start(fold(bare[:60]).split()):
        return False
    return any(map(str.isdigit, "".join(bare.split()[:8])))


def _begins_with_number(bare: str) -> bool:
    """A date, or a weekday and a date, as most programs write that have no first word."""
    return any(any(map(str.isdigit, word)) for word in bare.split()[:3])


def _is_dated(bare: str, words: list[str], *, closes: bool) -> bool:
    has_address = bool(ADDRESS.search(bare))
    if not has_address and not (_numbers(bare) > 1 and TIME_OF_DAY.search(bare)):
        return False
    if WROTE.length_at_end(words):
        return (closes or has_address) and WROTE.ends_first(words) and _names_somebody(bare)
    if _has_verb_before_name(words):
        return closes and (has_address or not _ends_lower(bare))
    return closes and has_address and bare.rstrip(":： ").endswith((">", "\u202c")) and _numbers(bare) > 1


def _is_numbered(bare: str, words: list[str], *, closes: bool) -> bool:
    if not ADDRESS.search(bare):
        return closes and _is_thunderbird(bare, words)
    if not _numbers(bare):
        return False
    if not closes:  # an old Android: <date> <name> <address>
        return bool(FULL_DATE.match(bare)) and bare.endswith(">") and len(words) <= MOST_WORDS
    if WROTE.length_at_end(words) or _has_verb_before_name(words):
        return _numbers(bare) > 1
    ends_with_address = bare.rstrip(":： ").endswith((">", ")"))
    return ends_with_address and _numbers(bare) > 1 and bool(TIME.search(bare))


def _is_thunderbird(bare: str, words: list[str]) -> bool:
    """<numeric date> <time>, <name> wrote: in the languages without a first word."""
    if not NUMERIC_DATE_FIRST.match(bare) or not TIME_OF_DAY.search(bare) or _numbers(bare) < 2:
        return False
    return bool(WROTE.length_at_end(words)) and _names_somebody(bare)


def _is_named(bare: str, words: list[str]) -> bool:
    """<name> <address> wrote:"""
    name, bracket, rest = bare.partition("<")
    address, closing, tail = rest.partition(">")
    if not bracket or not closing or "@" not in address or not _looks_like_name(name.strip()):
        return False
    says = fold(tail).split()
    if WROTE.length_at_start(says) and TIME.search(tail):
        return True
    if not (WROTE.length_at_end(words) or _has_verb_before_name(words)):
        return False
    return len(says) == WROTE.length_at_end(says) or any(map(str.isdigit, tail)) or WROTE_BEFORE.is_in(says)


def _is_named_and_dated(bare: str, words: list[str]) -> bool:
    """<name> schrieb am <date>:"""
    if not TIME.search(bare) or _numbers(bare) < 2:
        return False
    if FULL_DATE.search(bare) and WROTE.length_at_end(words) and bare[0].isupper():
        return True
    found = WROTE_BEFORE.find(words)
    if not found or not 1 <= found[0] <= MOST_NAME_WORDS or not bare[0].isupper():
        return False
    return any(any(map(str.isdigit, word)) for word in words[found[1] :])


def _looks_like_name(name: str) -> bool:
    parts = name.strip("\"'«»“”,").split()
    return 1 <= len(parts) <= MOST_NAME_WORDS and not parts[0][0].islower() and not name.endswith(SENTENCE_ENDS)


def _has_verb_before_name(words: list[str]) -> bool:
    return WROTE_BEFORE.is_in(words)


def _ends_with_verb(bare: str) -> bool:
    return bool(WROTE.length_at_end(fold(bare).split()))


def _names_somebody(bare: str) -> bool:
    """ "On 9 May at 10:30 he wrote:" is prose: no name stands between the time and the verb."""
    if "@" in bare:
        return True
    parts = bare.rstrip(":： ").split()
    last_number = max((i for i, part in enumerate(parts) if any(map(str.isdigit, part))), default=0)
    names = [part.strip("\"'(,.") for part in parts[last_number + 1 :]]
    return any(name[:1].isalpha() and not name[0].islower() for name in names if fold(name) not in NO_NAMES)


# Directly above a quote less is enough.


def _starts_quote(draft: Draft, i: int) -> bool:
    above = draft.before(i)
    return _is_quoted(draft, i) and above >= 0 and not _is_quoted(draft, above)


def _is_quoted(draft: Draft, i: int) -> bool:
    return not draft.lines[i].is_blank and (draft.is_quote(i) or draft.is_same(i))


def _attribution_above(draft: Draft, quote: int) -> tuple[int, int]:
    last = draft.before(quote)
    if draft.reasons[last] == "attribution-line":
        return 0, 0
    starts = [last]
    while len(starts) < MOST_LINES and _goes_on(draft, starts[-1]):
        starts.append(starts[-1] - 1)
    joined = {start: _joined(draft, start, last + 1) for start in starts}
    for start in starts:
        if _is_dated_above(joined[start]):
            return start, last + 1
    for start in starts[:2]:
        # A name has no fixed beginning, so the line above must not belong to it.
        if _is_named_above(joined[start]) and not _goes_on(draft, start):
            return start, last + 1
    return 0, 0


def _goes_on(draft: Draft, i: int) -> bool:
    """The line above i can be an earlier line of the same attribution."""
    if i == 0 or draft.lines[i - 1].is_blank or draft.lines[i - 1].depth != draft.lines[i].depth:
        return False
    is_sentence = draft.lines[i - 1].text.rstrip().endswith(SENTENCE_ENDS)
    return not is_sentence and draft.reasons[i - 1] == draft.reasons[i]


def _joined(draft: Draft, start: int, end: int) -> str:
    return _bare(" ".join(line.body.strip() for line in draft.lines[start:end]))


def is_prose(text: str) -> bool:
    """A line that says "wrote" in a language that we know, and is no attribution in it."""
    bare = _bare(text)
    words = fold(bare).split()
    says = WROTE.is_in(words) and bool(STARTS.length_at_start(words))
    return says and not _is_dated_above(bare) and not _is_named_above(bare)


def _is_dated_above(text: str) -> bool:
    """On <date>, <name> wrote: in any language that puts a small word first."""
    if not text[:1].isupper() or len(text) > LONGEST:
        return False  # a later line of a wrapped one
    words = fold(text).split()
    return bool(STARTS.length_at_start(words)) and _says_wrote(text, words) and _numbers(text) > 0


def _is_named_above(text: str) -> bool:
    """<name> <address> wrote: or <name> wrote on <date>: or, an old Gmail, <date> <name> <address>:"""
    if len(text) > LONGEST:
        return False
    words = fold(text).split()
    if is_strong(text):
        return True
    found = WROTE.find(words) or WROTE_BEFORE.find(words)
    if not found or not _says_wrote(text, words):
        return text[:4].isdecimal() and "@" in text and text.endswith((">:", ">"))
    # "I agree. On <date> <name> wrote:" on one line begins with words of hers.
    if any(STARTS.length_at_start(words[i : found[0]]) for i in range(found[0])):
        return False
    return ("@" in text and "<" in text) or (_numbers(text) > 1 and bool(TIME.search(text)))


def _says_wrote(text: str, words: list[str]) -> bool:
    if not text.endswith(COLONS) or not (WROTE.is_in(words) or WROTE_BEFORE.is_in(words)):
        return False
    # "On 3 May my doctor wrote to me:" ends neither with the verb nor with a name, a date or an address.
    return bool(WROTE.length_at_end(words)) or not _ends_lower(text)


def _ends_lower(text: str) -> bool:
    """Neither the last word is a name, date or address, nor the one right after the verb."""
    parts = [part.lstrip("\"'(<*_") for part in text.rstrip(":： ").split()]
    if not parts or "@" in parts[-1] or not parts[-1][:1].islower():
        return False
    after = (name for verb, name in pairwise(parts) if fold(verb) in WROTE or fold(verb) in WROTE_BEFORE)
    return not any(name[:1].isupper() for name in after)


def _numbers(text: str) -> int:
    return sum("@" not in word and any(map(str.isdigit, word)) for word in text.split())
