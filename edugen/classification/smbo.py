r"""Sequential model-based optimization: learn the risk of a configuration, and ask where it may improve.  Cho §2.5.1.

Three steps, again and again: (1) fit a predictor that knows how unsure it is to all trials so far, (2) choose the configuration
with the most expected improvement, (3) try it.
"""
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from edugen.autodiff import value_and_grad

from .optimizers import Adam
from .search import Space, Trials, evaluate, random_configurations

__all__ = ["Ensemble", "GaussianProcess", "acquisition", "expected_improvement", "sampled_improvement", "smbo"]


# How much better will it be? ------------------------------------------------------------------------------------------------

def expected_improvement(mean: Any, std: Any, best: float) -> Any:
    r"""Expected improvement over the best risk so far, for a normal prediction.  Cho (2.146), in closed form.

    .. math:: \mathrm{EI} = \sigma\, (u\, \Phi(u) + \phi(u)), \qquad u = (\hat r - \mu) / \sigma

    Parameters
    ----------
    mean, std : arrays (Q,), of the predicted risk
    best : float, :math:`\hat r_{n-1}`, (2.147)

    Returns
    -------
    array (Q,), at least 0

    Examples
    --------
    >>> expected_improvement(np.array([1.0, 0.8]), np.array([0.0, 0.0]), best=1.0)
    array([0. , 0.2])
    """
    from scipy.special import ndtr
    mean, std = np.asarray(mean, dtype=float), np.asarray(std, dtype=float)
    if not np.all(std >= 0):
        raise ValueError(f"std must hold standard deviations, at least 0, got {std.min()}")
    with np.errstate(divide="ignore", invalid="ignore"):
        u = (best - mean) / std
        value = std * (u * ndtr(u) + np.exp(-u * u / 2) / math.sqrt(2 * math.pi))
    return np.where(std > 0, np.maximum(value, 0), np.maximum(best - mean, 0))   # (2.146)


def sampled_improvement(samples: Any, best: float) -> Any:
    r"""Expected improvement from draws of the predicted risk, :math:`r_m \sim r \mid \lambda, D_{n-1}`.  Cho (2.148).

    Parameters
    ----------
    samples : array (M, Q)
    best : float

    Examples
    --------
    >>> sampled_improvement(np.array([[0.5, 2.0], [1.5, 3.0]]), best=1.0)
    array([0.25, 0.  ])
    """
    return np.mean(np.maximum(0, best - np.asarray(samples)), axis=0)            # (2.148)


def acquisition(rng: np.random.Generator, improvement: Any, beta: float = math.inf, distance: Any = 0.0,
                alpha: float = 0.0) -> int:
    r"""Choose among candidates, :math:`q \propto \exp(\beta\, \mathrm{EI} - \alpha D)`.  Cho (2.149), (2.150).

    Parameters
    ----------
    rng : Generator
    improvement : array (Q,), expected improvements of candidates that were drawn from the prior
    beta : float
        With 0 all are as likely: random search. With infinity it is the largest.
    distance : array (Q,), from the best configuration so far
    alpha : float
        With a large one the search stays near it.

    Returns
    -------
    int, which candidate

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> acquisition(rng, np.array([0.1, 0.3, 0.2]))
    1
    >>> acquisition(rng, np.array([0.1, 0.3]), beta=1.0, distance=np.array([0.0, 1.0]), alpha=1e6)
    0
    """
    improvement = np.asarray(improvement, dtype=float)
    if improvement.ndim != 1 or not improvement.size:
        raise ValueError(f"improvement must be an array (Q,) of at least one candidate, got shape {improvement.shape}")
    if beta == math.inf:
        return int(np.argmax(improvement))
    if not beta >= 0 or not alpha >= 0:
        raise ValueError(f"beta and alpha must be at least 0, got {beta!r} and {alpha!r}")
    energy = -beta * improvement + alpha * np.asarray(distance)                  # (2.149), (2.150)
    p = np.exp(energy.min() - energy)
    return int(rng.choice(len(p), p=p / p.sum()))


# Predictors that know how unsure they are -----------------------------------------------------------------------------------

