r"""Structure: how a joint distribution of many variables gets by on few numbers.  Vidal (V-62)-(V-71), (V-73), Grover (G-1).

The joint distribution of n binary variables is 2 ** n - 1 numbers, and no data set is large enough to fit them. What helps is
to say which variables depend *directly* on which others: a Bayes net, where each variable has a table for each state of its
parents. No parents at all is independence, one parent the Markov chain or, learned from the data, Chow and Liu's tree; all
variables before it as parents is the chain rule, and saves nothing.

Observations are rows of integers, x (N, D): variable i is 0 to K_i - 1.
"""
from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edugen.autodiff import logsumexp

from .information import mutual_information

__all__ = ["BayesNet", "EnergyModel", "LatentClasses", "MarkovChain", "chain_rule", "chow_liu_tree", "fit_bayes_net",
           "fit_markov_chain", "parameter_count"]

Parents = Sequence[Sequence[int]]


def parameter_count(parents: Parents, sizes: Sequence[int]) -> int:
    r"""Free numbers in the tables of a net: :math:`\sum_i (K_i - 1) \prod_{j \in \text{parents}(i)} K_j`.  (V-62)-(V-70), (G-1).

    Parameters
    ----------
    parents : for each variable, which others it depends on directly
    sizes : K_i, how many values each has

    Examples
    --------
    Of n = 10 bits: independent ones, a Markov chain, and the chain rule, which is any joint distribution:

    >>> parameter_count([()] * 10, [2] * 10)
    10
    >>> parameter_count([()] + [(i,) for i in range(9)], [2] * 10)
    19
    >>> parameter_count(chain_rule(10), [2] * 10) == 2 ** 10 - 1
    True

    The color of one pixel, and black-and-white pictures of 28 x 28 pixels:

    >>> parameter_count(chain_rule(3), [256] * 3) == 256 ** 3 - 1
    True
    >>> len(str(parameter_count(chain_rule(784), [2] * 784)))
    237
    """
    return sum((sizes[i] - 1) * math.prod(sizes[j] for j in above) for i, above in enumerate(parents))       # (V-67), (V-70)


def chain_rule(n: int) -> list[tuple[int, ...]]:
    """The parents of the chain rule: each variable depends on all before it.  (V-66).

    Examples
    --------
    >>> chain_rule(3)
    [(), (0,), (0, 1)]
    """
    return [tuple(range(i)) for i in range(n)]


