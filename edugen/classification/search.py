r"""Search without gradients: a space of hyperparameters, random search, the cross-entropy method.  Cho §2.5.

A risk after training has no gradient that one would want to compute. What is left is to try. All searches here look at the unit
cube: a rate on a log scale, an integer and a choice of nonlinearities are all made of numbers from 0 to 1.
"""
from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edugen.executors import map_runs

__all__ = ["Choice", "Integer", "Real", "Space", "Trials", "cross_entropy_method", "random_configurations"]


@dataclass(frozen=True)
class Real:
    """A number between two ends; with log=True each factor is as likely, for rates and prices.

    Examples
    --------
    >>> round(Real(1e-4, 1.0, log=True).decode(np.array([0.5])), 6)
    0.01
    """

    low: float
    high: float
    log: bool = False
    width = 1

    def __post_init__(self) -> None:
        if not -math.inf < self.low < self.high < math.inf or (self.log and self.low <= 0):
            raise ValueError(f"{type(self).__name__} needs low < high, and 0 < low on a log scale, "
                             f"got {self.low} and {self.high}")

    def decode(self, u: np.ndarray) -> Any:
        """From a coordinate (1,) in [0, 1] to a value."""
        at = min(max(float(u[0]), 0.0), 1.0)
        if self.log:
            return self.low * (self.high / self.low) ** at
        return self.low + at * (self.high - self.low)

    def encode(self, value: Any) -> np.ndarray:
        """From a value to its coordinate (1,)."""
        low, high, value = (math.log(a) if self.log else a for a in (self.low, self.high, value))
        return np.array([(value - low) / (high - low)])


