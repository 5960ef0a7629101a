""" "Was that you?": the page that the mail to an expert leads to. GET shows the held mail, POST says whose it is."""

from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for

from app.mail.compose import spelled, unlinked
from app.usecases import was_it_you
from app.usecases.confirming import confirm_as_hers
from app.web.pages import the_mailbag
from app.web.security import private

blueprint = Blueprint("was_it_you", __name__)

MOST_WORDS = 20_000  # characters shown


@blueprint.get("/was-it-you/<token>")
def page(token: str) -> Response:
    """Opening this changes nothing: mail programs open every link to look for viruses."""
    mailbag = the_mailbag()
    text = was_it_you.words_of(mailbag, token).published()
    with mailbag.database.read() as tx:
        message = was_it_you.mail_behind(mailbag, tx, token)
        shown = render_template(
            "was_it_you.html",
            message=message,
            author=spelled(message.author),
            text="\n".join(map(unlinked, text[:MOST_WORDS].split("\n"))),
            is_cut=len(text) > MOST_WORDS,
            token=token,
        )
    return private(make_response(shown))


@blueprint.post("/was-it-you/<token>")
def say(token: str) -> Any:
    says = {"yes": confirm_as_hers, "no": was_it_you.disown}
    saying = says.get(request.form.get("answer", "")) or abort(400)
    saying(the_mailbag(), token)
    return redirect(url_for("was_it_you.page", token=token), 303)
