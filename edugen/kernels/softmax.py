r"""Softmax and its family.  Cho (2.29)-(2.32).

Subtracting the largest entry first changes nothing, for it cancels above and below, and no exponential can overflow.
Entries of -inf get no share. A row of -inf alone has nothing to share out: its softmax is all zero and its logsumexp -inf.
An entry that `where` leaves out (attention's mask) counts as -inf, whatever stands there, also NaN.

Why the twins are fast: NumPy walks through memory once for each of max, subtract, exp, sum and divide; a twin takes a few rows,
which stay in the fastest cache, through all of them, and every loop over them is arithmetic that the compiler does for eight or
sixteen numbers at once. Many rows are shared out among threads.
"""
import numpy as np

from .arguments import fitting
from .exponential import exp
from .jit import jit, kernel, sortable, unsortable
from .threads import share_out

__all__ = ["cross_entropy", "cross_entropy_gradient", "log_softmax", "logsumexp", "softmax"]


def _floating(x, where=None):
    x = np.asarray(x)
    if not x.ndim:
        raise ValueError("softmax and its kin share out along an axis, and a number has none")
    if x.dtype.kind != "f":
        if x.dtype.kind not in "iub":
            raise TypeError(f"softmax and its kin share out by real numbers, got {x.dtype}")
        x = x.astype(float)
    return x if where is None else _masked(x, where)


def _masked(x, where):
    where = np.asarray(where)
    if where.dtype != bool:
        raise TypeError(f"where must hold booleans, True for the entries that take part, got {where.dtype}; "
                        "0 and 1 become them by where == 1")
    try:
        where = np.broadcast_to(where, x.shape)
    except ValueError:
        raise ValueError(f"where, of shape {where.shape}, must broadcast to the shape of x, {x.shape}") from None
    out = np.full(x.shape, -np.inf, x.dtype)
    np.copyto(out, x, where=where)
    return out


# References -------------------------------------------------------------------------------------------------------------

def _shifted(x, axis):
    """x less its largest entry, exponentials of that, their sum, which is at least 1 for the largest gives 1, and the largest."""
    largest = x.max(axis=axis, keepdims=True, initial=-np.inf)
    limits = np.finfo(x.dtype)
    z = x - np.minimum(np.maximum(largest, limits.min), limits.max)       # -inf less -inf would be NaN
    e = np.exp(z)
    total = e.sum(axis=axis, keepdims=True)
    return z, e, np.maximum(total, 1, out=total), largest                 # a row of -inf: 1 for 0


@kernel
def softmax(x, axis=-1, where=None):
    """Shares proportional to exp(x), same shape as x, that sum to one along `axis`."""
    _, e, total, _ = _shifted(_floating(x, where), axis)
    e /= total
    return e


@kernel
def logsumexp(x, axis=-1, keepdims=False, where=None):
    """log of the sum of exp(x) along `axis`."""
    _, _, total, largest = _shifted(_floating(x, where), axis)
    y = np.log(total, out=total)
    y += largest
    return y if keepdims else y.squeeze(axis=axis)[()]


@kernel
def log_softmax(x, axis=-1, where=None):
    """log of softmax(x), without forming it."""
    z, _, total, _ = _shifted(_floating(x, where), axis)
    z -= np.log(total, out=total)                                         # shifted, or large x would take the small digits
    return z


def _labelled(logits, labels):
    _in_rows(logits, labels)
    if labels.dtype.kind not in "iu":
        raise TypeError(f"cross_entropy: labels must be integers, got {labels.dtype}")


def _passed_back(g, logits, labels):
    _to_rows(g, logits, labels)
    if labels.dtype.kind not in "iu":
        raise TypeError(f"cross_entropy_gradient: labels must be integers, got {labels.dtype}")


_in_rows = fitting("cross_entropy", "logits (N, K), labels (N)")
_to_rows = fitting("cross_entropy_gradient", "g (N), logits (N, K), labels (N)")


def _refuse_labels(labels, classes):
    raise ValueError(f"cross_entropy: labels must lie in 0..{classes - 1}, got {labels.min()}..{labels.max()}; "
                     "classes are counted from 0")


def _chosen(labels, classes):
    """The index of each row's label."""
    if labels.size and (labels.min() < 0 or labels.max() >= classes):
        _refuse_labels(labels, classes)
    return np.arange(len(labels)), labels


