"""After the form: the page that says "look in your mailbox", and the button that the mail leads to."""

from typing import Any

from flask import Response, make_response, redirect, render_template, url_for

from app.store import questions
from app.usecases import asking
from app.web.ask import blueprint
from app.web.pages import the_mailbag
from app.web.security import private

__all__ = ["blueprint"]  # the form's own, with these pages on it


@blueprint.get("/ask/posted")
def posted() -> str:
    """The same page whoever asked, known or not."""
    return render_template("posted.html")


@blueprint.get("/confirm/<token>")
def confirmation(token: str) -> Response:
    """Opening this changes nothing: mail programs open every link to look for viruses."""
    mailbag = the_mailbag()
    with mailbag.database.read() as tx:
        question = asking.letter_to_confirm(mailbag, tx, token)
        assert question.id is not None
        history = questions.history(tx, question.id)
        page = render_template("confirm.html", question=question, history=history, token=token)
    return private(make_response(page))


@blueprint.post("/confirm/<token>")
def confirm(token: str) -> Any:
    asking.confirm(the_mailbag(), token)
    return redirect(url_for("ask.confirmation", token=token), 303)
