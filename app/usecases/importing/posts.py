"""Posts of a blog become letters, in the shapes in which blogs print questions and answers."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import BinaryIO

from app.domain.dated import read_entries
from app.domain.letter import ANONYMOUS
from app.mail.reply import html_to_text
from app.usecases.importing.dated_pages import letter_of, plain_headings
from app.usecases.importing.exchange import exchange_in, plain
from app.usecases.importing.letters import (
    Cut,
    Defaults,
    ImportedLetter,
    Letters,
    Problem,
    Skipped,
    key_by_name,
)
from app.usecases.importing.wordpress import Post, Reader

PRINTED = {"post"}
QUESTIONS = {"dwqa-question": "dwqa-answer", "question": "answer"}  # of plugins: a post each, below one another
ANSWERS = set(QUESTIONS.values())
_OF_THE_BLOG = {  # items that are no text of their own: pictures, menus, styles
    *("attachment", "custom_css", "customize_changeset", "nav_menu_item", "oembed_cache", "revision"),
    *("wp_font_face", "wp_font_family", "wp_global_styles", "wp_navigation", "wp_template", "wp_template_part"),
}
MOST_WAITING = 20_000  # questions of a plugin whose answers come later in the file
_NO_TOPIC = {"uncategorized", "allgemein", "non classé"}
_PICTURE = re.compile(r"<img\b", re.IGNORECASE)
_SHORTCODE = re.compile(r"\[/?[a-z][a-z0-9_-]*(?: [^\[\]]*)?/?\](?!\()")
_BLOCK = re.compile(r"^\s*</?(?:p|div|h[1-6]|ul|ol|li|blockquote|table|hr|pre|section|figure)\b", re.IGNORECASE)
_MADE_OF_BLOCKS = "<!-- wp:"  # what the new editor writes around each paragraph


def read_wordpress(stream: BinaryIO, defaults: Defaults, persona: str) -> Letters:
    """`persona` answers where neither the defaults nor the blog name anybody."""
    reader = Reader(persona)
    waiting: dict[str, Post] = {}
    for post in reader.posts(stream):
        if isinstance(post, Skipped):
            yield post
        elif post.kind in QUESTIONS:
            yield from _displaced(waiting, post.id)
            waiting[post.id] = post
        elif post.kind in ANSWERS:
            yield _by_plugin(waiting.pop(post.parent, None), post, _defaults_of(post, reader, defaults))
        elif post.kind in PRINTED:
            yield from _letters_of(post, _defaults_of(post, reader, defaults))
        elif post.kind not in _OF_THE_BLOG:
            yield Skipped(post.place, Problem.NOT_A_POST, post.kind)
    yield from (Skipped(post.place, Problem.NO_REPLY) for post in waiting.values())


def _displaced(waiting: dict[str, Post], number: str) -> Iterator[Skipped]:
    """Which question gives its place to the one that has this number: that of the same, or the oldest of too many."""
    if number not in waiting and len(waiting) >= MOST_WAITING:
        number = next(iter(waiting))
    if number in waiting:
        yield Skipped(waiting.pop(number).place, Problem.NO_REPLY)


def _defaults_of(post: Post, reader: Reader, defaults: Defaults) -> Defaults:
    """Who wrote the post answers, and its first category is the topic."""
    topics = [name for name in post.categories if name.casefold() not in _NO_TOPIC]
    persona = defaults.persona or reader.authors.get(post.creator, "") or reader.persona
    return replace(defaults, topic=topics[0] if topics else defaults.topic, persona=persona)


def _refusal(post: Post) -> str:
    if post.is_too_long:
        return Problem.TOO_LONG
    if post.status not in ("publish", ""):
        return Problem.NOT_PRINTED
    return Problem.PROTECTED if post.password else ""


def _letters_of(post: Post, defaults: Defaults) -> Iterator[ImportedLetter | Skipped]:
    if problem := _refusal(post):
        yield Skipped(post.place, problem, post.status)
        return
    on = _date_of(post)
    if on is None:
        yield Skipped(post.place, Problem.BAD_DATE, post.local_date or post.published)
        return
    markdown = markdown_of(post.content)
    dated = list(_dated(post, markdown, on))
    if dated:
        yield from dated
    else:
        yield _exchanged(post, markdown, on, defaults)


def _dated(post: Post, markdown: str, on: date) -> Iterator[ImportedLetter]:
    """Letters in the column's own form; where no date stands above one, it is the day of the post."""
    text = plain_headings(markdown)
    heading = " ".join(post.title.split()).rstrip(":") + ":"
    for candidate in (text, f"{on}\n{text}", f"{on}\n{heading}\n{text}"):
        entries, problems = read_entries(candidate)
        if entries and not problems:
            break
    else:
        return
    for number, entry in enumerate(entries):
        later = tuple(replace(one, question=plain(one.question)) for one in entry.later)
        letter = letter_of(replace(entry, question=plain(entry.question), later=later))
        yield _of_post(post, letter, number, is_alone=len(entries) == 1)


