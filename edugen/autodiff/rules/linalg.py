r"""Products of arrays, and numpy.linalg.

A matrix rule is read off the differential: write dY in terms of dA, then move everything but dA to the other side of
:math:`\langle \bar Y, dY \rangle = \langle \bar A, dA \rangle`. For Y = inv(A): dY = -Y dA Y, so A's cotangent is -Y' G Y'.

Conventions. `cholesky` and `eigh` read one triangle of a symmetric matrix; their gradients are those of the symmetric matrix,
that is, symmetric. Eigenvectors are determined up to sign (LAPACK's is kept), and differentiable where eigenvalues differ;
across a gap of exactly zero the rule takes their mixing to be zero, right for functions that don't depend on it.
"""
import math

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..tensor import composite, constant, primitive, raw, rule
from .reduction import _root_sum_square

constant(np.linalg.matrix_rank)


def _t(x):
    return np.swapaxes(x, -1, -2)


# Products ---------------------------------------------------------------------------------------------------------------

@rule(np.matmul, 0)
def _(g, y, a, b):
    if b.ndim == 1:
        return g * b if a.ndim == 1 else g[..., None] * b
    if a.ndim == 1:
        return (b @ g[..., None])[..., 0]
    return g @ (b.T if b.ndim == 2 else _t(b))


@rule(np.matmul, 1)
def _(g, y, a, b):
    if a.ndim == 1:
        return g * a if b.ndim == 1 else a[:, None] * g[..., None, :]
    if b.ndim == 1:
        return (_t(a) @ g[..., None])[..., 0]
    if b.ndim == 2:                                                       # one matrix for the whole batch: one product
        rows = math.prod(a.shape[:-1])                                    # counted, for -1 can't be where an axis is 0
        return a.reshape(rows, a.shape[-1]).T @ g.reshape(rows, g.shape[-1])
    return _t(a) @ g


@composite(np.dot)
def _(a, b):
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(a, b)
    if np.ndim(b) <= 2 and np.ndim(a) <= 2:
        return np.matmul(a, b)
    return np.tensordot(a, b, axes=(-1, max(np.ndim(b) - 2, 0)))


@composite(np.vdot)
def _(a, b):
    return np.matmul(np.ravel(a), np.ravel(b))


@composite(np.linalg.vecdot, *([np.vecdot] if hasattr(np, "vecdot") else []))
def _(x1, x2, axis=-1):
    if np.shape(x1)[axis] != np.shape(x2)[axis]:
        raise ValueError(f"np.vecdot: axis {axis} of shapes {np.shape(x1)} and {np.shape(x2)} must have one length")
    return np.sum(x1 * x2, axis=axis)


@composite(np.inner)
def _(a, b):
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(a, b)
    return np.tensordot(a, b, axes=(-1, -1))


@composite(np.outer)
def _(a, b):
    return np.ravel(a)[:, None] * np.ravel(b)[None, :]


@composite(np.linalg.outer)
def _(x1, x2):
    if np.ndim(x1) != 1 or np.ndim(x2) != 1:
        raise ValueError(f"np.linalg.outer: needs two vectors, got shapes {np.shape(x1)} and {np.shape(x2)}; np.outer "
                         "ravels them")
    return np.outer(x1, x2)


@composite(np.kron)
def _(a, b):
    n = max(np.ndim(a), np.ndim(b))
    a, b = (np.reshape(x, (1,) * (n - np.ndim(x)) + np.shape(x)) for x in (a, b))
    blocks = np.reshape(a, [k for d in a.shape for k in (d, 1)]) * np.reshape(b, [k for d in b.shape for k in (1, d)])
    return np.reshape(blocks, [m * k for m, k in zip(a.shape, b.shape, strict=True)])


