"""Functions that act on each number by itself."""
import math

import numpy as np

from ..tensor import composite, constant, rule

constant(np.sign, np.floor, np.ceil, np.rint, np.trunc, np.heaviside, np.floor_divide, np.round, np.around, np.isfinite, np.isnan,
         np.isinf, np.signbit, np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal,
         np.logical_and, np.logical_or, np.logical_not, np.logical_xor)


@rule(np.add, 0, 1)
def _(g, y, a, b):
    return g


@rule(np.subtract, 0)
def _(g, y, a, b):
    return g


@rule(np.subtract, 1)
def _(g, y, a, b):
    return -g


@rule(np.multiply, 0)
def _(g, y, a, b):
    return g * b


@rule(np.multiply, 1)
def _(g, y, a, b):
    return g * a


@rule(np.divide, 0)
def _(g, y, a, b):
    return g / b


@rule(np.divide, 1)
def _(g, y, a, b):
    return -g * y / b


@rule(np.power, 0)
def _(g, y, a, b):
    if isinstance(b, (int, float)):
        return g * (b * a ** (b - 1)) if b else 0.0 * g
    return g * b * a ** np.where((a == 0) & (b == 0), 1.0, b - 1)         # 0^0 = 1 stays: derivative 0, not 0 times 1/0


@rule(np.power, 1)
def _(g, y, a, b):
    if isinstance(a, (int, float)):                                       # a Python number, lest float32 widens
        return g * y * float(np.log(a or 1))
    return g * y * np.log(np.where(a == 0, 1.0, a))                       # 0^b stays 0 for every b > 0


@rule(np.negative)
def _(g, y, x):
    return -g


@rule(np.positive)
def _(g, y, x):
    return g


@rule(np.absolute)
def _(g, y, x):
    return g * np.sign(x)


@rule(np.fabs)
def _(g, y, x):
    return g * np.sign(x)


@rule(np.square)
def _(g, y, x):
    return g * (2 * x)


@rule(np.sqrt)
def _(g, y, x):
    return g * 0.5 / y


@rule(np.cbrt)
def _(g, y, x):
    return g / (3 * y * y)


@rule(np.reciprocal)
def _(g, y, x):
    return -g * y * y


@rule(np.exp)
def _(g, y, x):
    return g * y


@rule(np.exp2)
def _(g, y, x):
    return g * y * math.log(2)


@rule(np.expm1)
def _(g, y, x):
    return g * np.exp(x)                                                  # not y + 1, which is 0 below x = -37


@rule(np.log)
def _(g, y, x):
    return g / x


@rule(np.log2)
def _(g, y, x):
    return g / (x * math.log(2))


@rule(np.log10)
def _(g, y, x):
    return g / (x * math.log(10))


@rule(np.log1p)
def _(g, y, x):
    return g / (1 + x)


@rule(np.sin)
def _(g, y, x):
    return g * np.cos(x)


@rule(np.cos)
def _(g, y, x):
    return -g * np.sin(x)


@rule(np.tan)
def _(g, y, x):
    return g * (1 + y * y)


@rule(np.arcsin)
def _(g, y, x):
    return g / np.sqrt(1 - x * x)


@rule(np.arccos)
def _(g, y, x):
    return -g / np.sqrt(1 - x * x)


@rule(np.arctan)
def _(g, y, x):
    return g / (1 + x * x)


@rule(np.arctan2, 0)
def _(g, y, a, b):
    return g * b / (a * a + b * b)


@rule(np.arctan2, 1)
def _(g, y, a, b):
    return -g * a / (a * a + b * b)


@rule(np.hypot, 0)
def _(g, y, a, b):
    return g * a / np.where(y == 0, 1.0, y)                               # 0 at the origin, as for every norm


@rule(np.hypot, 1)
def _(g, y, a, b):
    return g * b / np.where(y == 0, 1.0, y)


@rule(np.sinh)
def _(g, y, x):
    return g * np.cosh(x)


@rule(np.cosh)
def _(g, y, x):
    return g * np.sinh(x)


@rule(np.tanh)
def _(g, y, x):
    return g * (1 - y * y)


@rule(np.arcsinh)
def _(g, y, x):
    return g / np.sqrt(x * x + 1)


@rule(np.arccosh)
def _(g, y, x):
    return g / np.sqrt(x * x - 1)


@rule(np.arctanh)
def _(g, y, x):
    return g / (1 - x * x)


@rule(np.remainder, 0)
def _(g, y, a, b):
    return g


@rule(np.remainder, 1)
def _(g, y, a, b):
    return -g * np.floor_divide(a, b)                                     # a mod b = a - b floor(a / b)


@rule(np.maximum, 0)
@rule(np.minimum, 0)
def _(g, y, a, b):
    return _share(g, y, a, b)


@rule(np.maximum, 1)
@rule(np.minimum, 1)
def _(g, y, a, b):
    return _share(g, y, b, a)


def _share(g, y, mine, other):
    """g where mine was chosen, nothing where the other was, half at a tie."""
    return np.where(mine == other, 0.5 * g, g * (mine == y))


@rule(np.logaddexp, 0)
def _(g, y, a, b):
    return g * np.exp(a - _finite(y))


@rule(np.logaddexp, 1)
def _(g, y, a, b):
    return g * np.exp(b - _finite(y))


def _finite(y):
    return np.where(y == -np.inf, 0.0, y)                                 # both -inf: shares exp(-inf) = 0


@composite(np.clip)
def _(a, a_min=None, a_max=None, *, min=None, max=None):
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    if low is not None:
        a = np.maximum(a, low)
    return np.minimum(a, high) if high is not None else a


@composite(np.nan_to_num)
def _(x, copy=True, nan=0.0, posinf=None, neginf=None):
    info = np.finfo(x.dtype)
    x = np.where(np.isnan(x), nan, x)
    x = np.where(x == np.inf, info.max if posinf is None else posinf, x)
    return np.where(x == -np.inf, info.min if neginf is None else neginf, x)
