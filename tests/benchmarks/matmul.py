"""Matrix products: the compiled ones, alone, against BLAS as NumPy and PyTorch call it."""
import os
from functools import partial

import numpy as np


def _data(shape, dtype):
    rng = np.random.default_rng(0)
    return rng.normal(size=shape).astype(dtype), rng.normal(size=shape).astype(dtype)


def compiled(shape, dtype):
    from edugen.kernels.matmul import fastest
    a, b = _data(shape, dtype)
    return lambda: fastest(a, b), lambda: fastest(a, b)


def transposed(side, shape, dtype):
    from edugen.kernels.matmul import fastest
    a, b = _data(shape, dtype)
    product = fastest if side == "edugen" else np.matmul
    return lambda: product(a.T, b), lambda: product(a.T, b)


def numpy(shape, dtype):
    a, b = _data(shape, dtype)
    return lambda: a @ b, lambda: a @ b


def torch(shape, dtype):
    import torch
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    a, b = map(torch.tensor, _data(shape, dtype))
    return lambda: a @ b, lambda: (a @ b).numpy()


ROWS = {f"n = {n}, {dtype}": {"sides": {"edugen": partial(compiled, (n, n), dtype), "numpy": partial(numpy, (n, n), dtype)},
                              "goal": 1.0 if n < 512 else 1.25}
        for n, dtype in ((32, "float32"), (128, "float32"), (512, "float32"), (1024, "float32"), (512, "float64"),
                         (1024, "float64"))}
ROWS["n = 512, float32, a transposed"] = {"sides": {side: partial(transposed, side, (512, 512), "float32")
                                                    for side in ("edugen", "numpy")}, "goal": None}
ROWS["stack of 256, n = 64, float32"] = {"sides": {"edugen": partial(compiled, (256, 64, 64), "float32"),
                                                   "numpy": partial(numpy, (256, 64, 64), "float32"),
                                                   "torch": partial(torch, (256, 64, 64), "float32")}, "goal": 1.0}

_TILE = "The tile was laid out for 16 registers; OpenBLAS's, in assembly for AVX-512, has 32."
NOTES = {
    "n = 32, float32":
        "Four microseconds of it are the call and the look at the shapes; `matmul` leaves products this small to BLAS.",
    "n = 128, float32": "Even, but for the noise.",
    "n = 512, float32": _TILE, "n = 1024, float32": _TILE,
    "n = 512, float64": _TILE,
    "n = 1024, float64": _TILE,
    "stack of 256, n = 64, float32": "Faster than NumPy's; MKL has kernels of its own for stacks.",
}
