"""Contact cards: a name, and below it titles, numbers and addresses, as signatures without a delimiter have them."""

import re
from collections.abc import Sequence
from functools import lru_cache

from app.mail.reply.phrases import CONTACT, SIGN_OFFS, TITLES
from app.mail.reply.words import fold

MOST_LINES = 24
LONGEST_LINE = 90
MOST_WORDS = 9
FEWEST_DIGITS = 7
MOST_SEEN = 200  # lines that are remembered: each is looked at again for whatever stands below it
FEWEST_CONTACTS = 2  # a name and one number may be part of the answer
ADDRESS = re.compile(r"[\w.+-]@[\w-]+\.\w")
PAGE = re.compile(r"https?://|www\.|\b[\w-]+\.(?:com|org|net|de|fr|nl|it|es|uk|eu|ch|at|be|pl)\b")
NOT_A_NAME = (".", "!", "?", ":", ";", ",")
DASHES = "-_=—–* "


def card_start(lines: Sequence[str]) -> int | None:
    """The line at which a card begins that goes to the last one; None when the lines end with text of hers."""
    sure, found = 0, None
    for i in range(len(lines) - 1, max(0, len(lines) - MOST_LINES) - 1, -1):
        line = lines[i]
        if not line:
            continue
        if not _may_stand_in_card(line):
            break
        sure += _is_contact(line)
        if sure < FEWEST_CONTACTS or _is_announced(lines, i):
            continue
        if _stands_below_rule(lines, i):
            return i
        if found is None and _begins_card(lines, i):
            found = i
    return found


def is_title_card(lines: Sequence[str]) -> bool:
    """ "Anna Smith, Ph.D.\nDirector": a name and a title, without contact data."""
    if not 2 <= len(lines) <= 4 or not _is_name(lines[0]):
        return False
    return all(len(line.split()) <= 6 and line[-1:] not in ".!?:;" for line in lines[1:]) and any(
        TITLES.is_in(fold(line).split()) for line in lines[1:]
    )


def is_dashed_name(line: str) -> bool:
    """ "-Anna Smith", "/Anna", "~ Anna"; not "-word" and not "- Rest it"."""
    mark, name = line[:1], line[1:].lstrip("-–—")
    if mark not in set("-–—/~") or not name or name[0].isspace():
        return False
    words = name.split()
    return len(words) <= 3 and all(
        word[0].isupper() and word.strip(".'’-").replace("-", "").isalpha() for word in words
    )


def _begins_card(lines: Sequence[str], i: int) -> bool:
    """A name at the beginning of a paragraph, or below the sign-off."""
    starts = i == 0 or not lines[i - 1].strip(DASHES) or fold(lines[i - 1]) in SIGN_OFFS
    return starts and _is_name(lines[i])


def _stands_below_rule(lines: Sequence[str], i: int) -> bool:
    above = next((line for line in reversed(lines[:i]) if line), "")
    return len(above) >= 2 and not above.strip(DASHES)


def _is_announced(lines: Sequence[str], i: int) -> bool:
    """ "Ask my colleague:" stands above: the address is part of the answer."""
    above = next((line for line in reversed(lines[:i]) if line), "")
    return (above.endswith((":", "：")) and above[0] != ":") or (above.endswith(",") and fold(above) not in SIGN_OFFS)


def _is_name(line: str) -> bool:
    """Two to five words that begin with a capital, or a name and a title with a separator."""
    text = line.strip("*_ ")
    if not text or len(text) > 60 or any(map(str.isdigit, text)) or "@" in text:
        return False
    if text.endswith(NOT_A_NAME) and not text.endswith(("Dr.", "Ph.D.", "M.D.", "B.Sc.", "M.Sc.", "Dipl.")):
        return False
    words = [word.strip("*_,.()|·•") for word in text.replace("|", " ").split()]
    words = [word for word in words if word]
    if not 2 <= len(words) <= 7:
        return False
    capital = sum(not word[0].islower() for word in words)
    return capital == len(words) or (capital >= 2 and capital >= len(words) - 2 and not words[0][0].islower())


@lru_cache(maxsize=MOST_SEEN)
def _may_stand_in_card(line: str) -> bool:
    if _is_contact(line):
        return True
    if len(line) > LONGEST_LINE or len(line.split()) > MOST_WORDS or line.startswith((">", "- ", "* ", "• ")):
        return False
    if line[0].islower() and not any(map(str.isdigit, line)):
        return len(line.split()) <= 3 and line[-1:] not in ".!?"
    return line[-1:] not in {".", "!", "?"} or line.endswith(("Inc.", "Ltd.", "Co.", "S.A.", "e.V.", "Ph.D.", "B.V."))


@lru_cache(maxsize=MOST_SEEN)
def _is_contact(line: str) -> bool:
    """Phone, fax, address of mail or page, an image, a registration number; not a sentence that has one."""
    if len(line.split()) > MOST_WORDS + 3 or len(line) > 2 * LONGEST_LINE or line.endswith("?"):
        return False
    if line.startswith(("[image:", "[cid:", "![", "<http", "[http")):
        return True
    return _is_number_or_address(line) or (_has_label(line) and any(map(str.isdigit, line))) or _is_page(line)


def _is_page(line: str) -> bool:
    return bool(PAGE.search(line.casefold())) and len(line.split()) <= 4


def _is_number_or_address(line: str) -> bool:
    words = line.split()
    if ADDRESS.search(line):
        return len(words) <= 8
    digits = sum(map(str.isdigit, line))
    letters = sum(map(str.isalpha, line))
    return digits >= FEWEST_DIGITS and (letters <= digits or (_has_label(line) and len(words) <= 12))


def _has_label(line: str) -> bool:
    """ "Tel: …", "M. …", "IBAN …": a contact word first, or before a colon."""
    words = fold(line[:40]).split()
    return bool(words) and bool(CONTACT.length_at_start(words))
