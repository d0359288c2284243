"""The lazy compiler: nothing is imported before it is needed, helpers are compiled along, and one switch turns all of it off."""
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from edugen.kernels import jit
from edugen.kernels.exponential import exp32, exp64, log32
from edugen.kernels.jit import backend, bits, floats, sortable, unsortable, use


def run(code, **environment):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ | environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_numba_is_imported_at_the_first_call_and_not_by_the_references():
    code = """
import json, sys
import numpy as np
from edugen.autodiff import softmax
from edugen.kernels import use
seen = ["numba" in sys.modules]
with use("numpy"):
    softmax(np.ones(3))
seen.append("numba" in sys.modules)
softmax(np.ones(3))
seen.append("numba" in sys.modules)
print(json.dumps(seen))
"""
    assert run(code) == [False, False, True]


def test_without_numba_the_references_serve():
    code = """
import json, sys
sys.modules["numba"] = None                                                 # as if it were not installed
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "numba" else find(name, *rest)
import numpy as np
from edugen.autodiff import softmax
from edugen.kernels import use, backend
try:
    use("numba")
    refused = ""
except ImportError as error:
    refused = str(error)
print(json.dumps([backend(), softmax(np.zeros(2)).tolist(), refused]))
"""
    chosen, shares, refused = run(code)
    assert chosen == "numpy" and shares == [0.5, 0.5] and "pip install numba" in refused


@pytest.mark.parametrize("environment", [{"EDUGEN_CACHE": "/proc/nowhere"}, {"NUMBA_DISABLE_JIT": "1"}],
                         ids=["no cache", "no compiler"])
def test_it_works_without_a_cache_and_without_compiling(environment):
    code = "import json; from edugen.autodiff import softmax; print(json.dumps(softmax([[0.0, 0.0, -float('inf')]]).tolist()))"
    assert run(code, **environment) == [[0.5, 0.5, 0.0]]


def test_the_cache_folder_follows_the_sources(tmp_path, monkeypatch):
    for name in ("jit.py", "softmax.py"):
        (tmp_path / name).write_text("x = 1\n")
    monkeypatch.setattr(jit, "__file__", str(tmp_path / "jit.py"))
    monkeypatch.setenv("EDUGEN_CACHE", str(tmp_path / "cache"))
    before = jit.cache_folder()
    assert before == jit.cache_folder() and before.is_relative_to(tmp_path / "cache")
    (tmp_path / "softmax.py").write_text("x = 2\n")                         # an edited helper in another file
    assert jit.cache_folder() != before


def test_use_is_a_switch_and_a_context():
    assert backend() == "numba"
    with use("numpy"):
        assert backend() == "numpy"
        with use("numba"):
            assert backend() == "numba"
        assert backend() == "numpy"
    assert backend() == "numba"
    with pytest.raises(ValueError, match='expected "numpy" or "numba", got \'torch\''):
        use("torch")
    assert backend() == "numba"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bits_and_order(dtype, rng):
    x = np.concatenate([rng.normal(size=50), [0.0, np.inf, -np.inf, 1e-40]]).astype(dtype)
    assert all(floats(bits(v)) == v for v in x)
    assert all(unsortable(sortable(v)) == v for v in x)
    assert np.array_equal(np.argsort([sortable(v) for v in x], kind="stable"), np.argsort(x, kind="stable"))


@pytest.mark.parametrize("f, dtype, low, high", [(exp32, np.float32, -87, 88), (exp64, np.float64, -708, 709)])
def test_exponential(f, dtype, low, high, rng):
    x = np.concatenate([rng.uniform(low, high, 3000), rng.normal(size=300), [0, low, high]]).astype(dtype)
    exact = np.exp(x.astype(np.longdouble))
    error = np.abs(np.array([f(v) for v in x]) - exact) / exact
    assert error.max() < 2 * np.finfo(dtype).eps
    assert f(dtype(0)) == 1 and f(dtype(-np.inf)) == 0 and f(dtype(low - 1)) == 0
    assert f(dtype(np.inf)) == np.inf and f(dtype(high + 2)) == np.inf and np.isnan(f(dtype(np.nan)))


def test_logarithm(rng):
    x = np.concatenate([np.exp(rng.uniform(-80, 80, 2000)), rng.uniform(0.5, 2, 2000), 1 + rng.normal(size=200) * 1e-4,
                        [1, 2, 0.5, 2.0**-33, 2.0**32]]).astype(np.float32)
    exact = np.log(x.astype(np.float64))
    error = np.abs(np.array([log32(v) for v in x]) - exact)
    assert np.all(error < np.maximum(3 * np.finfo(np.float32).eps * np.abs(exact), 1e-7))
    assert log32(np.float32(1)) == 0 and np.all(np.array([log32(np.float32(v)) for v in (0.99999994, 0.999)]) < 0)
