"""Near duplicates: what is reported is truly similar, nothing plainly similar is missed, order is nothing."""

import random

from hypothesis import given
from hypothesis import strategies as st

from methods.reading.clusters import THRESHOLD, near_duplicates
from methods.reading.minhash import jaccard, shingles

WORDS = st.sampled_from(["a", "b", "c", "d", "e", "f"])
TEXTS = st.lists(st.lists(WORDS, max_size=9).map(" ".join), max_size=12)


def sentence(seed: int, num_words: int = 40) -> list[str]:
    """Words that depend on the seed."""
    return random.Random(seed).choices([f"w{number}" for number in range(1_000)], k=num_words)


@given(TEXTS, st.randoms(use_true_random=False))
def test_a_reported_pair_is_truly_similar_and_order_does_not_matter(
    texts: list[str], turn: random.Random
) -> None:
    by_id = {f"r{place}": text for place, text in enumerate(texts)}
    reported = near_duplicates(by_id)
    for duplicate in reported:
        similarity = jaccard(shingles(by_id[duplicate.id]), shingles(by_id[duplicate.matches]))
        assert duplicate.similarity == similarity >= THRESHOLD
        assert duplicate.cluster < duplicate.id and duplicate.cluster <= duplicate.matches
    shuffled = list(by_id.items())
    turn.shuffle(shuffled)
    assert near_duplicates(dict(shuffled)) == reported


@given(TEXTS)
def test_texts_with_the_same_shingles_are_in_one_cluster(texts: list[str]) -> None:
    by_id = {f"r{place:02}": text for place, text in enumerate(texts) if text}
    cluster = dict(zip(by_id, by_id, strict=True)) | {
        duplicate.id: duplicate.cluster for duplicate in near_duplicates(by_id)
    }
    for text_id, words in by_id.items():
        for other, others in by_id.items():
            if shingles(words) == shingles(others):
                assert cluster[text_id] == cluster[other]


def test_an_edited_word_is_found_and_another_text_is_not() -> None:
    texts = {f"r{seed:03}": sentence(seed) for seed in range(200)}
    edited = {f"x{seed:03}": [*sentence(seed)[:-1], "edited"] for seed in range(0, 200, 10)}
    duplicates = near_duplicates({text_id: " ".join(words) for text_id, words in (texts | edited).items()})
    assert [(duplicate.id, duplicate.matches, duplicate.cluster) for duplicate in duplicates] == [
        (text_id, text_id.replace("x", "r"), text_id.replace("x", "r")) for text_id in edited
    ]
    assert {round(duplicate.similarity, 3) for duplicate in duplicates} == {round(35 / 37, 3)}


def test_a_chain_of_edits_is_one_cluster_named_after_its_smallest_member() -> None:
    words = sentence(1, 60)
    texts = {f"r{turn}": " ".join(["edited"] * turn + words[turn:]) for turn in range(8)}
    duplicates = near_duplicates(texts)
    assert {duplicate.cluster for duplicate in duplicates} == {"r0"} and len(duplicates) == 7


def test_many_fillings_of_one_template_are_no_quadratic_work() -> None:
    texts = {f"r{turn:05}": f"write a short poem about the number {turn}" for turn in range(8_000)}
    assert near_duplicates(texts) == []
    texts = {f"r{turn:05}": f"{' '.join(sentence(1))} {turn}" for turn in range(8_000)}
    assert len(near_duplicates(texts)) == 7_999


def test_texts_without_words_are_duplicates_of_nothing() -> None:
    assert near_duplicates({"a": "", "b": ""}) == near_duplicates({}) == []
