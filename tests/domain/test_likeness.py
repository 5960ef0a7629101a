"""Two letters are alike where they share what they are about, not the words of every letter."""

from app.domain.likeness import LEAST_LIKENESS, likeness, rarity, telling

HEEL = "Dear Guru, the first ten steps of the day feel as if somebody had left a drawing pin in my heel. What can I do?"
AGAIN = "Hello! Every morning my heel hurts like a drawing pin for the first steps. Please help me, many thanks."
SHINS = "Dear Guru, every spring my shins stop me in week three. What can I do? Many thanks, please help me."


def alike(one: str, other: str) -> float:
    return likeness(telling(one), telling(other), lambda stem: 1.0)


def test_the_same_trouble_in_other_words_is_alike() -> None:
    assert alike(HEEL, AGAIN) >= LEAST_LIKENESS
    assert alike(AGAIN, HEEL) == alike(HEEL, AGAIN)


def test_politeness_is_no_likeness() -> None:
    assert alike(SHINS, AGAIN) == 0
    assert alike("Thank you so much for your help, dear Guru", "Dear Guru, thank you for all your help") == 0


def test_nothing_is_like_nothing() -> None:
    assert alike("", "") == 0
    assert alike("knee", "knee") == 0, "one word is no question"


def test_a_rare_word_weighs_more_than_one_of_every_letter() -> None:
    assert rarity(1000, 1) > 2 * rarity(1000, 900)
