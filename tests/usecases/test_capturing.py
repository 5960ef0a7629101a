"""A large or hostile reply goes through a process of its own, and what cannot be read waits at the desk, whole."""

from app.domain.mail import InboundState, Reason
from app.mail.reply.apart import USUAL_SIZE
from app.mail.reply.limits import MOST_LINES
from tests.office import ANSWER, open_office

PICTURE = b"\r\n".join([b"iVBORw0KGgo" * 6] * (USUAL_SIZE // 60))


def with_picture(mail: bytes) -> bytes:
    """The same mail with a picture hung on it."""
    head, _, body = mail.replace(b"\r\n", b"\n").partition(b"\n\n")
    fields = head.replace(b"Content-Type:", b"X-Was:").replace(b"Content-Transfer-Encoding:", b"X-Encoding:")
    return (
        fields
        + b"\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n"
        + body
        + b"\n--b\nContent-Type: image/png; name=knee.png\nContent-Transfer-Encoding: base64\n\n"
        + PICTURE
        + b"\n--b--\n"
    )


def test_a_reply_with_a_picture_is_an_answer_as_any_other(database_url: str) -> None:
    with open_office(database_url) as office:
        question = office.ask()
        raw = with_picture(office.reply())
        assert len(raw) > USUAL_SIZE
        office.receive(raw)
        assert office.question(question.id).text == ANSWER


def test_a_reply_beyond_the_limits_waits_at_the_desk_with_all_its_bytes(database_url: str) -> None:
    with open_office(database_url) as office:
        question = office.ask()
        raw = office.reply() + b"x\r\n" * (MOST_LINES + 1)
        inbound = office.inbound(office.receive(raw))
        assert (inbound.state, inbound.reason) == (InboundState.FAILED, Reason.UNREADABLE)
        assert inbound.raw == raw
        assert office.question(question.id).state == "assigned"
