"""The toys lie on the curves they are said to lie on."""
import numpy as np
import pytest
from sklearn.datasets import make_moons

from edugen.data import Dataset, rings, spirals, two_moons, xor

TOYS = [two_moons, spirals, rings, xor]


@pytest.mark.parametrize("toy", TOYS)
def test_shapes_types_and_balance(toy):
    data = toy(0, 203)
    assert isinstance(data, Dataset)
    assert data.x.shape == (203, 2) and data.x.dtype == np.float64
    assert data.y.shape == (203,) and data.y.dtype == np.int64
    assert abs(np.bincount(data.y)[0] - np.bincount(data.y)[1]) <= 1
    assert 0 < np.sum(np.diff(data.y) != 0) < 202 and not np.array_equal(data.y, np.sort(data.y))    # shuffled


@pytest.mark.parametrize("toy", TOYS)
def test_the_seed_decides_and_a_generator_moves_on(toy):
    np.testing.assert_array_equal(toy(5, 40).x, toy(5, 40).x)
    np.testing.assert_array_equal(toy(5, 40).y, toy(np.random.default_rng(5), 40).y)
    assert not np.array_equal(toy(5, 40).x, toy(6, 40).x)
    rng = np.random.default_rng(5)
    assert not np.array_equal(toy(rng, 40).x, toy(rng, 40).x)


@pytest.mark.parametrize("toy", TOYS)
def test_noise_is_gaussian_of_the_stated_spread(toy):
    """The same seed draws the same curve. Of 8,000 normal numbers, mean and spread within 5 sigma."""
    residual = (toy(1, 4000, noise=0.25).x - toy(1, 4000, noise=0.0).x) / 0.25
    assert abs(residual.mean()) < 0.056 and abs(residual.std() - 1) < 0.04
    np.testing.assert_allclose(np.mean(np.abs(residual) < 1), 0.6827, atol=0.027)


def test_moons_are_scikit_learns():
    x, y = two_moons(0, 2000, noise=0.0)
    grid, label = make_moons(20_000, shuffle=False, noise=None)
    for k in (0, 1):
        gap = np.linalg.norm(x[y == k][:, None] - grid[label == k][None, ::10], axis=2)
        assert gap.min(axis=1).max() < np.pi / 1000          # each of our points lies on its moon ...
        assert gap.min(axis=0).max() < 0.05                  # ... and the whole moon is covered


@pytest.mark.parametrize("classes, turns", [(2, 1.0), (3, 0.75), (5, 2.0)])
def test_spirals_unwind_to_straight_rays(classes, turns):
    x, y = spirals(0, 900, classes=classes, turns=turns, noise=0.0)
    z = x[:, 0] + 1j * x[:, 1]
    radius = np.abs(z)
    assert 0.1 <= radius.min() < 0.12 and 0.98 < radius.max() <= 1.0
    rays = z * np.exp(-2j * np.pi * turns * radius) / radius
    np.testing.assert_allclose(rays, np.exp(2j * np.pi * y / classes), atol=1e-12)
    assert np.ptp(np.bincount(y, minlength=classes)) <= 1


def test_rings_have_their_radii_and_go_all_the_way_round():
    x, y = rings(0, 3000, radii=(0.5, 2.0, 3.0), noise=0.0)
    np.testing.assert_allclose(np.hypot(*x.T), np.array([0.5, 2.0, 3.0])[y], rtol=1e-12)
    for k in range(3):
        angles = np.sort(np.arctan2(x[y == k, 1], x[y == k, 0]))
        assert np.max(np.diff(angles, append=angles[0] + 2 * np.pi)) < 0.1


def test_xor_is_the_exclusive_or_of_the_signs():
    x, y = xor(0, 403, noise=0.0)
    np.testing.assert_array_equal(y, x[:, 0] * x[:, 1] < 0)
    corners, counts = np.unique(x, axis=0, return_counts=True)
    np.testing.assert_array_equal(corners, [[-1, -1], [-1, 1], [1, -1], [1, 1]])
    assert np.ptp(counts) <= 1


def test_xor_keeps_the_class_of_the_cloud():
    clean, noisy = xor(0, 500, noise=0.0), xor(0, 500, noise=2.0)
    np.testing.assert_array_equal(clean.y, noisy.y)
    assert np.mean((noisy.x[:, 0] * noisy.x[:, 1] < 0) != noisy.y) > 0.2


@pytest.mark.parametrize("toy", TOYS)
@pytest.mark.parametrize("n", [0, -3, 2.5, "ten"])
def test_a_number_of_points_that_is_none_is_named(toy, n):
    with pytest.raises(ValueError, match="n must be a whole number, at least 1, got"):
        toy(0, n)


@pytest.mark.parametrize("toy", TOYS)
@pytest.mark.parametrize("noise", [-0.1, np.nan, np.inf, "much", np.array([0.1, 0.2])])
def test_a_noise_that_is_none_is_named(toy, noise):
    with pytest.raises(ValueError, match="noise must be a standard deviation, 0 or a positive number, got"):
        toy(0, 10, noise=noise)


def test_bad_classes_and_radii_are_named():
    with pytest.raises(ValueError, match="classes must be a whole number, at least 1, got 0"):
        spirals(0, 10, classes=0)
    with pytest.raises(ValueError, match=r"radii must be a list of finite numbers, none negative, .* got \(1.0, -2.0\)"):
        rings(0, 10, radii=(1.0, -2.0))
    for radii in (1.0, (), (1.0, np.inf)):
        with pytest.raises(ValueError, match="radii must be a list of finite numbers"):
            rings(0, 10, radii=radii)
    with pytest.raises(ValueError, match="turns must be a finite number, got nan"):
        spirals(0, 10, turns=np.nan)
