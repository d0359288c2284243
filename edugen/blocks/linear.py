r"""The linear block, stacks of blocks, and how large the first weights must be.  Cho chapter 3, (3.1), (3.2).

A block is a function :math:`F(x; \theta)` whose shape is fixed and whose parameters are not: `theta = block.init(rng)` makes
some, and `block(theta, x)` computes. So one block serves any number of parameters, and what is differentiated is plain.

.. math:: F(x; \theta) = \sigma(U^\top x + c), \qquad \theta = (U, c)
"""
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Protocol

import numpy as np

from edugen.autodiff import Tensor, linear, primitive, relu, rule, sigmoid, softplus

__all__ = ["INITIALIZERS", "NONLINEARITIES", "Block", "Linear", "Pointwise", "Residual", "Sequential", "gelu", "glorot", "he",
           "layers", "leaky_relu", "orthogonal"]


class Block(Protocol):
    """What every block of this chapter can do."""

    def init(self, rng: Any, dtype: Any = np.float64) -> Any:
        """First parameters, a tree of arrays; of a seed or a Generator."""

    def __call__(self, theta: Any, x: Any) -> Any:
        """The value; differentiable in both."""


# Nonlinearities -----------------------------------------------------------------------------------------------------------

@primitive
def leaky_relu(x: Any, slope: float = 0.01) -> Any:
    """x above 0 and slope times x below: no unit is ever without a gradient.

    Examples
    --------
    >>> leaky_relu(np.array([-2.0, 3.0]))
    array([-0.02,  3.  ])
    """
    return np.where(np.greater(x, 0), x, np.multiply(slope, x))


@rule(leaky_relu, 0)
def _(g, y, x, slope=0.01):
    return g * np.where(np.greater(x, 0), 1, slope)


@primitive
def gelu(x: Any) -> Any:
    r"""x times the probability that a standard normal number is below x, :math:`x\, \Phi(x)` (Hendrycks and Gimpel 2016).

    Examples
    --------
    >>> gelu(np.array([-8.0, 0.0, 1.0])).round(4)
    array([-0.    ,  0.    ,  0.8413])
    """
    from scipy.special import ndtr
    return x * ndtr(x)


@rule(gelu)
def _(g, y, x):
    from scipy.special import ndtr
    return g * (ndtr(x) + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi))       # (x Phi)' = Phi + x phi


#: By name. `linear` computes the first three together with its product.
NONLINEARITIES: dict[str, Callable[[Any], Any]] = {
    "identity": lambda x: x, "relu": relu, "tanh": np.tanh, "leaky_relu": leaky_relu, "sigmoid": sigmoid, "softplus": softplus,
    "gelu": gelu,
}
_FUSED = ("identity", "relu", "tanh")


# First weights ------------------------------------------------------------------------------------------------------------
# Of y = U'x with n independent inputs, var(y_j) = n var(U) E[x^2]; on the way back it is m var(U) for the gradient.

def glorot(rng: Any, n: int, m: int) -> np.ndarray:
    r"""Normal weights of variance 2 / (n + m): between what keeps the signal and what keeps the gradient (2010)."""
    check_counts("glorot", n=n, m=m)
    return np.random.default_rng(rng).normal(size=(n, m)) * math.sqrt(2 / (n + m))


def he(rng: Any, n: int, m: int) -> np.ndarray:
    r"""Normal weights of variance 2 / n: a relu throws half of E[x^2] away, and this makes up for it (2015)."""
    check_counts("he", n=n, m=m)
    return np.random.default_rng(rng).normal(size=(n, m)) * math.sqrt(2 / n)


def orthogonal(rng: Any, n: int, m: int) -> np.ndarray:
    """Orthonormal columns, or rows where they are fewer, at random (Saxe et al. 2014).

    U'x is as long as x where m >= n, and U g as long as g where n >= m.
    """
    check_counts("orthogonal", n=n, m=m)
    q, r = np.linalg.qr(np.random.default_rng(rng).normal(size=(max(n, m), min(n, m))))
    q = q * np.sign(np.diag(r))                                                  # else QR prefers some directions
    return q if n >= m else q.T


INITIALIZERS: dict[str, Callable[[Any, int, int], np.ndarray]] = {"glorot": glorot, "he": he, "orthogonal": orthogonal}