@dataclass(frozen=True)
class Integer(Real):
    """A whole number from low to high, both included.

    Examples
    --------
    >>> Integer(1, 3).decode(np.array([0.9])), Integer(1, 100, log=True).decode(np.array([0.5]))
    (3, 10)
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low != int(self.low) or self.high != int(self.high):
            raise ValueError(f"Integer needs whole numbers for low and high, got {self.low} and {self.high}; or take a Real")

    def decode(self, u: np.ndarray) -> int:
        """From a coordinate (1,) in [0, 1] to a value; without a log scale all are as likely."""
        if self.log:
            return round(super().decode(u))
        return min(int(self.low + float(u[0]) * (self.high - self.low + 1)), int(self.high))

    def encode(self, value: Any) -> np.ndarray:
        """From a value to the middle of its coordinates (1,)."""
        return super().encode(value) if self.log else np.array([(value - self.low + 0.5) / (self.high - self.low + 1)])


@dataclass(frozen=True)
class Choice:
    """One of several things without an order, such as nonlinearities: one coordinate each, and the largest is chosen.

    Examples
    --------
    >>> Choice(["relu", "tanh"]).decode(np.array([0.2, 0.7]))
    'tanh'
    """

    options: Sequence[Any]

    def __post_init__(self) -> None:
        if len(self.options) < 2:
            raise ValueError(f"Choice needs at least two options, got {list(self.options)}")

    @property
    def width(self) -> int:
        return len(self.options)

    def decode(self, u: np.ndarray) -> Any:
        return self.options[int(np.argmax(u))]

    def encode(self, value: Any) -> np.ndarray:
        return np.eye(self.width)[list(self.options).index(value)]


class Space:
    """What is searched: hyperparameters by their names.

    Parameters
    ----------
    **parts : Real, Integer, Choice; a list stands for a Choice

    Examples
    --------
    >>> space = Space(rate=Real(1e-4, 1e-1, log=True), width=Integer(4, 64, log=True), sigma=["relu", "tanh"])
    >>> space.dimension
    4
    >>> space.decode(np.array([0.0, 0.0, 0.1, 0.9]))
    {'rate': 0.0001, 'width': 4, 'sigma': 'tanh'}
    """

    def __init__(self, **parts: Any):
        self.parts = {name: Choice(part) if isinstance(part, list | tuple) else part for name, part in parts.items()}
        wrong = [name for name, part in self.parts.items() if not isinstance(part, Real | Choice)]
        if wrong or not parts:
            raise ValueError("Space takes hyperparameters by name, each a Real, an Integer, a Choice or a list of options"
                             + (f"; {wrong[0]} is a {type(parts[wrong[0]]).__name__}" if wrong else ""))
        self.dimension = sum(part.width for part in self.parts.values())

    def sample(self, rng: int | np.random.Generator, n: int) -> np.ndarray:
        r"""Draws from the prior :math:`p(\lambda)`, in coordinates: array (n, dimension)."""
        return np.random.default_rng(rng).random((n, self.dimension))

    def decode(self, u: np.ndarray) -> dict[str, Any]:
        """Coordinates (dimension,) to a configuration, a dict."""
        if np.shape(u) != (self.dimension,):
            raise ValueError(f"u must be coordinates ({self.dimension},) of {', '.join(self.parts)}, got shape {np.shape(u)}")
        cuts = np.cumsum([part.width for part in self.parts.values()])[:-1]
        return {name: part.decode(v) for (name, part), v in zip(self.parts.items(), np.split(np.asarray(u), cuts), strict=True)}

    def encode(self, configuration: Mapping[str, Any]) -> np.ndarray:
        """A configuration to coordinates (dimension,), of which `decode` makes it again."""
        if set(configuration) != set(self.parts):
            raise ValueError(f"a configuration has the names {sorted(self.parts)}, got {sorted(configuration)}")
        return np.concatenate([part.encode(configuration[name]) for name, part in self.parts.items()])


@dataclass
class Trials:
    r"""Configurations and their risks, :math:`(\lambda_1, r_1), \dots, (\lambda_K, r_K)`, in the order tried.  Cho (2.144).

    Attributes
    ----------
    configurations : list of dicts
    risks : list of floats
        Infinite where training failed.
    coordinates : list of arrays (dimension,)
    """

    configurations: list[dict[str, Any]] = field(default_factory=list)
    risks: list[float] = field(default_factory=list)
    coordinates: list[np.ndarray] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.risks)

    @property
    def best(self) -> dict[str, Any]:
        """The configuration of least risk."""
        return self.configurations[int(np.argmin(self.risks))]

    @property
    def risk(self) -> float:
        """The least risk so far.  Cho (2.147)."""
        return float(min(self.risks))                                            # (2.147)

    def curve(self) -> np.ndarray:
        """The least risk after each trial: array (K,)."""
        return np.minimum.accumulate(self.risks)

    def plot(self, title: str | None = None) -> Any:
        """Risk of each trial, and the least so far."""
        from edugen.plots import lines
        risks = np.where(np.isfinite(self.risks), self.risks, np.nan)
        return lines(np.arange(1, len(self) + 1), {"tried": risks, "best so far": self.curve()}, xlabel="trial", ylabel="risk",
                     title=title)


def evaluate(objective: Callable[..., float], space: Space, coordinates: np.ndarray, trials: Trials, rng: Any,
             executor: Any = None) -> None:
    """Try configurations, several at once where there is an executor, and add them to the trials."""
    configurations = [space.decode(u) for u in coordinates]
    risks = map_runs(_Objective(objective), configurations, rng=rng, executor=executor)
    for u, configuration, risk in zip(coordinates, configurations, risks, strict=True):
        trials.coordinates.append(u)
        trials.configurations.append(configuration)
        trials.risks.append(float(risk) if np.isfinite(risk) else math.inf)


class _Objective:
    """One training; a class, so that it can be sent to another process."""

    def __init__(self, objective: Callable[..., float]):
        self.objective = objective

    def __call__(self, configuration: dict[str, Any], rng: np.random.Generator) -> float:
        return self.objective(configuration, int(rng.integers(2 ** 31)))


def random_configurations(objective: Callable[..., float], space: Space, n: int, rng: int | np.random.Generator = 0,
                          executor: Any = None) -> Trials:
    r"""Random search: K draws from the prior, all tried, the best kept.  Cho §2.5.

    With probability :math:`1 - (1 - q)^K` one of them is among the best share q of the space: 60 draws find the best 5 % with a
    probability of 95 %, however many hyperparameters there are.

    Parameters
    ----------
    objective : function (configuration, seed) -> validation risk
    space : Space
    n : int, K
    rng : seed or Generator
    executor : optional, to train several at once: see `edugen.executors`

    Examples
    --------
    >>> found = random_configurations(lambda c, seed: (c["x"] - 0.3) ** 2, Space(x=Real(0, 1)), 100)
    >>> abs(found.best["x"] - 0.3) < 0.03
    True
    """
    if n < 1:
        raise ValueError(f"random_configurations needs at least one configuration, got n = {n}")
    if not isinstance(space, Space):
        raise TypeError(f"space must be a Space, such as Space(rate=Real(1e-4, 0.1, log=True)), got {type(space).__name__}")
    rng, trials = np.random.default_rng(rng), Trials()
    evaluate(objective, space, space.sample(rng, n), trials, rng, executor)
    return trials


def cross_entropy_method(f: Callable[[np.ndarray], Any], mean: np.ndarray, std: Any, samples: int = 200, elite: float = 0.1,
                         rounds: int = 200, smoothing: float = 0.3, tolerance: float = 1e-10,
                         rng: int | np.random.Generator = 0) -> tuple[np.ndarray, np.ndarray]:
    r"""Draw, keep the best, fit a Gaussian to them, draw from it, and so on.  Cho §2.5; Rubinstein and Kroese 2004.

    The Gaussian with least cross-entropy to the best is that of their mean and covariance: hence the name.

    Parameters
    ----------
    f : function (n, D) -> (n,), to be made small
    mean : array (D,)
    std : float or array (D,), of the first Gaussian: wide enough for the minimum to be in it
    samples : int, draws a round
    elite : float, the share that is kept
    rounds : int, at most; it ends where all deviations are below the tolerance
    smoothing : float, from 0 to 1
        How much of the next covariance is that of the best; the rest is the last one. With 1 it may close in too soon.
    rng : seed or Generator

    Returns
    -------
    best : array (D,), of all that were drawn
    curve : array (rounds,), the least of the elite's worst values so far: how far the distribution has come

    Raises
    ------
    ValueError
        Where fewer than two would be kept, or f does not give a number for each point.

    Examples
    --------
    >>> best, _ = cross_entropy_method(lambda x: np.sum((x - 3) ** 2, axis=1), np.zeros(2), 2.0)
    >>> best.round(4)
    array([3., 3.])
    """
    rng, mean = np.random.default_rng(rng), np.asarray(mean, dtype=float)
    keep = round(elite * samples)
    if not 2 <= keep <= samples:
        raise ValueError(f"of samples = {samples} a share of elite = {elite} is {keep}: keep at least two, and at most all")
    covariance = np.diag(np.broadcast_to(np.asarray(std, dtype=float), mean.shape) ** 2)
    best, least, curve = mean, math.inf, [math.inf]
    for _ in range(rounds):
        scales, directions = np.linalg.eigh(covariance)
        x = mean + rng.normal(size=(samples, mean.size)) * np.sqrt(np.maximum(scales, 0)) @ directions.T
        values = np.asarray(f(x))
        if values.shape != (samples,):
            raise ValueError(f"f must give one number for each of {samples} points, an array ({samples},), "
                             f"got shape {values.shape}")
        order = np.argsort(values)[:keep]
        if values[order[0]] < least:
            best, least = x[order[0]], values[order[0]]
        curve.append(min(float(values[order[-1]]), curve[-1]))
        mean = x[order].mean(axis=0)
        covariance = smoothing * np.atleast_2d(np.cov(x[order].T)) + (1 - smoothing) * covariance
        if np.sqrt(np.max(np.diag(covariance))) < tolerance:
            break
    return best, np.array(curve[1:])
