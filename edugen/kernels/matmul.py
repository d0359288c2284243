r"""The matrix product, C = A B, made fast in five steps.

Every step computes the same n m l multiply-adds. What changes is how often a number travels: from memory to a cache, from a
cache to a register. A core multiplies sixteen or more numbers in the time in which one comes from the second cache.

1. `naive`: the formula. The inner loop walks down a column of B, a new cache line for every number.
2. `ordered`: the same loops in another order. The inner loop walks along rows of B and C, so vectors of numbers are handled
   at once; but each of them is loaded and stored for a single multiply-add.
3. `registers`: four rows of A and four of B at a time. Sixteen multiply-adds for four loads of B and four of C.
4. `packed`: a block of B that fits the second cache is copied row after row, and used for all rows of A before the next comes;
   B may lie in any order in memory.
5. `threads`: each thread takes some rows of C.

BLAS does the same with more patience: its innermost block is written by hand for each processor. So `np.matmul` stays the
product of the engine, but for stacks of small matrices, where BLAS is called once for each and we are called once for all.
"""
import numpy as np

from .jit import jit, kernel, prange

__all__ = ["matmul", "naive", "ordered", "packed", "registers", "threads"]

ROWS, COLUMNS = 256, 512            # of a packed block of B: half a megabyte in float32, what a core's second cache holds


@jit
def naive(a, b, c):
    """Step 1, the definition: c[i, j] = sum over k of a[i, k] b[k, j]."""
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            total = c.dtype.type(0)
            for k in range(a.shape[1]):
                total += a[i, k] * b[k, j]
            c[i, j] = total


@jit(fastmath={"contract"})                                               # fused multiply-add
def ordered(a, b, c):
    """Step 2: the loop over k moves out, and the inner loop runs along rows."""
    c[:] = 0
    for i in range(a.shape[0]):
        for k in range(a.shape[1]):
            factor = a[i, k]
            for j in range(b.shape[1]):
                c[i, j] += factor * b[k, j]


@jit(fastmath={"contract"})
def _add_four_rows(a, b, c, i, low, left):
    """c[i:i + 4, left:left + width] += a[i:i + 4, low:low + height] b; b (height, width), height a multiple of 4."""
    c0, c1 = c[i, left:left + b.shape[1]], c[i + 1, left:left + b.shape[1]]
    c2, c3 = c[i + 2, left:left + b.shape[1]], c[i + 3, left:left + b.shape[1]]
    for k in range(0, b.shape[0], 4):
        b0, b1, b2, b3, s = b[k], b[k + 1], b[k + 2], b[k + 3], low + k
        p0, p1, p2, p3 = a[i, s], a[i, s + 1], a[i, s + 2], a[i, s + 3]
        q0, q1, q2, q3 = a[i + 1, s], a[i + 1, s + 1], a[i + 1, s + 2], a[i + 1, s + 3]
        r0, r1, r2, r3 = a[i + 2, s], a[i + 2, s + 1], a[i + 2, s + 2], a[i + 2, s + 3]
        t0, t1, t2, t3 = a[i + 3, s], a[i + 3, s + 1], a[i + 3, s + 2], a[i + 3, s + 3]
        for j in range(c0.size):                                          # sixteen numbers of A stay in registers
            v0, v1, v2, v3 = b0[j], b1[j], b2[j], b3[j]
            c0[j] += p0 * v0 + p1 * v1 + p2 * v2 + p3 * v3
            c1[j] += q0 * v0 + q1 * v1 + q2 * v2 + q3 * v3
            c2[j] += r0 * v0 + r1 * v1 + r2 * v2 + r3 * v3
            c3[j] += t0 * v0 + t1 * v1 + t2 * v2 + t3 * v3


@jit(fastmath={"contract"})
def _add_rest(a, b, c, rows, low, high, left):
    """What four rows of A and four of B leave over: c[rows, left:] += a[rows, low:high] b[low:high]."""
    for i in rows:
        for k in range(low, high):
            factor = a[i, k]
            for j in range(b.shape[1]):
                c[i, left + j] += factor * b[k - low, j]


