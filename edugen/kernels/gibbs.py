r"""Gibbs sweeps: resample some variables given the others, again and again.

Three models: the restricted Boltzmann machine, whose units of one layer are independent given the other (block sweeps); the
Boltzmann machine, one unit after the other; the Ising model, where a spin looks at four neighbors.

No state of a random generator is kept. A uniform number is a hash of (key, sweep, site): the same key gives the same chain,
whatever the number of threads and the order in which they work, and a reference can be compared with its twin draw by draw.
A generator that steps along would have to be asked in order, and feeding an array of its numbers costs more than an Ising sweep.
"""
import math

import numpy as np

from .exponential import exp
from .jit import jit, kernel, prange

__all__ = ["bernoulli", "boltzmann_sweeps", "ising_sweeps", "normals", "rbm_sweeps", "uniforms"]

U32 = np.uint32
ONE, M1, M2, S15, S16 = U32(1), U32(0x7FEB352D), U32(0x846CA68B), U32(15), U32(16)
GOLDEN, X1, X2 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
S27, S30, S31, S32 = (np.uint64(k) for k in (27, 30, 31, 32))


# Numbers from (key, sweep, site) -----------------------------------------------------------------------------------------

def _sweep_key(key, sweep):
    """64 well-mixed bits for a sweep: SplitMix64 (Steele, Lea and Flood 2014)."""
    z = np.array([key], np.uint64) + np.array([sweep + 1], np.uint64) * GOLDEN
    z = (z ^ (z >> S30)) * X1
    z = (z ^ (z >> S27)) * X2
    return (z ^ (z >> S31))[0]


@jit
def _sweep_key_twin(key, sweep):
    z = np.uint64(np.uint64(key) + np.uint64(np.uint64(sweep + 1) * GOLDEN))
    z = np.uint64(np.uint64(z ^ np.uint64(z >> S30)) * X1)
    z = np.uint64(np.uint64(z ^ np.uint64(z >> S27)) * X2)
    return np.uint64(z ^ np.uint64(z >> S31))


def _mix(x):
    """Every bit of a 32-bit integer spread over all of them (Ellis 2018, `lowbias32`)."""
    x = (x ^ (x >> S16)) * M1
    x = (x ^ (x >> S15)) * M2
    return x ^ (x >> S16)


@jit
def _mix_twin(x):
    x = U32(U32(x ^ U32(x >> S16)) * M1)                                  # Numba widens uint32 at each step: cast back
    x = U32(U32(x ^ U32(x >> S15)) * M2)
    return U32(x ^ U32(x >> S16))


def uniforms(key, sweep, sites):
    """Uniform numbers in (0, 1) with 32 bits, one for each site, an integer below 2^32."""
    k = _sweep_key(key, sweep)
    h = _mix(_mix(np.array(sites, U32, ndmin=1) ^ U32(k & np.uint64(0xFFFFFFFF))) ^ U32(k >> S32))
    return ((h + 0.5) * 2.0**-32).reshape(np.shape(sites))


@jit
def _hash(k, site):
    return _mix_twin(U32(_mix_twin(U32(site ^ U32(k))) ^ U32(k >> S32)))


@jit
def _uniform(k, site):
    return (_hash(k, U32(site)) + 0.5) * 2.0**-32


def normals(key, sweep, sites):
    """Standard normal numbers by Box and Muller's transform of uniform ones, those of the sweeps 2 sweep and 2 sweep + 1."""
    u, v = uniforms(key, 2 * sweep, sites), uniforms(key, 2 * sweep + 1, sites)
    return np.sqrt(-2 * np.log(u)) * np.cos(2 * np.pi * v)


# Restricted Boltzmann machine: layer by layer ----------------------------------------------------------------------------

@kernel
def bernoulli(logits, bias, key, sweep):
    """0 or 1 with probability sigmoid(logits + bias): logits (n, H), bias (H,) -> (n, H)."""
    u = uniforms(key, sweep, np.arange(logits.size)).reshape(logits.shape)
    z = logits + bias
    return (u * (1 + np.exp(-np.abs(z))) < np.where(z < 0, np.exp(-np.abs(z)), 1)).astype(logits.dtype)


@jit
def _bernoulli_rows(logits, bias, k, out):
    """Serial, for it follows a product whose threads are still awake; a vector of exponentials and hashes at a time."""
    one, zero = out.dtype.type(1), out.dtype.type(0)
    for i in range(logits.shape[0]):
        row, y, first = logits[i], out[i], U32(i * logits.shape[1])
        for j in range(row.size):
            z = row[j] + bias[j]
            e = exp(-abs(z))
            y[j] = one if _uniform(k, U32(first + U32(j))) * (one + e) < (e if z < zero else one) else zero