def _exchanged(post: Post, markdown: str, on: date, defaults: Defaults) -> ImportedLetter | Skipped:
    found = exchange_in(markdown, post.title)
    if found is None:
        return Skipped(post.place, Problem.NO_SHAPE)
    letter = ImportedLetter(
        place=post.place,
        key="",
        on=on,
        public_name=found.asker or post.more.get("asker", "") or ANONYMOUS,
        persona=found.persona or defaults.persona,
        topic=defaults.topic,
        question=found.question,
        answer=found.answer,
        cut={Cut.ABOVE: found.above} if found.above else {},
    )
    return _of_post(post, letter, 0, is_alone=True)


def _by_plugin(question: Post | None, answer: Post, defaults: Defaults) -> ImportedLetter | Skipped:
    """A question that is a post of its own, and the first answer below it."""
    if question is None:
        return Skipped(answer.place, Problem.NO_QUESTION)
    if problem := _refusal(question) or _refusal(answer):
        return Skipped(question.place, problem)
    on = _date_of(answer) or _date_of(question)
    if on is None:
        return Skipped(answer.place, Problem.BAD_DATE, answer.local_date)
    title = " ".join(question.title.split())
    asked = plain(markdown_of(question.content))
    topics = [name for name in question.categories if name.casefold() not in _NO_TOPIC]
    letter = ImportedLetter(
        place=question.place,
        key="",
        on=on,
        public_name=question.more.get("_dwqa_anonymous_name", "") or ANONYMOUS,
        persona=defaults.persona,
        topic=topics[0] if topics else defaults.topic,
        question=asked if title.rstrip("….").casefold() in asked.casefold() else f"{title}\n\n{asked}",
        answer=markdown_of(answer.content),
    )
    return _of_post(question, letter, 0, is_alone=True, also=answer)


def _of_post(
    post: Post, letter: ImportedLetter, number: int, *, is_alone: bool, also: Post | None = None
) -> ImportedLetter:
    name = post.guid or post.link or f"{post.id} {post.title}"
    cut = _cut(post) if number == 0 else {}
    if also is not None:
        cut = {kind: cut.get(kind, 0) + _cut(also).get(kind, 0) for kind in {*cut, *_cut(also)}}
    return replace(
        letter,
        place=post.place,
        key=key_by_name(f"wordpress {name} {number}" if number else f"wordpress {name}"),
        old_addresses=tuple(filter(None, (post.link, f"/?p={post.id}" if post.id else ""))) if is_alone else (),
        cut={**letter.cut, **cut},
    )


def _cut(post: Post) -> dict[Cut, int]:
    found = {
        Cut.COMMENTS: post.comments,
        Cut.TAGS: post.tags,
        Cut.TOPICS: max(len(post.categories) - 1, 0),
        Cut.PICTURES: len(_PICTURE.findall(post.content)),
        Cut.SHORTCODES: len(_SHORTCODE.findall(post.content)),
    }
    return {kind: number for kind, number in found.items() if number}


def _date_of(post: Post) -> date | None:
    """As the blog printed it: in its own time, else the day that the feed says."""
    try:
        return datetime.strptime(post.local_date, "%Y-%m-%d %H:%M:%S").date()  # noqa: DTZ007 - a wall clock's day
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(post.published).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def markdown_of(content: str) -> str:
    """A post as our Markdown. Posts of the old editor have no paragraphs but blank lines."""
    html = _SHORTCODE.sub("", content)
    if _MADE_OF_BLOCKS not in html:
        html = "\n".join(_paragraph(block) for block in re.split(r"\n\s*\n", html.replace("\r\n", "\n")))
    return html_to_text(html)


def _paragraph(block: str) -> str:
    if _BLOCK.match(block) or not block.strip():
        return block
    lines = "<br>\n".join(block.strip().split("\n"))
    return f"<p>{lines}</p>"
