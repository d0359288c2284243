"""Cutting labeled data at random into parts in which every class has its share."""
from collections.abc import Sequence

import numpy as np

from edugen.data.toys import counted

__all__ = ["stratify"]


def stratify(rng: int | np.random.Generator, y: np.ndarray, sizes: Sequence[int]) -> list[np.ndarray]:
    """Row indices of disjoint random parts of exact sizes, each with nearly the class shares of the whole.

    Line the rows up class by class, in random order within a class, and deal them out: each part takes its turns at
    even distances from a random start, so in any stretch of the line, and thus in any class, it takes its share.

    Parameters
    ----------
    rng : seed or Generator
    y : integers (N,)
    sizes : integers that sum to N

    Returns
    -------
    list of integer arrays, one of each size
        A class has its proportional share of a part to within 1 (two parts), or P - 1 (P parts).

    Raises
    ------
    ValueError
        When `y` is not one label per row, or the sizes are no whole numbers that sum to N.

    Examples
    --------
    >>> y = np.array([0] * 60 + [1] * 30)
    >>> [np.bincount(y[rows]).tolist() for rows in stratify(0, y, [45, 45])]
    [[30, 15], [30, 15]]
    """
    rng = np.random.default_rng(rng)
    y, sizes = np.asarray(y), [counted("each of sizes", size, least=0) for size in sizes]
    if y.ndim != 1 or y.size == 0:
        raise ValueError(f"y must hold one label per row, shape (N,), at least one, got shape {y.shape}")
    if sum(sizes) != len(y):
        raise ValueError(f"sizes must sum to the {len(y)} rows of y, got {sizes}, whose sum is {sum(sizes)}")
    line = rng.permutation(len(y))
    line = line[np.argsort(y[line], kind="stable")]
    turns = np.concatenate([(np.arange(size) + rng.random()) / max(size, 1) for size in sizes])
    part = np.repeat(np.arange(len(sizes)), sizes)[np.argsort(turns)]
    part = np.roll(part, rng.integers(len(y)))               # so that each row is equally likely to go to a part
    return [rng.permutation(line[part == p]) for p in range(len(sizes))]       # the order within a part says nothing
