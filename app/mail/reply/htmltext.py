"""HTML to text by blocks, white space collapsed as a browser does; block quotes become "> " lines."""

from html.parser import HTMLParser

PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "pre", "blockquote", "hr"})
LINES = frozenset(
    {"address", "article", "aside", "body", "center", "dd", "div", "dt", "fieldset", "figcaption", "figure"}
    | {
        "footer",
        "form",
        "header",
        "html",
        "li",
        "main",
        "nav",
        "section",
        "tr",
        "tbody",
        "thead",
        "tfoot",
        "title",
    }
)
UNSEEN = frozenset({"script", "style", "title"})
CELLS = frozenset({"td", "th"})
SPACES = str.maketrans("\t\n\r\f", "    ")  # NBSP is no white space to a browser
DEEPEST_QUOTE = 20  # a hostile mail nests thousands, and every line would carry all the marks


def looks_like_html(text: str) -> bool:
    """HTML that is labelled text/plain."""
    return text[:200].lstrip().lower().startswith(("<!doctype html", "<html"))


def html_to_text(html: str) -> str:
    parser = _TextParser()
    parser.feed(_without_open_ends(html))
    parser.close()
    return parser.text()


def _without_open_ends(html: str) -> str:
    """What opens and never closes is text. HTMLParser would look for its end again at each `<`: quadratic."""
    last = html.rfind("-->") + 1
    html = html[:last] + html[last:].replace("<!--", "&lt;!--")
    last = html.rfind(">") + 1
    return html[:last] + html[last:].replace("<", "&lt;")


class _TextParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._line: list[str] = []
        self._space = False  # white space is due before the next word of this line
        self._gap = False  # a blank line is due before the next line
        self._unseen = ""
        self._quotes = 0
        self._pre = 0
        self._lists: list[int] = []  # number of the last item; -1: not numbered
        self._item = ""  # the mark that is due before the first line of a list item

    def text(self) -> str:
        self._end_line()
        return "\n".join(self._lines)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the API
        if tag == "body":
            self._unseen = ""  # a title that was never closed
        elif tag in UNSEEN:
            self._unseen = self._unseen or tag
        elif tag == "br":
            self._break_line()
        elif tag in CELLS:
            self._space = True
        self._block(tag)
        self._open(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._unseen:
            self._unseen = ""
        self._block(tag)
        if tag == "blockquote":
            self._quotes = max(0, self._quotes - 1)
        elif tag == "pre":
            self._pre = max(0, self._pre - 1)
        elif tag in {"ul", "ol"} and self._lists:
            self._lists.pop()

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        if self._pre:
            self._preformatted(data)
            return
        for i, word in enumerate(data.translate(SPACES).split(" ")):
            self._space = self._space or i > 0
            if word:
                self._word(word)

    def parse_html_declaration(self, i: int) -> int:
        if self.rawdata.startswith("<![", i):
            # Outlook's <![if !supportLists]>; HTMLParser raises on the kinds that it does not know.
            return self.parse_bogus_comment(i)
        return super().parse_html_declaration(i)

    def _open(self, tag: str) -> None:
        if tag == "blockquote":
            self._quotes += 1
        elif tag == "pre":
            self._pre += 1
        elif tag in {"ul", "ol"}:
            self._lists.append(-1 if tag == "ul" else 0)
        elif tag == "li":
            self._item = self._item_mark()

    def _item_mark(self) -> str:
        if not self._lists or self._lists[-1] < 0:
            return "- "
        self._lists[-1] += 1
        return f"{self._lists[-1]}. "

    def _block(self, tag: str) -> None:
        if tag in PARAGRAPHS:
            self._end_line()
            # Lists inside lists stay one block.
            self._gap = self._gap or not (tag in {"ul", "ol"} and len(self._lists) > 1)
        elif tag in LINES:
            self._end_line()

    def _word(self, word: str) -> None:
        if self._space and self._line:
            self._line.append(" ")
        self._space = False
        self._line.append(word)

    def _preformatted(self, data: str) -> None:
        first, *others = data.split("\n")
        self._line.append(first)
        for line in others:
            self._break_line()
            self._line.append(line)

    def _break_line(self) -> None:
        if self._line:
            self._end_line()
        else:
            self._gap = True

    def _end_line(self) -> None:
        line = "".join(self._line).rstrip(" \t\n")
        self._line.clear()
        self._space = False
        if not line:
            return
        marks = "> " * min(self._quotes, DEEPEST_QUOTE)
        if self._gap and self._lines:
            self._lines.append(marks.rstrip())
        self._gap = False
        self._lines.append(marks + self._item + line)
        self._item = ""
