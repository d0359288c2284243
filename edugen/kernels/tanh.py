r"""The end of a layer of tanh units: its bias, and tanh.

NumPy adds in one walk through memory and takes tanh in another, number by number on many processors. The twin does both in one,
by arithmetic that the compiler does for eight or sixteen numbers at once. (What tanh passes back, g (1 - y y), NumPy does well.)
"""
import numpy as np

from .arguments import fitting
from .exponential import tanh
from .jit import compilable, jit, kernel
from .threads import share_out

__all__ = ["add_tanh"]

LARGE = 2**16                                # numbers from which a second thread pays


@kernel(check=fitting("add_tanh", "a (*batch, H), b (H)"))
def add_tanh(a, b):
    """tanh(a + b), a (..., H) and b (H,), written over `a`."""
    a += b
    return np.tanh(a, out=a)


@jit
def _rows(low, high, a, b):
    for i in range(low, high):
        for j in range(a.shape[1]):
            a[i, j] = tanh(a[i, j] + b[j])


@add_tanh.numba
def _(a, b):
    if not compilable(a, b) or not a.flags.carray:
        return add_tanh.reference(a, b)
    rows = a.reshape(-1, a.shape[-1])                                     # a view
    share_out(_rows, len(rows), rows, np.ascontiguousarray(b), alone=a.size < LARGE)
    return a
