r"""The matrix product, C = A B, made fast in five steps.

Every step computes the same n m l multiply-adds. What changes is how often a number travels: from memory to a cache, from a
cache to a register. A core multiplies sixteen or more numbers in the time in which one comes from the second cache.

1. `naive`: the formula. The inner loop walks down a column of B, a new cache line for every number.
2. `ordered`: the same loops in another order. The inner loop walks along rows of B and C, so vectors of numbers are handled
   at once; but each of them is loaded and stored for a single multiply-add.
3. `registers`: a tile of C, six rows of two vectors, stays in twelve registers while k runs. Eight loads, two of B and six of A,
   serve twelve multiply-adds of a whole vector, and nothing is stored before the end.
4. `packed`: the tiles read A and B from copies in the order in which they want them, in blocks that stay in the caches. A and B
   may then lie in memory in any order: a transposed matrix costs nothing extra.
5. `threads`: each thread takes some columns of C, or some matrices of a stack.

BLAS does the same, with a tile written in assembly for each processor. `fastest` is ours alone, `matmul` chooses between the two.
"""
import math

import numpy as np

from .arguments import fitting
from .jit import jit, kernel
from .threads import share_out
from .vector import clear, fill, lanes, load, multiply_add, store, zeros

__all__ = ["fastest", "matmul", "naive", "ordered", "packed", "registers", "threads"]

TILE = 6                            # rows of a tile: 6 x 2 vectors of sums, 2 of B and 1 of A are 15 of the 16 registers of AVX
ROWS, DEPTH = 96, 256               # of a packed block of A: 96 KB in float32, which stays in the second cache; a panel of B,
                                    # 16 KB, stays in the first
PRECISIONS = np.dtype(np.float32), np.dtype(np.float64)


def _step(caller, expected="a (n, k), b (k, m), c (n, m)", contiguous="c"):
    """A check of a step's arguments: shapes, one precision, and which of a, b and c must be contiguous."""
    shapes = fitting(caller, expected)

    def check(a, b, c, parts=0):
        shapes(a, b, c)
        if not (a.dtype == b.dtype == c.dtype in PRECISIONS and a.flags.aligned and b.flags.aligned and c.flags.aligned):
            raise TypeError(f"{caller}: a, b and c must be aligned arrays of one precision, float32 or float64, got {a.dtype}, "
                            f"{b.dtype} and {c.dtype}")
        if not c.flags.writeable or not all(x.flags.c_contiguous for name, x in zip("abc", (a, b, c)) if name in contiguous):
            raise ValueError(f"{caller}: {', '.join(contiguous)} must be contiguous (np.ascontiguousarray makes them so), and c "
                             "writable, for it takes the result")
        if parts < 0:
            raise ValueError(f"{caller}: parts must be at least 0, got {parts}")
    return check


@jit(check=_step("naive"))
def naive(a, b, c):
    """Step 1, the definition: c[i, j] = sum over k of a[i, k] b[k, j]."""
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            total = c.dtype.type(0)
            for k in range(a.shape[1]):
                total += a[i, k] * b[k, j]
            c[i, j] = total


@jit(fastmath={"contract"}, check=_step("ordered"))                       # fused multiply-add
def ordered(a, b, c):
    """Step 2: the loop over k moves out, and the inner loop runs along rows."""
    clear(c)
    for i in range(a.shape[0]):
        for k in range(a.shape[1]):
            factor = a[i, k]
            for j in range(b.shape[1]):
                c[i, j] += factor * b[k, j]


