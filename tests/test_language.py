"""The column's language: dates as it writes them, and catalogues that are whole."""

import re
import runpy
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from babel.dates import format_date as babel_date
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from babel.support import NullTranslations

from app.domain.column import format_date
from app.domain.dated import asked_line, responded_line
from app.domain.letter import ANONYMOUS
from app.language import CATALOGUES, ENGLISH, Language, UnknownLanguage, language_of, shipped

ROOT = Path(__file__).parent.parent
TRANSLATED = [tag for tag in shipped() if tag != "en"]
_PLACE = re.compile(r"%\(\w+\)s|</?\w+[^>]*>")


def catalogue(tag: str) -> Catalog:
    with (CATALOGUES / tag / "LC_MESSAGES" / "mailbag.po").open("rb") as source:
        return read_po(source, abort_invalid=True)


def forms(found: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (found,) if isinstance(found, str) else tuple(found)


def messages(tag: str) -> list[Message]:
    return [message for message in catalogue(tag) if message.id]


@pytest.fixture(scope="module")
def said() -> Any:
    """What the templates and the code say now, as scripts/catalogue finds it."""
    return runpy.run_path(str(ROOT / "scripts" / "catalogue"))["extract"]()


def test_german_and_french_are_shipped() -> None:
    assert shipped()[0] == "en"
    assert {"de", "fr"} <= set(shipped())


@pytest.mark.parametrize("tag", TRANSLATED)
def test_a_catalogue_has_every_message_and_no_other(tag: str, said: Catalog) -> None:
    names = [{(message.context, message.id) for message in found if message.id} for found in (said, catalogue(tag))]
    assert names[0] == names[1], "run scripts/catalogue, and translate what is new"


@pytest.mark.parametrize("tag", TRANSLATED)
def test_every_message_is_translated_and_none_is_a_guess(tag: str) -> None:
    found = catalogue(tag)
    assert not found.fuzzy
    assert [message.id for message in found if message.fuzzy and message.id] == []
    assert [message.id for message in messages(tag) if not all(forms(message.string))] == []
    assert all(len(forms(m.string)) == found.num_plurals for m in messages(tag) if m.pluralizable)


@pytest.mark.parametrize("tag", TRANSLATED)
def test_a_translation_has_the_places_and_the_markup_of_its_message(tag: str) -> None:
    wrong = []
    for message in messages(tag):
        wanted = [set(_PLACE.findall(form)) for form in forms(message.id)]  # "one letter" needs no number
        for number, form in enumerate(forms(message.string)):
            if set(_PLACE.findall(form)) not in (wanted if number == 0 else wanted[-1:]):
                wrong.append((message.id, form))
            form % dict.fromkeys(re.findall(r"%\((\w+)\)s", form), "x")  # a lone % would be an error on the page
    assert wrong == []


@pytest.mark.parametrize("tag", TRANSLATED)
def test_a_translation_ends_as_its_message_does(tag: str) -> None:
    """A sentence stays one, and a heading does not become one."""
    wrong = [
        (one, other)
        for message in messages(tag)
        for one, other in zip(forms(message.id), forms(message.string), strict=False)
        if (one[-1] in ".:?") != (other[-1] in ".:?")
    ]
    assert wrong == []


@pytest.mark.parametrize("tag", TRANSLATED)
def test_a_translation_has_the_marks_of_its_language(tag: str) -> None:
    text = "\n".join(form for message in messages(tag) for form in forms(message.string))
    text = re.sub(r"<[^>]*>", "", text)
    assert not re.search(r"[\"']|\.\.\.|  |[“”].*[“”]$" if tag == "de" else r"[\"'“”„]|\.\.\.|  ", text)
    if tag == "fr":
        assert not re.search(r"[^\u00a0\u202f\s][:;?!](?:\s|$)|«[^\u00a0]|[^\u00a0]»", text), (
            "a space that never breaks"
        )


@pytest.mark.parametrize("tag", TRANSLATED)
def test_the_script_changes_nothing_where_nothing_is_new(tag: str, said: Catalog, tmp_path: Path) -> None:
    shutil.copytree(CATALOGUES / tag, tmp_path / tag)
    place = Path(tag) / "LC_MESSAGES" / "mailbag.po"
    runpy.run_path(str(ROOT / "scripts" / "catalogue"))["update"](tmp_path / place, said)
    assert (tmp_path / place).read_bytes() == (CATALOGUES / place).read_bytes()


def test_english_needs_no_catalogue_and_says_what_the_dated_form_says() -> None:
    assert ENGLISH.asked("Becky", "The Guru", "Advice") == asked_line("Becky", "The Guru", "Advice")
    assert ENGLISH.responded("The Guru") == responded_line("The Guru")
    assert ENGLISH.anonymous == ANONYMOUS
    assert format_date(date(2014, 1, 11), ENGLISH.date_pattern) == "Jan 11th, 2014"


@pytest.mark.parametrize("tag", ["de", "fr", "es", "ru", "he", "ar", "fa", "ur", "ja"])
def test_a_date_is_written_as_the_language_does(tag: str) -> None:
    language = Language(tag, NullTranslations())
    for number in range(0, 366, 5):
        day = date(2014, 1, 1) + timedelta(days=number)
        assert format_date(day, language.date_pattern, language.months) == babel_date(day, "long", language.locale)


def test_months_days_and_numbers_are_the_languages_own() -> None:
    german, french = language_of("de"), language_of("fr")
    assert german.month_of_year(3, 2014) == "März 2014"
    assert french.weekday(date(2014, 1, 11)) == "samedi"
    assert (ENGLISH.number(12345), german.number(12345), french.number(12345)) == ("12,345", "12.345", "12\u202f345")
    assert language_of("de-AT").months[0] == "Jänner"
    assert language_of("de-AT").gettext("Search") == "Suchen"


@pytest.mark.parametrize("tag", ["tlh", "ar", "x", "", "de_DE_", "../de"])
def test_a_language_without_words_is_refused_with_those_that_there_are(tag: str) -> None:
    with pytest.raises(UnknownLanguage, match="en, de, fr"):
        language_of(tag)


@pytest.mark.parametrize(
    ("tag", "direction"), [("en", "ltr"), ("de", "ltr"), ("ar", "rtl"), ("he", "rtl"), ("fa", "rtl"), ("ur", "rtl")]
)
def test_a_language_runs_to_its_side(tag: str, direction: str) -> None:
    assert Language(tag, NullTranslations()).direction == direction
