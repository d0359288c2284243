"""Convolution and its gradients: loops, SciPy, each other's transposes; twins against references."""
import itertools
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy import signal

from edugen.kernels import use
from edugen.kernels.convolution import correlate, filter_gradient, input_gradient, output_shape

#         x               f               stride     dilation   groups  padding
CASES = [((2, 3, 7), (4, 3, 3), (1,), (1,), 1, None), ((2, 3, 7), (5, 3, 3), (2,), (1,), 1, ((1, 2),)),
         ((1, 2, 5), (3, 2, 5), (4,), (1,), 1, ((0, 3),)),
         ((2, 4, 9, 8), (6, 2, 3, 2), (1, 1), (1, 1), 2, ((1, 1), (1, 0))),
         ((2, 4, 9, 8), (6, 2, 3, 2), (2, 3), (2, 1), 2, ((2, 0), (0, 1))), ((1, 1, 5, 5), (1, 1, 1, 1), (1, 1), (1, 1), 1, None),
         ((2, 2, 5, 4), (3, 2, 1, 1), (3, 2), (1, 1), 1, None),                     # most phases meet no tap
         ((2, 1, 2, 3), (3, 1, 3, 3), (1, 1), (1, 1), 1, ((3, 3), (4, 4))),         # windows of nothing but padding
         ((3, 4, 6, 6), (4, 1, 3, 3), (1, 1), (1, 1), 4, None),
         ((2, 2, 5, 6, 4), (3, 2, 2, 3, 2), (2, 1, 2), (1, 2, 1), 1, ((0, 1), (1, 1), (1, 0))),
         ((2, 1, 3, 2, 3, 2), (2, 1, 2, 2, 2, 1), (1, 1, 1, 1), (1, 1, 1, 1), 1, None),
         ((0, 2, 5), (3, 2, 2), (1,), (1,), 1, None), ((2, 0, 5), (3, 0, 2), (1,), (1,), 1, ((1, 1),)),
         ((2, 2, 5), (0, 2, 2), (1,), (1,), 1, None)]
LARGER = [((2, 1, 40, 30), (5, 1, 3, 3), (1, 1), (1, 1), 1, None),
          ((19, 2, 6, 6), (9, 2, 3, 3), (1, 1), (1, 1), 1, ((1, 1), (1, 1))),
          ((25, 1, 400), (2, 1, 1), (1,), (1,), 1, None),                           # small images together, the last ones alone
          ((1, 3, 1500), (33, 3, 2), (1,), (1,), 1, None)]                          # one image, its rows shared out, and long
ALL = pytest.mark.parametrize("x, f, stride, dilation, groups, padding", CASES, ids=str)


