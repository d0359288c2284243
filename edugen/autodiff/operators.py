"""What makes a `Tensor` feel like an array: operators, attributes, methods, and errors that say the way out."""
from __future__ import annotations

import operator

import numpy as np

from ..kernels.scatter import add_rows
from .tensor import RULES, Tensor, apply, dispatch, primitive, raw, rule

__all__ = ["getitem", "scatter"]


def method(*names):
    """Give `Tensor` a method under these names."""
    def attach(f):
        for key in names:
            setattr(Tensor, key, f)
        return f
    return attach


# Operators --------------------------------------------------------------------------------------------------------------
# They go straight to the engine where the other operand is plainly a number; NumPy's own dispatch would cost a third more.

_PLAIN = {Tensor, np.ndarray, float, int, np.float64, np.float32}


def _binary(f):
    return (lambda a, b: apply(f, (a, b)) if type(b) in _PLAIN else f(a, b),
            lambda b, a: apply(f, (a, b)) if type(a) in _PLAIN else f(a, b))


def _unary(f):
    return lambda a: apply(f, (a,))


def _compared(f):
    return lambda a, b: f(raw(a), raw(b))


for symbol, function in {"add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.divide, "pow": np.power,
                         "matmul": np.matmul, "mod": np.remainder}.items():
    forward, reflected = _binary(function)
    method(f"__{symbol}__")(forward)
    method(f"__r{symbol}__")(reflected)
for symbol, function in {"neg": np.negative, "pos": np.positive, "abs": np.absolute}.items():
    method(f"__{symbol}__")(_unary(function))
for symbol in ("eq", "ne", "lt", "le", "gt", "ge"):                        # answers, not numbers: no gradient
    method(f"__{symbol}__")(_compared(getattr(operator, symbol)))