@jit
def _add_block(a, b, c, first, last, low, left):
    """Rows first..last of c += a[:, low:low + height] b, whatever the sizes."""
    fours, height = (last - first) // 4 * 4, b.shape[0] // 4 * 4
    for i in range(first, first + fours, 4):
        _add_four_rows(a, b[:height], c, i, low, left)
    _add_rest(a, b[height:], c, range(first, first + fours), low + height, low + b.shape[0], left)
    _add_rest(a, b, c, range(first + fours, last), low, low + b.shape[0], left)


@jit
def registers(a, b, c):
    """Step 3: blocks of 4 x 4, for B with contiguous rows."""
    c[:] = 0
    _add_block(a, b, c, 0, a.shape[0], 0, 0)


@jit
def _pack(b, low, left, block):
    for k in range(block.shape[0]):
        for j in range(block.shape[1]):
            block[k, j] = b[low + k, left + j]


@jit
def _packed_rows(a, b, c, first, last):
    """Rows first..last of c = a b, block of B by block of B."""
    store = np.empty((min(ROWS, a.shape[1]), min(COLUMNS, b.shape[1])), b.dtype)
    c[first:last] = 0
    for left in range(0, b.shape[1], COLUMNS):
        width = min(COLUMNS, b.shape[1] - left)
        for low in range(0, a.shape[1], ROWS):
            block = store.reshape(-1)[:min(ROWS, a.shape[1] - low) * width].reshape(-1, width)
            _pack(b, low, left, block)
            _add_block(a, block, c, first, last, low, left)


@jit
def packed(a, b, c):
    """Step 4: B in blocks that fit the second cache, copied so that their rows are contiguous."""
    _packed_rows(a, b, c, 0, a.shape[0])


@jit(parallel=True)
def threads(a, b, c, parts):
    """Step 5: each of `parts` shares of the rows is a task of its own; no two write to the same row."""
    share = ((a.shape[0] + parts - 1) // parts + 3) // 4 * 4
    for part in prange(parts):
        first = min(part * share, a.shape[0])
        _packed_rows(a, b, c, first, min(first + share, a.shape[0]))


@jit(parallel=True)
def _batched(a, b, c):
    for n in prange(a.shape[0]):
        c[n] = 0
        _add_block(a[n], b[n], c[n], 0, a.shape[1], 0, 0)


@kernel
def matmul(a, b):
    """The product of 1-D, 2-D, or stacks of matrices, by NumPy's rules."""
    return np.matmul(a, b)


@matmul.numba
def _(a, b):
    a, b = np.asarray(a), np.asarray(b)
    if a.ndim == 0 or b.ndim == 0 or a.dtype != b.dtype or a.dtype not in (np.float32, np.float64) or not (a.size and b.size):
        return np.matmul(a, b)                                            # which also says what is wrong
    row, column = a.ndim == 1, b.ndim == 1
    left, right = a[None] if row else a, b[:, None] if column else b
    if left.shape[-1] != right.shape[-2]:
        return np.matmul(a, b)
    if left.ndim == right.ndim == 2:
        c = np.empty((left.shape[0], right.shape[1]), a.dtype)
        small = left.shape[0] * left.shape[1] * right.shape[1] < 2**18    # below, waking threads costs more than they save
        if small and right.flags.c_contiguous:
            registers(left, right, c)
        elif small:
            packed(left, right, c)
        else:
            threads(left, right, c, 8)
    else:
        batch = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
        flat = [np.ascontiguousarray(np.broadcast_to(x, batch + x.shape[-2:])).reshape(-1, *x.shape[-2:]) for x in (left, right)]
        c = np.empty((len(flat[0]), left.shape[-2], right.shape[-1]), a.dtype)
        _batched(*flat, c)
        c = c.reshape(*batch, *c.shape[1:])
    if row:
        c = c[..., 0, :]
    return c[..., 0] if column else c
