"""Replies of which every word is known, in the shapes of 32 mail programs: a sample of what bench/reply.py measures."""

import pytest

from bench.clients import CLIENTS, LANGUAGES
from bench.generated import messages, results

FEWEST_PRECISION = 0.998  # of the sample; over thousands it is 0.999


@pytest.fixture(scope="module")
def found():
    return results(320, seed=3)


def test_every_program_and_language_is_there(found):
    assert {result.message.client for result in found} == {client.name for client in CLIENTS}
    assert len(CLIENTS) >= 20
    assert len({result.message.language for result in found}) == len(LANGUAGES) >= 6
    assert {result.message.position for result in found} >= {"top", "bottom"}


def test_no_word_of_hers_is_lost(found):
    assert [(result.message.client, result.lost) for result in found if result.lost] == []


def test_hardly_a_word_of_ours_leaks(found):
    hers = sum(len(result.message.hers) for result in found)
    leaked = [(result.message.client, result.leaked) for result in found if result.leaked]
    assert sum(len(words) for _, words in leaked) <= (1 - FEWEST_PRECISION) * hers, leaked


def test_the_same_seed_gives_the_same_mails():
    assert [one.raw for one in messages(40, seed=5)] == [one.raw for one in messages(40, seed=5)]