@bernoulli.numba
def _(logits, bias, key, sweep):
    if not logits.size or logits.dtype not in (np.float32, np.float64):
        return bernoulli.reference(logits, bias, key, sweep)
    out = np.empty(logits.shape, logits.dtype)
    _bernoulli_rows(np.ascontiguousarray(logits), np.ascontiguousarray(bias, logits.dtype), _sweep_key(key, sweep), out)
    return out


def rbm_sweeps(v, W, b, c, key, sweeps, gaussian=False):
    r"""Alternate h given v and v given h: energy :math:`-v^\top W h - b^\top v - c^\top h`.

    Parameters
    ----------
    v : array (n, D), one chain a row
    W, b, c : arrays (D, H), (D,), (H,)
    key : int below 2^64
    sweeps : int
    gaussian : visible units are normal around W h + b with unit variance, energy :math:`+ \tfrac12 \lVert v \rVert^2`

    Returns
    -------
    v, h : arrays (n, D), (n, H)
    """
    h = np.zeros((len(v), W.shape[1]), v.dtype)
    for s in range(sweeps):
        h = bernoulli(v @ W, c, key, 4 * s)                               # no two draws of a chain share a sweep number
        mean = h @ W.T
        if gaussian:
            noise = normals(key, 2 * s + 1, np.arange(v.size)).reshape(v.shape)            # takes 4s + 2 and 4s + 3
            v = (mean + b + noise).astype(v.dtype)
        else:
            v = bernoulli(mean, b, key, 4 * s + 1)
    return v, h


# Boltzmann machine: one unit after the other -----------------------------------------------------------------------------

@kernel
def boltzmann_sweeps(x, W, b, key, sweeps, random_scan=False):
    r"""Resample each unit given all others: energy :math:`-\tfrac12 x^\top W x - b^\top x`, x in {0, 1}.

    Parameters
    ----------
    x : array (n, D) of 0 and 1, one chain a row
    W : array (D, D), symmetric with a zero diagonal
    b : array (D,)
    key, sweeps : int
    random_scan : D units drawn at random make a sweep, instead of each in its turn

    Returns
    -------
    array (n, D)
    """
    x, (n, d) = x.copy(), x.shape
    sites = np.arange(n * d, dtype=np.uint64).reshape(n, d)
    for s in range(sweeps):
        u = uniforms(key, 2 * s, sites)
        which = (uniforms(key, 2 * s + 1, sites) * d).astype(int) if random_scan else np.tile(np.arange(d), (n, 1))
        for chain in range(n):
            for t, i in enumerate(which[chain]):
                z = W[i] @ x[chain] + b[i]
                x[chain, i] = u[chain, t] < 1 / (1 + math.exp(-z)) if z > -700 else 0
    return x


@jit(fastmath={"reassoc", "contract"})                                    # the order of a sum of finite weights doesn't matter
def _dot(w, x):
    total = w[0] * x[0]
    for j in range(1, w.size):
        total += w[j] * x[j]
    return total


@jit
def _boltzmann(x, W, b, key, sweeps, random_scan):
    n, d = x.shape
    for s in range(sweeps):
        k, k_scan = _sweep_key_twin(key, 2 * s), _sweep_key_twin(key, 2 * s + 1)
        for chain in range(n):
            for t in range(d):
                site = chain * d + t
                i = int(_uniform(k_scan, site) * d) if random_scan else t
                z = _dot(W[i], x[chain]) + b[i]                           # a row of W and the chain: both lie in the cache
                x[chain, i] = _uniform(k, site) * (1 + np.exp(-z)) < 1


@boltzmann_sweeps.numba
def _(x, W, b, key, sweeps, random_scan=False):
    if not x.size:
        return x.copy()
    out = np.array(x, W.dtype)
    _boltzmann(out, np.ascontiguousarray(W), np.ascontiguousarray(b), np.uint64(key), sweeps, random_scan)
    return out.astype(x.dtype, copy=False)


# Ising model: four neighbors ---------------------------------------------------------------------------------------------

def _thresholds(beta, field):
    """Spin up if the hash lies below: one threshold for each sum of neighbors, -4, -2, 0, 2, 4."""
    z = 2 * (beta * np.arange(-4, 5, 2) + field)
    return np.minimum(2.0**32 / (1 + np.exp(-z)), 2.0**32 - 1).astype(U32)


