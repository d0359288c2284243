r"""Gibbs sweeps: resample some variables given the others, again and again.

Three models: the restricted Boltzmann machine, whose units of one layer are independent given the other (block sweeps); the
Boltzmann machine, one unit after the other; the Ising model, where a spin looks at four neighbors.

No state of a random generator is kept. A uniform number is a hash of (key, sweep, site): the same key gives the same chain,
whatever the number of threads and the order in which they work, and a reference can be compared with its twin draw by draw.
A generator that steps along would have to be asked in order, and feeding an array of its numbers costs more than an Ising sweep.
"""
import math

import numpy as np

from .arguments import fitting
from .exponential import exp, log32
from .jit import compilable, jit, kernel
from .threads import share_out
from .vector import move

__all__ = ["bernoulli", "boltzmann_sweeps", "gaussian", "ising_sweeps", "normals", "rbm_sweeps", "uniforms"]

U32 = np.uint32
ONE, M1, M2, S15, S16 = U32(1), U32(0x7FEB352D), U32(0x846CA68B), U32(15), U32(16)
GOLDEN, X1, X2 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
S27, S30, S31, S32 = (np.uint64(k) for k in (27, 30, 31, 32))
F32, TWO_PI = np.float32, np.float32(2 * np.pi)
S3, S5, S7, S9, S11 = (np.float32(k) for k in (-1 / 6, 1 / 120, -1 / 5040, 1 / 362880, -1 / 39916800))


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

@kernel(check=fitting("bernoulli", "logits (n, H), bias (H)"))
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
    return _drawn_rows(_bernoulli_rows, bernoulli, logits, bias, key, sweep, _sweep_key(key, sweep))


@kernel(check=fitting("gaussian", "mean (n, D), bias (D)"))
def gaussian(mean, bias, key, sweep):
    """Normal numbers of variance 1 around mean + bias: mean (n, D), bias (D,) -> (n, D)."""
    noise = normals(key, sweep, np.arange(mean.size)).reshape(mean.shape)
    y = mean + bias + noise
    return y.astype(mean.dtype) if mean.dtype.kind == "f" else y


@jit(fastmath={"contract"})
def _quarter_sine(t):
    """sin(2 pi t) for |t| <= 1/4, by the first terms of its series: 6e-8 off at most."""
    x = t * TWO_PI
    q = x * x
    return x * (F32(1) + q * (S3 + q * (S5 + q * (S7 + q * (S9 + q * S11)))))


@jit
def _gaussian_rows(mean, bias, k, out):
    """Noise in single precision, whatever the numbers it is added to: nothing but arithmetic, so vectors of it."""
    for i in range(mean.shape[0]):
        row, y, first = mean[i], out[i], U32(i * mean.shape[1])
        for j in range(row.size):
            u, v = F32(_uniform(k[0], U32(first + U32(j)))), _uniform(k[1], U32(first + U32(j)))
            cosine = _quarter_sine(F32(abs(v - 0.5) - 0.25))                # cos(2 pi v), in a quarter turn of the sine
            y[j] = row[j] + bias[j] + np.sqrt(F32(-2) * log32(u)) * cosine


@gaussian.numba
def _(mean, bias, key, sweep):
    keys = _sweep_key(key, 2 * sweep), _sweep_key(key, 2 * sweep + 1)
    return _drawn_rows(_gaussian_rows, gaussian, mean, bias, key, sweep, keys)


def _drawn_rows(rows, kernel, x, bias, key, sweep, k):
    if not compilable(x):
        return kernel.reference(x, bias, key, sweep)
    out = np.empty(x.shape, x.dtype)
    rows(np.ascontiguousarray(x), np.ascontiguousarray(bias, x.dtype), k, out)
    return out