@kernel(check=_labelled)
def cross_entropy(logits, labels):
    """-log softmax(logits)[label]: logits (N, K), labels integers (N,) -> (N,)."""
    z, _, total, _ = _shifted(_floating(logits), 1)
    return np.log(total, out=total)[:, 0] - z[_chosen(labels, z.shape[1])]


@kernel(check=_passed_back)
def cross_entropy_gradient(g, logits, labels):
    """What `cross_entropy` passes back: g (N,) times model minus data, softmax(logits) - one-hot(labels)."""
    p = softmax.reference(logits, 1)                                      # (2.32)
    p[_chosen(labels, p.shape[1])] -= 1
    p *= g[:, None]
    return p


# Twins ------------------------------------------------------------------------------------------------------------------

@jit
def _largest(x, i):
    """Largest entry of row i.  Comparing floats has a rule for NaN that defeats vectors; comparing integers doesn't."""
    top = sortable(x[i, 0])
    for j in range(1, x.shape[1]):
        top = max(top, sortable(x[i, j]))
    return unsortable(top)


@jit(fastmath={"reassoc"})                                                # in any order: then the adds need not queue
def _total(x, i):
    total = x[i, 0]
    for j in range(1, x.shape[1]):
        total += x[i, j]
    return total


@jit
def _long_row(x, i, out, k):
    """out[k] = exp(x[i] - its largest entry); returns that entry and the sum, which is 1 in place of 0 for a row of -inf.

    (The rows are not passed as views, x[i], for Numba counts the users of a view, which takes as long as ten exponentials.)
    """
    limit = np.finfo(x.dtype).max
    largest = _largest(x, i)
    shift = min(max(largest, -limit), limit)
    for j in range(x.shape[1]):
        out[k, j] = exp(x[i, j] - shift)
    return largest, max(_total(out, k), x.dtype.type(1))


@jit
def _short_rows(x, first, last, out, k, largest, totals):
    """The same for rows first..last, and all their exponentials in one loop: ten numbers alone don't fill two vectors."""
    limit, columns = np.finfo(x.dtype).max, x.shape[1]
    for i in range(first, last):
        largest[i - first] = _largest(x, i)
        shift = min(max(largest[i - first], -limit), limit)
        for j in range(columns):
            out[k + i - first, j] = x[i, j] - shift
    flat = out.reshape(-1)
    for j in range(np.uintp(k * columns), np.uintp((k + last - first) * columns)):            # no index that could be negative
        flat[j] = exp(flat[j])
    for i in range(last - first):
        totals[i] = max(_total(out, k + i), x.dtype.type(1))


@jit
def _exponentials(x, first, last, out, k, largest, totals):
    """The same for rows of any length."""
    if x.shape[1] < LONG:
        _short_rows(x, first, last, out, k, largest, totals)
    else:
        for i in range(last - first):
            largest[i], totals[i] = _long_row(x, first + i, out, k + i)


