"""Bars and stripes: small binary images whose distribution is known to the last bit."""
import numpy as np

from edugen.data.dataset import Dataset
from edugen.data.toys import counted

__all__ = ["bars_and_stripes", "every_bar_and_stripe"]


def bars_and_stripes(rng: int | np.random.Generator, n: int, size: int = 4) -> Dataset:
    """Images whose columns, or whose rows, are each on or off.  MacKay (2003), §43.

    A coin chooses columns (bars) or rows (stripes), and another one each of them, so that the empty and the full image
    come twice as often as any other.

    Parameters
    ----------
    rng : seed or Generator
    n : int
        Number of images.
    size : int
        Pixels on a side.

    Returns
    -------
    Dataset
        x float64 (n, size * size) of zeros and ones, an image a row; y int64 (n,): 0 bars, 1 stripes. The empty and the
        full image are either.

    Examples
    --------
    >>> bars_and_stripes(5, 1, size=3).x.reshape(3, 3)
    array([[1., 1., 1.],
           [0., 0., 0.],
           [1., 1., 1.]])
    """
    n, size = counted("n", n), counted("size", size)
    rng = np.random.default_rng(rng)
    y, on = rng.integers(2, size=n), rng.integers(2, size=(n, size))
    return Dataset(_images(on, y), y)


def every_bar_and_stripe(size: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """All images that `bars_and_stripes` draws, each once, and their probabilities.

    Parameters
    ----------
    size : int
        Pixels on a side, at most 20: the number of images doubles with each.

    Returns
    -------
    x : float64 (M, size * size), M = 2 ** (size + 1) - 2 (2 for size 1)
    p : float64 (M,), sums to one

    Examples
    --------
    >>> x, p = every_bar_and_stripe(2)
    >>> x.astype(int).tolist()
    [[0, 0, 0, 0], [0, 0, 1, 1], [0, 1, 0, 1], [1, 0, 1, 0], [1, 1, 0, 0], [1, 1, 1, 1]]
    >>> p
    array([0.25 , 0.125, 0.125, 0.125, 0.125, 0.25 ])
    """
    size = counted("size", size, most=20)
    on = (np.arange(2 ** size)[:, None] >> np.arange(size)) & 1
    x = np.concatenate([_images(on, np.full(len(on), kind)) for kind in (0, 1)])
    images, counts = np.unique(x, axis=0, return_counts=True)
    return images, counts / len(x)


def _images(on: np.ndarray, stripes: np.ndarray) -> np.ndarray:
    """One image for each row of `on`: its entries along the columns, or where `stripes`, along the rows."""
    size = on.shape[1]
    columns = np.repeat(on[:, None, :], size, axis=1)
    return np.where(stripes[:, None, None] == 1, columns.swapaxes(1, 2), columns).reshape(len(on), -1).astype(float)