def default_first(sigma: str) -> str:
    """He's where the nonlinearity is like a relu, and Glorot's elsewhere."""
    return "he" if sigma in ("relu", "leaky_relu", "gelu", "softplus") else "glorot"


def first_weights(rng: Any, n: int, m: int, sigma: str, first: str | None = None) -> np.ndarray:
    """Weights (n, m) by name; without one, those that suit the nonlinearity."""
    return INITIALIZERS[first or default_first(sigma)](rng, n, m)


# Blocks -------------------------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Linear:
    r"""The linear block, :math:`\sigma(U^\top x + c)`: every output from every input.  Cho (3.1).

    Its backward pass stands in `edugen.autodiff.ops.linear`, below its forward one.

    Parameters
    ----------
    n, m : ints, inputs and outputs
    sigma : str, a key of `NONLINEARITIES`
    first : str, a key of `INITIALIZERS`
        By default "he" for the relu and what is like it, and "glorot" for the rest.

    Raises
    ------
    ValueError
        For a size that is no integer from 1 on, a name that is not there, or parameters of another block.

    Examples
    --------
    >>> block = Linear(2, 3)
    >>> theta = block.init(0)
    >>> theta["U"].shape, theta["c"], block(theta, np.ones((5, 2))).shape
    ((2, 3), array([0., 0., 0.]), (5, 3))
    """

    n: int
    m: int
    sigma: str = "relu"
    first: str | None = None

    def __post_init__(self) -> None:
        if not (is_count(self.n) and is_count(self.m)):
            raise ValueError(f"Linear takes integers, at least one input and one output, got n = {self.n!r} and m = {self.m!r}")
        check_choice("sigma", self.sigma, NONLINEARITIES)
        if self.first is not None:
            check_choice("first", self.first, INITIALIZERS)

    def init(self, rng: Any, dtype: Any = np.float64) -> dict[str, np.ndarray]:
        """Weights U (n, m) at random, biases c (m,) of zero."""
        U = first_weights(rng, self.n, self.m, self.sigma, self.first)
        return {"U": U.astype(floating(dtype)), "c": np.zeros(self.m, dtype)}

    def __call__(self, theta: dict[str, Any], x: Any) -> Any:
        """Array (..., n) to (..., m)."""
        if np.shape(x)[-1:] != (self.n,):
            raise ValueError(f"{self}: x must be an array (..., {self.n}), got shape {np.shape(x)}")
        check_parameters(self, theta, U=(self.n, self.m), c=(self.m,))
        x = x if type(x) is Tensor else np.asarray(x)
        if self.sigma in _FUSED:
            return linear(x, theta["U"], theta["c"], self.sigma)                 # (3.1)
        return NONLINEARITIES[self.sigma](linear(x, theta["U"], theta["c"]))


@dataclass(frozen=True)
class Pointwise:
    r"""A nonlinearity alone, a block without parameters: :math:`\sigma(a) = \max(0, a)` by default.  Cho (3.2).

    Examples
    --------
    >>> block = Pointwise()
    >>> block(block.init(0), np.array([-1.0, 2.0]))
    array([0., 2.])
    """

    sigma: str = "relu"

    def __post_init__(self) -> None:
        check_choice("sigma", self.sigma, NONLINEARITIES)

    def init(self, rng: Any = None, dtype: Any = np.float64) -> dict[str, Any]:
        """No parameters: an empty dict."""
        return {}

    def __call__(self, theta: Any, x: Any) -> Any:
        """Any array to one of its shape."""
        return NONLINEARITIES[self.sigma](x)                                     # (3.2)


class Sequential:
    """Blocks one after the other: a deep network.

    Parameters
    ----------
    *blocks : what one gives, the next one takes

    Examples
    --------
    >>> network = Sequential(Linear(2, 16), Linear(16, 16), Linear(16, 3, "identity"))
    >>> network(network.init(0), np.ones((5, 2))).shape
    (5, 3)
    """

    def __init__(self, *blocks: Block):
        if not blocks:
            raise ValueError("Sequential needs at least one block")
        for block in blocks:
            if not is_block(block):
                raise ValueError("Sequential takes blocks one by one, Sequential(*blocks); a function is Pointwise('tanh'); got "
                                 f"{block!r}")
        self.blocks = blocks
        for k, (block, after) in enumerate(zip(blocks, blocks[1:], strict=False), 1):
            if isinstance(block, Linear) and isinstance(after, Linear) and block.m != after.n:
                raise ValueError(f"Sequential: block {k}, {block}, gives {block.m} numbers, and block {k + 1}, {after}, "
                                 f"takes {after.n}")

    def init(self, rng: Any, dtype: Any = np.float64) -> list[Any]:
        """A list, the parameters of each block; each from a generator of its own."""
        return [block.init(each, dtype) for block, each in
                zip(self.blocks, np.random.default_rng(rng).spawn(len(self.blocks)), strict=True)]

    def __call__(self, theta: list[Any], x: Any) -> Any:
        for value in layers(self, theta, x):
            x = value
        return x

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(repr, self.blocks))})"


