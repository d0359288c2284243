"""Stratified parts: exact sizes, near shares, every row equally likely."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edugen.data import stratify


@given(st.lists(st.integers(-3, 12), min_size=1, max_size=120), st.data())
def test_parts_are_a_partition_with_proportional_shares(labels, data):
    y, n = np.array(labels), len(labels)
    cuts = sorted(data.draw(st.lists(st.integers(0, n), min_size=1, max_size=4)))
    sizes = np.diff([0, *cuts, n]).tolist()
    parts = stratify(data.draw(st.integers(0, 2**32)), y, sizes)
    assert [len(part) for part in parts] == sizes
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(n))
    for part in parts:
        for label in set(labels):
            assert abs(np.sum(y[part] == label) - len(part) * np.mean(y == label)) < len(sizes) - 1 + 1e-9


def test_every_row_is_equally_likely_to_be_drawn():
    """4,000 draws: a frequency has standard error 0.0077; ten rows within 5 of them: false alarm below 1e-5."""
    y, hits = np.array([4, 4, 4, 4, 4, 7, 7, 7, -1, -1]), np.zeros(10)
    for seed in range(4000):
        hits[stratify(seed, y, [6, 4])[0]] += 1
    np.testing.assert_allclose(hits / 4000, 0.6, atol=5 * 0.0077)


def test_within_a_class_the_rows_are_shuffled():
    first = [tuple(np.sort(stratify(seed, np.zeros(20, int), [10, 10])[0])) for seed in range(50)]
    assert len(set(first)) == 50                             # two of 184,756 subsets agree with probability below 0.7 %


@pytest.mark.parametrize("sizes, message", [
    ([3, 4], r"sum to the 8 rows of y, got \[3, 4\], whose sum is 7"),
    ([9, -1], "each of sizes must be a whole number, at least 0, got -1"),
    ([4.5, 3.5], "each of sizes must be a whole number, at least 0, got 4.5"),
])
def test_sizes_that_do_not_fit_are_refused(sizes, message):
    with pytest.raises(ValueError, match=message):
        stratify(0, np.zeros(8, int), sizes)


@pytest.mark.parametrize("y", [np.zeros((4, 2), int), np.zeros(0, int)])
def test_labels_must_be_one_a_row(y):
    with pytest.raises(ValueError, match=r"y must hold one label per row, shape \(N,\), at least one, got shape \("):
        stratify(0, y, [y.size])
