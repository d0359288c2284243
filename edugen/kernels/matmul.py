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
from .vector import AVX, clear, fill, lanes, load, multiply_add, store, zeros

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
def _tile(a, i, down, along, b, j, depth, c, at, fresh):
    """Add `depth` products to a tile, or to zeros where it is `fresh`.

    Places are flat: c[at] is the tile's first number, a[i] and b[j] begin its rows and columns; in `a` the number below is `down`
    places away and the next of a row `along`, for a block of a transposed A lies there as it did.
    """
    w, row = lanes(c), c.shape[1]
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
        q0, q1 = multiply_add(fill(a, i + down), b0, q0), multiply_add(fill(a, i + down), b1, q1)
        r0, r1 = multiply_add(fill(a, i + 2 * down), b0, r0), multiply_add(fill(a, i + 2 * down), b1, r1)
        s0, s1 = multiply_add(fill(a, i + 3 * down), b0, s0), multiply_add(fill(a, i + 3 * down), b1, s1)
        t0, t1 = multiply_add(fill(a, i + 4 * down), b0, t0), multiply_add(fill(a, i + 4 * down), b1, t1)
        u0, u1 = multiply_add(fill(a, i + 5 * down), b0, u0), multiply_add(fill(a, i + 5 * down), b1, u1)
        i, j = i + along, j + b.shape[1]
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
    """c = a b.

    Where tiles don't fill C evenly the last overlaps the one before: some numbers are computed twice, which is cheaper than
    separate loops for what is left.
    """
    wide = 2 * lanes(c)
    if c.shape[0] < TILE or c.shape[1] < wide:
        ordered(a, b, c)
    else:
        for j in range(0, c.shape[1], wide):
            j = min(j, c.shape[1] - wide)
            for i in range(0, c.shape[0], TILE):
                i = min(i, c.shape[0] - TILE)
                _tile(a, i * a.shape[1], a.shape[1], 1, b, j, a.shape[1], c, i * c.shape[1] + j, True)


