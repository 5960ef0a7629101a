"""A token resolves to one row and one action, survives retyping, and cannot be guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.token import ALPHABET, LONGEST, Genuine, Invented, Mistyped, Purpose, Signer

SIGNER = Signer((b"a" * 32,))
IDS = st.integers(min_value=0, max_value=2**63)


@given(IDS, st.sampled_from(Purpose))
def test_what_was_minted_resolves(row_id: int, purpose: Purpose) -> None:
    token = SIGNER.mint(purpose, row_id)
    assert SIGNER.resolve(purpose, token) == Genuine(row_id)
    assert len(token) <= LONGEST
    assert len(f"q-{token}") <= 64, "RFC 5321 allows a local part 64 octets"
    assert set(token) <= set(ALPHABET)


@given(IDS)
def test_it_survives_upper_case_and_lookalikes(row_id: int) -> None:
    token = SIGNER.mint(Purpose.REPLY, row_id)
    retyped = token.upper().replace("0", "O").replace("1", "I").replace("V", "U")
    assert SIGNER.resolve(Purpose.REPLY, f" {retyped[:5]}-{retyped[5:]} ") == Genuine(row_id)


@given(IDS, st.sampled_from(Purpose), st.sampled_from(Purpose))
def test_it_is_good_for_one_purpose_alone(row_id: int, made_for: Purpose, used_for: Purpose) -> None:
    resolution = SIGNER.resolve(used_for, SIGNER.mint(made_for, row_id))
    assert (resolution == Genuine(row_id)) is (made_for == used_for)


@given(IDS, st.data())
def test_one_wrong_character_is_told_from_an_invention(row_id: int, data: st.DataObject) -> None:
    token = SIGNER.mint(Purpose.REPLY, row_id)
    place = data.draw(st.integers(min_value=0, max_value=len(token) - 1))
    other = data.draw(st.sampled_from([c for c in ALPHABET if c != token[place]]))
    mistyped = token[:place] + other + token[place + 1 :]
    resolution = SIGNER.resolve(Purpose.REPLY, mistyped)
    assert isinstance(resolution, Mistyped)
    in_the_mac = place >= len(token) - 27
    assert resolution.guess == (row_id if in_the_mac else resolution.guess)


def test_a_well_formed_token_of_somebody_else_is_an_invention() -> None:
    foreign = Signer((b"b" * 32,)).mint(Purpose.REPLY, 7)
    assert SIGNER.resolve(Purpose.REPLY, foreign) == Invented()


def test_a_former_key_is_still_accepted() -> None:
    old = SIGNER.mint(Purpose.REPLY, 7)
    rotated = Signer((b"n" * 32, b"a" * 32))
    assert rotated.resolve(Purpose.REPLY, old) == Genuine(7)
    assert rotated.mint(Purpose.REPLY, 7) != old


@given(st.text(max_size=200))
def test_any_text_may_be_asked_about(text: str) -> None:
    assert not isinstance(SIGNER.resolve(Purpose.REPLY, text), Genuine)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        Signer((b"short",))