def rbm_sweeps(v, W, b, c, key, sweeps, visible="bernoulli"):
    r"""Alternate h given v and v given h: energy :math:`-v^\top W h - b^\top v - c^\top h`.

    Parameters
    ----------
    v : array (n, D), one chain a row
    W, b, c : arrays (D, H), (D,), (H,)
    key : int below 2^64
    sweeps : int
    visible : "bernoulli"; or "gaussian", normal around W h + b with unit variance, energy :math:`+ \tfrac12 \lVert v \rVert^2`

    Returns
    -------
    v, h : arrays (n, D), (n, H), of the type of W
    """
    _fits_rbm(v, W, b, c)
    v, h = v.astype(W.dtype), np.zeros((len(v), W.shape[1]), W.dtype)
    for s in range(sweeps):
        h = bernoulli(v @ W, c, key, 4 * s)                               # no two draws of a chain share a sweep number:
        input = h @ W.T                                                   # gaussian takes twice its own and the next
        v = gaussian(input, b, key, 2 * s + 1) if visible == "gaussian" else bernoulli(input, b, key, 4 * s + 1)
    return v, h


_fits_rbm = fitting("rbm_sweeps", "v (n, D), W (D, H), b (D), c (H)")


# Boltzmann machine: one unit after the other -----------------------------------------------------------------------------

def _choice(caller, order, *known):
    if order not in known:
        raise ValueError(f"{caller}: order must be one of {', '.join(known)}, got {order!r}")


def _fits_boltzmann(x, W, b, key, sweeps, order="sequential"):
    _units(x, W, b)
    _choice("boltzmann_sweeps", order, "sequential", "random")


_units = fitting("boltzmann_sweeps", "x (n, D), W (D, D), b (D)")


@kernel(check=_fits_boltzmann)
def boltzmann_sweeps(x, W, b, key, sweeps, order="sequential"):
    r"""Resample each unit given all others: energy :math:`-\tfrac12 x^\top W x - b^\top x`, x in {0, 1}.

    Parameters
    ----------
    x : array (n, D) of 0 and 1, one chain a row
    W : array (D, D), symmetric with a zero diagonal
    b : array (D,)
    key, sweeps : int
    order : "sequential", each unit in its turn; "random", D units drawn at random make a sweep

    Returns
    -------
    array (n, D)
    """
    x, (n, d) = x.copy(), x.shape
    sites = np.arange(n * d, dtype=np.uint64).reshape(n, d)
    for s in range(sweeps):
        u = uniforms(key, 2 * s, sites)
        drawn = (uniforms(key, 2 * s + 1, sites) * d).astype(int)
        which = drawn if order == "random" else np.tile(np.arange(d), (n, 1))
        for chain in range(n):
            for t, i in enumerate(which[chain]):
                z = W[i] @ x[chain] + b[i]
                x[chain, i] = u[chain, t] < 1 / (1 + math.exp(-z)) if z > -700 else 0
    return x


@jit(fastmath={"contract"})
def _add_row(z, factor, W, i):
    for j in range(z.size):
        z[j] += factor * W[i, j]


@jit
def _thresholds_of_units(k, first, limit):
    """u < sigmoid(z) is z > log(u / (1 - u)): a sweep's logarithms in vectors, in place of an exponential at each unit."""
    for t in range(limit.size):
        h = _hash(k, U32(first + U32(t)))
        limit[t] = log32(F32(h + 0.5)) - log32(F32(4294967295.5 - h))


@jit
def _boltzmann(x, W, b, key, sweeps, random_scan):
    """A unit's input z = W x + b is kept, and mended where a unit flips: of W are read the rows of those that do, not all."""
    n, d = x.shape
    z, limit = np.empty_like(b), np.empty(d, np.float32)
    for chain in range(n):
        for s in range(sweeps):
            if s % 64 == 0:                                               # anew now and then, or rounding would add up
                move(b, 0, z, 0, d)
                for i in range(d):
                    if x[chain, i] != 0:
                        _add_row(z, x[chain, i], W, i)
            _thresholds_of_units(_sweep_key_twin(key, 2 * s), U32(chain * d), limit)
            k_scan = _sweep_key_twin(key, 2 * s + 1)
            for t in range(d):
                i = int(_uniform(k_scan, chain * d + t) * d) if random_scan else t
                change = x.dtype.type(z[i] > limit[t]) - x[chain, i]
                if change != 0:
                    x[chain, i] += change
                    _add_row(z, change, W, i)                             # W is symmetric: its column is its row


