"""Real handwritten digits: 1,797 gray images of 8 x 8 pixels, shipped with the package.

"Optical Recognition of Handwritten Digits" by Ethem Alpaydin and Cenk Kaynak (1998), UCI Machine Learning Repository,
https://doi.org/10.24432/C50P49, licensed under CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/). The copy is
scikit-learn's, stored as bytes, values unchanged: see ATTRIBUTION.txt beside it. Each pixel counts the inked points, 0
to 16, of a 4 x 4 block of a larger scan. Thirteen people wrote these images.
"""
from functools import cache
from importlib.resources import files
from typing import Literal, overload

import numpy as np

from edugen.data.dataset import Dataset, Split
from edugen.data.stratify import stratify

__all__ = ["digits"]

SIZES = (1000, 350, 447)


@cache
def _stored() -> tuple[np.ndarray, np.ndarray]:
    with (files("edugen.data") / "digits.npz").open("rb") as file, np.load(file, allow_pickle=False) as archive:
        return archive["x"], archive["y"]


@overload
def digits(split: None = None, seed: int | np.random.Generator = 0) -> Dataset: ...
@overload
def digits(split: Literal["random", "ordered"], seed: int | np.random.Generator = 0) -> Split[Dataset]: ...


def digits(split: str | None = None, seed: int | np.random.Generator = 0) -> Dataset | Split[Dataset]:
    """The handwritten digits, whole or split 1,000 / 350 / 447.

    Parameters
    ----------
    split : None, "random" or "ordered"
        None: all images, in the order they were collected. "random": a random split in which each digit has its share
        (see `stratify`), so all parts come from one distribution, as Cho (2.4) assumes. "ordered": the first 1,000 rows
        train and the last 447 test. Rows stand in the order they were collected, so other hands wrote the last ones,
        and the assumption fails.
    seed : int or Generator
        Draws the random split: the same seed, the same split. The other choices do not use it.

    Returns
    -------
    Dataset or Split
        x float64 (N, 64) in [0, 1], one row an image, its pixels row by row; y int64 (N,), 0 to 9.
        New arrays on every call: change them freely.

    Raises
    ------
    ValueError
        When `split` is something else.

    Examples
    --------
    >>> x, y = digits()
    >>> x.shape, y[:10].tolist()
    ((1797, 64), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    >>> train, validation, test = digits(split="random", seed=0)
    >>> len(train.y), len(validation.y), len(test.y)
    (1000, 350, 447)
    """
    if split not in (None, "random", "ordered"):
        raise ValueError(f'split must be None, "random" or "ordered", got {split!r}')
    ink, labels = _stored()
    x, y = ink / 16.0, labels.astype(np.int64)
    if split is None:
        return Dataset(x, y)
    parts = stratify(seed, y, SIZES) if split == "random" else np.split(np.arange(len(y)), np.cumsum(SIZES)[:-1])
    return Split(*(Dataset(x[rows], y[rows]) for rows in parts))
