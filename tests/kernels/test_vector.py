"""Vector registers: the compiled operations do what their Python bodies say, in both precisions."""
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from edugen.kernels.jit import jit
from edugen.kernels.vector import BYTES, fill, lanes, load, move, multiply_add, store, total, zeros


def dots(a, b, y, sums):
    """y[i:] = sum over k of a[i + k] b[k], for a vector of i, and the sum of that."""
    n = lanes(a)
    for i in range(0, y.size, n):
        result = zeros(a)
        for k in range(b.size):
            result = multiply_add(load(a, i + k), fill(b, k), result)
        store(result, y, i)
        sums[i // n] = total(result)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_compiled_equals_python(dtype, rng):
    n, count = BYTES // np.dtype(dtype).itemsize, 5
    a, b = rng.normal(size=n * count + 6).astype(dtype), rng.normal(size=7).astype(dtype)
    exact = np.correlate(a.astype(np.float64), b.astype(np.float64))
    for run in (dots, jit(dots)):
        y, sums = np.full(n * count, np.nan, dtype), np.full(count, np.nan, dtype)
        run(a, b, y, sums)
        np.testing.assert_allclose(y, exact, rtol=40 * np.finfo(dtype).eps, atol=40 * np.finfo(dtype).eps)
        np.testing.assert_allclose(sums, exact.reshape(count, n).sum(1), rtol=1e-5 if dtype == np.float32 else 1e-13, atol=1e-5)


def test_arrays_of_any_shape_are_flat():
    @jit
    def shift(x, y):
        store(load(x, 3), y, 1)
    n = BYTES // 4
    x, y = np.arange(2.0 * n, dtype=np.float32).reshape(4, -1), np.zeros((2, n), np.float32)
    shift(x, y)
    np.testing.assert_array_equal(y.ravel(), [0, *range(3, 3 + n), *np.zeros(n - 1)])


def test_a_second_process_finds_the_machine_code(tmp_path):
    """The cache can't pickle what it doesn't know; vectors stay inside a kernel, so it never sees one."""
    (tmp_path / "module.py").write_text("""
import json
import numpy as np
from edugen.kernels.jit import jit
from edugen.kernels.vector import BYTES, load, store
@jit
def copy(x, y):
    store(load(x, 0), y, 0)
x, y = np.arange(BYTES // 4, dtype=np.float32), np.zeros(BYTES // 4, np.float32)
copy(x, y)
stats = getattr(copy.compiled(), "stats", None)
print(json.dumps([y.tolist(), sum(stats.cache_hits.values()) if stats else None]))
""")
    hits = []
    for _ in range(2):
        done = subprocess.run([sys.executable, "module.py"], cwd=tmp_path, capture_output=True, text=True,
                              env=os.environ | {"EDUGEN_CACHE": str(tmp_path / "cache")})
        assert done.returncode == 0, done.stderr
        y, hit = json.loads(done.stdout)
        assert y == list(range(BYTES // 4))
        hits.append(hit)
    assert hits in ([0, 1], [None, None])                                   # None: without a compiler


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numbers_move(dtype, rng):
    def shift(x, y, count):
        move(x, 3, y, 5, count)
    x = rng.normal(size=(4, 20)).astype(dtype)
    for run in (shift, jit(shift)):
        for count in (0, 1, 7, 40):
            y = np.zeros((3, 20), dtype)
            run(x, y, count)
            expected = np.zeros(60, dtype)
            expected[5:5 + count] = x.ravel()[3:3 + count]
            np.testing.assert_array_equal(y.ravel(), expected)