@jit(writes="c", check=_step("registers", contiguous="abc"))
def registers(a, b, c):
    """Step 3: tile by tile; a, b, c contiguous. A C smaller than a tile is step 2's."""
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
def _packed_part(a, b, c, top, bottom, left, right):
    """Rows top..bottom and columns left..right of c = a b, in steps of DEPTH along k, and in each in blocks of ROWS rows."""
    wide, turned = 2 * lanes(c), a.strides[0] == a.itemsize and a.shape[0] > 1
    panels = np.empty(((right - left + wide - 1) // wide, min(DEPTH, a.shape[1]), wide), c.dtype)
    rows = min(ROWS, (bottom - top + TILE - 1) // TILE * TILE)
    edge, depth = np.empty((TILE, wide), c.dtype), min(DEPTH, a.shape[1])
    block = np.empty((depth, rows + 16) if turned else (rows, depth + 16), c.dtype)     # + 16: rows a power of two apart would
    down, along = (1, block.shape[1]) if turned else (block.shape[1], 1)                # share the same few sets of the cache
    for low in range(0, max(a.shape[1], 1), DEPTH):
        depth = min(DEPTH, a.shape[1] - low)
        for p in range(len(panels)):
            _copy(b[:, :right], low, left + p * wide, depth, wide, panels[p])
        for first in range(top, bottom, ROWS):
            last = min(first + ROWS, bottom)
            if turned:
                _copy(a[:last].T, low, first, depth, rows, block)
            else:
                _copy(a[:last], first, low, rows, depth, block)
            for p in range(len(panels)):
                panel, j = panels[p], left + p * wide
                for i in range(first, last, TILE):
                    if i + TILE <= last and j + wide <= right:
                        if turned:                                        # said twice, for a 1 that is known saves an addition
                            _tile(block, i - first, 1, along, panel, 0, depth, c, i * c.shape[1] + j, low == 0)
                        else:
                            _tile(block, (i - first) * down, down, 1, panel, 0, depth, c, i * c.shape[1] + j, low == 0)
                    else:                                                 # a tile that reaches over the border of C
                        _tile(block, (i - first) * down, down, along, panel, 0, depth, edge, 0, True)
                        for r in range(min(TILE, last - i)):
                            for l in range(min(wide, right - j)):
                                c[i + r, j + l] = edge[r, l] if low == 0 else c[i + r, j + l] + edge[r, l]


@jit(writes="c", check=_step("packed"))
def packed(a, b, c):
    """Step 4: blocks of A that stay in the second cache meet panels of B, each as wide as a tile."""
    _packed_part(a, b, c, 0, c.shape[0], 0, c.shape[1])


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
            _packed_part(a[n], b[n], c[n], 0, c.shape[1], left, min(left + share, c.shape[2]))


@jit(writes="c")
def _shares_of_rows(low, high, a, b, c, bias, relu):
    """Blocks of rows low..high; with the bias, and what is below 0 cut off, while they are near."""
    first, last, zero = low * ROWS, min(high * ROWS, c.shape[0]), c.dtype.type(0)
    _packed_part(a, b, c, first, last, 0, c.shape[1])
    if bias.size or relu:
        for i in range(first, last):
            for j in range(c.shape[1]):
                v = c[i, j] + (bias[j] if bias.size else zero)
                c[i, j] = zero if relu and v < zero else v                # a NaN stays one


@jit(writes="c")
def _shares_of_depth(low, high, a, b, c, share):
    """c[i] = the products of the share i of the columns of a and rows of b."""
    for i in range(low, high):
        first, last = i * share, min((i + 1) * share, b.shape[0])
        _packed_part(a[:, first:last], b[first:last], c[i], 0, c.shape[1], 0, c.shape[2])


def threads(a, b, c, parts):
    """Step 5: stacks of matrices; of each, `parts` shares of the columns are tasks of their own. No two write to one place.

    With `parts` 0 each product of a stack is a task, and is done as in step 3.
    """
    (_small_stacks if parts == 0 else _stacks)(a, b, c, parts)
    if parts == 0:
        share_out(_whole_products, len(c), a, b, c)
    else:
        share_out(_shares_of_columns, len(c) * parts, a, b, c, parts)


LEAST, MOST = 2**23, 2**26          # multiply-adds of a product that `matmul` shares: 0.1 to 1 milliseconds of a core
COLUMNS = 1024                      # and no more columns of B, for its panels must fit the second cache
IN_PLACE, THREADED = 2**15, 2**23   # numbers in a B that is read where it lies; multiply-adds for which waking threads pays:
                                    # 50 microseconds, in which one core does some 2**21 of them


def fastest(a, b):
    """The product by the step that is fastest for its size: 1-D, 2-D or stacks, one precision, NumPy's rules of broadcasting."""
    if a.ndim == 2 == b.ndim:
        contiguous, (n, k), m = _check(a, b), a.shape, b.shape[1]
        c = np.empty((n, m), a.dtype)
        if n * k * m >= THREADED:
            threads(a[None], b[None], c[None], 4)
        elif contiguous and k * m <= IN_PLACE:
            registers.unchecked(a, b, c)
        else:
            packed.unchecked(a, b, c)
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
    if not (a.dtype == b.dtype in PRECISIONS and flags.aligned and others.aligned):
        raise TypeError("a compiled product needs two aligned arrays of one precision, float32 or float64, "
                        f"got {a.dtype} and {b.dtype}")
    if not (a.ndim and b.ndim):
        raise ValueError(f"matmul: a and b must have at least one axis, got shapes {a.shape} and {b.shape}")
    if a.shape[-1] != b.shape[-2]:
        raise ValueError(f"matmul: a has rows of {a.shape[-1]} numbers and b columns of {b.shape[-2]}; "
                         f"their shapes are {a.shape} and {b.shape}")
    return flags.c_contiguous and others.c_contiguous


@kernel
def matmul(a, b, bias=None, relu=False):
    """The product of 1-D, 2-D, or stacks of matrices, by NumPy's rules; with a bias added, and what is below 0 cut off."""
    return _finished(np.matmul(a, b), bias, relu)


def _finished(c, bias, relu):
    if bias is not None:
        c = np.add(c, bias, out=c if bias.dtype == c.dtype else None)
    return np.maximum(c, 0, out=c) if relu else c


@matmul.numba
def _(a, b, bias=None, relu=False):
    """By BLAS, which is as fast as the processor can multiply, except where

    - it has to start once for each matrix of a stack;
    - a product is so large that a second thread pays, and so small that BLAS's threads are asleep again when the next one comes:
      waking ours takes less. This holds for OpenBLAS on processors of the kind for which the tile was laid out.
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype == b.dtype in PRECISIONS and a.ndim > 1 < b.ndim and a.shape[-1] == b.shape[-2] and a.shape[-2] >= TILE \
            and a.flags.aligned and b.flags.aligned:
        if a.ndim == 2 == b.ndim:
            if LEAST <= a.size * b.shape[1] <= MOST and 2 * lanes(b) <= b.shape[1] <= COLUMNS and AVX:
                return _shared(a, b, bias, relu)
        elif a.ndim > 2 < b.ndim and 2 * TILE < b.shape[-1] and b.shape[-2] * b.shape[-1] <= IN_PLACE:
            return _finished(fastest(a, b), bias, relu)
    return matmul.reference(a, b, bias, relu)


def _shared(a, b, bias, relu):
    """a b, by shares of the rows of a; or where these are short, of its columns, whose results are then added up."""
    (n, k), m = a.shape, b.shape[1]
    if n >= k and (bias is None or bias.dtype == a.dtype and bias.shape == (m,) and bias.flags.aligned):
        c, bias = np.empty((n, m), a.dtype), np.zeros(0, a.dtype) if bias is None else bias
        share_out(_shares_of_rows, -(-n // ROWS), a, b, c, bias, relu)
        return c
    share = max(DEPTH, k // 4)                                            # whatever the number of threads: the same bits
    c = np.empty((-(-k // share), n, m), a.dtype)
    share_out(_shares_of_depth, len(c), a, b, c, share)
    return _finished(np.add.reduce(c), bias, relu)
