"""A blog's export: which posts are letters, what is left out and told, and what a hostile file cannot do."""

import io
import time
from datetime import date

import pytest

from app.usecases.importing import Cut, Defaults, Skipped, posts
from app.usecases.importing.sources import Form, letters_in
from tests.office import COLUMN
from tests.usecases.importing.reading import read

HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<!-- generator="WordPress/6.4" created="2024-01-01 10:00" -->
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:wp="http://wordpress.org/export/1.2/"><channel><title>Clinic</title>
<wp:author><wp:author_login>guru</wp:author_login><wp:author_email>guru@private.example</wp:author_email>
<wp:author_display_name><![CDATA[The Old Guru]]></wp:author_display_name></wp:author>
"""
COMMENT = (
    "<wp:comment><wp:comment_author>Troll</wp:comment_author><wp:comment_author_email>t@private.example"
    "</wp:comment_author_email><wp:comment_content>First!</wp:comment_content></wp:comment>"
)


def post(content: str, *, number: int = 12, title: str = "A post", topic: str = "Running Advice", **more: str) -> str:
    fields = {
        "link": f"https://clinic.example/2014/01/a-post-{number}/",
        "guid": f"https://clinic.example/?p={number}",
        "pubDate": "Sat, 11 Jan 2014 23:30:00 +0000",
        "dc:creator": "guru",
        "wp:post_id": str(number),
        "wp:post_date": "2014-01-12 00:30:00",
        "wp:status": "publish",
        "wp:post_type": "post",
        "wp:post_password": "",
    } | {name.replace("__", ":"): value for name, value in more.items()}
    inner = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items())
    category = f'<category domain="category" nicename="x"><![CDATA[{topic}]]></category>' if topic else ""
    return (
        f"<item><title>{title}</title>{inner}<content:encoded><![CDATA[{content}]]></content:encoded>"
        f"<excerpt:encoded><![CDATA[an excerpt]]></excerpt:encoded>{category}</item>"
    )


def export(*items: str) -> bytes:
    return (HEAD + "\n".join(items) + "</channel></rss>").encode()


def one(content: str, **more: str) -> tuple[str, str, str, str]:
    """Who asked, who answered, and both texts."""
    (letter,), skipped = read(export(post(content, **more)))
    assert skipped == []
    return letter.public_name, letter.persona, letter.question, letter.answer


def test_a_post_in_the_form_of_the_column_is_a_letter_of_the_day_that_the_blog_printed() -> None:
    content = (
        "<strong>Becky asked The Guru for the following Physiotherapy Advice:</strong>\n\nMy knee is <em>sore</em>"
        " &amp; stiff.\n\n<strong>The Guru Responded:</strong>\n\nRest it, <b>then</b> run."
        ' See <a href="https://x.example/a">this</a>.'
    )
    (letter,), skipped = read(export(post(content)))
    assert skipped == []
    assert (letter.on, letter.public_name, letter.persona) == (date(2014, 1, 12), "Becky", "The Guru")
    assert letter.topic == "Physiotherapy Advice", "the letter's own word, not the blog's category"
    assert letter.question == "My knee is sore & stiff."
    assert letter.answer == "Rest it, **then** run. See [this](https://x.example/a)."
    assert letter.old_addresses == ("https://clinic.example/2014/01/a-post-12/", "/?p=12")


def test_several_letters_of_one_post_have_dates_and_keys_of_their_own() -> None:
    letters, skipped = read(
        export(
            post(
                "<h3>Jan 3rd, 2012</h3><h4>Al asked The Guru for the following Neck Advice:</h4><p>One?</p>"
                "<h4>The Guru Responded:</h4><p>Yes.</p><h3>Jan 9th, 2012</h3>"
                "<h4>Bo asked The Guru for the following Neck Advice:</h4><p>Two?</p>"
                "<h4>The Guru Responded:</h4><p>No.</p>"
            )
        )
    )
    assert [(x.public_name, x.on.day, x.answer) for x in letters] == [("Al", 3, "Yes."), ("Bo", 9, "No.")]
    assert len({letter.key for letter in letters}) == 2
    assert not any(letter.old_addresses for letter in letters)
    assert skipped == []


def test_questions_and_answers_are_told_apart_by_the_labels_that_blogs_use() -> None:
    reader, guru = "A reader", "The Old Guru"
    assert one("<p><strong>Q:</strong> My heel hurts.</p><p><b>A:</b> Roll it.</p><p>Wait.</p>") == (
        *(reader, guru, "My heel hurts.", "Roll it.\n\nWait."),
    )
    assert one("<h2>Question</h2><p>Heel?</p><h2>Answer</h2><p>Roll.</p>") == (reader, guru, "Heel?", "Roll.")
    assert one("Becky writes:\n\nHeel.\nToe.\n\nThe Guru replies:\n\nRoll.") == (
        *("Becky", "The Guru", "Heel.\nToe.", "Roll."),
    )
    assert one("Question from Zoë: Heel?\n\nAnswer: Roll.") == ("Zoë", guru, "Heel?", "Roll.")
    assert one("<blockquote><p>Heel?</p><p>Toe?</p></blockquote><p>Roll.</p>") == (
        *(reader, guru, "Heel?\n\nToe?", "Roll."),
    )
    assert one("<p>Roll it.</p>", title="Why does my heel hurt?") == (
        *(reader, guru, "Why does my heel hurt?", "Roll it."),
    )
    assert one("Q: Heel?\n\nA: Roll <p>it.</p>\n<p>Wait.</p>") == (reader, guru, "Heel?", "Roll\n\nit.\n\nWait.")
    assert one("<p>Answer: roll it.</p>", title="Heel pain") == (reader, guru, "Heel pain", "roll it.")


def test_answers_of_a_plugin_find_their_questions() -> None:
    asked = {"wp__post_type": "dwqa-question", "topic": ""}
    answer = {"wp__post_type": "dwqa-answer", "wp__post_parent": "20", "topic": ""}
    letters, skipped = read(
        export(
            post("My heel.", number=20, title="Heel", **asked),
            post("Nobody knows.", number=21, title="Toe", **asked),
            post("Roll it.", number=22, title="re", **answer),
            post("Roll it more.", number=23, title="re", **answer),
        )
    )
    assert [(x.question, x.answer, x.topic) for x in letters] == [("My heel.", "Roll it.", "General Advice")]
    assert [problem for _, problem in skipped] == ["no-question", "no-reply"], "a second answer, and a lone question"


def test_every_question_of_a_plugin_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posts, "MOST_WAITING", 2)
    asked = {"wp__post_type": "dwqa-question", "topic": ""}
    numbers = (20, 20, 21, 22, 23)
    letters, skipped = read(export(*(post(f"Heel {number}.", number=number, **asked) for number in numbers)))
    assert letters == []
    assert [problem for _, problem in skipped] == ["no-reply"] * 5


def test_what_is_left_out_is_counted() -> None:
    content = '<p>Q: Heel? [gallery ids="1"]</p><p>A: Roll. [see](https://x.example/) <img src="x.jpg"></p>'
    item = post(content).replace("</item>", COMMENT + '<category domain="post_tag">t</category></item>')
    item = item.replace("</item>", '<category domain="category">Feet</category></item>')
    (letter,), _ = read(export(item))
    assert letter.cut == {Cut.ABOVE: 6, Cut.COMMENTS: 1, Cut.TAGS: 1, Cut.TOPICS: 1, Cut.PICTURES: 1, Cut.SHORTCODES: 1}
    assert letter.answer == "Roll. [see](https://x.example/)"
    assert not any(word in repr(letter) for word in ("private.example", "Troll", "First!", "excerpt"))


def test_what_the_blog_did_not_print_stays_unprinted() -> None:
    letters, skipped = read(
        export(
            post("Q: a\n\nA: b", wp__status="draft"),
            post("Q: a\n\nA: b", wp__status="private"),
            post("Q: a\n\nA: b", wp__post_password="guru"),
            post("We have moved."),
            post("Q: a\n\nA: b", wp__post_date="", pubDate="some day"),
            post("Q: a\n\nA: b", wp__post_date="", pubDate=f"Sat, 11 Jan {'9' * 20} 23:30:00 +0000"),
            post("Q: a\n\nA: b", wp__post_type="page"),
        )
    )
    assert letters == []
    problems = [problem for _, problem in skipped]
    assert problems == ["not-printed", "not-printed", "protected", "no-shape", "bad-date", "bad-date", "not-a-post"]
    assert skipped[0][0] == 8, "with its line in the file"


def test_words_above_the_question_are_counted_as_cut() -> None:
    (letter,), skipped = read(export(post("Welcome back.\n\nThis week:\n\nQ: My knee?\n\nA: Rest it.")))
    assert skipped == []
    assert (letter.question, letter.answer) == ("My knee?", "Rest it.")
    assert letter.cut == {Cut.ABOVE: len("Welcome back.\n\nThis week:") + 6}, "and the title"


def test_pages_and_unknown_items_are_told_and_what_the_blog_is_made_of_is_not() -> None:
    kinds = ("page", "faq", "wp_block", "attachment", "nav_menu_item", "wp_global_styles", "wp_template_part")
    _, skipped = read(export(*(post("Q: a\n\nA: b", wp__post_type=kind, wp__status="inherit") for kind in kinds)))
    assert [problem for _, problem in skipped] == ["not-a-post"] * 3


def test_the_options_win_over_the_blog_where_it_does_not_say() -> None:
    (letter,), _ = read(export(post("Q: a\n\nA: b", topic="Uncategorized")), defaults=Defaults("Dr Who", "Heels"))
    assert (letter.persona, letter.topic) == ("Dr Who", "Heels")


def test_the_same_post_has_the_same_key_after_it_was_edited() -> None:
    (before,), _ = read(export(post("Q: a\n\nA: b")))
    (after,), _ = read(export(post("<p>Q: a, edited</p><p>A: b</p>", title="Another")))
    assert before.key == after.key


BOMB = b"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c SYSTEM "file:///etc/passwd">]><rss><channel><item><title>&b;&c;</title></item></channel></rss>"""


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (BOMB, "has-dtd"),
        (export(post("Q: a\n\nA: b"))[:-40], "not-xml"),
        (export().replace(b"<title>Clinic", b"<title>&undefined;"), "not-xml"),
        (export().replace(b"<title>Clinic", b"<a>" * 90), "has-dtd"),
        (export().decode().encode("utf-16"), "not-xml"),
        (b"", "not-xml"),
    ],
    ids=["bomb", "cut", "entity", "deep", "utf-16", "empty"],
)
def test_a_hostile_or_broken_file_is_told_and_read_no_further(raw: bytes, problem: str) -> None:
    letters, skipped = read(raw, Form.WORDPRESS)
    assert [found for _, found in skipped] == [problem]
    assert all(letter.question == "a" for letter in letters)