# Bayes nets --------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class BayesNet:
    r"""Each variable given its parents, as tables: :math:`p(x) = \prod_i p(x_i \mid x_{\text{parents}(i)})`.  (V-66), (V-71).

    Parameters
    ----------
    parents : for each of D variables a tuple of others, without circles
    tables : for each an array (*sizes of its parents, its own size), the last axis of which sums to one

    Examples
    --------
    >>> rain, sprinkler, wet = np.array([0.8, 0.2]), np.array([[0.6, 0.4], [0.99, 0.01]]), np.zeros((2, 2, 2))
    >>> wet[..., 1] = [[0.0, 0.9], [0.8, 0.99]]
    >>> wet[..., 0] = 1 - wet[..., 1]
    >>> garden = BayesNet(((), (0,), (0, 1)), (rain, sprinkler, wet))
    >>> garden.infer([0], {2: 1}).round(3)                            # did it rain, since the grass is wet?
    array([0.642, 0.358])
    >>> garden.infer([0], {2: 1, 1: 1}).round(3)                      # the sprinkler was on: that explains it
    array([0.993, 0.007])
    """

    parents: tuple[tuple[int, ...], ...]
    tables: tuple[Any, ...]

    def __post_init__(self) -> None:
        if len(self.parents) != len(self.tables):
            raise ValueError(f"BayesNet: {len(self.parents)} variables have parents, and {len(self.tables)} have tables")
        for i, (above, table) in enumerate(zip(self.parents, self.tables)):
            expected = tuple(self.sizes[j] for j in above)
            if np.shape(table)[:-1] != expected:
                raise ValueError(f"BayesNet: the table of variable {i} must be (*sizes of its parents {tuple(above)}, its own), "
                                 f"so {expected} and one more, got shape {np.shape(table)}")
            if np.any(np.less(table, 0)) or not np.allclose(np.sum(table, axis=-1), 1):
                raise ValueError(f"BayesNet: the table of variable {i} must hold probabilities that sum to 1 along its last axis")
        _ = self.order                                                    # which refuses circles

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many values each variable has."""
        return tuple(np.shape(table)[-1] for table in self.tables)

    @property
    def order(self) -> list[int]:
        """The variables, parents first."""
        order: list[int] = []
        while len(order) < len(self.parents):
            ready = [i for i, above in enumerate(self.parents) if i not in order and set(above) <= set(order)]
            if not ready:
                raise ValueError(f"BayesNet: the parents {tuple(self.parents)} go round in a circle")
            order += ready
        return order

    def log_prob(self, x: Any) -> Any:
        """Log-probability of each row, (N, D) to (N,): a look into each table."""
        x = _rows(x, self.sizes)
        with np.errstate(divide="ignore"):
            return sum(np.log(table[(*(x[:, j] for j in above), x[:, i])])
                       for i, (above, table) in enumerate(zip(self.parents, self.tables)))

    def sample(self, rng: int | np.random.Generator, n: int) -> np.ndarray:
        """Draw n rows, each variable after its parents: ancestral sampling."""
        rng = np.random.default_rng(rng)
        x = np.zeros((n, len(self.parents)), int)
        for i in self.order:
            table = self.tables[i][tuple(x[:, j] for j in self.parents[i])]
            x[:, i] = _draw(rng, np.broadcast_to(table, (n, table.shape[-1])))
        return x

    def joint(self) -> np.ndarray:
        """The whole joint distribution, (*sizes): every product written out. For small nets, and to check others by."""
        return _product(self._factors(), range(len(self.parents)))

    def infer(self, query: Sequence[int], evidence: Mapping[int, int] | None = None) -> np.ndarray:
        r"""Distribution of some variables given the values of others, exactly, by variable elimination.

        A sum over a variable can be moved past every factor without it. So sum variables out one after another, each time
        multiplying only the factors that have it: what the joint distribution would need is never built.

        Parameters
        ----------
        query : variables
        evidence : variable -> value

        Returns
        -------
        array (sizes of the query, in its order), which sums to one
        """
        evidence = dict(evidence or {})
        for i in (*query, *evidence):
            if not 0 <= i < len(self.parents):
                raise ValueError(f"infer: there is no variable {i}; they are 0 to {len(self.parents) - 1}")
        if set(query) & set(evidence) or len(set(query)) != len(query):
            raise ValueError(f"infer: a variable is asked for once, and not where it is known: query {tuple(query)}, "
                             f"evidence {evidence}")
        factors = [_restrict(factor, evidence) for factor in self._factors()]
        rest, sizes = {i for axes, _ in factors for i in axes} - set(query), self.sizes
        while rest:                                                           # the one whose product is smallest comes next
            def size(i, factors=factors):
                return math.prod(sizes[j] for j in {j for axes, _ in factors if i in axes for j in axes})
            i = min(rest, key=size)
            touched = [factor for factor in factors if i in factor[0]]
            axes = sorted({j for some, _ in touched for j in some} - {i})
            factors = [factor for factor in factors if i not in factor[0]] + [(tuple(axes), _product(touched, axes))]
            rest.remove(i)
        p = _product([((), np.ones(())), *(factor for factor in factors if factor[0])], query)      # constants cancel
        if not p.sum() > 0 or any(table == 0 for axes, table in factors if not axes):
            raise ValueError(f"infer: the evidence {evidence} has probability 0 in this net")
        return p / p.sum()                                                                       # (V-7)

    def _factors(self):
        return [((*above, i), table) for i, (above, table) in enumerate(zip(self.parents, self.tables))]


def _product(factors, axes):
    """Multiply tables with named axes, and sum over every axis that is not asked for."""
    if len(factors) > 16:                                                     # einsum takes a few dozen at once
        shared = sorted({i for some, _ in factors[:16] for i in some})
        return _product([(shared, _product(factors[:16], shared)), *factors[16:]], axes)
    names = sorted({i for some, _ in factors for i in some})
    letter = {i: k for k, i in enumerate(names)}                              # einsum counts axes from 0, and to 51 at most
    operands = [part for some, table in factors for part in (table, [letter[i] for i in some])]
    return np.einsum(*operands, [letter[i] for i in axes], optimize=True)


def _restrict(factor, evidence):
    axes, table = factor
    return tuple(i for i in axes if i not in evidence), table[tuple(evidence.get(i, slice(None)) for i in axes)]


def _rows(x, sizes):
    x = np.asarray(x)
    if x.ndim != 2 or x.shape[1] != len(sizes) or x.dtype.kind not in "iub":
        raise ValueError(f"x must be rows of {len(sizes)} integers, (N, {len(sizes)}), got {x.dtype} of shape {x.shape}")
    x = x.astype(int)
    if x.size and (np.any(x < 0) or np.any(x >= sizes)):
        raise ValueError(f"x must lie from 0 to {np.subtract(sizes, 1).max()} at most, got {x.min()} to {x.max()}")
    return x


def _draw(rng, p):
    """One index for each row of probabilities."""
    return np.minimum((rng.random((len(p), 1)) >= np.cumsum(p, axis=1)).sum(axis=1), p.shape[1] - 1)


def fit_bayes_net(x: np.ndarray, parents: Parents, sizes: Sequence[int] | None = None, smoothing: float = 0.0) -> BayesNet:
    r"""Most likely tables of a net, by counting: :math:`p(x_i = k \mid \text{parents} = u) = \#(u, k) / \#(u)`.

    The log-likelihood is a sum of one term for each row of a table, and each is that of a die, whose most likely faces are its
    frequencies.

    Parameters
    ----------
    x : integers (N, D)
    parents : for each variable a tuple of others
    sizes : by default one more than the largest value of each
    smoothing : float, added to each count (1 is Laplace's rule); with 0 a row that was never seen is uniform

    Examples
    --------
    >>> x = np.array([[0, 0], [0, 0], [0, 1], [1, 1]])
    >>> fit_bayes_net(x, [(), (0,)]).tables[1].round(2)
    array([[0.67, 0.33],
           [0.  , 1.  ]])
    """
    x = np.asarray(x)
    sizes = tuple(x.max(axis=0) + 1) if sizes is None else tuple(sizes)
    x = _rows(x, sizes)
    if not smoothing >= 0:
        raise ValueError(f"fit_bayes_net: smoothing must not be negative, got {smoothing}")
    tables = []
    for i, above in enumerate(parents):
        counts = np.full([sizes[j] for j in (*above, i)], float(smoothing))
        np.add.at(counts, tuple(x[:, j] for j in (*above, i)), 1)
        total = counts.sum(axis=-1, keepdims=True)
        tables.append(np.where(total > 0, counts / np.where(total > 0, total, 1), 1 / sizes[i]))
    return BayesNet(tuple(map(tuple, parents)), tuple(tables))


def chow_liu_tree(x: np.ndarray, sizes: Sequence[int] | None = None, smoothing: float = 0.0) -> list[tuple[int, ...]]:
    r"""The parents of the best net in which each variable has at most one.  Chow and Liu (1968).

    The log-likelihood of a tree, at its best tables, is :math:`N \bigl(\sum_{\text{edges}} I(x_i; x_j) - \sum_i H(x_i)\bigr)`:
    so the best tree is the one whose edges carry most information, a spanning tree, grown here edge by edge (Prim).

    Parameters
    ----------
    x : integers (N, D)
    sizes, smoothing : as for `fit_bayes_net`; the counts of pairs are smoothed

    Returns
    -------
    list of D tuples, that of variable 0 empty and all others of one variable

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> flip = lambda bits: np.where(rng.random(500) < 0.1, 1 - bits, bits)
    >>> a = rng.integers(0, 2, 500)
    >>> b = flip(a)
    >>> chow_liu_tree(np.stack([a, flip(b), b], axis=1))             # the last stands between the others
    [(), (2,), (0,)]
    """
    x = np.asarray(x)
    sizes = tuple(x.max(axis=0) + 1) if sizes is None else tuple(sizes)
    x = _rows(x, sizes)
    hot = [(x[:, i, None] == np.arange(k)).astype(float) for i, k in enumerate(sizes)]
    information = np.full((len(sizes), len(sizes)), -np.inf)
    for i, j in itertools.combinations(range(len(sizes)), 2):
        counts = hot[i].T @ hot[j] + smoothing
        information[i, j] = information[j, i] = mutual_information(counts / counts.sum())
    parents: list[tuple[int, ...]] = [()] * len(sizes)
    best, link = information[0].copy(), np.zeros(len(sizes), int)             # of each variable: its strongest link to the tree
    waiting = np.arange(len(sizes)) > 0
    while waiting.any():
        j = int(np.argmax(np.where(waiting, best, -np.inf)))
        parents[j], waiting[j] = (int(link[j]),), False
        better = information[j] > best
        best, link = np.where(better, information[j], best), np.where(better, j, link)
    return parents


# Markov chains --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class MarkovChain:
    r"""Each value depends on the one before it, in the same way always: :math:`p(x_1) \prod_i p(x_i \mid x_{i-1})`.  (V-69).

    Parameters
    ----------
    initial : array (K,)
    transition : array (K, K), p(next | now), a row for each value now

    Examples
    --------
    >>> weather = MarkovChain(np.array([0.5, 0.5]), np.array([[0.9, 0.1], [0.5, 0.5]]))
    >>> weather.stationary().round(3)                       # how often it is dry, and wet, in the long run
    array([0.833, 0.167])
    """

    initial: Any
    transition: Any

    def __post_init__(self) -> None:
        k = len(self.initial)
        if np.shape(self.initial) != (k,) or np.shape(self.transition) != (k, k):
            raise ValueError(f"MarkovChain: initial must be (K,) and transition (K, K), got shapes {np.shape(self.initial)} and "
                             f"{np.shape(self.transition)}")
        for name, p in (("initial", self.initial), ("transition", self.transition)):
            if np.any(np.less(p, 0)) or not np.allclose(np.sum(p, axis=-1), 1):
                raise ValueError(f"MarkovChain: {name} must hold probabilities that sum to 1 along its last axis, got {p}")

    def log_prob(self, x: Any) -> Any:
        """Log-probability of sequences, integers (N, T) to (N,)."""
        x = np.asarray(x)
        with np.errstate(divide="ignore"):
            return np.log(self.initial[x[:, 0]]) + np.sum(np.log(self.transition[x[:, :-1], x[:, 1:]]), axis=1)      # (V-69)

    def sample(self, rng: int | np.random.Generator, n: int, length: int) -> np.ndarray:
        """Draw n sequences, (n, length)."""
        rng = np.random.default_rng(rng)
        x = np.empty((n, length), int)
        x[:, 0] = _draw(rng, np.broadcast_to(self.initial, (n, len(self.initial))))
        for t in range(1, length):
            x[:, t] = _draw(rng, self.transition[x[:, t - 1]])
        return x

    def stationary(self) -> np.ndarray:
        r"""The distribution that a step does not change, :math:`\pi = \pi P`; it must be the only one.

        Raises
        ------
        ValueError
            Where the chain falls apart into classes that never meet: then each has one of its own.
        """
        k = len(self.initial)
        equations = np.vstack([self.transition.T - np.eye(k), np.ones(k)])
        pi, _, rank, _ = np.linalg.lstsq(equations, np.concatenate([np.zeros(k), [1.0]]), rcond=None)
        if rank < k:
            raise ValueError("stationary: the chain has classes of values that it never leaves, so where it ends depends on "
                             "where it starts")
        return np.maximum(pi, 0)


def fit_markov_chain(x: np.ndarray, size: int, smoothing: float = 0.0) -> MarkovChain:
    """Most likely chain, by counting which value follows which.

    Parameters
    ----------
    x : integers (N, T), sequences
    size : int, K
    smoothing : float, added to each count

    Examples
    --------
    >>> fit_markov_chain(np.array([[0, 0, 1, 0, 0, 1]]), 2).transition
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    x = np.asarray(x)
    _rows(x, (size,) * x.shape[-1])
    first, counts = np.full(size, float(smoothing)), np.full((size, size), float(smoothing))
    np.add.at(first, x[:, 0], 1)
    np.add.at(counts, (x[:, :-1], x[:, 1:]), 1)
    total = counts.sum(axis=1, keepdims=True)
    return MarkovChain(first / first.sum(), np.where(total > 0, counts / np.where(total > 0, total, 1), 1 / size))


# The other two families -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class LatentClasses:
    r"""Bits that are independent once a hidden class is known: first :math:`z \sim p(z)`, then :math:`x \sim p(x \mid z)`.

    The simplest model with a latent variable: :math:`p(x) = \sum_z p(z) \prod_i p(x_i \mid z)`.

    Parameters
    ----------
    weights : array (K,), p(z)
    p : array (K, D), of x_i = 1 in each class, between 0 and 1

    Examples
    --------
    >>> model = LatentClasses(np.array([0.5, 0.5]), np.array([[0.9, 0.9], [0.1, 0.1]]))
    >>> np.exp(model.log_prob(np.array([[0, 0], [0, 1]]))).round(2)         # the bits agree more often than not
    array([0.41, 0.09])
    """

    weights: Any
    p: Any

    def log_prob(self, x: Any) -> Any:
        """(N, D) to (N,): summed over the classes, in logarithms."""
        x = np.asarray(x)
        given_z = x @ np.log(self.p).T + (1 - x) @ np.log(1 - self.p).T                      # (N, K)
        return logsumexp(np.log(self.weights) + given_z, axis=1)

    def sample(self, rng: int | np.random.Generator, n: int) -> np.ndarray:
        """Draw the class, then the bits: (n, D)."""
        rng = np.random.default_rng(rng)
        z = _draw(rng, np.broadcast_to(self.weights, (n, len(self.weights))))
        return (rng.random((n, np.shape(self.p)[1])) < self.p[z]).astype(int)


@dataclass(frozen=True, eq=False)
class EnergyModel:
    r"""Bits that have an energy instead of a probability, :math:`p(x) = \exp(-E(x)) / Z`.  (V-73).

    .. math:: E(x) = -x^\top b - \tfrac12 x^\top J x

    Z sums over all :math:`2^D` states, which this class does, and chapter 5 learns to live without.

    Parameters
    ----------
    b : array (D,)
    J : array (D, D), symmetric, with zeros on its diagonal

    Examples
    --------
    >>> model = EnergyModel(np.zeros(2), np.array([[0.0, np.log(4.0)], [np.log(4.0), 0.0]]))
    >>> np.exp(model.log_prob(np.array([[0, 1], [1, 1]]))).round(3)          # 1/7 and 4/7
    array([0.143, 0.571])
    """

    b: Any
    J: Any

    def energy(self, x: Any) -> Any:
        """(N, D) to (N,): cheap, whatever D."""
        x = np.asarray(x)
        return -x @ self.b - 0.5 * np.sum((x @ self.J) * x, axis=-1)

    def states(self) -> np.ndarray:
        """All 2 ** D of them, (2 ** D, D)."""
        d = np.shape(self.b)[0]
        if d > 20:
            raise ValueError(f"EnergyModel: {d} bits have 2^{d} states, too many to sum over; above 20 bits it takes a sampler")
        return np.array(list(itertools.product((0, 1), repeat=d)))

    def log_prob(self, x: Any) -> Any:
        """(N, D) to (N,): the energy, and the logarithm of Z, which takes all states."""
        return -self.energy(x) - logsumexp(-self.energy(self.states()))                      # (V-73)

    def sample(self, rng: int | np.random.Generator, n: int) -> np.ndarray:
        """Draw among all states: (n, D)."""
        states = self.states()
        p = np.exp(self.log_prob(states))
        return states[_draw(np.random.default_rng(rng), np.broadcast_to(p, (n, len(p))))]