@boltzmann_sweeps.numba
def _(x, W, b, key, sweeps, order="sequential"):
    if not x.size or not compilable(W):
        return boltzmann_sweeps.reference(x, W, b, key, sweeps, order)
    out = np.array(x, W.dtype, order="C")
    _boltzmann(out, np.ascontiguousarray(W), np.ascontiguousarray(b, W.dtype), np.uint64(key), sweeps, order == "random")
    return out.astype(x.dtype, copy=False)


# Ising model: four neighbors ---------------------------------------------------------------------------------------------

LARGE = 2**17                                                             # spins from which a second thread pays


def _thresholds(beta, field):
    """Spin up if the hash lies below: one threshold for each sum of neighbors, -4, -2, 0, 2, 4."""
    z = 2 * (beta * np.arange(-4, 5, 2) + field)
    return np.minimum(2.0**32 / (1 + np.exp(-z)), 2.0**32 - 1).astype(U32)


def _fits_ising(spins, beta, key, sweeps, field=0.0, order="checkerboard"):
    _grids(spins)
    _choice("ising_sweeps", order, "checkerboard", "sequential", "random")
    if order == "checkerboard" and (spins.shape[-2] % 2 or spins.shape[-1] % 2):
        raise ValueError(f'ising_sweeps: expected grids with even sides (or order="sequential"), got shape {spins.shape}; '
                         "on a torus with an odd side two neighbors have the same color")


_grids = fitting("ising_sweeps", "spins (*chains, L, M)")