def test_control_characters_of_an_old_blog_do_not_end_the_reading() -> None:
    assert one("Q: a\x0b\x1f heel\n\nA: b") == ("A reader", "The Old Guru", "a heel", "b")


def test_one_endless_tag_is_refused_and_not_crawled_through() -> None:
    began = time.process_time()
    _, skipped = read(HEAD.encode() + b"<" + b"a" * (24 * 1024 * 1024), Form.WORDPRESS)
    assert [problem for _, problem in skipped] == ["has-dtd"]
    assert time.process_time() - began < 5


class Endless(io.RawIOBase):
    """A file of so many posts, made as it is read: nothing of it is anywhere at once."""

    def __init__(self, posts: int, size: int) -> None:
        self.left, self.posts, self.item = HEAD.encode(), posts, post("Q: a\n\nA: b " + "word " * size).encode()

    def read(self, size: int = -1) -> bytes:
        while len(self.left) < size and self.posts:
            self.posts -= 1
            self.left += self.item
            if not self.posts:
                self.left += b"</channel></rss>"
        piece, self.left = self.left[:size], self.left[size:]
        return piece


def test_a_large_file_is_read_as_a_stream() -> None:
    stream = Endless(300, 6000)
    items = letters_in(stream, Form.WORDPRESS, Defaults("", ""), COLUMN)  # type: ignore[arg-type]
    assert not isinstance(next(items), Skipped)
    assert stream.posts > 250, "the first letter is there before the file is read"
    assert sum(1 for _ in items) == 299


def test_a_post_longer_than_a_book_is_told() -> None:
    _, skipped = read(export(post("Q: a\n\nA: " + "word " * 1_000_000)))
    assert [problem for _, problem in skipped] == ["too-long"]
