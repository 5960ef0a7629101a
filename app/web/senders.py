"""The desk's pages about who writes: whether a held mail is an expert's, what is known of her, rules for senders."""

from flask import render_template

from app.domain.people import Decision
from app.store import people
from app.usecases import holding, likewise
from app.web.desk import act, blueprint, the_editor
from app.web.pages import the_mailbag

__all__ = ["blueprint"]  # the desk's own, with these pages on it


@blueprint.get("/senders")
def senders() -> str:
    with the_mailbag().database.read() as tx:
        return render_template(
            "desk/senders.html",
            here="senders",
            experts=people.experts(tx),
            rules=people.sender_rules(tx),
            discard=Decision.DISCARD,
        )


@act("/mail/<int(max=2147483647):inbound_id>/ask", "asked")
def ask_sender(inbound_id: int) -> None:
    holding.ask_sender(the_mailbag(), inbound_id, by=the_editor().name)


@act("/mail/<int(max=2147483647):inbound_id>/learn", "learned")
def learn_sender(inbound_id: int) -> None:
    holding.learn_sender(the_mailbag(), inbound_id, by=the_editor().name)


@act("/senders/<int(max=2147483647):rule_id>/forget", "rule-forgotten")
def forget_rule(rule_id: int) -> None:
    likewise.forget(the_mailbag(), rule_id)


@act("/experts/<int(max=2147483647):expert_id>/forget-profile", "profile-forgotten")
def forget_profile(expert_id: int) -> None:
    holding.forget_profile(the_mailbag(), expert_id, by=the_editor().name)


@act("/experts/<int(max=2147483647):expert_id>/aliases/<int(max=2147483647):alias_id>/forget", "alias-forgotten")
def forget_alias(expert_id: int, alias_id: int) -> None:
    holding.forget_alias(the_mailbag(), expert_id, alias_id, by=the_editor().name)
