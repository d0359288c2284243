"""Attention: twins against references, references against numbers one by one, masks, sizes around a block, and bad luck."""
import math
import subprocess
import sys

import numpy as np
import pytest

from edugen.kernels import attention as kernels
from edugen.kernels import use


def data(rng, S, H, N, M, d, m, dtype=np.float64):
    return [rng.normal(size=s).astype(dtype) for s in ((S, H, N, d), (S, H, M, d), (S, H, M, m), (S, H, N, m))]


def masks(rng, S, H, N, M):
    some = rng.random((S, H, N, M)) < 0.6
    some[..., 0] = True
    return None, some[:1, :1], some[:, :1], some[:1], some


@pytest.mark.parametrize("dtype, close", [(np.float32, 2e-5), (np.float64, 1e-12)])
@pytest.mark.parametrize("S, H, N, M, d, m", [(1, 1, 1, 1, 1, 1), (3, 2, 5, 7, 2, 3), (2, 1, 127, 40, 16, 16),
                                              (1, 2, 129, 3, 33, 5), (5, 1, 128, 128, 16, 40), (3, 3, 260, 70, 8, 8),
                                              (2, 1, 3, 600, 4, 3)])
def test_twins(S, H, N, M, d, m, dtype, close, rng):
    q, k, v, g = data(rng, S, H, N, M, d, m, dtype)

    def side_by_side(x):
        return np.swapaxes(np.swapaxes(x, 1, 2).copy(), 1, 2)
    for mask in masks(rng, S, H, N, M):
        for a, b, c, e in ((q, k, v, g), (q[::-1, :, ::-1], np.asfortranarray(k), v[:, ::-1], np.broadcast_to(g[:1], g.shape)),
                           [*map(side_by_side, (q, k, v, g))]):
            for x in (a, b, c, e):
                x.flags.writeable = False
            y = kernels.attend.reference(a, b, c, 0.4, mask)
            got = [kernels.attend(a, b, c, 0.4, mask), *kernels.attend_gradients(e, y, a, b, c, 0.4, mask)]
            wanted = [y, *kernels.attend_gradients.reference(e, y, a, b, c, 0.4, mask)]
            for ours, theirs in zip(got, wanted, strict=True):
                assert ours.dtype == dtype and ours.shape == theirs.shape
                np.testing.assert_allclose(ours, theirs, rtol=0, atol=close * max(1, np.abs(theirs).max()))


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_number_by_number(backend, rng):
    (q, k, v, g), mask = data(rng, 2, 1, 4, 5, 3, 2), masks(rng, 2, 1, 4, 5)[-1]
    with use(backend):
        y = kernels.attend(q, k, v, 0.7, mask)
        slopes = kernels.attend_gradients(g, y, q, k, v, 0.7, mask)

    def value(q, k, v):
        out = np.zeros((2, 1, 4, 2))
        for b, i in np.ndindex(2, 4):
            e = [math.exp(0.7 * sum(q[b, 0, i] * k[b, 0, j])) if mask[b, 0, i, j] else 0.0 for j in range(5)]
            out[b, 0, i] = sum(w * v[b, 0, j] for j, w in enumerate(e)) / sum(e)
        return out
    np.testing.assert_allclose(y, value(q, k, v), rtol=1e-12)
    for n, slope in enumerate(slopes):
        along = rng.normal(size=slope.shape)
        moved = [[x + h * along if i == n else x for i, x in enumerate((q, k, v))] for h in (1e-6, -1e-6)]
        difference = np.sum(g * (value(*moved[0]) - value(*moved[1]))) / 2e-6
        np.testing.assert_allclose(np.sum(slope * along), difference, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_products_and_no_batch(backend, dtype, rng):
    with use(backend):
        q, k, v, g = data(rng, 1, 1, 3, 4, 2, 2, dtype)
        y = kernels.attend(1e4 * q, 1e4 * k, v, 1.0)                      # one-hot weights: the value of the best key
        best = (q[0, 0] @ k[0, 0].T).argmax(axis=1)
        np.testing.assert_allclose(y[0, 0], v[0, 0][best], rtol=1e-6)
        assert all(np.isfinite(slope).all() for slope in kernels.attend_gradients(g, y, 1e4 * q, 1e4 * k, v, 1.0))
        assert kernels.attend(q[:0], k[:0], v[:0], 1.0).shape == (0, 1, 3, 2)
        none = kernels.attend_gradients(g[:0], y[:0], q[:0], k[:0], v[:0], 1.0)
        assert [slope.shape for slope in none] == [(0, 1, 3, 2), (0, 1, 4, 2), (0, 1, 4, 2)]


@pytest.mark.skipif(sys.platform == "win32", reason="no getrusage on Windows")
def test_the_products_are_never_all_there():
    """Of 6,000 queries and keys they would be 288 MB, forward, and twice that on the way back."""
    code = """
import resource, sys
import numpy as np
from edugen.kernels import attention as kernels
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
def run(N):
    q, k, v, g = np.random.default_rng(0).normal(size=(4, 1, 1, N, 8))
    y = kernels.attend(q, k, v, 1.0)
    kernels.attend_gradients(g, y, q, k, v, 1.0)
run(300)
before = peak()
run(6000)
print((peak() - before) * (1 if sys.platform == "darwin" else 1024) / 1e6)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 150, done.stdout
