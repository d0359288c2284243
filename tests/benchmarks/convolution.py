"""Convolution and pooling: forward, and with both gradients, against PyTorch (oneDNN).

Without padding, in float32; forward without, gradients with a record being made, on both sides: `convolution(x, f)`, and
`vjp(convolution, x, f)` with its pullback.
"""
import os
from functools import partial

import numpy as np


def _data(batch, channels, image, filters, taps):
    """Images, filters, and a cotangent of the result."""
    rng = np.random.default_rng(0)
    out = tuple(n - k + 1 for n, k in zip(image, taps, strict=True))
    return tuple(rng.normal(size=size).astype(np.float32) for size in (
        (batch, channels, *image), (filters, channels, *taps), (batch, filters, *out)))


def edugen_side(gradients, *sizes):
    from edugen import vjp
    from edugen.autodiff import convolution
    x, f, g = _data(*sizes)
    if not gradients:
        return (lambda: convolution(x, f)), (lambda: convolution(x, f))

    def step():
        y, pull = vjp(convolution, x, f)
        return y, *pull(g)
    return step, lambda: np.concatenate([a.ravel() / np.abs(a).max() for a in step()])


def torch_side(gradients, *sizes):
    import torch
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    x, f, g = map(torch.tensor, _data(*sizes))
    convolve = torch.conv1d if x.ndim == 3 else torch.conv2d

    def forward():
        with torch.no_grad():
            return convolve(x, f)
    if not gradients:
        return forward, lambda: forward().numpy()
    x.requires_grad_(), f.requires_grad_()

    def step():
        y = convolve(x, f)
        return y.detach(), *torch.autograd.grad(y, (x, f), g)
    return step, lambda: np.concatenate([a.numpy().ravel() / a.abs().max().item() for a in step()])


def edugen_pool(name, size, stride):
    from edugen import autodiff
    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 32, 28, 28)).astype(np.float32)
    pool = getattr(autodiff, f"{name}_pool")
    g = rng.normal(size=pool(x, size, stride).shape).astype(np.float32)

    def step():
        y, pull = autodiff.vjp(lambda x: pool(x, size, stride), x)
        return y, *pull(g)
    return step, lambda: np.concatenate([a.ravel() for a in step()])


def torch_pool(name, size, stride):
    import torch
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    rng = np.random.default_rng(0)
    x = torch.tensor(rng.normal(size=(64, 32, 28, 28)).astype(np.float32), requires_grad=True)
    pool = {"max": torch.nn.functional.max_pool2d, "average": torch.nn.functional.avg_pool2d}[name]
    g = torch.tensor(rng.normal(size=tuple(pool(x, size, stride).shape)).astype(np.float32))

    def step():
        y = pool(x, size, stride)
        return y.detach(), *torch.autograd.grad(y, x, g)
    return step, lambda: np.concatenate([a.numpy().ravel() for a in step()])


SHAPES = [(64, 1, (28, 28), 16, (3, 3)), (64, 3, (32, 32), 32, (5, 5)), (64, 16, (28, 28), 32, (3, 3)),
          (64, 32, (14, 14), 64, (3, 3)), (16, 64, (32, 32), 64, (3, 3))]
GROUPS = {"conv2d forward": 1.0, "conv2d forward + both gradients": 1.0}
ROWS: dict = {}
for _what in GROUPS:
    for _sizes in SHAPES:
        _n, _c, (_h, _), _o, (_k, _) = _sizes
        ROWS[f"{_what}, ({_n}, {_c}, {_h}, {_o}, {_k})"] = {
            "sides": {"edugen": partial(edugen_side, "gradients" in _what, *_sizes),
                      "torch": partial(torch_side, "gradients" in _what, *_sizes)}, "goal": 2.0, "group": _what}
for _gradients in (False, True):
    _sizes = 32, 64, (512,), 64, (5,)
    ROWS["conv1d forward" + " + both gradients" * _gradients + ", (32, 64, 512), k = 5 → 64"] = {
        "sides": {"edugen": partial(edugen_side, _gradients, *_sizes), "torch": partial(torch_side, _gradients, *_sizes)},
        "goal": None if _gradients else 1.0}
for _name, _size, _stride in (("max", 2, 2), ("max", 3, 2), ("average", 2, 2)):
    ROWS[f"{_name} pooling with gradient, (64, 32, 28, 28), windows of {_size}, stride {_stride}"] = {
        "sides": {"edugen": partial(edugen_pool, _name, _size, _stride), "torch": partial(torch_pool, _name, _size, _stride)},
        "goal": None}

NOTES = {
    "conv2d forward": "The smallest of the five is the furthest. On a Xeon with AVX-512: 1.39.",
    "conv2d forward + both gradients": "On a Xeon with AVX-512: 1.16, the worst of the five 1.75.",
    "conv1d forward, (32, 64, 512), k = 5 → 64": "Even, but for the noise; on a Xeon with AVX-512, too (1.02).",
}
