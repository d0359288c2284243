"""Rows added up where an index says: the gradient of a table of embeddings, table[index].

A row that several places look up gets what comes back from each of them. NumPy's np.add.at takes its time for every number; a
twin finds the row once and adds a vector at a time. Serial: two threads must not add to one row.
"""
import numpy as np

from .arguments import fitting
from .jit import compilable, jit, kernel

__all__ = ["add_rows"]


def _fits(index, g, shape):
    """Also what is looked up, for nobody checks bounds below."""
    _are_arrays(index, g)
    if index.dtype.kind not in "iu":
        raise TypeError(f"add_rows: index must hold integers, got {index.dtype}")
    if not shape or g.shape != index.shape + tuple(shape[1:]):
        raise ValueError(f"add_rows: g must be of shape (*index.shape, *shape[1:]), got {g.shape} for an index {index.shape} and "
                         f"shape {tuple(shape)}")
    if index.size and not -shape[0] <= index.min() <= index.max() < shape[0]:
        raise IndexError(f"add_rows: index must lie in {-shape[0]}..{shape[0] - 1}, got {index.min()}..{index.max()}")


_are_arrays = fitting("add_rows", "index (*places), g (*entries)")


@kernel(check=_fits)
def add_rows(index, g, shape):
    """index: integers of any shape, below shape[0] (negative ones count from the end); g: (*index.shape, *shape[1:])."""
    out = np.zeros(shape, g.dtype)
    np.add.at(out, index, g)
    return out


@jit
def _add_rows(index, g, out):
    for n in range(index.size):
        row = index[n] if index[n] >= 0 else index[n] + out.shape[0]
        for j in range(g.shape[1]):
            out[row, j] += g[n, j]


@add_rows.numba
def _(index, g, shape):
    if not compilable(g):
        return add_rows.reference(index, g, shape)
    out = np.zeros(shape, g.dtype)
    flat = np.ascontiguousarray(index, np.int64).reshape(-1)
    _add_rows(flat, np.ascontiguousarray(g).reshape(flat.size, -1), out.reshape(shape[0], -1))
    return out
