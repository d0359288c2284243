r"""Derivatives of functions: `grad` and what is built on it.

All of them do the same: open a level, wrap the arguments at that level, run the function, and sweep back from its result.
Parameters may be any tree of arrays (dicts, lists, tuples, dataclasses); a gradient has the structure of its argument.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import tree
from .memory import keep_freed_memory
from .tensor import Tensor, backward, next_level, raw

__all__ = ["grad", "hessian", "hvp", "jacobian", "stop_gradient", "value_and_grad", "vjp"]

keep_freed_memory()                                   # each gradient frees what the next one needs


def grad(f: Callable, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Callable:
    r"""The gradient of a scalar function, as a function of the same arguments.

    Parameters
    ----------
    f : function whose result is a scalar
    argnums : which arguments to differentiate; a tuple gives a tuple of gradients
    has_aux : `f` returns (scalar, anything else), and the gradient comes as (gradient, anything else)

    Returns
    -------
    function; its result has the structure, shapes and dtypes of the argument

    Raises
    ------
    TypeError
        `f` is no function or doesn't return a scalar, or the argument holds no floating array.

    Examples
    --------
    >>> grad(lambda w: np.sum(np.tanh(w) ** 2))(np.array([0.0, 1.0]))
    array([0.        , 0.63970001])
    >>> grad(grad(grad(np.sin)))(0.0)
    np.float64(-1.0)
    """
    both = value_and_grad(f, argnums, has_aux)

    def gradient(*args, **options):
        value, g = both(*args, **options)
        return (g, value[1]) if has_aux else g
    gradient.__name__ = f"grad({_called(f)[:-2]})"                              # for messages about gradients of gradients
    return gradient


def value_and_grad(f: Callable, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Callable:
    """Value and gradient in one go.  See `grad`.

    Examples
    --------
    >>> value_and_grad(lambda p: p["a"] * p["b"] ** 2)({"a": 2.0, "b": 3.0})
    (np.float64(18.0), {'a': np.float64(9.0), 'b': np.float64(12.0)})
    """
    def both(*args, **options):
        trace = _Trace(f, args, argnums, options, has_aux)
        y = trace.value
        if not isinstance(y, (Tensor, float, int, np.ndarray, np.number)):
            hint = ("; did you forget to return it?" if y is None else
                    "; has_aux=True allows (scalar, more)" if type(y) is tuple else "")
            raise TypeError(f"grad needs a function that returns a scalar, but {_called(f)} returned {type(y).__name__}{hint}")
        if getattr(y, "shape", ()) != ():
            raise TypeError(f"grad needs a scalar, but {_called(f)} returned shape {np.shape(y)}. Take a sum or a mean, pick "
                            "one entry, or use jacobian(f) or vjp(f, x)")
        value = trace.constant(y)
        value = np.float64(value) if type(value) is float else value
        g = trace.pull(y, getattr(value, "dtype", np.dtype(float)).type(1))
        return (value, trace.aux) if has_aux else value, g
    return both


def vjp(f: Callable, *args: Any) -> tuple[Any, Callable[[Any], tuple]]:
    r"""The value of `f` and its pullback, :math:`g \mapsto g^\top \partial f / \partial x`, a tuple with one entry an argument.

    Examples
    --------
    >>> y, pull = vjp(np.exp, np.zeros(2))
    >>> pull(np.array([1.0, 2.0]))
    (array([1., 2.]),)
    """
    trace = _Trace(f, args, tuple(range(len(args))), {}, False)
    leaves, build = tree.flatten(trace.value)

    def pull(g):
        cotangents = tree.flatten(tree.map(lambda y, c: _as_cotangent(c, y), trace.value, g))[0]
        return trace.pull_all(leaves, cotangents)
    return build([trace.constant(y) for y in leaves]), pull


def jacobian(f: Callable, argnums: int | tuple[int, ...] = 0) -> Callable:
    r"""The matrix of all first derivatives, of shape `output shape + argument shape`; trees give a tree of such arrays.

    Examples
    --------
    >>> jacobian(lambda x: x ** 2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    def matrix(*args, **options):
        trace = _Trace(f, args, argnums, options, False)
        leaves, build = tree.flatten(trace.value)
        if not leaves:
            raise TypeError(f"jacobian needs a function that returns floating arrays, but {_called(f)} returned "
                            f"{type(trace.value).__name__}")
        return build([_rows(trace, y) for y in leaves])
    return matrix


def _rows(trace, y):
    """One sweep for each entry of y; row and gradient stacked along the axes of y."""
    shape, dtype = np.shape(y), getattr(y, "dtype", float)
    rows = [tree.flatten(trace.pull(y, row.reshape(shape))) for row in np.eye(int(np.prod(shape)), dtype=dtype)]
    if not rows:
        like, build = tree.flatten(trace.zeros())
        return build([np.zeros(shape + np.shape(leaf)) for leaf in like])
    columns = zip(*(leaves for leaves, _ in rows), strict=True)
    return rows[0][1]([np.reshape(np.stack(column), shape + np.shape(column[0])) for column in columns])


def hessian(f: Callable, argnums: int = 0) -> Callable:
    """The matrix of second derivatives of a scalar function: `argument shape + argument shape`.

    Examples
    --------
    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 3.0]))
    array([[6., 2.],
           [2., 0.]])
    """
    return jacobian(grad(f, argnums), argnums)


def hvp(f: Callable, argnums: int = 0) -> Callable:
    r"""Hessian-vector product :math:`\nabla^2 f(x) v`, at the cost of two gradients: `hvp(f)(x, v)`.

    It is the gradient of :math:`\langle \nabla f(x), v \rangle`, so no matrix is ever formed.

    Examples
    --------
    >>> hvp(lambda x: np.sum(x ** 4))(np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    array([12., 48.])
    """
    def product(*arguments, **options):
        *args, v = arguments
        if not -len(args) <= argnums < len(args):
            raise TypeError(f"hvp: call it with the arguments of {_called(f)} and then the vector; one of them is missing")
        i = argnums % len(args)

        def directional(x):
            g = grad(f, i)(*args[:i], x, *args[i + 1:], **options)
            return sum(tree.flatten(tree.map(lambda a, b: np.sum(a * _as_vector(a, b)), g, v))[0])
        return grad(directional)(args[i])
    return product


def stop_gradient(x: Any) -> Any:
    """`x` as a constant: the arrays inside a tree of tensors, through all levels.

    Examples
    --------
    >>> grad(lambda x: x * stop_gradient(x))(3.0)
    np.float64(3.0)
    """
    if type(x) is Tensor:
        return raw(x)
    leaves, build = tree.flatten(x)
    return build([raw(leaf) for leaf in leaves])


class _Trace:
    """A function's run at a level of its own."""

    inputs: list[tuple[list[Tensor], Callable]]

    def __init__(self, f: Callable, args: tuple, argnums: Any, options: dict[str, Any], has_aux: bool):
        if not callable(f):
            raise TypeError(f"expected a function to differentiate, got {type(f).__name__}: write grad(f)(x), not grad(f(x))")
        self.level, self.one = next_level(), isinstance(argnums, (int, np.integer))
        inputs, self.inputs = list(args), []
        for i in (argnums,) if self.one else argnums:
            if not -len(args) <= i < len(args):
                raise TypeError(f"argnums {i} is out of range: {_called(f)} was called with {len(args)} positional arguments"
                                "; what is differentiated is passed by position, not by keyword")
            leaves, build = tree.flatten(args[i])
            if not leaves:
                raise TypeError(_no_leaf(f, i, args[i]))
            boxes = [Tensor(leaf, self.level) for leaf in leaves]
            self.inputs.append((boxes, build))
            inputs[i] = build(boxes)
        try:
            self.value, self.aux = f(*inputs, **options), None
        except TypeError as error:
            for i, given in enumerate(args):
                if isinstance(given, (list, tuple)) and any(map(np.isscalar, given)) and not hasattr(error, "__notes__"):
                    error.add_note(f"Argument {i} is a {type(given).__name__} of numbers, which is taken as a tree with a leaf "
                                   "for each; for one array pass np.array(...).")
            raise
        if has_aux:
            if not (isinstance(self.value, tuple) and len(self.value) == 2):
                raise TypeError(f"has_aux=True needs (scalar, anything else), but {_called(f)} returned "
                                f"{type(self.value).__name__}")
            self.value, aux = self.value
            self.aux = tree.map(self.constant, aux)

    def constant(self, y):
        """What a value is outside this level."""
        return y.value if type(y) is Tensor and y.level == self.level else y

    def pull(self, y, g):
        return self.pull_all([y], [g], self.one)

    def pull_all(self, outputs, cotangents, one=False):
        """Cotangents of the inputs, given those of the outputs; the outputs' contributions add up."""
        total: dict = {}
        for y, g in zip(outputs, cotangents, strict=True):
            if type(y) is Tensor and y.level > self.level:
                raise TypeError("the result was made inside another grad that has ended: a traced value escaped from it, "
                                "perhaps into a list or a global variable. Return it, or store stop_gradient(t)")
            if type(y) is Tensor and y.level == self.level:           # else it doesn't depend on the inputs
                found = backward(y, g)
                for birth in found.keys() & total.keys():
                    found[birth] = total[birth] + found[birth]
                total.update(found)
        given = {id(g) for g in cotangents}
        gradients = []
        for boxes, build in self.inputs:
            leaves = []
            for b in boxes:
                g = total[b.birth] if b.birth in total else _zeros(b.value)
                if type(g) is np.ndarray and (g.base is not None or id(g) in given):
                    g = g.copy()                  # a gradient is its receiver's own: no view, no twin, not the caller's cotangent
                given.add(id(g))
                leaves.append(g)
            gradients.append(build(leaves))
        return gradients[0] if one else tuple(gradients)

    def zeros(self):
        gradients = tuple(build([_zeros(b.value) for b in boxes]) for boxes, build in self.inputs)
        return gradients[0] if self.one else gradients


def _zeros(x):
    return np.zeros_like(raw(x))[()]


def _as_cotangent(g, y):
    if np.shape(g) != np.shape(y):
        raise ValueError(f"a cotangent has the shape of the value, {np.shape(y)}, got {np.shape(g)}")
    return g if type(g) is Tensor else np.asarray(g, dtype=getattr(y, "dtype", float))


def _as_vector(g, v):
    if np.shape(g) != np.shape(v):
        raise ValueError(f"hvp: the vector must have the shape of the argument, {np.shape(g)}, got {np.shape(v)}")
    return v


def _called(f):
    return f"{getattr(f, '__name__', type(f).__name__)}()"


def _no_leaf(f, i, x):
    dtype = getattr(x, "dtype", type(x))
    if isinstance(x, (int, complex, np.ndarray, np.generic)):
        kind = "complex" if getattr(dtype, "kind", type(x).__name__) in ("c", "complex") else ""
        what = f"{'dtype' if hasattr(x, 'dtype') else 'type'} {getattr(dtype, '__name__', dtype)}"
        why = ("edugen differentiates real numbers only: pass real and imaginary parts as two arrays" if kind == "complex" else
               "derivatives need floating numbers: pass 3.0 instead of 3, or x.astype(float)")
        return f"argument {i} of {_called(f)} is of {what}, and {why}"
    return (f"argument {i} of {_called(f)} is {type(x).__name__} and holds no floating array to differentiate: pass one, "
            "such as np.array([1.0, 2.0]), or a tree of them")
