"""Answers as HTML: what a letter has, every word of it, and nothing that runs."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mail.markdown import to_html, to_line


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Hi Becky\n\nRest.", "<p>Hi Becky</p>\n<p>Rest.</p>\n"),
        ("Line one\nline two", "<p>Line one<br>\nline two</p>\n"),
        ("> quoted\n\nanswered", "<blockquote>\n<p>quoted</p>\n</blockquote>\n<p>answered</p>\n"),
        ("- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n"),
        ("**bold** and *soft*", "<p><strong>bold</strong> and <em>soft</em></p>\n"),
        ("# no heading", "<p># no heading</p>\n"),
        ("2 * 3 * 4 and snake_case_word", "<p>2 * 3 * 4 and snake_case_word</p>\n"),
        ("<b>x</b> & y", "<p>&lt;b&gt;x&lt;/b&gt; &amp; y</p>\n"),
    ],
)
def test_what_a_letter_has(text: str, html: str) -> None:
    assert to_html(text) == html


def test_a_link_leads_out_and_lends_no_rank() -> None:
    html = to_html("[here](https://example.org/x)")
    assert html == '<p><a href="https://example.org/x" rel="nofollow noopener">here</a></p>\n'


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "/desk/leave"])
def test_a_link_that_is_none_stays_without_its_address(url: str) -> None:
    assert "href" not in to_html(f"[here]({url})")


@given(st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1), min_size=1))
def test_no_word_is_lost(words: list[str]) -> None:
    text = "\n\n".join(words)
    assert to_line(text).split() == text.split()


@given(st.text())
def test_anything_may_be_written_and_nothing_runs(text: str) -> None:
    assert not re.search(r"<(?!/?(a|blockquote|br|em|li|ol|p|strong|ul)\b)", to_html(text))


def test_no_known_vector_runs(shared: Path) -> None:
    vectors = json.loads((shared / "corpus" / "xss" / "vectors.json").read_text(encoding="utf-8"))
    assert len(vectors) > 500
    for _, vector in vectors:
        html = to_html(vector)
        assert not re.search(r"<(?!/?(a|blockquote|br|em|li|ol|p|strong|ul)\b)", html), vector
        assert not re.search(r"<[a-z]+[^>]*\son\w+\s*=", html), vector
        assert not re.search(r'<a [^>]*href="(?!https?:|mailto:)', html), vector