@jit
def _tile(a, i, b, j, depth, c, at, fresh):
    """Add `depth` products to a tile, or to zeros where it is `fresh`.

    Places are flat: c[at] is the tile's first number, a[i] and b[j] begin its rows and columns.
    """
    w, row, k = lanes(c), c.shape[1], a.shape[1]
    if fresh:
        p0 = p1 = q0 = q1 = r0 = r1 = s0 = s1 = t0 = t1 = u0 = u1 = zeros(c)
    else:
        p0, p1 = load(c, at), load(c, at + w)
        q0, q1 = load(c, at + row), load(c, at + row + w)
        r0, r1 = load(c, at + 2 * row), load(c, at + 2 * row + w)
        s0, s1 = load(c, at + 3 * row), load(c, at + 3 * row + w)
        t0, t1 = load(c, at + 4 * row), load(c, at + 4 * row + w)
        u0, u1 = load(c, at + 5 * row), load(c, at + 5 * row + w)
    for _ in range(depth):
        b0, b1 = load(b, j), load(b, j + w)
        p0, p1 = multiply_add(fill(a, i), b0, p0), multiply_add(fill(a, i), b1, p1)
        q0, q1 = multiply_add(fill(a, i + k), b0, q0), multiply_add(fill(a, i + k), b1, q1)
        r0, r1 = multiply_add(fill(a, i + 2 * k), b0, r0), multiply_add(fill(a, i + 2 * k), b1, r1)
        s0, s1 = multiply_add(fill(a, i + 3 * k), b0, s0), multiply_add(fill(a, i + 3 * k), b1, s1)
        t0, t1 = multiply_add(fill(a, i + 4 * k), b0, t0), multiply_add(fill(a, i + 4 * k), b1, t1)
        u0, u1 = multiply_add(fill(a, i + 5 * k), b0, u0), multiply_add(fill(a, i + 5 * k), b1, u1)
        i, j = i + 1, j + b.shape[1]
    store(p0, c, at)
    store(p1, c, at + w)
    store(q0, c, at + row)
    store(q1, c, at + row + w)
    store(r0, c, at + 2 * row)
    store(r1, c, at + 2 * row + w)
    store(s0, c, at + 3 * row)
    store(s1, c, at + 3 * row + w)
    store(t0, c, at + 4 * row)
    store(t1, c, at + 4 * row + w)
    store(u0, c, at + 5 * row)
    store(u1, c, at + 5 * row + w)


@jit
def _tiles(a, b, c):
    wide = 2 * lanes(c)
    if c.shape[0] < TILE or c.shape[1] < wide:
        ordered(a, b, c)
    else:
        for j in range(0, c.shape[1], wide):
            j = min(j, c.shape[1] - wide)
            for i in range(0, c.shape[0], TILE):
                i = min(i, c.shape[0] - TILE)
                _tile(a, i * a.shape[1], b, j, a.shape[1], c, i * c.shape[1] + j, True)


@jit(writes="c", check=_step("registers", contiguous="abc"))
def registers(a, b, c):
    """Step 3: tile by tile; a, b, c contiguous.

    Where tiles don't fill C evenly the last overlaps the one before: some numbers are computed twice, which is cheaper than
    separate loops for what is left. A C smaller than a tile is step 2's.
    """
    _tiles(a, b, c)


@jit
def _copy(x, i, j, rows, columns, out):
    """out[:rows, :columns] = x[i:, j:], with zeros where x ends; in vectors where the rows of x are contiguous."""
    w, height, width, vectors = lanes(x), min(rows, x.shape[0] - i), min(columns, x.shape[1] - j), 0
    if height < rows or width < columns:
        clear(out)
    if x.strides[1] == x.itemsize:
        vectors = width // w * w
        for k in range(height):
            row = x[i + k]
            for l in range(0, vectors, w):
                store(load(row, j + l), out, k * out.shape[1] + l)
    for l in range(vectors, width):
        for k in range(height):
            out[k, l] = x[i + k, j + l]