@dataclass(frozen=True)
class Residual:
    r"""What comes in, and something added to it: :math:`x + F(x; \theta)` (He et al. 2016).

    A gradient comes back through the sum as it is, and the block's share is added to it.

    Parameters
    ----------
    block : of as many outputs as inputs
    scale : float
        Of what is added. In a stack of L, :math:`1 / \sqrt L` keeps the signal's size.

    Examples
    --------
    >>> block = Residual(Linear(2, 2))
    >>> theta = {"U": np.zeros((2, 2)), "c": np.zeros(2)}
    >>> block(theta, np.array([3.0, -4.0]))
    array([ 3., -4.])
    """

    block: Block
    scale: float = 1.0

    def __post_init__(self) -> None:
        if not is_block(self.block):
            raise ValueError(f"Residual takes a block, as Residual(Linear(8, 8)); several are one, Sequential(*blocks); got "
                             f"{self.block!r}")

    def init(self, rng: Any, dtype: Any = np.float64) -> Any:
        """Parameters of the block inside."""
        return self.block.init(rng, dtype)

    def __call__(self, theta: Any, x: Any) -> Any:
        added = self.block(theta, x)
        if np.shape(added) != np.shape(x):
            raise ValueError(f"Residual: the block inside makes shape {np.shape(added)} of {np.shape(x)}; what is added must "
                             "be of the shape that came in")
        return x + self.scale * added


def layers(network: Sequential, theta: list[Any], x: Any) -> list[Any]:
    """What each block of a stack gives, in order: to draw how a signal fares on its way.

    Examples
    --------
    >>> network = Sequential(Linear(2, 4), Linear(4, 1, "identity"))
    >>> [h.shape for h in layers(network, network.init(0), np.ones((5, 2)))]
    [(5, 4), (5, 1)]
    """
    if not isinstance(network, Sequential):
        raise ValueError(f"layers takes a Sequential, whose blocks it goes through, got {network!r}")
    if not isinstance(theta, list | tuple) or len(theta) != len(network.blocks):
        found = len(theta) if isinstance(theta, list | tuple) else f"a {type(theta).__name__}"
        raise ValueError(f"theta must be a list of parameters for each of {len(network.blocks)} blocks, got {found}")
    values = []
    for block, parameters in zip(network.blocks, theta, strict=True):
        x = block(parameters, x)
        values.append(x)
    return values


def is_block(value: Any) -> bool:
    """Can it make parameters? A class can't, nor a function or a list of blocks."""
    return hasattr(value, "init") and not isinstance(value, type)


def check_choice(name: str, value: Any, choices: Any) -> None:
    """Refuse a value that is none of the choices."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value!r}")


def is_count(value: Any) -> bool:
    """Is it an integer from 1 on?"""
    return isinstance(value, Integral) and int(value) >= 1


def check_counts(caller: str, **counts: Any) -> None:
    """Refuse what is no integer from 1 on."""
    for name, value in counts.items():
        if not is_count(value):
            raise ValueError(f"{caller}: {name} must be an integer from 1 on, got {value!r}")


def check_parameters(block: Any, theta: Any, **shapes: tuple[int, ...]) -> None:
    """Refuse parameters of another block."""
    found = {name: np.shape(part) for name, part in theta.items()} if isinstance(theta, dict) else f"a {type(theta).__name__}"
    if found != shapes:
        raise ValueError(f"{block}: its parameters are arrays of shapes {shapes}, got {found}; are they another block's?")


def floating(dtype: Any) -> Any:
    """Refuse a dtype that parameters can't have."""
    if np.dtype(dtype).kind != "f":
        raise ValueError(f"parameters are floating numbers, dtype must be np.float64 or np.float32, got {np.dtype(dtype)}")
    return dtype