def loops(x, f, stride, dilation, groups, padding):
    """The definition, one number at a time."""
    out = output_shape(x.shape[2:], f.shape[2:], stride, dilation, padding)
    y = np.zeros((len(x), len(f), *out))
    per, before = len(f) // groups, [a for a, _ in padding or ((0, 0),) * len(out)]
    for n, o, p in itertools.product(range(len(x)), range(len(f)), np.ndindex(*out)):
        for c, t in itertools.product(range(f.shape[1]), np.ndindex(*f.shape[2:])):
            place = tuple(s * i + d * k - b for s, i, d, k, b in zip(stride, p, dilation, t, before, strict=True))
            if all(0 <= q < size for q, size in zip(place, x.shape[2:], strict=True)):
                y[(n, o, *p)] += f[(o, c, *t)] * x[(n, o // per * f.shape[1] + c, *place)]
    return y


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@ALL
def test_definition(backend, x, f, stride, dilation, groups, padding, rng):
    x, f = rng.normal(size=x), rng.normal(size=f)
    with use(backend):
        y = correlate(x, f, stride, dilation, groups, padding)
    np.testing.assert_allclose(y, loops(x, f, stride, dilation, groups, padding), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("x, f, stride, dilation, groups, padding", CASES + LARGER, ids=str)
@pytest.mark.parametrize("dtype, tolerance", [(np.float64, 1e-12), (np.float32, 3e-5)])
def test_twins_equal_references(x, f, stride, dilation, groups, padding, dtype, tolerance, rng):
    x, f = rng.normal(size=x).astype(dtype), rng.normal(size=f).astype(dtype)
    y = correlate.reference(x, f, stride, dilation, groups, padding)
    g = rng.normal(size=y.shape).astype(dtype)
    for kernel, args in ((correlate, (x, f)), (input_gradient, (g, f, x.shape[2:])), (filter_gradient, (x, g, f.shape[2:]))):
        twin, reference = (k(*args, stride, dilation, groups, padding) for k in (kernel, kernel.reference))
        assert twin.dtype == reference.dtype == dtype and twin.shape == reference.shape
        np.testing.assert_allclose(twin, reference, rtol=tolerance, atol=tolerance * np.max(np.abs(reference), initial=0),
                                   err_msg=kernel.__name__)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@ALL
def test_gradients_are_transposes(backend, x, f, stride, dilation, groups, padding, rng):
    """<g, x * f> = <input_gradient(g, f), x> = <filter_gradient(x, g), f>."""
    x, f, options = rng.normal(size=x), rng.normal(size=f), (stride, dilation, groups, padding)
    with use(backend):
        y = correlate(x, f, *options)
        g = rng.normal(size=y.shape)
        for a, b in ((x, input_gradient(g, f, x.shape[2:], *options)), (f, filter_gradient(x, g, f.shape[2:], *options))):
            np.testing.assert_allclose(np.sum(a * b), np.sum(g * y), rtol=1e-10, atol=1e-10)


def test_results_do_not_depend_on_the_number_of_threads(rng):
    """Bit for bit; filter_gradient's shares are added in order."""
    code = """
import hashlib
import numpy as np
from edugen.kernels.convolution import correlate, filter_gradient, input_gradient
rng = np.random.default_rng(3)
x, f, g = (rng.normal(size=s).astype(np.float32) for s in ((11, 3, 9, 8), (6, 3, 3, 3), (11, 6, 7, 6)))
one = (1, 1), (1, 1)
results = correlate(x, f, *one), input_gradient(g, f, (9, 8), *one), filter_gradient(x, g, (3, 3), *one)
print(*(hashlib.sha256(r.tobytes()).hexdigest() for r in results))
"""
    prints = [subprocess.run([sys.executable, "-c", code], env=os.environ | {"NUMBA_NUM_THREADS": n}, check=True, text=True,
                             capture_output=True).stdout for n in "12"]
    assert prints[0] == prints[1] and len(prints[0].split()) == 3


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_what_is_not_finite_stays_where_it_is(backend, rng):
    """The twin computes places between the rows, too; an infinity there must not reach a result that doesn't see it."""
    x, f, g = rng.normal(size=(1, 1, 4, 4)), rng.normal(size=(1, 1, 2, 2)), rng.normal(size=(1, 1, 3, 3))
    with use(backend), np.errstate(invalid="ignore"):                       # uncompiled, NumPy would warn
        x[0, 0, 0, 0] = np.inf
        assert not np.isfinite(correlate(x, f, (1, 1), (1, 1))).ravel()[0]
        assert np.isfinite(correlate(x, f, (1, 1), (1, 1))).ravel()[1:].all()
        gradient = filter_gradient(x, g, (2, 2), (1, 1), (1, 1)).ravel()                  # the other taps never meet the corner
        assert np.isinf(gradient[0]) and np.isfinite(gradient[1:]).all()
        f[0, 0, 1, 1] = np.nan
        gradient = input_gradient(g, f, (4, 4), (1, 1), (1, 1))[0, 0]                     # it never meets first row and column
        assert np.isnan(gradient[1:, 1:]).all() and np.isfinite(gradient[0]).all() and np.isfinite(gradient[:, 0]).all()


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_shifts_commute(backend, rng):
    """Away from the border a shifted image has a shifted result, for a stride by whole strides."""
    x, f = np.zeros((1, 2, 12, 13)), rng.normal(size=(2, 2, 3, 2))
    x[:, :, 2:6, 3:7] = rng.normal(size=(1, 2, 4, 4))
    with use(backend):
        y = correlate(x, f, (2, 1), (1, 2))
        shifted = correlate(np.roll(x, (4, 3), (2, 3)), f, (2, 1), (1, 2))
    np.testing.assert_allclose(shifted, np.roll(y, (2, 3), (2, 3)), atol=1e-14)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_scipy_agrees(backend, rng):
    x, f = rng.normal(size=(12, 9)), rng.normal(size=(3, 4))
    with use(backend):
        for mode, padding in (("valid", None), ("full", ((2, 2), (3, 3)))):
            np.testing.assert_allclose(correlate(x[None, None], f[None, None], (1, 1), (1, 1), 1, padding)[0, 0],
                                       signal.correlate(x, f, mode=mode), rtol=1e-12, atol=1e-14)
        g = rng.normal(size=(10, 6))                                        # the gradient of x is a convolution, flipped filter
        np.testing.assert_allclose(input_gradient(g[None, None], f[None, None], (12, 9), (1, 1), (1, 1))[0, 0],
                                   signal.convolve(g, f, mode="full"), rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(filter_gradient(x[None, None], g[None, None], (3, 4), (1, 1), (1, 1))[0, 0],
                                   signal.correlate(x, g, mode="valid"), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_memory_layouts_read_only_and_mixed_precision(backend, rng):
    x, f = rng.normal(size=(6, 5, 4, 2)), rng.normal(size=(2, 2, 6, 3))
    views = x.transpose(3, 0, 1, 2)[..., ::-1], f.transpose(3, 2, 0, 1)[:, ::-1]          # negative strides
    copies = [np.ascontiguousarray(v) for v in views]
    before = [c.copy() for c in copies]
    for v in views:
        v.flags.writeable = False
    g = rng.normal(size=(2, 3, 4, 3))
    still = np.broadcast_to(g[:, :, :1], g.shape)                                         # a stride of zero, as np.sum's gradient
    with use(backend):
        expected = correlate(*copies, (1, 1), (1, 1))
        np.testing.assert_allclose(correlate(*views, (1, 1), (1, 1)), expected, rtol=1e-12)
        np.testing.assert_array_equal(input_gradient(still, views[1], (5, 4), (1, 1), (1, 1)),
                                      input_gradient(still.copy(), copies[1], (5, 4), (1, 1), (1, 1)))
        np.testing.assert_array_equal(filter_gradient(views[0], still, (2, 2), (1, 1), (1, 1)),
                                      filter_gradient(copies[0], still.copy(), (2, 2), (1, 1), (1, 1)))
        for narrow in (np.float32, np.float16, np.int64):
            mixed = correlate((8 * views[0]).astype(narrow), copies[1], (1, 1), (1, 1))
            assert mixed.dtype == np.float64
            np.testing.assert_allclose(mixed, correlate((8 * copies[0]).astype(narrow).astype(float), copies[1], (1, 1), (1, 1)),
                                       rtol=1e-12)
        whole = correlate(np.arange(5).reshape(1, 1, 5), np.array([[[1, 2]]]), (1,), (1,))
        assert whole.dtype == np.int64
        np.testing.assert_array_equal(whole, [[[2, 5, 8, 11]]])
        big = correlate(copies[0].astype(">f8"), copies[1], (1, 1), (1, 1))               # the other order of bytes
        np.testing.assert_allclose(big, expected, rtol=1e-12)
    for c, b in zip(copies, before, strict=True):
        np.testing.assert_array_equal(c, b)                                               # inputs are never written