@kernel(check=_fits_ising)
def ising_sweeps(spins, beta, key, sweeps, field=0.0, order="checkerboard"):
    r"""Sweeps of the two-dimensional Ising model on a torus, of energy :math:`-\sum_{\langle ij \rangle} s_i s_j`.

    Parameters
    ----------
    spins : array (..., L, M) of -1 and 1, one chain a grid
    beta : float, inverse temperature
    key, sweeps : int
    field : float, beta times the outer field
    order : "checkerboard", all black sites at once, then all white ones, for those of a color don't see each other (L and M
        even); "sequential", row after row; "random", as many sites as there are, each drawn at random

    Returns
    -------
    array (..., L, M), int8

    Raises
    ------
    ValueError
        An odd side with the checkerboard.
    """
    s, (rows, columns) = spins.astype(np.int8), spins.shape[-2:]
    table, sites = _thresholds(beta, field), np.arange(s.size).reshape(s.shape)
    color = np.add.outer(np.arange(rows), np.arange(columns)) % 2
    for t in range(sweeps):
        up = (uniforms(key, 2 * t, sites) * 2.0**32).astype(U32)
        if order == "checkerboard":
            for c in (0, 1):
                around = sum(np.roll(s, shift, axis) for shift in (1, -1) for axis in (-2, -1))
                s = np.where(color == c, np.where(up < table[(around + 4) // 2], 1, -1), s).astype(np.int8)
        else:
            which = np.arange(s.size) % (rows * columns)
            if order == "random":
                which = (uniforms(key, 2 * t + 1, np.arange(s.size)) * (rows * columns)).astype(int)
            for n, site in enumerate(which):
                grid, (i, j) = s.reshape(-1, rows, columns)[n // (rows * columns)], divmod(site, columns)
                around = grid[i - 1, j] + grid[(i + 1) % rows, j] + grid[i, j - 1] + grid[i, (j + 1) % columns]
                grid[i, j] = 1 if up.flat[n] < table[(around + 4) // 2] else -1
    return s


@jit
def _drawn(around, table, h):
    """The new spin.  A lookup, table[around], would go one by one; choosing among five numbers goes sixteen by sixteen."""
    low, middle, high = table[0] if around == -4 else table[1], table[2], table[3] if around == 2 else table[4]
    limit = low if around < 0 else middle if around == 0 else high
    return np.int8(1) if h < limit else np.int8(-1)


@jit
def _ising_row(s, above, row, below, width, table, k, site, parity, new, at):
    """Resample the sites of a row whose column has `parity`: all are drawn and half are kept, for then vectors are whole.

    s and new lie flat; a row begins at `row`, its neighbors at `above` and `below`. (A view of a row would count its users.)
    """
    last, one, limits = width - np.uintp(1), np.uintp(1), (table[0], table[1], table[2], table[3], table[4])
    new[at] = _drawn(np.int8(s[above] + s[below] + s[row + last] + s[row + one]), limits, _hash(k, site))
    for j in range(one, last):
        around = np.int8(s[above + j] + s[below + j] + s[row + j - one] + s[row + j + one])
        new[at + j] = _drawn(around, limits, _hash(k, U32(site + U32(j))))
    around = np.int8(s[above + last] + s[below + last] + s[row + last - one] + s[row])
    new[at + last] = _drawn(around, limits, _hash(k, U32(site + U32(last))))
    for j in range(width):
        s[row + j] = new[at + j] if (j & one) == parity else s[row + j]


@jit
def _ising_color(low, high, s, rows, width, table, k, color, new):
    """Sites of one color share nothing that changes, so threads take some rows each."""
    one = np.uintp(1)
    for r in range(np.uintp(low), np.uintp(high)):
        i, row = r % rows, r * width
        above = row - width if i else row + (rows - one) * width
        below = row + width if i + one < rows else row - i * width
        _ising_row(s, above, row, below, width, table, k, U32(row), (i + color) & one, new, row)


@jit
def _ising_site(grid, i, j, table, h):
    above, row, below = grid[i - 1 if i else grid.shape[0] - 1], grid[i], grid[i + 1 if i + 1 < grid.shape[0] else 0]
    around = above[j] + below[j] + row[j - 1 if j else row.size - 1] + row[j + 1 if j + 1 < row.size else 0]
    row[j] = _drawn(around, table, h)                                     # no index: spins might be anything


@jit
def _ising_single(s, table, key, sweeps, random):
    grids, rows, columns = s.shape
    for t in range(sweeps):
        k, k_scan = _sweep_key_twin(key, 2 * t), _sweep_key_twin(key, 2 * t + 1)
        for g in range(grids):
            first = g * rows * columns
            for i in range(rows):
                for j in range(columns):
                    n = first + i * columns + j
                    if random:
                        site = int(_uniform(k_scan, n) * (rows * columns))
                        _ising_site(s[g], site // columns, site % columns, table, _hash(k, U32(n)))
                    else:
                        _ising_site(s[g], i, j, table, _hash(k, U32(n)))


@ising_sweeps.numba
def _(spins, beta, key, sweeps, field=0.0, order="checkerboard"):
    s = np.array(spins, np.int8, order="C")
    if s.size:
        grids, new, table = s.reshape(-1, *s.shape[-2:]), np.empty(s.size, np.int8), _thresholds(beta, field)
        if order == "checkerboard":
            rows, width = map(np.uintp, s.shape[-2:])
            for t in range(sweeps):
                for color in (np.uintp(0), np.uintp(1)):
                    share_out(_ising_color, s.size // s.shape[-1], s.reshape(-1), rows, width, table, _sweep_key(key, 2 * t),
                              color, new, alone=s.size < LARGE)
        else:
            _ising_single(grids, table, np.uint64(key), sweeps, order == "random")
    return s
