r"""Text: two poems of 1871, and a Markov source, whose entropy rate no model of it can beat."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from edugen.data.toys import counted

__all__ = ["MarkovSource", "carroll"]

GROUPS = 4096                                                               # of them a matrix is made, and solved


def carroll() -> str:
    """"Jabberwocky" and "The Walrus and the Carpenter", by Lewis Carroll, in the public domain.

    Examples
    --------
    >>> text = carroll()
    >>> print(text[:35], len(text), len(set(text)))
    'Twas brillig, and the slithy toves 4212 54
    """
    return (files("edugen.data") / "carroll.txt").read_text(encoding="utf-8")


@dataclass(frozen=True, eq=False)
class MarkovSource:
    r"""Characters drawn one after the other, each from a distribution that the last `order` of them choose.

    .. math:: p(x_1, \dots, x_T) = p(x_1, \dots, x_k) \prod_{t > k} p(x_t \mid x_{t-k}, \dots, x_{t-1})

    It starts in its stationary distribution, so that every stretch of it is distributed as any other.

    Parameters
    ----------
    alphabet : str
        Its A characters, each once.
    table : array (A, ..., A), order + 1 axes
        The probability of the last index after the indices before it; sums to one along the last axis.

    Raises
    ------
    ValueError
        An alphabet or a table that is none; a table in which two parts of the text never meet, so that the start decides for
        ever.

    Examples
    --------
    >>> source = MarkovSource("ab", np.array([[0.9, 0.1], [0.3, 0.7]]))
    >>> source.sample(0, 40)
    'aaaaabbbbbbaaaaaaaaaaaaaaabbbbbbaaaaaabb'
    >>> source.stationary()
    array([0.75, 0.25])
    >>> round(source.entropy_rate(), 4)                  # nats a character
    0.3965
    """

    alphabet: str
    table: np.ndarray

    def __post_init__(self) -> None:
        table, size = np.asarray(self.table, dtype=float), len(self.alphabet)
        if size < 1 or len(set(self.alphabet)) != size:
            raise ValueError(f"alphabet must be characters, each once, got {self.alphabet!r}")
        if table.ndim < 1 or table.shape != (size,) * table.ndim:
            raise ValueError(f"table must have {size} entries along each axis, one a character, got shape {table.shape}")
        if not (np.all(table >= 0) and np.allclose(table.sum(axis=-1), 1)):
            raise ValueError("table must hold probabilities that sum to one along the last axis")
        object.__setattr__(self, "table", table)
        _fits(size, table.ndim - 1)
        object.__setattr__(self, "_stationary", _stationary(self._steps()).reshape(table.shape[:-1]))

    @classmethod
    def draw(cls, rng: int | np.random.Generator, alphabet: str = "abcd", order: int = 2,
             concentration: float = 0.3) -> MarkovSource:
        """A source whose distributions are drawn from a Dirichlet: the smaller `concentration`, the more predictable."""
        order = counted("order", order, least=0, most=8)
        if not 0 < concentration < np.inf:
            raise ValueError(f"concentration must be positive, got {concentration!r}")
        size = len(alphabet)
        _fits(size, order)
        table = np.random.default_rng(rng).dirichlet(np.full(size, concentration), size=(size,) * order)
        return cls(alphabet, 0.999 * table + 0.001 / size)                  # none is impossible

    @classmethod
    def fit(cls, text: str, order: int = 1, smoothing: float = 0.01) -> MarkovSource:
        """The source that counting suggests: how often each character came after each `order` others, plus `smoothing`."""
        order = counted("order", order, least=0, most=8)
        if len(text) <= order or not 0 < smoothing < np.inf:
            raise ValueError(f"text must be longer than order={order}, and smoothing positive, got {len(text)} characters and "
                             f"smoothing={smoothing!r}")
        alphabet = "".join(sorted(set(text)))
        _fits(len(alphabet), order)
        counts = np.full((len(alphabet),) * (order + 1), float(smoothing))
        code = _encode(text, alphabet)
        np.add.at(counts, tuple(code[i:len(code) - order + i] for i in range(order + 1)), 1)
        return cls(alphabet, counts / counts.sum(axis=-1, keepdims=True))

    @property
    def order(self) -> int:
        """How many characters choose the next one."""
        return self.table.ndim - 1

    def sample(self, rng: int | np.random.Generator, n: int) -> str:
        """A text of n characters."""
        n, rng = counted("n", n, least=0), np.random.default_rng(rng)
        start = rng.choice(self.stationary().size, p=self.stationary().ravel())
        code = [int(i) for i in np.unravel_index(start, (len(self.alphabet),) * self.order)] if self.order else []
        cumulative = np.cumsum(self.table, axis=-1)
        for u in rng.random(max(n - self.order, 0)):
            last = tuple(code[len(code) - self.order:])
            code.append(min(int(np.searchsorted(cumulative[last], u, side="right")), len(self.alphabet) - 1))
        return "".join(self.alphabet[i] for i in code[:n])

    def log_prob(self, text: str) -> float:
        """The log-probability of a text of at least `order` characters, in nats; -inf for a character it does not have."""
        if len(text) < self.order:
            raise ValueError(f"text must have at least order={self.order} characters, got {len(text)}")
        if set(text) - set(self.alphabet):
            return -np.inf
        code, k = _encode(text, self.alphabet), self.order
        with np.errstate(divide="ignore"):
            first = np.log(self.stationary()[tuple(code[:k])]) if k else 0.0
            rest = np.log(self.table[tuple(code[i:len(code) - k + i] for i in range(k + 1))])
        return float(first + rest.sum())

    def stationary(self) -> np.ndarray:
        """How often each group of `order` characters comes, array (A, ..., A)."""
        return self._stationary                                             # type: ignore[attr-defined]

    def entropy_rate(self) -> float:
        """The entropy of the next character given all before it, in nats: the loss of the best model there is."""
        log = np.log(np.where(self.table > 0, self.table, 1.0))             # 0 log 0 is 0
        return float(-np.sum(self.stationary()[..., None] * self.table * log))

    def _steps(self) -> np.ndarray:
        """From each group of `order` characters to the group one character later."""
        size, groups = len(self.alphabet), len(self.alphabet) ** self.order
        steps = np.zeros((groups, groups))
        source = np.arange(groups)[:, None]
        np.add.at(steps, (source, (source * size + np.arange(size)) % groups), self.table.reshape(groups, size))
        return steps


def _fits(size: int, order: int) -> None:
    """Before a table is made, which has `size` times as many entries."""
    if size < 1:
        raise ValueError("alphabet must have at least one character, got none")
    if size ** order > GROUPS:
        raise ValueError(f"{size} characters and order {order} make {size ** order:,} groups, and {GROUPS:,} are the most: "
                         "lower the order")


def _stationary(steps: np.ndarray) -> np.ndarray:
    """The p with p steps = p that sums to one."""
    from scipy.sparse.csgraph import connected_components

    parts, part = connected_components(steps > 0, connection="strong")
    leaving = np.unique(part[np.nonzero((steps > 0) & (part[:, None] != part))[0]])
    if parts - len(leaving) != 1:                                           # more than one that is never left
        raise ValueError("table has parts that never meet, and no single stationary distribution: give every character some "
                         "probability")
    system = steps.T - np.eye(len(steps))
    system[0] = 1.0                                                         # one of its rows follows from the others
    return np.maximum(np.linalg.solve(system, np.eye(len(steps))[0]), 0)


def _encode(text: Sequence[str], alphabet: str) -> np.ndarray:
    number = {character: i for i, character in enumerate(alphabet)}
    return np.array([number[character] for character in text], dtype=int)
