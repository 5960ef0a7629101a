"""The column's language: its words out of a catalogue, its dates and numbers as that language writes them.

A catalogue is `translations/<tag>/LC_MESSAGES/mailbag.po`; it is compiled in memory, so that there is nothing to build.
"""

import io
import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date as babel_date
from babel.dates import format_skeleton, get_month_names
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

CATALOGUES = Path(__file__).parent / "translations"
DOMAIN = "mailbag"
SOURCE = "en"  # what the templates are written in, so it needs no catalogue
ENGLISH_DATE = "{month} {day}{th}, {year}"
_FIELDS = {"d": "{day}", "MMMM": "{month_name}", "MMM": "{month}", "M": "{month_number}", "y": "{year}"}
_PATTERN = re.compile(r"'(?P<quoted>(?:[^']|'')*)'|(?P<field>([A-Za-z])\3*)|(?P<rest>[^A-Za-z']+)")


class UnknownLanguage(ValueError):
    """There is no catalogue for it."""

    def __init__(self, tag: str) -> None:
        super().__init__(f"there are no words for {tag!r}; there is {', '.join(shipped())}")


@dataclass(frozen=True)
class Language:
    """One language with its words; `tag` is what `lang` says in HTML (BCP 47)."""

    tag: str
    translations: NullTranslations

    @property
    def locale(self) -> Locale:
        return Locale.parse(self.tag, sep="-")

    @property
    def is_english(self) -> bool:
        return self.locale.language == SOURCE

    @property
    def direction(self) -> str:
        """ltr or rtl."""
        return str(self.locale.text_direction)

    @property
    def months(self) -> tuple[str, ...]:
        """As they stand in a date, from January on."""
        return tuple(get_month_names("wide", "format", self.locale)[number] for number in range(1, 13))

    @property
    def date_pattern(self) -> str:
        """The usual long form, for app.domain.column.format_date."""
        if self.is_english:
            return ENGLISH_DATE
        return _PATTERN.sub(_translated, self.locale.date_formats["long"].pattern)

    def gettext(self, message: str) -> str:
        return str(self.translations.ugettext(message))

    def ngettext(self, one: str, many: str, number: int) -> str:
        return str(self.translations.ungettext(one, many, number))

    @property
    def anonymous(self) -> str:
        """What is printed where no name was given."""
        return self.gettext("A reader")

    def asked(self, name: str, persona: str, topic: str) -> str:
        line = self.gettext("%(name)s asked %(persona)s for the following %(topic)s:")
        return line % {"name": name, "persona": persona, "topic": topic}

    def responded(self, persona: str) -> str:
        return self.gettext("%(persona)s Responded:") % {"persona": persona}

    def wrote_again(self, name: str) -> str:
        return self.gettext("%(name)s wrote again:") % {"name": name}

    def number(self, value: int) -> str:
        """With the thousands apart."""
        return str(format_decimal(value, locale=self.locale))

    def month_name(self, number: int) -> str:
        """Alone, as a heading."""
        return str(get_month_names("wide", "stand-alone", self.locale)[number])

    def short_month(self, day: date) -> str:
        return str(babel_date(day, "MMM", self.locale)).rstrip(".")

    def month_of_year(self, month: int, year: int) -> str:
        """January 2014"""
        return str(format_skeleton("yMMMM", datetime(year, month, 1), locale=self.locale))  # noqa: DTZ001 - no hour

    def weekday(self, day: date) -> str:
        return str(babel_date(day, "EEEE", self.locale))

    def install(self, environment: Any) -> None:
        """What every template can say, on pages and in mails alike."""
        environment.add_extension("jinja2.ext.i18n")
        environment.install_gettext_callables(
            self.gettext, self.ngettext, newstyle=True, pgettext=self.translations.upgettext
        )
        environment.globals.update(
            language=self, asked=self.asked, responded=self.responded, wrote_again=self.wrote_again
        )
        environment.filters.update(number=self.number, month_name=self.month_name, short_month=self.short_month)


def _translated(match: re.Match[str]) -> str:
    if match["field"]:
        return _FIELDS[match["field"]]
    text = match["rest"] or match["quoted"].replace("''", "'") or "'"
    return text.replace("{", "{{").replace("}", "}}")


def shipped() -> list[str]:
    """Every language that there are words in."""
    return [SOURCE, *sorted(path.parts[-3] for path in CATALOGUES.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))]


@cache
def language_of(tag: str) -> Language:
    """`de-AT` has the words of `de` and its own dates. Raises UnknownLanguage."""
    try:
        locale = Locale.parse(tag, sep="-")
    except (ValueError, UnknownLocaleError):
        raise UnknownLanguage(tag) from None
    if locale.language not in shipped():
        raise UnknownLanguage(tag)
    found = NullTranslations() if locale.language == SOURCE else _compiled(locale.language)
    return Language(str(locale).replace("_", "-"), found)


def _compiled(language: str) -> Translations:
    with (CATALOGUES / language / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as source:
        catalogue = read_po(source, locale=language, domain=DOMAIN, abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled, domain=DOMAIN)


ENGLISH = Language(SOURCE, NullTranslations())