@jit
def _blocks(x):
    """How many rows go together, and a place for them, for their largest entries and for their sums."""
    rows = max(1, BLOCK // x.shape[1])
    return rows, np.empty((rows, x.shape[1]), x.dtype), np.empty(rows, x.dtype), np.empty(rows, x.dtype)


LONG, BLOCK = 256, 2048                                                   # numbers of a row; of a block, in the fastest cache
LARGE = 2**17                                                             # numbers from which a second thread pays


@jit
def _softmax_rows(low, high, x, out):
    rows, _, largest, totals = _blocks(x)
    for first in range(low, high, rows):
        last = min(first + rows, high)
        _exponentials(x, first, last, out, first, largest, totals)
        for i in range(first, last):
            share = x.dtype.type(1) / totals[i - first]                   # one division, K products
            for j in range(x.shape[1]):
                out[i, j] *= share


@jit
def _logsumexp_rows(low, high, x, out):
    rows, block, largest, totals = _blocks(x)
    for first in range(low, high, rows):
        last = min(first + rows, high)
        _exponentials(x, first, last, block, 0, largest, totals)
        for i in range(first, last):
            out[i] = np.log(totals[i - first]) + largest[i - first]


@jit
def _log_softmax_rows(low, high, x, out):
    rows, block, largest, totals = _blocks(x)
    limit = np.finfo(x.dtype).max
    for first in range(low, high, rows):
        last = min(first + rows, high)
        _exponentials(x, first, last, block, 0, largest, totals)
        for i in range(first, last):
            shift, log_total = min(max(largest[i - first], -limit), limit), np.log(totals[i - first])
            for j in range(x.shape[1]):
                out[i, j] = x[i, j] - shift - log_total


@jit
def _cross_entropy_rows(low, high, x, labels, out):
    rows, block, largest, totals = _blocks(x)
    limit = np.finfo(x.dtype).max
    for first in range(low, high, rows):
        last = min(first + rows, high)
        _exponentials(x, first, last, block, 0, largest, totals)
        for i in range(first, last):
            if not 0 <= labels[i] < x.shape[1]:                           # nobody else looks at the bounds
                raise IndexError
            out[i] = np.log(totals[i - first]) - (x[i, labels[i]] - min(max(largest[i - first], -limit), limit))


@jit
def _cross_entropy_gradient_rows(low, high, g, x, labels, out):
    rows, _, largest, totals = _blocks(x)
    for first in range(low, high, rows):
        last = min(first + rows, high)
        _exponentials(x, first, last, out, first, largest, totals)
        for i in range(first, last):
            if not 0 <= labels[i] < x.shape[1]:
                raise IndexError
            share = g[i] / totals[i - first]
            for j in range(x.shape[1]):
                out[i, j] *= share
            out[i, labels[i]] -= g[i]


def _compiled(x, axis=0):
    """Whether the twin is for this array: the others, of no size or along several axes, are the reference's."""
    return x.size and (x.dtype == np.float32 or x.dtype == np.float64) and type(axis) is int and -x.ndim <= axis < x.ndim


def _along(rows, x, axis, shape=None):
    """Apply a twin for rows along any axis."""
    if x.ndim == 2 and axis in (-1, 1):
        x, swap = np.ascontiguousarray(x), None
    else:
        swap = np.moveaxis(x, axis, -1).shape
        x = np.ascontiguousarray(np.moveaxis(x, axis, -1).reshape(-1, x.shape[axis]))
    out = np.empty_like(x)
    share_out(rows, len(x), x, out, alone=x.size < LARGE)
    return out if swap is None else np.moveaxis(out.reshape(swap), -1, axis)


@softmax.numba
def _(x, axis=-1, where=None):
    x = _floating(x, where)
    return _along(_softmax_rows, x, axis) if _compiled(x, axis) else softmax.reference(x, axis)


@log_softmax.numba
def _(x, axis=-1, where=None):
    x = _floating(x, where)
    return _along(_log_softmax_rows, x, axis) if _compiled(x, axis) else log_softmax.reference(x, axis)


@logsumexp.numba
def _(x, axis=-1, keepdims=False, where=None):
    x = _floating(x, where)
    if not _compiled(x, axis):
        return logsumexp.reference(x, axis, keepdims)
    rows = np.moveaxis(x, axis, -1)
    out = np.empty(rows.shape[:-1], x.dtype)
    rows = np.ascontiguousarray(rows.reshape(-1, rows.shape[-1]))
    share_out(_logsumexp_rows, len(rows), rows, out.reshape(-1), alone=x.size < LARGE)
    return np.expand_dims(out, axis) if keepdims else out[()]


def _by_label(rows, logits, labels, *args):
    try:
        share_out(rows, len(logits), *args, alone=logits.size < LARGE)
    except IndexError:
        _refuse_labels(labels, logits.shape[1])


@cross_entropy.numba
def _(logits, labels):
    logits = _floating(logits)
    if not _compiled(logits):
        return cross_entropy.reference(logits, labels)
    out = np.empty(len(logits), logits.dtype)
    _by_label(_cross_entropy_rows, logits, labels, np.ascontiguousarray(logits), labels.astype(np.int64, copy=False), out)
    return out


@cross_entropy_gradient.numba
def _(g, logits, labels):
    logits = _floating(logits)
    if not _compiled(logits) or g.dtype != logits.dtype:
        return cross_entropy_gradient.reference(g, logits, labels)
    out = np.empty(logits.shape, logits.dtype)
    _by_label(_cross_entropy_gradient_rows, logits, labels, np.ascontiguousarray(g), np.ascontiguousarray(logits),
              labels.astype(np.int64, copy=False), out)
    return out