method("__floordiv__")(lambda a, b: raw(a) // raw(b))
method("__rfloordiv__")(lambda b, a: raw(a) // raw(b))
method("__bool__")(lambda a: bool(raw(a)))
method("__contains__")(lambda a, x: raw(x) in raw(a))
method("__str__")(lambda a: str(raw(a)))
method("__repr__")(lambda a: f"Tensor({raw(a)!r})")
method("__format__")(lambda a, spec: format(np.asarray(raw(a))[()], spec))
method("copy", "__copy__", "__deepcopy__")(lambda a, *memo: a)              # a tensor never changes


# Attributes and methods -------------------------------------------------------------------------------------------------

def _attribute(key):
    return property(lambda a: getattr(np.float64(0) if type(a.value) is float else a.value, key))


def _delegate(f):
    return lambda a, *args, **options: dispatch(f, (a, *args), options)


for key in ("shape", "ndim", "dtype", "size"):
    method(key)(_attribute(key))
for key in ("sum", "mean", "prod", "max", "min", "var", "std", "cumsum", "cumprod", "ravel", "squeeze", "swapaxes", "repeat",
            "clip", "trace", "diagonal", "take", "dot", "argmax", "argmin", "argsort", "all", "any", "round", "searchsorted",
            "nonzero"):
    method(key)(_delegate(getattr(np, key)))
method("flatten")(_delegate(np.ravel))
method("T")(property(_delegate(np.transpose)))
method("mT")(property(lambda a: np.swapaxes(a, -1, -2)))


@method("reshape")
def _(a, *shape):
    return dispatch(np.reshape, (a, shape[0] if len(shape) == 1 else shape), {})


@method("transpose")
def _(a, *axes):
    if len(axes) == 1 and (axes[0] is None or np.ndim(axes[0])):
        axes = axes[0]
    return dispatch(np.transpose, (a, axes or None), {})


@method("astype")
def _(a, dtype, copy=True):
    kind = np.dtype(dtype).kind
    if kind == "c":
        raise TypeError("astype: edugen differentiates real numbers only; carry real and imaginary parts as two arrays")
    if kind == "f":
        return apply(astype, (a,), {"dtype": dtype})
    return np.asarray(raw(a)).astype(dtype)                               # integers have no derivative: a plain array


@primitive
def astype(x, dtype):
    """A floating array in another precision."""
    return x.astype(dtype)


@rule(astype)
def _(g, y, x, dtype=None):
    return g                                                              # the engine gives it the dtype of x


@method("__len__")
def _(a):
    if not a.ndim:
        raise TypeError("len() of a traced scalar: it has no axis")
    return a.shape[0]


@method("__iter__")
def _(a):
    return (a[i] for i in range(len(a)))


# Indexing, and its transpose --------------------------------------------------------------------------------------------

@primitive
def getitem(x, index):
    """x[index]."""
    return (np.asarray(x) if type(x) is float else x)[index]


@primitive
def scatter(g, index, shape):
    """Zeros of `shape` with `g` added at `index`; an index that is named twice gets both."""
    if type(index) is np.ndarray and index.dtype.kind in "iu":
        return add_rows(index, g, shape)
    out = np.zeros(shape, g.dtype)
    if any(type(i) not in _ONCE and np.ndim(i) and np.asarray(i).dtype.kind in "iu"
           for i in (index if type(index) is tuple else (index,))):
        np.add.at(out, index, g)
    else:
        out[index] = g                                                    # slices, single places and masks name none twice
    return out


_ONCE = {slice, int, type(None), type(Ellipsis)}


@rule(getitem)
def _(g, y, x, index=None):
    return scatter(g, index=index, shape=np.shape(x))


@rule(scatter)
def _(g, y, x, index=None, shape=None):
    return g[index]


@method("__getitem__")
def _(a, index):
    return apply(getitem, (a,), {"index": raw(index)})


# What can't be done, and the way out ------------------------------------------------------------------------------------

def _refuse(what, way_out):
    def refuse(self, *args, **options):
        raise TypeError(f"{what}: the value is being differentiated, and would silently lose its gradient. {way_out}")
    return refuse


for key, what in {"__float__": "float(t), or math.exp(t) and its kin, or array[i] = t", "__int__": "int(t)",
                  "__index__": "t as an index", "__complex__": "complex(t)", "item": "t.item()", "tolist": "t.tolist()"}.items():
    method(key)(_refuse(what, (
        "To go on computing use NumPy's functions: np.exp(t), not math.exp(t). To fill an array step by step, collect the steps "
        "in a list, then np.stack(list). To print it: f'{t:.3f}'. For its value only: float(edugen.stop_gradient(t)).")))
method("__array__")(_refuse(
    "A tensor can't become a plain array (np.asarray(t), np.array([t1, t2]), np.mean([t1, t2]), array[i] = t, scipy's functions)",
    "Instead of np.array([t1, t2]) write np.stack([t1, t2]); instead of np.mean([t1, t2]), np.mean(np.stack([t1, t2])); "
    "instead of h = np.zeros(T); h[i] = t collect in a list, then np.stack(list); instead of scipy.special.logsumexp or "
    "softmax, those of edugen.autodiff; for its value only, edugen.stop_gradient(t)."))
method("__setitem__")(_refuse("t[index] = value", (
    "Arrays that are differentiated never change in place. Build a new one: np.where(mask, new, t), np.concatenate, "
    "or a list and np.stack.")))


@method("__getattr__")
def _(a, key):
    if key.startswith("__") or not hasattr(np.ndarray, key):
        hint = "; edugen.grad(f) is the gradient, a function of the same arguments as f" if key in ("grad", "backward") else ""
        raise AttributeError(f"a tensor has no attribute {key!r}{hint}")
    hint = f"use np.{key}(t)" if getattr(np, key, None) in RULES or key == "sort" else "it has no gradient rule here"
    raise AttributeError(f"a tensor has no .{key}: {hint}; for its value only, edugen.stop_gradient(t).{key}")
