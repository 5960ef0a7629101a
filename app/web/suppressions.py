"""The desk's page about addresses: whether one must not be written to and why, and who gets the digest there."""

from flask import abort, render_template, request

from app.mail.address import BadAddress, address_of
from app.store import roster, subscribers
from app.usecases import suppressing
from app.web.desk import act, blueprint, the_editor
from app.web.pages import the_mailbag

__all__ = ["blueprint"]  # the desk's own, with these pages on it


@blueprint.get("/suppressions")
def suppressions() -> str:
    return _page("", is_asked=False)


@blueprint.post("/suppressions")
def find_suppression() -> str:
    """By POST, so that no address stands in a log or in the browser's history."""
    return _page(request.form.get("address", ""), is_asked=True)


def _page(typed: str, *, is_asked: bool) -> str:
    mailbag, address = the_mailbag(), _address(typed)
    with mailbag.database.read() as tx:
        return render_template(
            "desk/suppressions.html",
            here="suppressions",
            typed=typed,
            is_asked=is_asked,
            address=address,
            found=suppressing.find(mailbag, tx, address) if address else None,
            subscriber=subscribers.at(tx, address) if address else None,
            newest=subscribers.suppressions(tx),
            states=roster.count_by_state(tx),
            standing=roster.count_suppressed(tx),
        )


def _address(typed: str) -> str:
    try:
        return address_of(typed)
    except BadAddress:
        return ""


@act("/suppressions/lift", "lifted", back="desk.suppressions")
def lift_address() -> None:
    suppressing.lift_address(the_mailbag(), _address(request.form.get("address", "")), by=the_editor().name)


@act("/suppressions/<int(max=2147483647):suppression_id>/lift", "suppression-lifted", back="desk.suppressions")
def lift_suppression(suppression_id: int) -> None:
    suppressing.lift(the_mailbag(), suppression_id, by=the_editor().name)


@act("/suppressions/add", "suppressed", back="desk.suppressions")
def suppress_address() -> None:
    address = _address(request.form.get("address", "")) or abort(400)
    suppressing.suppress_by_hand(the_mailbag(), address, by=the_editor().name)
