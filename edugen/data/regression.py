"""Regression data whose function is known: Friedman's, and sinusoids, a new one for each task."""
from typing import NamedTuple

import numpy as np

from edugen.data.dataset import Dataset
from edugen.data.toys import counted, noisy

__all__ = ["Sinusoids", "friedman1", "sinusoids"]


def friedman1(rng: int | np.random.Generator, n: int, features: int = 10, noise: float = 1.0) -> Dataset:
    r"""A smooth function of five inputs, and inputs that do not matter.  Friedman (1991), also in Breiman (1996).

    .. math:: y = 10 \sin(\pi x_0 x_1) + 20 (x_2 - \tfrac12)^2 + 10 x_3 + 5 x_4 + \epsilon

    Parameters
    ----------
    rng : seed or Generator
    n : int
        Number of observations.
    features : int, at least 5
        The inputs, independent and uniform on [0, 1]; those after the fifth have no influence.
    noise : float
        Standard deviation of the Gaussian :math:`\epsilon`.

    Returns
    -------
    Dataset
        x float64 (n, features), y float64 (n,).

    Examples
    --------
    >>> x, y = friedman1(0, 3)
    >>> x.shape, y.shape
    ((3, 10), (3,))
    """
    n, features = counted("n", n), counted("features", features, least=5)
    rng = np.random.default_rng(rng)
    x = rng.random((n, features))
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    return Dataset(x, noisy(rng, y, noise))


class Sinusoids(NamedTuple):
    """Tasks with their inputs and outputs, and what makes each of them: y = amplitude sin(x - phase).

    Parameters
    ----------
    x, y : array (tasks, n)
    amplitude, phase : array (tasks,)
    """

    x: np.ndarray
    y: np.ndarray
    amplitude: np.ndarray
    phase: np.ndarray


def sinusoids(rng: int | np.random.Generator, n: int, tasks: int = 1, amplitude: tuple[float, float] = (0.1, 5.0),
              phase: tuple[float, float] = (0.0, np.pi), noise: float = 0.0) -> Sinusoids:
    r"""Sine waves :math:`y = a \sin(x - \varphi)`, a task each, with x uniform on [-5, 5].  Finn, Abbeel & Levine (2017).

    Parameters
    ----------
    rng : seed or Generator
    n : int
        Points of each task.
    tasks : int
    amplitude, phase : pair of floats
        Between which :math:`a` and :math:`\varphi` are drawn uniformly; two equal numbers fix it.
    noise : float
        Standard deviation of the Gaussian noise added to y.

    Returns
    -------
    Sinusoids

    Examples
    --------
    >>> x, y, a, phase = sinusoids(0, 10, tasks=3)
    >>> x.shape, bool(np.allclose(y, a[:, None] * np.sin(x - phase[:, None])))
    ((3, 10), True)
    """
    n, tasks = counted("n", n), counted("tasks", tasks)
    for name, pair in (("amplitude", amplitude), ("phase", phase)):
        if np.shape(pair) != (2,) or not -np.inf < pair[0] <= pair[1] < np.inf:
            raise ValueError(f"{name} must be two numbers, the lower one first, got {pair!r}")
    rng = np.random.default_rng(rng)
    a, shift = rng.uniform(*amplitude, tasks), rng.uniform(*phase, tasks)
    x = rng.uniform(-5, 5, (tasks, n))
    return Sinusoids(x, noisy(rng, a[:, None] * np.sin(x - shift[:, None]), noise), a, shift)