@composite(np.tensordot, np.linalg.tensordot)
def _(a, b, axes=2):
    if np.ndim(axes) == 0:
        axes = range(-axes, 0), range(axes)
    left, right = (list(normalize_axis_tuple(ks, np.ndim(x))) for x, ks in zip((a, b), axes, strict=True))
    if [np.shape(a)[k] for k in left] != [np.shape(b)[k] for k in right]:
        raise ValueError(f"np.tensordot: axes {left} of shape {np.shape(a)} don't match axes {right} of shape {np.shape(b)}")
    rows, columns = ([k for k in range(np.ndim(x)) if k not in used] for x, used in ((a, left), (b, right)))
    size, middle = lambda x, ks: [np.shape(x)[k] for k in ks], int(np.prod([np.shape(a)[k] for k in left]))
    first = np.reshape(np.transpose(a, rows + left), (int(np.prod(size(a, rows))), middle))
    second = np.reshape(np.transpose(b, right + columns), (middle, int(np.prod(size(b, columns)))))
    return np.reshape(first @ second, size(a, rows) + size(b, columns))


@composite(np.einsum)
def _(subscripts, *operands, optimize=False):
    if not isinstance(subscripts, str):
        raise TypeError("np.einsum: write the subscripts as a string, 'ij,jk->ik'; lists of axes are not differentiated")
    return _einsum(*operands, subscripts=_explicit(subscripts, operands), optimize=optimize)


def _explicit(subscripts, operands):
    """The subscripts with an output and without dots."""
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if len(terms) != len(operands):
        raise ValueError(f"np.einsum: {subscripts!r} names {len(terms)} operands, got {len(operands)}")
    free = [c for c in map(chr, range(ord("A"), ord("z") + 1)) if c.isalpha() and c not in subscripts]
    dots = [np.ndim(x) - len(t.replace("...", "")) if "..." in t else 0 for t, x in zip(terms, operands, strict=True)]
    letters = "".join(free[:max(dots)])
    if arrow and letters and "..." not in output:
        raise ValueError(f"np.einsum: {subscripts!r} has ... on the left for {len(letters)} axes and none on the right; write "
                         f"->{output}... to keep them, or letters to sum them")
    terms = [t.replace("...", letters[len(letters) - d:]) for t, d in zip(terms, dots, strict=True)]
    if not arrow:
        every = "".join(terms)
        output = letters + "".join(sorted(c for c in set(every) - set(letters) if every.count(c) == 1))
    return ",".join(terms) + "->" + output.replace("...", letters)


@primitive
def _einsum(*operands, subscripts, optimize=False):
    return np.einsum(subscripts, *operands, optimize=optimize)


@rule(_einsum, ...)
def _(g, y, i, *operands, subscripts, optimize=False):
    inputs, output = subscripts.split("->")
    terms, shapes = inputs.split(","), [np.shape(x) for x in operands]
    sizes: dict = {}
    for term, shape in zip(terms, shapes, strict=True):
        for c, d in zip(term, shape, strict=True):
            sizes[c] = max(d, sizes.get(c, 1)) if d else 0
    others = [(t, x) for j, (t, x) in enumerate(zip(terms, operands, strict=True)) if j != i] + [(output, g)]
    wanted, seen, fresh = "", set(), (c for c in map(chr, range(192, 600)) if c not in subscripts)
    for c in terms[i]:
        if c in seen:                                                     # a diagonal, 'ii': the gradient lives on it
            twin = next(fresh)
            others.append((c + twin, np.eye(sizes[c], dtype=g.dtype)))
            c = twin
        elif not any(c in t and np.shape(x)[t.index(c)] == sizes[c] for t, x in others):    # summed here alone: spread evenly
            others.append((c, np.ones(sizes[c], dtype=g.dtype)))
        seen.add(c)
        wanted += c
    known = dict.fromkeys("".join(t for t, _ in others))
    plain = dict(zip(known, (c for c in map(chr, range(ord("A"), ord("z") + 1)) if c.isalpha()), strict=False))
    rename = lambda t: "".join(plain[c] for c in t)
    return np.einsum(",".join(rename(t) for t, _ in others) + "->" + rename(wanted), *(x for _, x in others), optimize=optimize)


