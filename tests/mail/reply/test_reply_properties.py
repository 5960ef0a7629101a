"""What holds for every reply: the partition, and that no word of hers is lost."""

from hypothesis import given
from hypothesis import strategies as st

from app.mail.reply import Reply, read_reply
from tests.mail.reply.reply_mails import LEAD, QUESTION, SENT, SENT_TEXT, SHAPES, mail, marked, wrap

HERS = "knee rest run soreness the a and of not would love hear it’s – two days after glut kicking bruise 6 kg"
LOOKALIKES = [
    "On Tuesday he wrote:",
    "From: the older one, to: the new one",
    "Sent from my local shop",
    "> 6 kg is too much",
    "---",
    "-- and so on",
    "Subject: knees",
    "* rest",
    "1. ice",
    "You wrote that the soreness was quite painful for the first few days, and so it is.",
]

words = st.sampled_from(HERS.split())
sentences = st.lists(words, min_size=1, max_size=25).map(" ".join)
paragraphs = st.one_of(sentences.map(lambda text: f"Well, {text} indeed."), st.sampled_from(LOOKALIKES))
answers = st.lists(paragraphs, min_size=1, max_size=5).map("\n\n".join)


def holds_together(reply: Reply) -> bool:
    ends = [0, *(segment.end for segment in reply.segments)]
    return (
        "".join(segment.text for segment in reply.segments) == reply.text
        and [segment.start for segment in reply.segments] == ends[:-1]
        and ends[-1] == len(reply.text)
        and all(segment.text for segment in reply.segments)
    )


def loses_nothing(reply: Reply, answer: str) -> bool:
    """All words of the answer stand in the published text, in order."""
    published = iter(reply.published().split())
    return all(word in published for word in answer.split())


MARKUP = [
    "-- ",
    "--",
    "",
    ">",
    "> > x",
    "P.S. x",
    "\t",
    "\xa0",
    "\x0b",
    "\u2028",
    "<html>",
    ">From f",
    "_" * 32,
]
HEADERS = ["From: a", "Sent: b", "To: c", "Subject: d", "> From: a", "Von: e", "-----Original Message-----"]
OURS = [*QUESTION, LEAD, marked(SENT_TEXT), SENT_TEXT, "On 9 Jan 2014 Guru <q@column.test> wrote:"]
fragments = st.sampled_from([*LOOKALIKES, *MARKUP, *HEADERS, *OURS, "Sent from my iPhone"])
texts = st.lists(fragments | st.text(max_size=30), max_size=14).map("\n".join)


@given(
    texts,
    st.sampled_from(["text/plain", "text/html"]),
    st.sampled_from(["", "; format=flowed; delsp=yes"]),
    st.booleans(),
)
def test_the_segments_are_a_partition_of_the_text(text, content_type, params, is_sent_known):
    raw = mail(text, charset="utf-8", content_type=content_type, params=params)
    assert holds_together(read_reply(raw, sent=SENT if is_sent_known else None))


@given(st.binary(max_size=400), st.binary(max_size=100))
def test_any_bytes_at_all_can_be_read(raw, sent):
    assert holds_together(read_reply(raw, sent=sent))
    assert holds_together(read_reply(b"Content-Type: text/html\n\n" + raw))


@given(answers, st.sampled_from(sorted(SHAPES)))
def test_no_word_of_hers_is_lost_whatever_the_program(answer, shape):
    reply = read_reply(SHAPES[shape](answer), sent=SENT)
    assert holds_together(reply)
    assert loses_nothing(reply, answer)


@given(answers, st.sampled_from(sorted(SHAPES)))
def test_and_nothing_of_ours_leaks(answer, shape):
    reply = read_reply(SHAPES[shape](answer), sent=SENT)
    assert reply.published().split() == answer.split()


@given(
    st.lists(st.tuples(paragraphs, st.integers(0, 6)), min_size=1, max_size=8),
    st.integers(30, 90),
    st.booleans(),
)
def test_no_word_of_hers_is_lost_between_the_lines_of_a_quote(pieces, width, is_marked):
    """Some lines of the quote stand before each of her paragraphs, some were deleted by her."""
    quoted = [line for part in [LEAD, *QUESTION] for line in wrap(part, width).split("\n")]
    lines = ["On 9 Jan 2014 Ask The Guru wrote:"]
    for paragraph, count in pieces:
        lines += [f"> {line}" if is_marked else line for line in quoted[:count]]
        lines += ["", paragraph, ""]
        quoted = quoted[count + 1 :]
    answer = "\n".join(paragraph for paragraph, _ in pieces)
    assert loses_nothing(read_reply(mail("\n".join(lines)), sent=SENT), answer)


@given(answers, st.integers(40, 90), st.sampled_from(sorted(SHAPES)))
def test_no_word_of_hers_is_lost_at_any_width(answer, width, shape):
    text = "\n".join(wrap(line, width) for line in answer.split("\n"))
    assert read_reply(SHAPES[shape](text), sent=SENT).published().split() == answer.split()


@given(st.integers(0, 12), st.integers(3, 30), words, st.integers(20, 90), st.booleans(), st.booleans())
def test_a_passage_of_the_question_in_her_sentence_is_hers_at_any_width(start, count, word, width, is_marked, is_below):
    """Also below the quote, and between its lines."""
    passage = " ".join(QUESTION[1].split()[start : start + count])
    answer = wrap(f"So, {word} and {word}, {passage} {word} it is.", width)
    quote = f"{LEAD}\n\n{QUESTION[2]}"
    head = "From: Ask The Guru\nSent: Thursday\nTo: The Guru\nSubject: Becky asks\n\n"
    quoted = marked(quote) if is_marked else f"{head}{quote}"
    text = f"{quoted}\n\n{answer}\n" if is_below else f"{answer}\n\n{quoted}\n"
    assert read_reply(mail(text), sent=SENT).published().split() == answer.split()