def _torus(spins, checkerboard):
    if spins.ndim != 2 or (checkerboard and (spins.shape[0] % 2 or spins.shape[1] % 2)):
        raise ValueError(f"ising_sweeps: expected a grid with even sides (or checkerboard=False), got shape {spins.shape}; "
                         "on a torus with an odd side two neighbors have the same color")
    return spins.shape


@kernel
def ising_sweeps(spins, beta, key, sweeps, field=0.0, checkerboard=True):
    r"""Sweeps of the two-dimensional Ising model on a torus, of energy :math:`-\sum_{\langle ij \rangle} s_i s_j`.

    Parameters
    ----------
    spins : array (L, M) of -1 and 1
    beta : float, inverse temperature
    key, sweeps : int
    field : float, beta times the outer field
    checkerboard : all black sites at once, then all white ones, for those of a color don't see each other (L and M even);
        otherwise site after site

    Returns
    -------
    array (L, M), int8

    Raises
    ------
    ValueError
        Not a grid, or an odd side with the checkerboard.
    """
    rows, columns = _torus(spins, checkerboard)
    s = spins.astype(np.int8)
    table, sites = _thresholds(beta, field), np.arange(s.size).reshape(s.shape)
    color = np.add.outer(np.arange(rows), np.arange(columns)) % 2
    for t in range(sweeps):
        up = (uniforms(key, t, sites) * 2.0**32).astype(U32)
        if checkerboard:
            for c in (0, 1):
                around = sum(np.roll(s, shift, axis) for shift in (1, -1) for axis in (0, 1))
                s = np.where(color == c, np.where(up < table[(around + 4) // 2], 1, -1), s).astype(np.int8)
        else:
            for i, j in np.ndindex(s.shape):
                around = s[i - 1, j] + s[(i + 1) % rows, j] + s[i, j - 1] + s[i, (j + 1) % columns]
                s[i, j] = 1 if up[i, j] < table[(around + 4) // 2] else -1
    return s


@jit
def _drawn(around, table, h):
    """The new spin.  A lookup, table[around], would go one by one; choosing among five numbers goes sixteen by sixteen."""
    low, middle, high = table[0] if around == -4 else table[1], table[2], table[3] if around == 2 else table[4]
    limit = low if around < 0 else middle if around == 0 else high
    return np.int8(1) if h < limit else np.int8(-1)


@jit
def _ising_row(above, row, below, table, k, first, parity, new):
    """Resample the sites of a row whose column has `parity`: all are drawn and half are kept, for then vectors are whole."""
    last, limits = row.size - 1, (table[0], table[1], table[2], table[3], table[4])
    new[0] = _drawn(np.int8(above[0] + below[0] + row[last] + row[1]), limits, _hash(k, first))
    for j in range(1, last):
        new[j] = _drawn(np.int8(above[j] + below[j] + row[j - 1] + row[j + 1]), limits, _hash(k, U32(first + U32(j))))
    new[last] = _drawn(np.int8(above[last] + below[last] + row[last - 1] + row[0]), limits, _hash(k, U32(first + U32(last))))
    for j in range(row.size):
        row[j] = new[j] if (j & 1) == parity else row[j]


@jit(parallel=True)
def _ising_checkerboard(s, table, key, sweeps):
    """Sites of one color share nothing that changes, so threads take some rows each."""
    rows, columns = s.shape
    new = np.empty_like(s)
    for t in range(sweeps):
        k = _sweep_key_twin(key, t)
        for c in range(2):
            for i in prange(rows):
                _ising_row(s[i - 1 if i else rows - 1], s[i], s[i + 1 if i + 1 < rows else 0], table, k, U32(i * columns),
                           (i + c) & 1, new[i])


@jit
def _ising_sequential(s, table, key, sweeps):
    rows, columns = s.shape
    for t in range(sweeps):
        k = _sweep_key_twin(key, t)
        for i in range(rows):
            above, row, below = s[i - 1 if i else rows - 1], s[i], s[i + 1 if i + 1 < rows else 0]
            for j in range(columns):
                around = above[j] + below[j] + row[j - 1 if j else columns - 1] + row[j + 1 if j + 1 < columns else 0]
                row[j] = 1 if _hash(k, U32(i * columns + j)) < table[(around + 4) >> 1] else -1


@ising_sweeps.numba
def _(spins, beta, key, sweeps, field=0.0, checkerboard=True):
    _torus(spins, checkerboard)
    s = np.array(spins, np.int8, order="C")
    if s.size:
        (_ising_checkerboard if checkerboard else _ising_sequential)(s, _thresholds(beta, field), np.uint64(key), sweeps)
    return s
