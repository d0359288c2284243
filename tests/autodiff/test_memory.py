"""Freed memory that is kept: counted in the pages that the system hands out."""
import os
import subprocess
import sys

from edugen.autodiff.memory import keep_freed_memory

STEPS = """
import resource
import numpy as np
from edugen import grad
x, w = np.ones((500, 2000), np.float32), np.full((2000, 2000), 0.001, np.float32)
slope = grad(lambda w: np.mean(np.tanh(np.tanh(x @ w) * 2) ** 2))
for _ in range(3):
    slope(w)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    slope(w)
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 5)
"""


def pages_a_step(environment):
    done = subprocess.run([sys.executable, "-c", STEPS], env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)


def test_a_step_reuses_what_the_last_one_freed(monkeypatch):
    """A step makes about 12,000 pages of intermediate values."""
    for name in ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES"):
        monkeypatch.delenv(name, raising=False)
    kept = dict(os.environ)
    done = keep_freed_memory()
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "131072")
    assert not keep_freed_memory()                                        # a setting of the user's own is left alone
    if done:                                                              # elsewhere than under glibc there is nothing to set
        assert pages_a_step(kept) < 100 < 1000 < pages_a_step(dict(os.environ))
