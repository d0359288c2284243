"""Time against size:  python tests/benchmarks/slopes.py [--only WORDS] [--write] [--picture FILE]

Where work grows by a power of the size, times lie on a straight line when both axes are logarithmic, and its slope is that power:
1 in the number of examples, of chains, of pixels. A slope above says that a cache has become too small or that something is done
again for each; one below, that some cost does not grow yet. A slope that is farther off than it may be makes the script fail. One
thread, for waking others is such a cost; and its CPU time, which other programs of a busy machine leave alone.

CASES is {name of the row: Case}. `make(m)` prepares the data for m times the smallest size and returns what is to be timed.
"""
from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

if __name__ == "__main__":                                                   # before NumPy and Numba start theirs
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")

import numpy as np

MULTIPLES = (1, 2, 4, 8, 16)


class Case(NamedTuple):
    """What grows, how it is made, the slope that mathematics promises and how far from it a measurement may lie."""

    grows: str
    make: Callable[[int], Callable]
    slope: float = 1.0
    within: float = 0.15


def _normal(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def softmax(m):
    from edugen.kernels.softmax import softmax as kernel
    x = _normal(256 * m, 100)
    return lambda: kernel(x)


def cross_entropy(m):
    from edugen.kernels import softmax as kernels
    x, labels, g = _normal(256 * m, 100), np.zeros(256 * m, np.int64), _normal(256 * m)
    return lambda: (kernels.cross_entropy(x, labels), kernels.cross_entropy_gradient(g, x, labels))


def normalization(m):
    from edugen.kernels.normalization import normalize, normalize_gradients
    x, g, gain = _normal(128 * m, 256), _normal(128 * m, 256), _normal(256)
    return lambda: [(normalize(x, gain, gain, axis, 1e-5), normalize_gradients(g, x, gain, axis, 1e-5)) for axis in (0, 1)]


def adam(m):
    from edugen.kernels.adam import adam as kernel
    arrays = _normal(20000 * m), _normal(20000 * m), _normal(20000 * m), _normal(20000 * m) ** 2
    return lambda: kernel(*arrays, 1e-3, 0.9, 0.999, eps=1e-8)


def relu(m):
    from edugen.kernels.relu import relu_gradient
    g, y = _normal(50000 * m), _normal(50000 * m)
    return lambda: relu_gradient(g, y)


def tanh(m):
    from edugen.kernels.tanh import add_tanh
    a, b = _normal(200 * m, 256), np.zeros(256, np.float32)
    return lambda: add_tanh(a, b)


def distances(d):
    def make(m):
        from edugen.kernels.distances import squared_distances
        x, y = _normal(500 * m, d), _normal(50, d)
        return lambda: squared_distances(x, y)
    return make


def attention(sets, items):
    def make(m):
        from edugen.kernels.attention import attend, attend_gradients
        q = _normal(sets(m), 1, items(m), 16)
        return lambda: attend_gradients(q, attend(q, q, q, 0.25), q, q, q, 0.25)
    return make


def gru(m):
    from edugen.kernels.gru import gru as kernel
    from edugen.kernels.gru import gru_gradients
    a, h, U = _normal(8 * m, 16, 192), _normal(16, 64), 0.1 * _normal(64, 192)
    states = kernel(a, h, U)
    return lambda: (kernel(a, h, U), gru_gradients(states, states, a, h, U))


def scatter(m):
    from edugen.kernels.scatter import add_rows
    index, g = np.random.default_rng(0).integers(0, 500, 500 * m), _normal(500 * m, 64)
    return lambda: add_rows(index, g, (500, 64))


def convolution_of_more_images(m):
    from edugen.kernels.convolution import correlate
    x, f = _normal(8 * m, 8, 28, 28), _normal(16, 8, 3, 3)
    return lambda: correlate(x, f, (1, 1), (1, 1), 1)


def convolution_of_larger_images(m):
    from edugen.kernels.convolution import correlate
    x, f = _normal(8, 8, 32 * m + 2, 34), _normal(16, 8, 3, 3)
    return lambda: correlate(x, f, (1, 1), (1, 1), 1)


def pooling(m):
    from edugen.kernels.pooling import max_gradient, max_pool
    x, g = _normal(8 * m, 8, 28, 28), _normal(8 * m, 8, 14, 14)
    window = (2, 2), (2, 2), ((0, 0), (0, 0))
    return lambda: (max_pool(x, *window), max_gradient(g, x, *window))


def matmul(m):
    from edugen.kernels.matmul import matmul as kernel
    a, b = _normal(96 * m, 96 * m), _normal(96 * m, 96 * m)
    return lambda: kernel(a, b)


def matmul_of_stacks(m):
    from edugen.kernels.matmul import matmul as kernel
    a, b = _normal(32 * m, 64, 64), _normal(32 * m, 64, 64)
    return lambda: kernel(a, b)


def rbm(m):
    from edugen.kernels.gibbs import rbm_sweeps
    v, W = (_normal(64 * m, 256) > 0).astype(np.float32), 0.1 * _normal(256, 128)
    b, c = np.zeros(256, np.float32), np.zeros(128, np.float32)
    return lambda: rbm_sweeps(v, W, b, c, 1, 1)


def _boltzmann(chains, units):
    from edugen.kernels.gibbs import boltzmann_sweeps
    W = 0.1 * _normal(units, units)
    W = W + W.T - 2 * np.diag(np.diag(W))
    x, b = (_normal(chains, units) > 0).astype(np.float32), np.zeros(units, np.float32)
    return lambda: boltzmann_sweeps(x, W, b, 1, 1)


def ising(m):
    from edugen.kernels.gibbs import ising_sweeps
    s = np.ones((128 * m, 256), np.int8)
    return lambda: ising_sweeps(s, 0.4, 1, 10)


CASES = {
    "softmax": Case("rows, from 256 of 100", softmax),
    "cross-entropy and gradient": Case("rows, from 256 of 100", cross_entropy),
    "normalization": Case("rows, from 128 of 256", normalization),
    "Adam": Case("parameters, from 20,000", adam),
    "gradient of a relu": Case("numbers, from 50,000", relu),
    "bias and tanh": Case("rows, from 200 of 256", tanh),
    "distances, 3 dimensions": Case("points, from 500 to 50 others", distances(3)),
    "distances, 40 dimensions": Case("points, from 500 to 50 others", distances(40)),
    "attention, forward and backward, sets": Case("sets, from 4 of 64 items", attention(lambda m: 4 * m, lambda m: 64)),
    "attention, forward and backward, items": Case("items of one set, from 256", attention(lambda m: 1, lambda m: 256 * m), 2.0),
    "GRU, forward and backward": Case("steps, from 8 of 16 sequences with 64 units", gru),
    "rows added up": Case("rows, from 500 of 64", scatter, 1.0, 0.2),
    "convolution, more images": Case("images, from 8 of 8 x 28 x 28", convolution_of_more_images),
    "convolution, larger images": Case("pixels, from 8 images of 8 x 34 x 34", convolution_of_larger_images),
    "max pooling and gradient": Case("images, from 8 of 8 x 28 x 28", pooling),
    "matmul, n x n": Case("n, from 96", matmul, 3.0, 0.3),
    "matmul, stacks": Case("matrices, from 32 of 64 x 64", matmul_of_stacks),
    "RBM sweep": Case("chains, from 64 of 256 + 128 units", rbm),
    "Boltzmann machine, more chains": Case("chains, from 2 of 200 units", lambda m: _boltzmann(2 * m, 200)),
    "Boltzmann machine, more units": Case("units, from 120 in 4 chains", lambda m: _boltzmann(4, 120 * m), 2.0, 0.3),
    "Ising sweep": Case("sites, from 128 x 256", ising),
}


def times(make: Callable[[int], Callable], repeats: int = 12, at_least: float = 2e-3) -> list[float]:
    """Fastest of the repeats for each multiple of the size, the sizes in turn: what slows the machine down hits all of them."""
    steps = [make(m) for m in MULTIPLES]
    counts = []
    for step in steps:
        step()                                                            # compiled, and in the caches
        start = time.process_time()
        step()
        counts.append(max(1, round(at_least / (time.process_time() - start))))
    least = [float("inf")] * len(steps)
    for _ in range(repeats):
        for i, (step, count) in enumerate(zip(steps, counts, strict=True)):
            start = time.process_time()
            for _ in range(count):
                step()
            least[i] = min(least[i], (time.process_time() - start) / count)
    return least


def slope(seconds: list[float]) -> float:
    """Of the straight line closest to log(time) over log(size), in squares."""
    return float(np.polyfit(np.log(MULTIPLES), np.log(seconds), 1)[0])


def picture(measured: dict[str, list[float]]):
    """Every kernel's time over its size, five in a panel; parallel lines grow alike."""
    from edugen.plots import lines, panels
    curves = {f"{name}: {slope(t):.2f}": 1e3 * np.array(t) for name, t in measured.items()}
    parts = [dict(list(curves.items())[i:i + 5]) for i in range(0, len(curves), 5)]
    drawn = panels(1, len(parts), (5.0 * len(parts), 4.5), share=True)
    for ax, part in zip(drawn.axes, parts, strict=True):
        lines(MULTIPLES, part, logx=True, logy=True, xlabel="size, in multiples of the smallest", ax=ax,
              ylabel="milliseconds" if ax is drawn.axes[0] else "")
    drawn.suptitle("Time against size, with slopes")
    return drawn


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--write", action="store_true", help="write the table beside this file, as slopes.md")
    parser.add_argument("--picture", help="draw it into this file (.png, .svg)")
    arguments = parser.parse_args()
    table = f"| kernel | grows with | 1 | {MULTIPLES[-1]} times | slope | expected |\n|---|---|---|---|---|---|\n"
    print(table, end="", flush=True)
    measured, wrong = {}, []
    for name, case in CASES.items():
        if arguments.only in name:
            t = measured[name] = times(case.make)
            if not abs(slope(t) - case.slope) <= case.within:
                wrong.append(name)
            table += (f"| {name} | {case.grows} | {1e3 * t[0]:.3g} ms | {1e3 * t[-1]:.3g} ms | {slope(t):.2f} "
                      f"| {case.slope:g} ± {case.within:g} |\n")
            print(table.splitlines()[-1], flush=True)
    if arguments.picture:
        picture(measured).savefig(arguments.picture)
    if wrong:
        print(f"not the slope expected: {', '.join(wrong)}", file=sys.stderr)
    elif arguments.write and not arguments.only:
        top = "# Time against size: the slope on logarithmic axes, for every kernel\n\n"
        Path(__file__).with_suffix(".md").write_text(top + table, encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
