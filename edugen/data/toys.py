"""Toy classification data in the plane, each of a shape that a linear classifier cannot follow."""
from collections.abc import Sequence
from operator import index

import numpy as np

from edugen.data.dataset import Dataset

__all__ = ["eight_gaussians", "rings", "spirals", "two_moons", "xor"]


def two_moons(rng: int | np.random.Generator, n: int, noise: float = 0.1) -> Dataset:
    """Two interleaved half circles of radius 1.

    Parameters
    ----------
    rng : seed or Generator
    n : int
        Number of points; the classes are of equal size, or differ by one.
    noise : float
        Standard deviation of the Gaussian noise added to each coordinate.

    Returns
    -------
    Dataset
        x float64 (n, 2), y int64 (n,) in {0, 1}, in random order.

    Examples
    --------
    >>> x, y = two_moons(0, 5)
    >>> x.shape, sorted(y.tolist())
    ((5, 2), [0, 0, 0, 1, 1])
    """
    rng, y = _labels(rng, n, 2)
    angle = np.pi * rng.random(n)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.array([1.0, 0.5]) - upper                     # the upper moon turned by 180 degrees and moved
    return Dataset(noisy(rng, np.where(y[:, None] == 0, upper, lower), noise), y)


def spirals(rng: int | np.random.Generator, n: int, classes: int = 2, turns: float = 1.0,
            noise: float = 0.02) -> Dataset:
    """Spiral arms wound about the origin, one a class, their radius growing from 0.1 to 1.

    Parameters
    ----------
    rng : seed or Generator
    n : int
        Number of points; the sizes of the classes differ by at most one.
    classes : int
        Number of arms.
    turns : float
        How often an arm winds around the origin.
    noise : float
        Standard deviation of the Gaussian noise added to each coordinate.

    Returns
    -------
    Dataset
        x float64 (n, 2), y int64 (n,) in {0, ..., classes - 1}, in random order.

    Examples
    --------
    >>> x, y = spirals(0, 6, classes=3, noise=0.0)
    >>> np.bincount(y).tolist(), bool(np.hypot(*x.T).max() < 1.0)
    ([2, 2, 2], True)
    """
    turns = finite("turns", turns)
    rng, y = _labels(rng, n, classes)
    radius = 0.1 + 0.9 * rng.random(n)
    angle = 2 * np.pi * (turns * radius + y / classes)
    return Dataset(noisy(rng, radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1), noise), y)


def rings(rng: int | np.random.Generator, n: int, radii: Sequence[float] = (1.0, 2.0), noise: float = 0.1) -> Dataset:
    """Circles around the origin, one a class.

    Parameters
    ----------
    rng : seed or Generator
    n : int
        Number of points; the sizes of the classes differ by at most one.
    radii : floats, at least 0
        The radius of each class.
    noise : float
        Standard deviation of the Gaussian noise added to each coordinate.

    Returns
    -------
    Dataset
        x float64 (n, 2), y int64 (n,) in {0, ..., len(radii) - 1}, in random order.

    Examples
    --------
    >>> x, y = rings(0, 4, noise=0.0)
    >>> bool(np.allclose(np.hypot(*x.T), y + 1))
    True
    """
    distances = np.asarray(radii, dtype=float)
    if distances.ndim != 1 or not distances.size or not np.all((distances >= 0) & (distances < np.inf)):
        raise ValueError(f"radii must be a list of finite numbers, none negative, one a class, got {radii!r}")
    rng, y = _labels(rng, n, len(distances))
    angle = 2 * np.pi * rng.random(n)
    return Dataset(noisy(rng, distances[y, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1), noise), y)


def xor(rng: int | np.random.Generator, n: int, noise: float = 0.1) -> Dataset:
    """Four clouds at the corners (-1, -1), (-1, 1), (1, -1), (1, 1); the class is 1 where the signs differ.

    Parameters
    ----------
    rng : seed or Generator
    n : int
        Number of points; the sizes of the clouds differ by at most one.
    noise : float
        Standard deviation of the clouds; 0 puts every point on its corner.

    Returns
    -------
    Dataset
        x float64 (n, 2), y int64 (n,) in {0, 1}, in random order. A point keeps the class of its cloud, however far the
        noise takes it.

    Examples
    --------
    >>> x, y = xor(0, 4, noise=0.0)
    >>> sorted(zip(x.astype(int).tolist(), y.tolist()))
    [([-1, -1], 0), ([-1, 1], 1), ([1, -1], 1), ([1, 1], 0)]
    """
    rng, corner = _labels(rng, n, 4)
    a, b = corner // 2, corner % 2
    return Dataset(noisy(rng, 2.0 * np.stack([a, b], axis=1) - 1.0, noise), a ^ b)


def eight_gaussians(rng: int | np.random.Generator, n: int, radius: float = 2.0, noise: float = 0.2,
                    components: int = 8) -> Dataset:
    """A mixture of equal round clouds on a circle: what a model that drops or blurs modes is caught with.

    Parameters
    ----------
    rng : seed or Generator
    n : int
        Number of points; each is drawn from a component of its own choice, so the sizes vary as in a sample of the mixture.
    radius : float
        Distance of the centers from the origin.
    noise : float
        Standard deviation of each cloud.
    components : int

    Returns
    -------
    Dataset
        x float64 (n, 2), y int64 (n,), the component, counted from the positive x-axis against the clock.

    Examples
    --------
    >>> x, y = eight_gaussians(0, 4, noise=0.0)
    >>> bool(np.allclose(np.arctan2(x[:, 1], x[:, 0]) % (2 * np.pi), y * np.pi / 4))
    True
    """
    n, components, radius = counted("n", n), counted("components", components), finite("radius", radius)
    rng = np.random.default_rng(rng)
    y = rng.integers(components, size=n)
    angle = 2 * np.pi * y / components
    return Dataset(noisy(rng, radius * np.stack([np.cos(angle), np.sin(angle)], axis=1), noise), y)


def counted(name: str, number: int, least: int = 1, most: float = np.inf) -> int:
    """A whole number within its bounds, or an error that names it."""
    try:
        found = index(number)
    except TypeError:
        found = None
    if found is None or not least <= found <= most:
        bounds = f"at least {least}" + (f" and at most {most}" if most < np.inf else "")
        raise ValueError(f"{name} must be a whole number, {bounds}, got {number!r}")
    return found


def finite(name: str, number: float) -> float:
    """A finite number, or an error that names it."""
    value = np.asarray(number)
    if value.ndim or value.dtype.kind not in "iuf" or not np.isfinite(value):
        raise ValueError(f"{name} must be a finite number, got {number!r}")
    return float(number)


def noisy(rng: np.random.Generator, x: np.ndarray, noise: float) -> np.ndarray:
    """`x` with Gaussian noise of that standard deviation."""
    value = np.asarray(noise)
    if value.ndim or value.dtype.kind not in "iuf" or not 0 <= value < np.inf:
        raise ValueError(f"noise must be a standard deviation, 0 or a positive number, got {noise!r}")
    return x + noise * rng.normal(size=x.shape)


def _labels(rng: int | np.random.Generator, n: int, classes: int) -> tuple[np.random.Generator, np.ndarray]:
    """The generator, and n labels in random order, as many of each class as of any other to within one."""
    n, classes = counted("n", n), counted("classes", classes)
    rng = np.random.default_rng(rng)
    return rng, rng.permutation(np.arange(n, dtype=np.int64) % classes)
