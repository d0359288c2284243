"""Rows added up where an index says: the gradient of a table of embeddings, table[index].

A row that several places look up gets what comes back from each of them. NumPy's np.add.at takes its time for every number; a
twin finds the row once and adds a vector at a time. Serial: two threads must not add to one row.
"""
import numpy as np

from .jit import jit, kernel

__all__ = ["add_rows"]


@kernel
def add_rows(index, g, shape):
    """index: integers of any shape, below shape[0] (negative ones count from the end); g: (*index.shape, *shape[1:])."""
    out = np.zeros(shape, g.dtype)
    np.add.at(out, index, g)
    return out


@jit
def _add_rows(index, g, out):
    for n in range(index.size):
        row, more = out[index[n]], g[n]                                   # Numba, too, counts negative ones from the end
        for j in range(row.size):
            row[j] += more[j]


@add_rows.numba
def _(index, g, shape):
    if g.dtype not in (np.float32, np.float64) or g.shape != index.shape + tuple(shape[1:]) or not g.size:
        return add_rows.reference(index, g, shape)
    rows = shape[0]
    if index.min() < -rows or index.max() >= rows:                        # nobody checks bounds below
        raise IndexError(f"add_rows: index must lie in {-rows}..{rows - 1}, got {index.min()}..{index.max()}")
    out = np.zeros(shape, g.dtype)
    flat = np.ascontiguousarray(index, np.int64).reshape(-1)
    _add_rows(flat, np.ascontiguousarray(g).reshape(flat.size, -1), out.reshape(rows, -1))
    return out