class GaussianProcess:
    r"""A Gaussian over functions: where it has seen risks it is sure, and elsewhere as unsure as it is far away.

    Covariance of Matérn, :math:`s^2 (1 + d + d^2 / 3) e^{-d}` with :math:`d = \sqrt{5}\, \lVert (x - x') / \ell\rVert`, one length for
    each coordinate, and noise. Its parameters maximize the likelihood of the risks seen, along the engine's gradient.

    Parameters
    ----------
    x : array (N, D), in the unit cube
    r : array (N,), risks
    rng : not used: nothing is random here

    Examples
    --------
    >>> x = np.linspace(0, 1, 8)[:, None]
    >>> model = GaussianProcess(x, np.sin(6 * x[:, 0]))
    >>> mean, std = model.predict(np.array([[0.5], [3.0]]))
    >>> bool(abs(mean[0] - np.sin(3)) < 0.05), bool(std[1] > 10 * std[0])
    (True, True)
    """                                                                         # noqa: E501

    def __init__(self, x: np.ndarray, r: np.ndarray, rng: Any = None):
        from scipy.optimize import minimize
        x, r = np.asarray(x, dtype=float), np.asarray(r, dtype=float)
        if x.ndim != 2 or r.shape != x.shape[:1] or not len(r) or not np.all(np.isfinite(r)):
            raise ValueError("x must be an array (N, D) and r finite risks (N,), at least one, "
                             f"got shapes {x.shape} and {r.shape}")
        self.x, self.center, self.scale = x, r.mean(), r.std() or 1.0
        y = (r - self.center) / self.scale

        def surprise(free):                                                      # -log p(y | x), (V-44) with a mean of zero
            lengths, noise = np.exp(free[:-1]), np.exp(free[-1])
            L = np.linalg.cholesky(_matern(x, x, lengths) + (noise + 1e-8) * np.eye(len(x)))
            z = np.linalg.solve(L, y)
            height = np.sum(z * z) / len(x)                                      # the best s^2, in closed form
            prior = np.sum((free[:-1] + 0.7) ** 2) / 2 + (free[-1] + 9) ** 2 / 18          # lengths about 1/2, little noise
            return len(x) / 2 * np.log(height + 1e-12) + np.sum(np.log(np.diag(L))) + prior
        start = np.concatenate([np.full(x.shape[1], -0.7), [-7.0]])
        found = minimize(value_and_grad(surprise), start, jac=True, method="L-BFGS-B",
                         bounds=[(-4.0, 3.0)] * x.shape[1] + [(-16.0, 0.0)], options={"maxiter": 60}).x
        self.lengths, self.noise = np.exp(found[:-1]), float(np.exp(found[-1])) + 1e-8
        self.factor = np.linalg.cholesky(_matern(x, x, self.lengths) + self.noise * np.eye(len(x)))
        whitened = np.linalg.solve(self.factor, y)
        free = max(len(x) - 1 - x.shape[1], 1)                                   # the mean and the lengths were fitted, too
        self.height = float(np.sum(whitened ** 2) / free) + 1e-12
        self.weights = np.linalg.solve(self.factor.T, whitened)

    def predict(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of the risk at each row: two arrays (Q,).  Conditioning of a Gaussian, (V-12)."""
        cross = _matern(np.asarray(x, dtype=float), self.x, self.lengths)
        explained = np.sum(np.linalg.solve(self.factor, cross.T) ** 2, axis=0)
        std = np.sqrt(self.height * np.maximum(1 - explained, 1e-12))
        return self.center + self.scale * (cross @ self.weights), self.scale * std

    def improvement(self, x: np.ndarray, best: float) -> np.ndarray:
        """Expected improvement at each row: array (Q,).  Cho (2.146)."""
        return expected_improvement(*self.predict(x), best)


def _matern(a, b, lengths):
    difference = (a[:, None, :] - b[None, :, :]) / lengths
    d = np.sqrt(5 * np.sum(difference * difference, axis=2) + 1e-12)
    return (1 + d + d * d / 3) * np.exp(-d)


class Ensemble:
    r"""Several small networks from several starts: where they agree, something was learned.  Cho (2.145).

    The integral over parameters is a mean over the networks; each gives one draw of the risk.

    Parameters
    ----------
    x : array (N, D), in the unit cube
    r : array (N,), risks
    rng : seed or Generator
    members, width, steps : ints
        Networks, their hidden units, and steps of Adam.

    Examples
    --------
    >>> x = np.linspace(0, 1, 12)[:, None]
    >>> model = Ensemble(x, (x[:, 0] - 0.3) ** 2)
    >>> samples = model.samples(np.array([[0.3], [3.0]]))
    >>> samples.shape, bool(samples[:, 1].std() > 3 * samples[:, 0].std())
    ((10, 2), True)
    """

    def __init__(self, x: np.ndarray, r: np.ndarray, rng: int | np.random.Generator = 0, members: int = 10, width: int = 32,
                 steps: int = 300):
        rng, x, r = np.random.default_rng(rng), np.asarray(x, dtype=float), np.asarray(r, dtype=float)
        self.center, self.scale = r.mean(), r.std() or 1.0
        y, d = (r - self.center) / self.scale, x.shape[1]
        theta = {"U": 3 * rng.normal(size=(members, d, width)), "c": 2 * rng.normal(size=(members, 1, width)),
                 "w": rng.normal(size=(members, width, 1)) / math.sqrt(width), "b": np.zeros((members, 1, 1))}
        each = np.broadcast_to(x, (members, *x.shape))
        optimizer, loss = Adam(0.02), lambda theta: np.sum(np.mean((_network(theta, each) - y) ** 2, axis=1))
        both, state = value_and_grad(loss), optimizer.init(theta)
        for _ in range(steps):
            theta, state = optimizer.step(theta, both(theta)[1], state)
        self.theta = theta

    def samples(self, x: np.ndarray) -> np.ndarray:
        """The risk that each network predicts: array (members, Q)."""
        x = np.asarray(x, dtype=float)
        return self.center + self.scale * _network(self.theta, np.broadcast_to(x, (len(self.theta["b"]), *x.shape)))

    def predict(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation over the networks: two arrays (Q,)."""
        samples = self.samples(x)
        return samples.mean(axis=0), samples.std(axis=0)

    def improvement(self, x: np.ndarray, best: float) -> np.ndarray:
        """Expected improvement at each row: array (Q,).  Cho (2.148)."""
        return sampled_improvement(self.samples(x), best)


def _network(theta, x):
    return (np.tanh(x @ theta["U"] + theta["c"]) @ theta["w"] + theta["b"])[..., 0]


# The loop -------------------------------------------------------------------------------------------------------------------

def smbo(objective: Callable[..., float], space: Space, n: int, rng: int | np.random.Generator = 0,
         surrogate: Callable[..., Any] = GaussianProcess, start: int = 8, batch: int = 1, beta: float = math.inf,
         alpha: float = 0.0, candidates: int = 2000, executor: Any = None) -> Trials:
    r"""Try n configurations, each where the trials so far promise most.  Cho §2.5.1.

    Parameters
    ----------
    objective : function (configuration, seed) -> validation risk
    space : Space
    n : int, trials in all
    rng : seed or Generator
    surrogate : function (x, r, rng) -> predictor
        `GaussianProcess`, `Ensemble`, or any with a method `improvement(x, best)`.
    start : int, random trials before the first fit
    batch : int
        How many are chosen before the predictor is fitted again; after each, it is told to expect its own mean there.
    beta, alpha : floats, of `acquisition`
        With a finite beta the next configuration is drawn, (2.149); with alpha, near the best so far, (2.150).
    candidates : int
        Configurations whose improvement is computed: half from the prior; and half around the best so far, but for (2.149).
    executor : optional, to try a batch at once: see `edugen.executors`

    Returns
    -------
    Trials

    Examples
    --------
    >>> from edugen.classification import Real
    >>> bowl = lambda c, seed: (c["x"] - 0.3) ** 2 + (c["y"] - 0.7) ** 2
    >>> smbo(bowl, Space(x=Real(0, 1), y=Real(0, 1)), 20).risk < 1e-3
    True
    """
    if not 1 <= start <= n or batch < 1 or candidates < 2:
        raise ValueError("smbo needs 1 <= start <= n, and at least one in a batch and two candidates, got "
                         f"start = {start}, n = {n}, batch = {batch} and candidates = {candidates}")
    rng = np.random.default_rng(rng)
    trials = random_configurations(objective, space, start, rng, executor)
    while len(trials) < n:
        x, r = np.array(trials.coordinates), np.array(trials.risks)
        r = np.where(np.isfinite(r), r, np.max(r[np.isfinite(r)], initial=0.0))  # what failed is as bad as the worst
        chosen: list[np.ndarray] = []
        for _ in range(min(batch, n - len(trials))):
            model = surrogate(x, r, rng)
            best = x[np.argmin(r)]
            at = np.concatenate([space.sample(rng, candidates - candidates // 2), _around(rng, best, candidates // 2)])
            if beta < math.inf and alpha == 0:
                at = at[:candidates - candidates // 2]                           # (2.149) is about the prior alone
            distance = np.sqrt(np.sum((at - best) ** 2, axis=1))
            pick = at[acquisition(rng, model.improvement(at, r.min()), beta, distance, alpha)]
            chosen.append(pick)
            x, r = np.vstack([x, pick]), np.append(r, model.predict(pick[None])[0])
        evaluate(objective, space, np.array(chosen), trials, rng, executor)
    return trials


def _around(rng, best, n):
    """Neighbors of the best configuration, from near to far: each with steps of its own length."""
    steps = 10 ** rng.uniform(-3, -0.5, size=(n, 1)) * rng.normal(size=(n, best.size))
    return np.clip(best + steps, 0, 1)
