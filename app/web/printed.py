"""The desk's pages about what readers see: printed letters, corrected and withdrawn; what is said of the experts."""

from flask import abort, render_template, request

from app.domain.letter import clean_line, clean_text
from app.store import archive, people
from app.usecases import correcting, staffing
from app.web.desk import act, the_editor
from app.web.pages import the_mailbag
from app.web.senders import blueprint

__all__ = ["blueprint"]  # the desk's own, with these pages on it

PAGE_SIZE = 50


@blueprint.get("/printed")
def printed() -> str:
    """Newest first."""
    with the_mailbag().database.read() as tx:
        page = archive.newest(tx, size=PAGE_SIZE, before=request.args.get("before"))
        return render_template("desk/printed.html", here="printed", page=page)


@act("/questions/<int(max=2147483647):question_id>/correct", "corrected")
def correct(question_id: int) -> None:
    text, note = clean_text(request.form.get("text", "")), clean_line(request.form.get("note", ""))
    seen = request.form.get("revision", type=int)
    correcting.correct(the_mailbag(), question_id, text, note, by=the_editor().name, seen=seen)


@act("/questions/<int(max=2147483647):question_id>/withdraw", "withdrawn")
def withdraw(question_id: int) -> None:
    reason = clean_text(request.form.get("reason", ""))
    correcting.withdraw(the_mailbag(), question_id, reason, by=the_editor().name)


@blueprint.get("/experts")
def experts() -> str:
    with the_mailbag().database.read() as tx:
        return render_template("desk/experts.html", here="experts", experts=people.all_experts(tx))


@act("/experts/<int(max=2147483647):expert_id>/describe", "described")
def describe_expert(expert_id: int) -> None:
    credentials, about = request.form.get("credentials", ""), request.form.get("about", "")
    staffing.describe_expert(the_mailbag(), expert_id, credentials=credentials, about=about)


@act("/experts/<int(max=2147483647):expert_id>/portray", "described")
def portray_expert(expert_id: int) -> None:
    picture = request.files.get("picture")
    if "remove" not in request.form and (picture is None or not picture.filename):
        abort(400)
    raw = None if "remove" in request.form or picture is None else picture.read()
    staffing.portray_expert(the_mailbag(), expert_id, raw)
