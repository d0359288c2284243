r"""Probability in tables: marginals, conditionals, products, Bayes' rule, expectations, independence.  Vidal (V-1)-(V-21).

A joint distribution of discrete variables is an array with one axis a variable. Give the axes names, and each rule is a line:
a marginal sums axes away, a conditional divides by one, a product lines axes up by name.

A density is no table, but at the nodes of a quadrature rule it becomes one: weight times density is a probability, and the sums
of the discrete rules are the integrals of the continuous ones to many digits. See `discretize`.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from edugen.autodiff import stop_gradient

__all__ = ["GTest", "Table", "bayes", "count", "discretize", "g_test", "gauss_legendre", "independent"]

Names = str | Iterable[str]


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Table:
    r"""A distribution of discrete variables, :math:`p(\text{names} \mid \text{given})`, with an axis for each variable.

    Parameters
    ----------
    p : array, its axes in the order of `axes`; no entry negative; the sum over all axes that are not given is one
    axes : dict of each variable's values, or a string of names ("x y"), whose values are then counted from 0
    given : names of the variables that are conditioned on

    Examples
    --------
    >>> joint = Table([[0.3, 0.1], [0.2, 0.4]], {"sky": ["clear", "gray"], "rain": [0, 1]})
    >>> joint.marginal("rain")
    p(rain) = [0.5 0.5]
    >>> joint.conditional("rain", given="sky")
    p(rain | sky), axes (sky, rain) = [[0.75       0.25      ]
     [0.33333333 0.66666667]]
    >>> joint.observe(sky="gray").expectation("rain").round(3)
    np.float64(0.667)
    """

    p: Any
    axes: dict[str, tuple]
    given: tuple[str, ...] = ()

    def __init__(self, p: Any, axes: Mapping[str, Sequence] | str, given: Names = ()):
        p = p if hasattr(p, "dtype") else np.asarray(p, dtype=float)
        if isinstance(axes, str):
            axes = {name: range(n) for name, n in zip(axes.split(), p.shape)} if len(axes.split()) == p.ndim else {}
        lengths = tuple(len(values) for values in axes.values())
        if p.shape != lengths:
            raise ValueError(f"p must have an axis for each variable, as long as it has values, {lengths} for "
                             f"({', '.join(axes)}), got shape {p.shape}")
        given = self._known(given, axes)
        heads = tuple(i for i, name in enumerate(axes) if name not in given)
        values = stop_gradient(p)
        if not np.all(values >= 0):
            raise ValueError(f"p must hold no negative number, got {np.min(values)}")
        total = np.sum(values, axis=heads)
        if not np.allclose(total, 1, rtol=0, atol=1e-8):
            worst = np.ravel(total)[np.argmax(np.abs(np.ravel(total) - 1))]
            raise ValueError(f"p must sum to one{f' for every value of {given}' if given else ''}, got {worst:.6g}. "
                             "Counts become probabilities by counts / counts.sum()")
        self._set(p, {name: tuple(v) for name, v in axes.items()}, given)

    def _set(self, p, axes, given=()):
        for name, value in (("p", p), ("axes", axes), ("given", tuple(given))):
            object.__setattr__(self, name, value)
        return self

    def _with(self, p, names, given=()):
        """A table of some of the variables, unchecked."""
        return object.__new__(Table)._set(p, {name: self.axes[name] for name in names}, given)

    def __repr__(self) -> str:
        about = ", ".join(self.names) + (" | " + ", ".join(self.given) if self.given else "")
        axes = f", axes ({', '.join(self.axes)})" if len(self.axes) > 1 else ""
        return f"p({about}){axes} = {self.p}"

    @property
    def names(self) -> tuple[str, ...]:
        """The variables that are not given."""
        return tuple(name for name in self.axes if name not in self.given)

    # Marginals, conditionals, products --------------------------------------------------------------------------------

    def marginal(self, *names: str) -> Table:
        r"""Sum all other variables away: :math:`p(x) = \sum_y p(x, y)`; its axes in the order asked for.  Vidal (V-6)."""
        keep = self._known(names)
        if set(keep) & set(self.given):
            raise ValueError(f"{keep} holds a variable that is given, {self.given}, and has no distribution here")
        away = tuple(i for i, name in enumerate(self.axes) if name not in (*keep, *self.given))
        rest = [name for name in self.axes if name in (*keep, *self.given)]
        return self._with(np.sum(self.p, axis=away), rest, self.given)._ordered((*self.given, *keep))            # (V-6)

    def conditional(self, names: Names, given: Names) -> Table:
        r"""Distribution of some variables for each value of others: :math:`p(y \mid x) = p(x, y) / p(x)`.  Vidal (V-7).

        Where p(x) is 0 it is not defined, and NaN; a product with p(x) is 0 there all the same.
        """
        names, given = self._known(names), self._known(given)
        if set(names) & set(given):
            raise ValueError(f"a variable can't be on both sides of the bar, got {names} given {given}")
        joint = self.marginal(*given, *names)
        below = np.sum(joint.p, axis=tuple(range(joint.p.ndim - len(names), joint.p.ndim)), keepdims=True)
        possible = stop_gradient(below) > 0
        p = np.where(possible, joint.p / np.where(possible, below, 1), np.nan)                                    # (V-7)
        return joint._with(p, joint.axes, (*self.given, *given))

    def observe(self, **values: Any) -> Table:
        """Distribution of the other variables, once some are known.  Vidal (V-7).

        Raises
        ------
        ValueError
            What was observed is impossible, or no value of its variable.
        """
        rest = [name for name in self.axes if name not in self._known(values)]
        p = self.p[tuple(self._index(name, values[name]) if name in values else slice(None) for name in self.axes)]
        given = [name for name in self.given if name not in values]
        total = np.sum(p, axis=tuple(i for i, name in enumerate(rest) if name not in given), keepdims=True)
        if not np.all(stop_gradient(total) > 0):
            raise ValueError(f"{', '.join(f'{k} = {v!r}' for k, v in values.items())} has probability 0: nothing follows from it")
        return self._with(p / total, rest, given)

    def prob(self, **values: Any) -> Any:
        """Probability that these variables have these values, whatever the others.  Vidal (V-6)."""
        table = self.marginal(*(name for name in values if name not in self.given))
        if missing := set(self.given) - set(values):
            raise ValueError(f"a probability given {', '.join(self.given)} needs a value of {', '.join(sorted(missing))}")
        return table.p[tuple(table._index(name, values[name]) for name in table.axes)]

    def __mul__(self, other: Table) -> Table:
        r"""The product rule, :math:`p(x, y) = p(y \mid x)\, p(x)`, in either order.  Vidal (V-8)."""
        if not isinstance(other, Table):
            return NotImplemented
        if both := set(self.names) & set(other.names):
            raise ValueError(f"the factors of a product must be of different variables, got {', '.join(sorted(both))} in both")
        if set(self.given) & set(other.names) and set(other.given) & set(self.names):
            raise ValueError("each factor is given a variable of the other: their product need not be a distribution")
        axes = self.axes | other.axes
        for name in self.axes.keys() & other.axes.keys():
            if self.axes[name] != other.axes[name]:
                raise ValueError(f"{name} has the values {self.axes[name]} in one factor and {other.axes[name]} in the other")
        a, b = self._spread(axes), other._spread(axes)
        zero = (stop_gradient(a) == 0) | (stop_gradient(b) == 0)         # 0 times undefined is 0
        p = np.where(zero, 0, np.where(zero, 1, a) * np.where(zero, 1, b))                                        # (V-8)
        given = [n for n in axes if n in (*self.given, *other.given) and n not in (*self.names, *other.names)]
        return object.__new__(Table)._set(p, axes, given)

    # Moments ----------------------------------------------------------------------------------------------------------

    def expectation(self, of: str | Sequence[str] | Callable[..., Any]) -> Any:
        r"""Mean :math:`\sum_k x_k\, p(x = x_k)` of a variable, of several (a vector), or of a function of them.  Vidal (V-17).

        A function is called with an array for each of its variables, by name. Of a conditional table it is an array, one mean
        for each value of what is given.

        Examples
        --------
        >>> dice = Table(np.full((6, 6), 1 / 36), {"a": range(1, 7), "b": range(1, 7)})
        >>> dice.expectation(lambda a, b: np.maximum(a, b)).round(3)
        np.float64(4.472)
        """
        if callable(of):
            grids = dict(zip(self.axes, np.meshgrid(*self.axes.values(), indexing="ij")))
            wanted = of.__code__.co_varnames[:of.__code__.co_argcount] if hasattr(of, "__code__") else tuple(grids)
            return self._mean(of(**{name: grids[name] for name in self._known(wanted)}))
        if isinstance(of, str):
            return self._mean(self._grid(of))                                                                     # (V-17)
        return np.stack([self._mean(self._grid(name)) for name in self._known(of)], axis=-1)

    def covariance(self, x: str | Sequence[str], y: str | Sequence[str] | None = None) -> Any:
        r"""Covariance :math:`\mathbb{E}[(x - \mu_x)(y - \mu_y)^\top]`, of x with itself without y.  Vidal (V-20), (V-21).

        A number for two names, a matrix for lists of names. The sum is over all pairs of values: see `edugen errata V-21`.
        """
        y = x if y is None else y
        if self.given:
            raise ValueError(f"observe {', '.join(self.given)} first: the covariance of a conditional table depends on it")
        a, b = ([self._grid(name) for name in self._known(names)] for names in (x, y))
        a, b = ([grid - self._mean(grid) for grid in grids] for grids in (a, b))
        matrix = np.stack([np.stack([self._mean(u * v) for v in b]) for u in a])                                  # (V-20), (V-21)
        return matrix[0, 0] if isinstance(x, str) and isinstance(y, str) else matrix

    def sample(self, rng: Any, n: int) -> dict[str, np.ndarray]:
        """Draw n outcomes: an array (n,) of values for each variable.

        Examples
        --------
        >>> Table([0.5, 0.5], {"coin": ["heads", "tails"]}).sample(0, 3)["coin"].tolist()
        ['tails', 'heads', 'heads']
        """
        if self.given:
            raise ValueError(f"give {', '.join(self.given)} a value first, by observe, or multiply by its distribution")
        from edugen.distributions import Categorical

        flat = np.ravel(stop_gradient(self.p))
        which = np.unravel_index(Categorical(flat / flat.sum()).sample(rng, n), self.p.shape)
        return {name: np.asarray(values)[i] for (name, values), i in zip(self.axes.items(), which)}

    # ------------------------------------------------------------------------------------------------------------------

    def _known(self, names: Names, axes: Mapping | None = None) -> tuple[str, ...]:
        names, axes = ((names,) if isinstance(names, str) else tuple(names)), self.axes if axes is None else axes
        for name in names:
            if name not in axes:
                raise ValueError(f"there is no variable {name!r}; there are {', '.join(axes) or 'none'}")
        if len(set(names)) < len(names):
            raise ValueError(f"each variable once, got {names}")
        return names

    def _index(self, name: str, value: Any) -> int:
        try:
            return self.axes[name].index(value)
        except ValueError:
            raise ValueError(f"{name} has no value {value!r}; it has {', '.join(map(repr, self.axes[name]))}") from None

    def _ordered(self, names: Iterable[str]) -> Table:
        names = list(names)
        old = list(self.axes)
        return self if names == old else self._with(np.transpose(self.p, [old.index(name) for name in names]), names, self.given)

    def _spread(self, axes: Mapping[str, tuple]) -> Any:
        """The entries along these axes, of length 1 where there is no such variable here."""
        own = self._ordered(name for name in axes if name in self.axes).p
        return np.reshape(own, [len(values) if name in self.axes else 1 for name, values in axes.items()])

    def _grid(self, name: str) -> np.ndarray:
        """The values of a variable as numbers, along its own axis."""
        values = np.asarray(self.axes[name])
        if values.dtype.kind not in "iufb":
            raise TypeError(f"{name} takes the values {', '.join(map(repr, self.axes[name]))}, which are no numbers; "
                            "pass a function of it instead of its name")
        return values.astype(float).reshape([-1 if other == name else 1 for other in self.axes])

    def _mean(self, grid: Any) -> Any:
        return np.sum(self.p * grid, axis=tuple(i for i, name in enumerate(self.axes) if name not in self.given))


def bayes(likelihood: Table, prior: Table) -> Table:
    r"""Bayes' rule, :math:`p(y \mid x) = p(x \mid y)\, p(y) / p(x)`.  Vidal (V-9).

    Parameters
    ----------
    likelihood : Table of p(x | y)
    prior : Table of p(y)

    Examples
    --------
    >>> ill = Table([0.99, 0.01], {"ill": [0, 1]})
    >>> test = Table([[0.95, 0.05], [0.1, 0.9]], {"ill": [0, 1], "positive": [0, 1]}, given="ill")
    >>> bayes(test, ill).observe(positive=1).prob(ill=1).round(3)        # most alarms are false
    np.float64(0.154)
    """
    return (likelihood * prior).conditional(prior.names, given=likelihood.names)                                  # (V-9)


def independent(table: Table, x: Names, y: Names, given: Names = (), atol: float = 1e-12) -> bool:
    """Whether :math:`p(x, y) = p(x) p(y)`, for every value of `given` if there is one.  Vidal (V-4).

    Examples
    --------
    >>> coins = Table(np.full((2, 2), 0.25), "a b")
    >>> independent(coins, "a", "b")
    True
    """
    x, y, given = table._known(x), table._known(y), table._known(given)
    joint = table.marginal(*given, *x, *y)
    p_z, p_xz, p_yz = (joint.marginal(*given, *names)._spread(joint.axes) for names in ((), x, y))
    return bool(np.allclose(joint.p * p_z, p_xz * p_yz, rtol=0, atol=atol))     # (V-4), times p(z)^2


def count(columns: Mapping[str, Any], axes: Mapping[str, Sequence] | None = None) -> tuple[np.ndarray, dict[str, tuple]]:
    """How often each combination of values occurs in N observations.

    Parameters
    ----------
    columns : dict of arrays (N,)
    axes : dict of each variable's values; by default those that occur, sorted

    Returns
    -------
    integers, one axis a variable; dict of the values

    Examples
    --------
    >>> counts, axes = count({"x": ["a", "b", "b"], "y": [0, 1, 1]})
    >>> Table(counts / counts.sum(), axes).prob(x="b")
    np.float64(0.6666666666666666)
    """
    arrays = {name: np.asarray(values) for name, values in columns.items()}
    if len({a.shape for a in arrays.values()}) != 1 or next(iter(arrays.values())).ndim != 1:
        raise ValueError(f"columns must be arrays of one length (N,), got shapes {({k: a.shape for k, a in arrays.items()})}")
    found = {name: tuple(np.unique(a).tolist()) if axes is None else tuple(axes[name]) for name, a in arrays.items()}
    codes = []
    for name, a in arrays.items():
        place = {value: i for i, value in enumerate(found[name])}
        if strange := sorted({v for v in a.tolist() if v not in place}, key=str):
            raise ValueError(f"{name} holds {strange[0]!r}, which is none of its values {found[name]}")
        codes.append(np.array([place[v] for v in a.tolist()], dtype=int))
    counts = np.zeros([len(v) for v in found.values()], dtype=int)
    np.add.at(counts, tuple(codes), 1)
    return counts, found


class GTest(NamedTuple):
    """What `g_test` returns: the statistic, its degrees of freedom, and how often chance alone would exceed it."""

    statistic: float
    dof: int
    p_value: float


def g_test(counts: Any) -> GTest:
    r"""Likelihood-ratio test of independence of the two variables of a table of counts.  Vidal (V-4), on data.

    :math:`G = 2 \sum_{xy} n_{xy} \log \frac{n_{xy}\, n}{n_{x\cdot}\, n_{\cdot y}}` is twice the log-likelihood that a joint
    distribution gains over a product of marginals, 2 n times their divergence. Where the variables are independent and no
    expected count is small (5 is the custom), it follows a chi-squared law.

    Examples
    --------
    >>> g_test([[30, 10], [10, 30]]).p_value < 1e-4, round(g_test([[20, 20], [10, 10]]).p_value, 6)
    (True, 1.0)
    """
    from scipy.special import chdtrc

    counts = np.asarray(counts, dtype=float)
    if counts.ndim != 2 or np.any(counts < 0) or counts.sum() == 0:
        raise ValueError(f"counts must be a table of two variables, none negative and not all 0, got shape {counts.shape}")
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]    # a value that never came says nothing
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / counts.sum()
    statistic = 2 * np.sum(np.where(counts > 0, counts * np.log(np.where(counts > 0, counts, 1) / expected), 0))
    dof = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    return GTest(float(statistic), dof, float(chdtrc(dof, max(statistic, 0.0))) if dof else 1.0)


def gauss_legendre(low: float, high: float, points: int = 100) -> tuple[np.ndarray, np.ndarray]:
    r"""Nodes and weights with :math:`\int f(x)\, dx \approx \sum_i w_i f(x_i)` between two ends.

    Exact, but for rounding, for polynomials of a degree below twice the number of points.

    Examples
    --------
    >>> nodes, weights = gauss_legendre(0.0, np.pi)
    >>> round(float(np.sum(weights * np.sin(nodes))), 12)
    2.0
    """
    nodes, weights = np.polynomial.legendre.leggauss(points)
    return low + (high - low) * (nodes + 1) / 2, (high - low) / 2 * weights


def discretize(density: Callable[..., Any], box: Mapping[str, tuple[float, float]], points: int = 100) -> Table:
    r"""A density as a table at the nodes of a quadrature rule: :math:`\int f(x)\, p(x)\, dx \approx \sum_i f(x_i)\, w_i p(x_i)`.

    So the table's marginals are (V-5), its expectations (V-16), its covariances (V-18) and (V-19), as accurate as the rule is for
    this density; entries divided by the weights of `gauss_legendre` are densities again.

    Parameters
    ----------
    density : function, called with an array for each variable of the box, in its order
    box : dict of (low, high) for each variable; outside, the density must be negligible
    points : int, nodes along each axis

    Raises
    ------
    ValueError
        The integral is not one to six digits: the box is too small, the nodes too few, or it is no density (V-1).

    Examples
    --------
    >>> table = discretize(lambda x, y: (x + y) * (x > 0), {"x": (0, 1), "y": (0, 1)})
    >>> table.expectation("x").round(6), table.covariance("x", "y").round(6)         # 7/12 and -1/144
    (np.float64(0.583333), np.float64(-0.006944))
    """
    rules = [gauss_legendre(*ends, points=points) for ends in box.values()]
    p = np.asarray(density(*np.meshgrid(*(nodes for nodes, _ in rules), indexing="ij")), dtype=float)
    if np.any(p < 0):
        raise ValueError(f"a density is nowhere negative, got {p.min():.3g}")
    for i, (_, weights) in enumerate(rules):
        p = p * weights.reshape([-1 if i == k else 1 for k in range(len(rules))])
    if abs(p.sum() - 1) > 1e-6:
        raise ValueError(f"the density integrates to {p.sum():.6g} over the box, not to one: widen the box, "
                         f"raise points={points}, or divide by the integral")
    return Table(p / p.sum(), {name: nodes.tolist() for name, (nodes, _) in zip(box, rules)})                     # (V-1)
