r"""The tape that everyone should write once: reverse-mode differentiation in 80 lines and a table of rules.  Cho §2.2.2.

Backpropagation through the network of `backprop` is a chain written by hand: keep what the forward pass computed, then walk
back, multiplying the error signal by one local derivative after another (2.59), (2.67). A tape writes the chain down by itself.
Each result remembers its parents and the local rules that take its gradient to theirs; `backward` visits every node after all
that used it, and adds up what arrives.

The engine of this package, `edugen.autodiff`, is the same thing grown up.
"""
from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["RULES", "Variable", "grad", "topological_order", "unbroadcast"]

RULES: dict[Callable, tuple[Callable, ...]] = {                # one local rule an argument; y is the result, g its gradient
    np.add: (lambda g, y, a, b: g, lambda g, y, a, b: g),
    np.subtract: (lambda g, y, a, b: g, lambda g, y, a, b: -g),
    np.multiply: (lambda g, y, a, b: g * b, lambda g, y, a, b: g * a),
    np.divide: (lambda g, y, a, b: g / b, lambda g, y, a, b: -g * y / b),
    np.negative: (lambda g, y, a: -g,),
    np.exp: (lambda g, y, a: g * y,),
    np.log: (lambda g, y, a: g / a,),
    np.tanh: (lambda g, y, a: g * (1 - y * y),),
    np.matmul: (lambda g, y, a, b: g @ b.T, lambda g, y, a, b: a.T @ g),
    np.transpose: (lambda g, y, a: g.T,),
    np.sum: (lambda g, y, a, axis=None: (g if axis is None else np.expand_dims(g, axis)) * np.ones(np.shape(a)),),
    np.expand_dims: (lambda g, y, a, axis: np.sum(g, axis=axis),),
}


class Variable:
    """A value that remembers how it was made.

    Examples
    --------
    >>> x = Variable(3.0)
    >>> y = x * x + x
    >>> y.backward()
    >>> x.grad
    7.0
    """

    def __init__(self, value: Any, level: int = 0, parents: tuple = ()):
        self.value, self.level, self.parents, self.grad = value, level, parents, None

    def __array_ufunc__(self, ufunc, method, *args, **options):               # NumPy asks here for np.exp(x), a * x, ... (NEP 13)
        if method != "__call__":
            raise TypeError(f"the tape has no rule for np.{ufunc.__name__}.{method}")
        return record(ufunc, args, options)

    def __array_function__(self, function, types, args, options):             # and here for np.sum(x), ... (NEP 18)
        return record(function, args, options)

    def backward(self, g: Any = 1.0) -> None:
        """Set `.grad` of every variable that this one was computed from to the derivative of this one."""
        order = topological_order(self, lambda v: [parent for parent, _ in v.parents])
        for v in order:
            v.grad = 0.0
        self.grad = g
        for v in order:                                                       # in its turn v has heard from all its users
            for parent, rule in v.parents:
                parent.grad = parent.grad + unbroadcast(rule(v.grad), np.shape(parent.value))

    __add__ = __radd__ = lambda a, b: np.add(a, b)
    __mul__ = __rmul__ = lambda a, b: np.multiply(a, b)
    __sub__, __rsub__ = (lambda a, b: np.subtract(a, b)), (lambda b, a: np.subtract(a, b))
    __truediv__, __rtruediv__ = (lambda a, b: np.divide(a, b)), (lambda b, a: np.divide(a, b))
    __matmul__, __rmatmul__ = (lambda a, b: np.matmul(a, b)), (lambda b, a: np.matmul(a, b))
    __neg__, T = (lambda a: np.negative(a)), property(lambda a: np.transpose(a))
    shape = property(lambda a: np.shape(a.value))


def record(function: Callable, args: tuple, options: dict) -> Any:
    """Compute at the highest level among the arguments; what is inside may be of a lower level, and records in turn."""
    if function in (np.shape, np.ndim):
        return function(args[0].value)
    if function not in RULES:
        raise TypeError(f"the tape has no rule for {function.__name__}; add one to RULES")
    level = max(a.level for a in args if isinstance(a, Variable))
    mine = [isinstance(a, Variable) and a.level == level for a in args]
    inside = [a.value if m else a for a, m in zip(args, mine, strict=True)]
    y = function(*inside, **options)
    rules = [lambda g, rule=rule: rule(g, y, *inside, **options) for rule in RULES[function]]
    return Variable(y, level, tuple((a, rule) for a, m, rule in zip(args, mine, rules, strict=True) if m))


def topological_order(output: Any, parents: Callable[[Any], list]) -> list:
    """Everything that `output` was computed from, users before what they use; `output` comes first."""
    users, waiting, order = {id(output): 0}, [output], []
    while waiting:                                                            # how many edges arrive at each node
        for p in parents(waiting.pop()):
            if id(p) not in users:
                waiting.append(p)
            users[id(p)] = users.get(id(p), 0) + 1
    waiting = [output]
    while waiting:                                                            # a node is ready when all its users are done
        order.append(waiting.pop())
        for p in parents(order[-1]):
            users[id(p)] -= 1
            if users[id(p)] == 0:
                waiting.append(p)
    return order


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum `g` over what broadcasting had copied, so that it has `shape`: the transpose of copying is adding."""
    while np.ndim(g) > len(shape):
        g = np.sum(g, axis=0)
    for axis, n in enumerate(shape):
        if n == 1 and np.shape(g)[axis] != 1:
            g = np.expand_dims(np.sum(g, axis=axis), axis=axis)
    if np.shape(g) != shape:
        raise ValueError(f"a rule gave a gradient of shape {np.shape(g)} to a value of shape {shape}: they must be equal")
    return g


_next_level = itertools.count(1).__next__


def grad(f: Callable) -> Callable:
    """The gradient of a scalar function of one array.  Every call has a level of its own, so `grad(grad(f))` is right.

    Examples
    --------
    >>> grad(grad(lambda x: x * x * x))(2.0)
    np.float64(12.0)
    """
    def gradient(x):
        level = _next_level()
        variable = Variable(x, level)
        y = f(variable)
        if not (isinstance(y, Variable) and y.level == level):                # doesn't depend on x
            return np.zeros(np.shape(x))
        if np.shape(y) != ():
            raise TypeError(f"grad needs a scalar, but the function returned shape {np.shape(y)}: take a sum or a mean")
        y.backward()
        return variable.grad + np.zeros(np.shape(x))
    return gradient