@composite(np.linalg.matrix_power)
def _(a, n):
    if n < 0:
        a, n = np.linalg.inv(a), -n
    y = None
    while n:
        if n % 2:
            y = a if y is None else y @ a
        a, n = a @ a if n > 1 else a, n // 2
    return np.broadcast_to(np.eye(np.shape(a)[-1], dtype=a.dtype), np.shape(a)) + 0 * a if y is None else y


@composite(np.linalg.multi_dot)
def _(arrays):
    y = arrays[0]
    for a in arrays[1:]:
        y = y @ a
    return y


# Inverses and determinants ----------------------------------------------------------------------------------------------

@rule(np.linalg.inv)
def _(g, y, a):
    return -_t(y) @ g @ _t(y)                                             # dY = -Y dA Y


@rule(np.linalg.solve, 0)
def _(g, y, a, b):
    if b.ndim == 1:                                                       # one vector, but perhaps many matrices
        return -_solve_vectors(_t(a), g)[..., :, None] * y[..., None, :]
    return -np.linalg.solve(_t(a), g) @ _t(y)                             # dY = A^-1 (dB - dA Y)


@rule(np.linalg.solve, 1)
def _(g, y, a, b):
    return _solve_vectors(_t(a), g) if b.ndim == 1 else np.linalg.solve(_t(a), g)


def _solve_vectors(a, b):
    """NumPy takes b for a vector only if it has one axis; here a batch of vectors."""
    return np.linalg.solve(a, b[..., None])[..., 0]


@composite(np.linalg.pinv)
def _(a, rcond=None, hermitian=False, *, rtol=None):
    return _pinv(a, rcond=rcond if rtol is None else rtol)


@primitive
def _pinv(a, rcond=None):
    return np.linalg.pinv(a, rcond)


@rule(_pinv)
def _(g, y, a, rcond=None):
    gt, yt = _t(g), _t(y)                                                 # Golub and Pereyra (1973); the rank stays
    rest = gt - a @ (y @ gt)
    return -yt @ g @ yt + rest @ y @ yt + yt @ y @ (gt - (gt @ y) @ a)


@rule(np.linalg.det)
def _(g, y, a):
    return (g * y)[..., None, None] * _t(np.linalg.inv(a))                # Jacobi; a singular matrix raises LinAlgError


_Slogdet = type(np.linalg.slogdet(np.eye(1)))
_Eigh = type(np.linalg.eigh(np.eye(1)))


@composite(np.linalg.slogdet)
def _(a):
    return _Slogdet(np.linalg.slogdet(raw(a))[0], _logabsdet(a))          # the sign is constant wherever log det is finite


@primitive
def _logabsdet(a):
    return np.linalg.slogdet(a)[1]


@rule(_logabsdet)
def _(g, y, a):
    return g[..., None, None] * _t(np.linalg.inv(a))


# Factorizations ---------------------------------------------------------------------------------------------------------

@composite(np.linalg.cholesky)
def _(a, /, *, upper=False):
    return _t(_cholesky(_t(a))) if upper else _cholesky(a)


@primitive
def _cholesky(a):
    return np.linalg.cholesky(a)


@rule(_cholesky)
def _(g, y, a):
    # dL = L phi(L^-1 dA L^-T), where phi takes the lower triangle and halves the diagonal (Murray 2016)
    inner = _lower_half(_t(y) @ g)
    s = np.linalg.solve(_t(y), _t(np.linalg.solve(_t(y), _t(inner))))     # L^-T phi(L' G) L^-1
    return 0.5 * (s + _t(s))


def _lower_half(x):
    return np.tril(x) - 0.5 * x * np.eye(np.shape(x)[-1], dtype=x.dtype)


@composite(np.linalg.eigh)
def _(a, UPLO="L"):
    packed = _eigh(a, UPLO=UPLO)
    return _Eigh(packed[..., 0, :], packed[..., 1:, :])


