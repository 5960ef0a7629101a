"""The sentences for what an import could not take, and for what it left out."""

PROBLEMS = {
    "no-entry": (
        "no entry here. An entry begins with a date such as “Jan 11th, 2014” on a line of its own, then"
        " “Becky asked The Guru for the following Physiotherapy Advice:”"
    ),
    "no-date": "no date stands above this line; write one such as “Jan 11th, 2014” on the line before it",
    "no-answer": "no “The Guru Responded:” follows this line",
    "blank": "the question or the answer below this line is blank",
    "bad-date": "no date that can mean one day only; write one such as 2014-01-11",
    "no-question": "there is no question",
    "no-answer-here": "there is no answer",
    "no-shape": (
        "no question and answer can be told apart here; write “Question:” and “Answer:” on lines of their own, or"
        " quote the question at the head"
    ),
    "not-a-post": (
        "a page, or another item that is no post, and passed over; make it a post, and export again, if letters are in"
        " it"
    ),
    "not-printed": "was not printed: a draft, private, or in the bin",
    "protected": "stands behind a password",
    "too-long": "longer than any letter",
    "name-too-long": "a name or topic is too long: 200 characters for who asks, 100 for who answers and for the topic",
    "not-xml": "the file cannot be read from here on: it is not XML. What stands above is imported",
    "has-dtd": "the file is built to hurt, or has a document type, which no blog exports; it is read no further",
    "not-json": "the file cannot be read from here on: it is not JSON. What stands above is imported",
    "not-csv": (
        "the file cannot be read from here on: a cell or a line of it has no end; look for a quotation mark without its"
        " second. What stands above is imported"
    ),
    "not-a-letter": "no letter: an object with published_on, question and answer is one",
    "no-columns": "the first row names no column for each of: date, question, answer",
    "not-a-mail": "a mail of this thread cannot be read",
    "by-machine": "a mail of this thread was written by a machine or went to a list",
    "no-reply": "nobody answered it",
    "holds-address": "the words hold a mail address of somebody in this thread; such a letter is not printed",
    "no-mails": "no mail begins here; in an mbox each begins with a line “From …”",
    "only-streamed": "larger than 64 MB; cut it into several files",
}
CUTS = {
    "comments": "comments",
    "tags": "tags",
    "topics": "further topics of letters",
    "pictures": "pictures",
    "shortcodes": "shortcodes",
    "above": "characters above the questions of posts",
    "quoted": "characters of quotes and signatures",
    "attachments": "attachments",
    "more-mails": "later mails of threads",
    "addresses": "old addresses that lead nowhere",
}
