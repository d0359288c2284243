r"""What a relu passes back: its result's cotangent, where that result is above 0.

NumPy compares, writes down the answers, turns them into numbers and multiplies. The twin reads both arrays once and writes one.
"""
import numpy as np

from .arguments import fitting
from .jit import compilable, jit, kernel
from .threads import share_out

__all__ = ["relu_gradient"]

LARGE = 2**18                                # numbers from which the memory, not a core, sets the pace: two cores get more of it


@kernel(check=fitting("relu_gradient", "g (*shape), y (*shape)"))
def relu_gradient(g, y):
    """g and y of one shape -> that shape."""
    return g * (y > 0)


@jit
def _gate(low, high, g, y, result):
    zero, one = g.dtype.type(0), g.dtype.type(1)
    for i in range(np.uintp(low), np.uintp(high)):                        # an index that could be negative is no vector's
        result[i] = g[i] * (one if y[i] > zero else zero)


@relu_gradient.numba
def _(g, y):
    if not compilable(g, y):
        return relu_gradient.reference(g, y)
    result = np.empty(g.shape, g.dtype)
    share_out(_gate, g.size, np.ascontiguousarray(g).reshape(-1), np.ascontiguousarray(y).reshape(-1), result.reshape(-1),
              alone=g.size < LARGE)
    return result
