"""The first call: every kernel once in float32, with Numba imported and everything compiled or read from the cache.

What a student waits for the first time, and every time after that. Each measurement is a process of its own, the cold one with a
cache folder of its own.
"""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

X, Y = np.ones((4, 8), np.float32), np.ones((8, 4), np.float32)
ROW, COLUMN, LABELS = np.ones(8, np.float32), np.ones(4, np.float32), np.zeros(4, np.int64)
IMAGES, FILTERS, OUT = (np.ones(shape, np.float32) for shape in ((2, 3, 8, 8), (4, 3, 3, 3), (2, 4, 6, 6)))
STEPS, MANY = np.ones((3, 2, 9), np.float32), np.ones(2**18, np.float32)
WINDOW, OVERLAPPING = ((2, 2), (2, 2), ((0, 0), (0, 0))), ((2, 2), (1, 1), ((0, 0), (0, 0)))
CALLS = {                                                                # module: a call of each of its kernels, 2-D images only
    "adam": lambda m: (m.adam(X, X, X, X, 0.1, 0.9, 0.999),),
    "attention": lambda m: [f for n in (3, 100) for x in [np.ones((2, 2, n, 8), np.float32)]
                            for f in (m.attend(x, x, x, 1.0), m.attend_gradients(x, x, x, x, x, 1.0))],
    "distances": lambda m: (m.squared_distances(X, X), m.squared_distances(FILTERS.reshape(4, 27), FILTERS.reshape(4, 27))),
    "gru": lambda m: (m.gru(STEPS, np.ones((2, 3), np.float32), STEPS[0].repeat(3, 0)[:3]),
                      m.gru_gradients(STEPS[..., :3], STEPS[..., :3], STEPS, STEPS[0, :, :3], STEPS[0].repeat(3, 0)[:3])),
    "scatter": lambda m: (m.add_rows(LABELS, X, (3, 8)),),
    "convolution": lambda m: (m.correlate(IMAGES, FILTERS, (1, 1), (1, 1), 1),
                              m.input_gradient(OUT, FILTERS, (8, 8), (1, 1), (1, 1), 1),
                              m.filter_gradient(IMAGES, OUT, (3, 3), (1, 1), (1, 1), 1)),
    "gibbs": lambda m: (m.bernoulli(X, ROW, 1, 0), m.gaussian(X, ROW, 1, 0),
                        m.boltzmann_sweeps(np.zeros((1, 4), np.float32), np.zeros((4, 4), np.float32), COLUMN, 1, 1),
                        m.ising_sweeps(np.ones((4, 4), np.int8), 0.4, 1, 1),
                        m.ising_sweeps(np.ones((4, 4), np.int8), 0.4, 1, 1, order="sequential")),
    "matmul": lambda m: (m.matmul(X, Y), m.matmul(X[None], Y[None]), m.matmul(np.ones((99, 99), np.float32),
                                                                              np.ones((99, 99), np.float32))),
    "normalization": lambda m: [f for axis in (0, 1) for f in (m.normalize(X, ROW, ROW, axis, 1e-5),
                                                               m.normalize_gradients(X, X, ROW, axis, 1e-5))],
    "pooling": lambda m: (m.max_pool(IMAGES, *WINDOW), m.at_max(IMAGES, IMAGES, *WINDOW),
                          m.max_gradient(np.ones((2, 3, 4, 4), np.float32), IMAGES, *WINDOW),
                          m.max_pool(IMAGES, *OVERLAPPING),
                          m.max_gradient(np.ones((2, 3, 7, 7), np.float32), IMAGES, *OVERLAPPING)),
    "relu": lambda m: (m.relu_gradient(X, X), m.relu_gradient(MANY, MANY)),
    "softmax": lambda m: (m.softmax(X), m.log_softmax(X), m.logsumexp(X), m.cross_entropy(X, LABELS),
                          m.cross_entropy_gradient(COLUMN, X, LABELS)),
    "tanh": lambda m: (m.add_tanh(X.copy(), ROW),),
}


def every_kernel():
    """Each kernel once."""
    from importlib import import_module
    for name, call in CALLS.items():
        call(import_module(f"edugen.kernels.{name}"))


def side(warm):
    folder = tempfile.TemporaryDirectory()
    os.environ["EDUGEN_CACHE"] = folder.name
    if warm:                                                             # filled by a process before this one
        code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import first_call; first_call.every_kernel()"
        subprocess.run([sys.executable, "-c", code], check=True)
    import edugen  # noqa: F401

    def result(keep=folder):
        assert any(Path(keep.name).rglob("*.nbi")), "the kernels were not kept in the cache"
    return every_kernel, result


ROWS = {
    "every kernel once, cold cache": {"sides": {"edugen": lambda: side(False)}, "goal": 25.0, "unit": "s", "once": True},
    "every kernel once, warm cache": {"sides": {"edugen": lambda: side(True)}, "goal": 1.0, "unit": "s", "once": True},
}

NOTES = {"every kernel once, cold cache": "LLVM's time: attention is a fifth of it, with the tile of a product in seven places."}
