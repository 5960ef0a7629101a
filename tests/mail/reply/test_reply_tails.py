"""What stands below the end of her text: cards, names, lists, disclaimers."""

import pytest

from app.mail.reply import extract_text, published_text, read_reply
from tests.mail.reply.reply_mails import SENT, mail

ANSWER = "Rest the knee for two weeks.\n\nThen begin to walk again."

TAILS = {
    "card": "Anna Smith\nChartered Physiotherapist\nTel: +44 1632 960417\nanna@clinic.test\nwww.clinic.test",
    "card, bold": (
        "*Anna Smith* | *Owner*\n*Call me +44 1632 960417*\n\n[image: logo]\n\n12 High Street, Otley\n\n*WEB "
        "www.clinic.test*"
    ),
    "card, German": (
        "Dr. Anna Schmidt\nPraxis am Markt\nMarkt 3, 12345 Neustadt\nTel.: 01632 / 960417\nFax: 01632 / 960418"
    ),
    "card, French": (
        "Anne Martin\nKinésithérapeute\n12 rue du Bac, 75007 Paris\nTél. : 01 63 29 60 41\nanne@clinique.test"
    ),
    "card, Russian": "Анна Смирнова\nВрач\nтел. +7 495 960-04-17\nanna@clinic.test",
    "card below a rule": "----------\n\nThe Knee Clinic\n\nt. 01632 960417\n\nf. 01632 960418\n\nhttp://clinic.test/",
    "title": "Anna Smith, Ph.D.\nDirector\nThe Knee Clinic",
    "name behind a dash": "-Anna Smith",
    "name behind a slash": "/Anna",
    "list": (
        "_______________________________________________\nknees mailing "
        "list\nknees@lists.test\nhttp://lists.test/mailman/listinfo/knees"
    ),
    "list, short rule": "__\nknees mailing list\nknees@lists.test",
    "disclaimer": (
        "This message is confidential and intended only for the addressee. If you have received it in error, "
        "please notify the sender and delete it."
    ),
    "disclaimer, German": (
        "Diese E-Mail ist vertraulich. Wenn Sie nicht der richtige Adressat sind oder sie irrtümlich "
        "erhalten haben, informieren Sie bitte den Absender."
    ),
    "disclaimer, French": (
        "Ce message et ses pièces jointes sont confidentiels. Si vous l'avez reçu par erreur, merci de le "
        "détruire et d'avertir l'expéditeur."
    ),
    "disclaimer, Spanish": (
        "Este mensaje es confidencial y va dirigido a su destinatario. Si lo ha recibido por error, le "
        "rogamos que lo elimine y nos avise."
    ),
    "disclaimer, Italian": (
        "Le informazioni di questo messaggio sono riservate al destinatario. Chi lo riceve per errore è "
        "pregato di cancellarlo e di avvisarci subito."
    ),
    "scanner": "This email has been checked for viruses by Avast antivirus software.\nwww.avast.com",
    "delimiter": "-- \nAnna",
    "all of it": "-Anna\n\nSent from my iPhone\n\nThis email has been scanned by Quux.",
}


@pytest.mark.parametrize("tail", TAILS.values(), ids=TAILS)
@pytest.mark.parametrize("sent", [SENT, None], ids=["sent", "not sent"])
def test_is_cut(tail, sent):
    assert published_text(mail(f"{ANSWER}\n\n{tail}\n"), sent=sent) == ANSWER


def test_the_sign_off_and_the_name_stay_above_a_card():
    text = f"{ANSWER}\n\nKind regards,\nAnna\n\nAnna Smith\nTel: +44 1632 960417\nanna@clinic.test\n"
    assert extract_text(text, "text") == f"{ANSWER}\n\nKind regards,\nAnna"


def test_a_sign_off_alone_is_no_answer():
    assert read_reply(mail("Kind regards,\nAnna Smith\n")).is_empty


def test_greeting_and_sign_off_are_segments_of_their_own():
    reply = read_reply(mail(f"Dear Becky,\n\n{ANSWER}\n\nAll the best,\nAnna\n"))
    assert [one.kind for one in reply.segments] == ["greeting", "answer", "sign_off"]
    assert not reply.cut