@composite(np.linalg.eigvalsh)
def _(a, UPLO="L"):
    return _eigh(a, UPLO=UPLO)[..., 0, :]


@primitive
def _eigh(a, UPLO="L"):
    """Eigenvalues and, below them, eigenvectors, in one array (..., n + 1, n)."""
    w, v = np.linalg.eigh(a, UPLO)
    return np.concatenate([w[..., None, :], v], axis=-2)


@rule(_eigh)
def _(g, y, a, UPLO="L"):
    w, v, gw, gv = y[..., 0, :], y[..., 1:, :], g[..., 0, :], g[..., 1:, :]
    gap = w[..., None, :] - w[..., :, None]                               # dV = V (F * V' dA V),  F_ij = 1 / (w_j - w_i)
    mixing = np.where(gap == 0, 0, 1 / np.where(gap == 0, 1, gap)) * (_t(v) @ gv)
    s = v @ (mixing + gw[..., None] * np.eye(np.shape(v)[-1], dtype=v.dtype)) @ _t(v)
    return 0.5 * (s + _t(s))


# Norms ------------------------------------------------------------------------------------------------------------------

@composite(np.linalg.norm)
def _(x, ord=None, axis=None, keepdims=False):
    axes = tuple(range(np.ndim(x))) if axis is None else (axis,) if np.ndim(axis) == 0 else tuple(axis)
    if ord is None or (ord == 2 and len(axes) == 1) or (ord == "fro" and len(axes) == 2):
        return _root_sum_square(x, axis=axis, keepdims=keepdims)
    if len(axes) not in (1, 2) or isinstance(ord, str) and len(axes) == 1:
        raise ValueError(f"np.linalg.norm: ord={ord!r} is not a norm over {len(axes)} axes; an array of shape {np.shape(x)} "
                         "needs axis= with one axis for norms of vectors, two for those of matrices")
    if len(axes) == 1:
        return _vector_norm(x, ord, axes[0], keepdims)
    y = _matrix_norm(np.moveaxis(x, axes, (-2, -1)), ord)
    return np.expand_dims(y, tuple(a % np.ndim(x) for a in axes)) if keepdims else y


def _vector_norm(x, p, axis, keepdims):
    a = np.abs(x)
    if p == np.inf:
        return np.max(a, axis=axis, keepdims=keepdims)
    if p == -np.inf:
        return np.min(a, axis=axis, keepdims=keepdims)
    if p == 0:
        return np.sum(raw(x) != 0, axis=axis, keepdims=keepdims).astype(raw(x).dtype)
    if p == 1:
        return np.sum(a, axis=axis, keepdims=keepdims)
    total = np.sum(a ** p, axis=axis, keepdims=keepdims)
    return np.where(total == 0, 0, np.where(total == 0, 1, total) ** (1 / p))


def _matrix_norm(x, ord):
    if ord in (1, -1, np.inf, -np.inf):
        sums = np.sum(np.abs(x), axis=-2 if abs(ord) == 1 else -1)
        return np.max(sums, axis=-1) if ord > 0 else np.min(sums, axis=-1)
    if ord in (2, -2, "nuc"):
        s = _singular_values(x)
        return np.sum(s, axis=-1) if ord == "nuc" else s[..., 0] if ord == 2 else s[..., -1]
    raise ValueError(f"np.linalg.norm: invalid norm order {ord!r} for matrices")


def _singular_values(x):
    """In descending order: the upper eigenvalues of [[0, X], [X', 0]], which are plus and minus the singular values."""
    rows, columns = np.shape(x)[-2:]
    zeros = lambda n: np.zeros(np.shape(x)[:-2] + (n, n), dtype=x.dtype)
    above, below = (np.concatenate(pair, axis=-1) for pair in ([zeros(rows), x], [_t(x), zeros(columns)]))
    double = np.concatenate([above, below], axis=-2)
    return np.flip(np.linalg.eigvalsh(double)[..., -min(rows, columns):], -1)