@jit
def _packed_columns(a, b, c, left, right):
    """Columns left..right of c = a b, in steps of DEPTH along k, and in each of them in blocks of ROWS rows."""
    wide, tiles = 2 * lanes(c), (a.shape[0] + TILE - 1) // TILE
    panels = np.empty(((right - left + wide - 1) // wide, min(DEPTH, a.shape[1]), wide), c.dtype)
    block = np.empty((min(ROWS, TILE * tiles), min(DEPTH, a.shape[1]) + 16), c.dtype)   # + 16: rows a power of two apart would
    edge = np.empty((TILE, wide), c.dtype)                                              # share the same few sets of the cache
    for low in range(0, max(a.shape[1], 1), DEPTH):
        depth = min(DEPTH, a.shape[1] - low)
        for p in range(len(panels)):
            _copy(b[:, :right], low, left + p * wide, depth, wide, panels[p])
        for first in range(0, a.shape[0], ROWS):
            last = min(first + ROWS, a.shape[0])
            _copy(a, first, low, block.shape[0], depth, block)
            for p in range(len(panels)):
                panel, j = panels[p], left + p * wide
                for i in range(first, last, TILE):
                    if i + TILE <= last and j + wide <= right:
                        _tile(block, (i - first) * block.shape[1], panel, 0, depth, c, i * c.shape[1] + j, low == 0)
                    else:                                                 # a tile that reaches over the border of C
                        _tile(block, (i - first) * block.shape[1], panel, 0, depth, edge, 0, True)
                        for r in range(min(TILE, last - i)):
                            for l in range(min(wide, right - j)):
                                c[i + r, j + l] = edge[r, l] if low == 0 else c[i + r, j + l] + edge[r, l]


@jit(writes="c", check=_step("packed"))
def packed(a, b, c):
    """Step 4: blocks of A that stay in the second cache meet panels of B, each as wide as a tile."""
    _packed_columns(a, b, c, 0, c.shape[1])


_stacks = _step("threads", "a (N, n, k), b (N, k, m), c (N, n, m)")
_small_stacks = _step("threads", "a (N, n, k), b (N, k, m), c (N, n, m)", contiguous="abc")


@jit(writes="c")
def _whole_products(low, high, a, b, c):
    for n in range(low, high):
        _tiles(a[n], b[n], c[n])


@jit(writes="c")
def _shares_of_columns(low, high, a, b, c, parts):
    wide = 2 * lanes(c)
    share = (c.shape[2] + parts * wide - 1) // (parts * wide) * wide
    for task in range(low, high):
        n, left = task // parts, task % parts * share
        if left < c.shape[2]:
            _packed_columns(a[n], b[n], c[n], left, min(left + share, c.shape[2]))


def threads(a, b, c, parts):
    """Step 5: stacks of matrices; of each, `parts` shares of the columns are tasks of their own. No two write to one place.

    With `parts` 0 each product of a stack is a task, and is done as in step 3.
    """
    (_small_stacks if parts == 0 else _stacks)(a, b, c, parts)
    if parts == 0:
        share_out(_whole_products, len(c), a, b, c)
    else:
        share_out(_shares_of_columns, len(c) * parts, a, b, c, parts)


IN_PLACE, THREADED = 2**15, 2**23   # numbers in a B that is read where it lies; multiply-adds for which waking threads pays:
                                    # 50 microseconds, in which one core does some 2**21 of them


def fastest(a, b):
    """The product by the step that is fastest for its size: 1-D, 2-D or stacks, one precision, NumPy's rules of broadcasting."""
    if a.ndim == 2 == b.ndim:
        contiguous = _check(a, b)
        c = np.empty((a.shape[0], b.shape[1]), a.dtype)
        if c.size * a.shape[1] >= THREADED:
            threads(a[None], b[None], c[None], 4)
        elif contiguous and b.size <= IN_PLACE:
            registers(a, b, c)
        else:
            packed(a, b, c)
        return c
    if a.ndim == 1 or b.ndim == 1:
        c = fastest(a[None] if a.ndim == 1 else a, b[:, None] if b.ndim == 1 else b)
        c = c[..., 0] if b.ndim == 1 else c
        return c[..., 0] if a.ndim == b.ndim else c[..., 0, :] if a.ndim == 1 else c
    _check(a, b)
    if b.ndim == 2:                                                       # one matrix for the whole stack: one product
        return fastest(a.reshape(math.prod(a.shape[:-1]), a.shape[-1]), b).reshape(*a.shape[:-1], b.shape[1])
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    c = np.empty((math.prod(batch), a.shape[-2], b.shape[-1]), a.dtype)
    a, b = (np.broadcast_to(x, batch + x.shape[-2:]).reshape(len(c), *x.shape[-2:]) for x in (a, b))
    if c.size:
        threads(a, b, c, 0 if b[0].size <= IN_PLACE and a.flags.c_contiguous and b.flags.c_contiguous else 1)
    return c.reshape(*batch, *c.shape[1:])


def _check(a, b):
    """Whether both are contiguous, once they are known to be fit for a product."""
    flags, others = a.flags, b.flags
    if a.dtype != b.dtype or a.dtype not in PRECISIONS or not (flags.aligned and others.aligned):
        raise TypeError("a compiled product needs two aligned arrays of one precision, float32 or float64, "
                        f"got {a.dtype} and {b.dtype}")
    if 0 in (a.ndim, b.ndim):
        raise ValueError(f"matmul: a and b must have at least one axis, got shapes {a.shape} and {b.shape}")
    if a.shape[-1] != b.shape[-2]:
        raise ValueError(f"matmul: a has rows of {a.shape[-1]} numbers and b columns of {b.shape[-2]}; "
                         f"their shapes are {a.shape} and {b.shape}")
    return flags.c_contiguous and others.c_contiguous


@kernel
def matmul(a, b):
    """The product of 1-D, 2-D, or stacks of matrices, by NumPy's rules."""
    return np.matmul(a, b)


@matmul.numba
def _(a, b):
    """By BLAS, which is as fast as the processor can multiply, except where it has to start once for each matrix of a stack."""
    a, b = np.asarray(a), np.asarray(b)
    if (a.ndim > 2 < b.ndim and a.dtype == b.dtype in PRECISIONS and a.shape[-1] == b.shape[-2]
            and a.shape[-2] >= TILE and 2 * TILE < b.shape[-1] and b.shape[-2] * b.shape[-1] <= IN_PLACE
            and a.flags.aligned and b.flags.aligned):
        return fastest(a, b)
    return np.matmul(a, b)
