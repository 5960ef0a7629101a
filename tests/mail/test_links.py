"""Whose address it is: a mail of ours, a role, a slip of the hand, or nobody here."""

from datetime import timedelta

import pytest

from app.domain.mail import Delivery, DeliveryKind
from app.domain.token import ALPHABET, Genuine, Invented, Mistyped, Purpose, Signer
from app.mail.links import ROLES, Links, MailAddressed
from tests.office import BECKY, NOON

DOMAIN = "column.example"
LINKS = Links(base_url="https://guru.example", mail_domain=DOMAIN, signer=Signer((b"k" * 32,)))
DELIVERY = Delivery(
    kind=DeliveryKind.QUESTION,
    address=BECKY,
    message_id="<1@column.example>",
    occasion="question:1",
    made_at=NOON,
    due_at=NOON + timedelta(0),
    id=4711,
)
REPLY = LINKS.reply_address(DELIVERY)
BOUNCE = LINKS.bounce_address(DELIVERY)
LOCAL = REPLY.partition("@")[0]


def other_than(character: str) -> str:
    return next(c for c in ALPHABET if c != character)


def test_the_reply_address_is_about_its_delivery() -> None:
    assert LINKS.read(REPLY) == MailAddressed(Purpose.REPLY, Genuine(4711))


def test_the_bounce_address_is_about_its_delivery() -> None:
    assert LINKS.read(BOUNCE) == MailAddressed(Purpose.BOUNCE, Genuine(4711))


def test_each_delivery_has_its_own_addresses() -> None:
    addresses = {LINKS.reply_address(DELIVERY), LINKS.bounce_address(DELIVERY)}
    other = Delivery(DeliveryKind.QUESTION, BECKY, "<2@column.example>", "question:2", NOON, NOON, id=4712)
    addresses |= {LINKS.reply_address(other), LINKS.bounce_address(other)}
    assert len(addresses) == 4


def test_an_address_fits_what_mail_systems_take() -> None:
    assert len(LOCAL) <= 64, "RFC 5321, 4.5.3.1.1"
    assert LOCAL.islower()


@pytest.mark.parametrize(
    "address",
    [
        REPLY.upper(),
        REPLY.title(),
        REPLY.replace(DOMAIN, "Column.EXAMPLE"),
        REPLY + ".",
    ],
    ids=["shouted", "each word begun large", "large domain", "with the dot of the root"],
)
def test_what_mail_systems_and_people_do_to_an_address_is_forgiven(address: str) -> None:
    assert LINKS.read(address) == MailAddressed(Purpose.REPLY, Genuine(4711))


@pytest.mark.parametrize(("meant", "typed"), [("0", "o"), ("1", "l"), ("1", "i"), ("v", "u"), ("0", "O")])
def test_letters_that_look_alike_are_the_same(meant: str, typed: str) -> None:
    numbers = range(1, 40)
    tokens = [LINKS.signer.mint(Purpose.REPLY, number) for number in numbers]
    assert any(meant in token for token in tokens)
    read = [LINKS.read(f"q-{token.replace(meant, typed)}@{DOMAIN}") for token in tokens]
    assert read == [MailAddressed(Purpose.REPLY, Genuine(number)) for number in numbers]


@pytest.mark.parametrize("place", range(2, len(LOCAL)))
def test_one_wrong_character_is_a_slip_that_is_taken_and_never_acted_upon(place: int) -> None:
    mistyped = LOCAL[:place] + other_than(LOCAL[place]) + LOCAL[place + 1 :]
    addressed = LINKS.read(f"{mistyped}@{DOMAIN}")
    assert addressed is not None
    assert addressed.purpose is Purpose.REPLY
    assert isinstance(addressed.resolution, Mistyped)


@pytest.mark.parametrize(
    "local",
    [LOCAL[:-1], LOCAL[:-5], LOCAL + "0", LOCAL + "xxxx", LOCAL.replace("-", "-ü"), "q-x", "q-" + "!" * 20],
    ids=["one short", "five short", "one more", "four more", "a letter that is none", "next to nothing", "signs"],
)
def test_whatever_begins_like_a_reply_address_is_ours(local: str) -> None:
    addressed = LINKS.read(f"{local}@{DOMAIN}")
    assert addressed is not None
    assert addressed.purpose is Purpose.REPLY
    assert not isinstance(addressed.resolution, Genuine)


def test_a_token_for_bounces_is_worthless_for_replies() -> None:
    swapped = "q" + BOUNCE[1:]
    addressed = LINKS.read(swapped)
    assert addressed is not None
    assert isinstance(addressed.resolution, Invented)


def test_a_token_of_another_key_is_invented() -> None:
    stranger = Links(base_url="https://guru.example", mail_domain=DOMAIN, signer=Signer((b"x" * 32,)))
    addressed = stranger.read(REPLY)
    assert addressed is not None
    assert isinstance(addressed.resolution, Invented)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("change", [str, str.upper, str.title])
def test_a_role_is_ours_and_about_no_mail(role: str, change: type[str]) -> None:
    assert LINKS.read(change(f"{role}@{DOMAIN}")) == MailAddressed(None, None)


def test_postmaster_and_abuse_are_there() -> None:
    """RFC 5321, 4.5.1 and RFC 2142, 4."""
    assert LINKS.read(f"postmaster@{DOMAIN}")
    assert LINKS.read("Postmaster") == MailAddressed(None, None), "also without a domain"
    assert LINKS.read(f"abuse@{DOMAIN}")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "@",
        "q-",
        "column",
        "abuse",
        f"@{DOMAIN}",
        DOMAIN,
        f"nobody@{DOMAIN}",
        f"columns@{DOMAIN}",
        f"column+tag@{DOMAIN}",
        f'"column"@{DOMAIN}',
        f" column@{DOMAIN}",
        f"q@{DOMAIN}",
        f"q-@{DOMAIN}",
        f"qq-{LOCAL[2:]}@{DOMAIN}",
        f"{LOCAL[2:]}@{DOMAIN}",
        f"c-{LOCAL[2:]}@{DOMAIN}",
        f"column@sub.{DOMAIN}",
        "column@elsewhere.example",
        f"column@{DOMAIN}.elsewhere.example",
        f"column@not{DOMAIN}",
        f"column@{DOMAIN}@elsewhere.example",
        REPLY.replace(DOMAIN, "elsewhere.example"),
        f"column@.{DOMAIN}",
        "column@column_example",
    ],
)
def test_what_is_not_ours_is_nobodys(address: str) -> None:
    assert LINKS.read(address) is None
