"""The shipped digits against scikit-learn's, and their two splits."""
import subprocess
import sys
from importlib.resources import files

import numpy as np
import pytest
from sklearn.datasets import load_digits

from edugen.data import Dataset, Split, digits


def test_stored_bytes_are_scikit_learns():
    ours, theirs = np.load(str(files("edugen.data") / "digits.npz"), allow_pickle=False), load_digits()
    assert sorted(ours.files) == ["x", "y"]
    assert ours["x"].dtype == ours["y"].dtype == np.uint8
    np.testing.assert_array_equal(ours["x"], theirs.data)
    np.testing.assert_array_equal(ours["y"], theirs.target)


def test_license_is_stated_beside_the_data_and_in_the_docstring():
    note = (files("edugen.data") / "ATTRIBUTION.txt").read_text(encoding="utf-8")
    doc = sys.modules["edugen.data.digits"].__doc__
    for text in (note, doc):
        assert all(words in text for words in ("Alpaydin", "Kaynak", "CC BY 4.0", "10.24432/C50P49", "scikit-learn"))


def test_all_digits_scaled_to_the_unit_interval():
    data, theirs = digits(), load_digits()
    assert isinstance(data, Dataset)
    assert data.x.dtype == np.float64 and data.y.dtype == np.int64
    np.testing.assert_array_equal(data.x * 16, theirs.data)
    np.testing.assert_array_equal(data.y, theirs.target)
    assert (data.x.min(), data.x.max()) == (0.0, 1.0)


def test_ordered_split_is_first_next_last():
    data, split = digits(), digits(split="ordered")
    assert isinstance(split, Split) and all(isinstance(part, Dataset) for part in split)
    for part, rows in zip(split, (slice(0, 1000), slice(1000, 1350), slice(1350, 1797))):
        np.testing.assert_array_equal(part.x, data.x[rows])
        np.testing.assert_array_equal(part.y, data.y[rows])


@pytest.mark.parametrize("seed", range(10))
def test_random_split_is_a_stratified_partition(seed):
    data, split = digits(), digits(split="random", seed=seed)
    assert [part.x.shape for part in split] == [(1000, 64), (350, 64), (447, 64)]
    for part in split:
        quota = len(part.y) * np.bincount(data.y) / len(data.y)
        assert np.all(np.abs(np.bincount(part.y, minlength=10) - quota) < 2)
    together = np.concatenate([np.column_stack([part.x, part.y]) for part in split])
    whole = np.column_stack([data.x, data.y])
    np.testing.assert_array_equal(together[np.lexsort(together.T)], whole[np.lexsort(whole.T)])


def test_random_split_is_set_by_the_seed_alone():
    first = digits(split="random", seed=3)
    second, other = digits(split="random", seed=3), digits(split="random", seed=4)
    by_generator = digits(split="random", seed=np.random.default_rng(3))
    for a, b, c, d in zip(first, second, by_generator, other):
        np.testing.assert_array_equal(a.x, b.x)
        np.testing.assert_array_equal(a.y, b.y)
        np.testing.assert_array_equal(a.x, c.x)
        assert not np.array_equal(a.x, d.x)


def test_order_within_a_random_part_says_nothing_about_the_class():
    """Neighbors share a class as often as chance has it: 999 pairs at 1/10, so 100 +- 9.5; false alarm about 1e-6."""
    y = digits(split="random", seed=0).train.y
    assert abs(np.sum(y[1:] == y[:-1]) - 99.9) < 5 * 9.5


def test_every_call_returns_new_arrays():
    data = digits()
    data.x[:] = -1.0
    data.y[:] = -1
    assert digits().x.min() == 0.0 and digits().y.min() == 0


def test_unknown_split_is_named():
    with pytest.raises(ValueError, match=r'split must be None, "random" or "ordered", got \'stratified\''):
        digits(split="stratified")


def test_loading_imports_numpy_only():
    code = "import sys, edugen.data as d; d.digits(split='random'); d.two_moons(0, 9); " \
           "print(sorted({'matplotlib', 'scipy', 'sklearn', 'numba', 'tqdm'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (run.stdout.strip(), run.stderr) == ("[]", "")
