"""Layers and learning: normalization, recurrent units, embeddings, Adam, distances, against PyTorch's."""
import os
from functools import partial

import numpy as np


def _data(n, d):
    rng = np.random.default_rng(0)
    return [rng.normal(size=s).astype(np.float32) for s in ((n, d), (n, d), (d,), (d,))]


def ours(axis, n, d):
    from edugen.kernels.normalization import normalize, normalize_gradients
    x, g, gain, bias = _data(n, d)

    def step():
        return normalize(x, gain, bias, axis, 1e-5), normalize_gradients(g, x, gain, axis, 1e-5)

    def result():
        y, gradients = step()
        return np.concatenate([y.ravel(), *(v.ravel() for v in gradients)])
    return step, result


def torch_eager(axis, n, d):
    import torch
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    x, g, gain, bias = map(torch.tensor, _data(n, d))
    wanted = [v.requires_grad_() for v in (x, gain, bias)]

    def step():
        if axis == 1:
            y = torch.nn.functional.layer_norm(x, (d,), gain, bias)
        else:
            y = torch.nn.functional.batch_norm(x, None, None, gain, bias, training=True)
        return y, torch.autograd.grad(y, wanted, g)

    def result():
        y, gradients = step()
        return np.concatenate([y.detach().numpy().ravel(), *(v.numpy().ravel() for v in gradients)])
    return step, result


# Gated recurrent units: forward, and the gradient of all weights -----------------------------------------------------------

def _sequences(T, N, H):
    rng = np.random.default_rng(0)
    shapes = (T, N, H), (N, H), (H, 3 * H), (H, 3 * H), (3 * H,), (T, N, H)
    x, h, W, U, b, g = (rng.normal(size=s).astype(np.float32) for s in shapes)
    W[:, :H], U[:, :H], b[:H] = 0, 0, 50            # reset gates open: PyTorch's, which act after the product, do the same then
    return x, h, W / H ** 0.5, U / H ** 0.5, b, g


def our_gru(T, N, H):
    from edugen import vjp
    from edugen.autodiff import gru
    x, h, *weights, g = _sequences(T, N, H)

    def step():
        y, pull = vjp(lambda W, U, b: gru(x, h, W, U, b), *weights)
        return y, pull(g)

    def result():
        y, (W, U, b) = step()
        return np.concatenate([v.ravel() for v in (y, W[:, H:], U[:, H:], b[H:])])
    return step, result


def torch_gru(T, N, H):
    import torch
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    x, h, W, U, b, g = map(torch.tensor, _sequences(T, N, H))
    layer = torch.nn.GRU(H, H)
    for name, value in (("weight_ih_l0", W.T), ("weight_hh_l0", U.T), ("bias_ih_l0", b), ("bias_hh_l0", 0 * b)):
        getattr(layer, name).data = value.contiguous()
    parameters = [layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0]

    def step():
        y = layer(x, h[None])[0]
        return y, torch.autograd.grad(y, parameters, g)

    def result():
        y, (W, U, b) = step()
        return np.concatenate([v.detach().numpy().ravel() for v in (y, W.T[:, H:], U.T[:, H:], b[H:])])
    return step, result


# Embeddings: the gradient of a look-up ------------------------------------------------------------------------------------------

def _looked_up(rows, n, d):
    rng = np.random.default_rng(0)
    return rng.integers(0, rows, n), rng.normal(size=(n, d)).astype(np.float32)


def our_rows(rows, n, d):
    from edugen.kernels.scatter import add_rows
    index, g = _looked_up(rows, n, d)
    return lambda: add_rows(index, g, (rows, d)), lambda: add_rows(index, g, (rows, d))


def numpy_rows(rows, n, d):
    from edugen.kernels.scatter import add_rows
    index, g = _looked_up(rows, n, d)
    return lambda: add_rows.reference(index, g, (rows, d)), lambda: add_rows.reference(index, g, (rows, d))


def torch_rows(rows, n, d):
    import torch
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    index, g = map(torch.tensor, _looked_up(rows, n, d))

    def step():
        return torch.zeros(rows, d).index_add_(0, index, g)
    return step, lambda: step().numpy()


# Adam: a step of all parameters --------------------------------------------------------------------------------------------

def _parameters(sizes):
    rng = np.random.default_rng(0)
    shapes = [s for a, b in zip(sizes, sizes[1:], strict=False) for s in ((a, b), (b,))]
    return [[rng.normal(size=s).astype(np.float32) for s in shapes] for _ in range(2)]


def our_adam(sizes):
    from edugen.classification import Adam
    (theta, g), optimizer = _parameters(sizes), Adam(0.01)
    state = optimizer.init(theta)

    def step():
        nonlocal theta, state
        theta, state = optimizer.step(theta, g, state)

    def result():
        for _ in range(10):
            step()
        return np.concatenate([v.ravel() for v in theta])
    return step, result


def torch_adam(sizes):
    import torch
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    theta, g = ([torch.tensor(v) for v in values] for values in _parameters(sizes))
    for p, d in zip(theta, g, strict=True):
        p.grad = d
    optimizer = torch.optim.Adam(theta, lr=0.01)

    def result():
        for _ in range(10):
            optimizer.step()
        return np.concatenate([v.numpy().ravel() for v in theta])
    return optimizer.step, result


# Distances between all pairs -----------------------------------------------------------------------------------------------

def _points(n, k, d):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, d)).astype(np.float32), rng.normal(size=(k, d)).astype(np.float32)


def our_distances(n, k, d):
    from edugen.kernels.distances import squared_distances
    x, y = _points(n, k, d)
    return lambda: squared_distances(x, y), lambda: squared_distances(x, y)


def scikit_distances(n, k, d):
    from sklearn.metrics.pairwise import euclidean_distances
    x, y = _points(n, k, d)
    return lambda: euclidean_distances(x, y, squared=True), lambda: euclidean_distances(x, y, squared=True)


def torch_distances(n, k, d):
    import torch
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    x, y = map(torch.tensor, _points(n, k, d))
    return lambda: torch.cdist(x, y), lambda: (torch.cdist(x, y) ** 2).numpy()


ROWS = {f"{name}, forward and backward, (512, 512)": {"sides": {"edugen": partial(ours, axis, 512, 512),
                                                                "torch": partial(torch_eager, axis, 512, 512)}, "goal": 1.0}
        for name, axis in (("layer norm", 1), ("batch norm", 0))}

for T, N, H in ((50, 32, 64), (100, 64, 128)):
    ROWS[f"GRU, forward and backward, {T} steps, {N} sequences, {H} units"] = {
        "sides": {"edugen": partial(our_gru, T, N, H), "torch": partial(torch_gru, T, N, H)}, "goal": None, "close": 5e-3}
ROWS["embeddings' gradient, 4,096 rows of 64 into 1,000"] = {
    "sides": {name: partial(side, 1000, 4096, 64) for name, side in (("edugen", our_rows), ("numpy", numpy_rows),
                                                                     ("torch", torch_rows))}, "goal": None}
for sizes in ((64, 64, 64, 10), (784, 128, 128, 10)):
    ROWS[f"Adam, step of an MLP {'-'.join(map(str, sizes))}"] = {
        "sides": {"edugen": partial(our_adam, sizes), "torch": partial(torch_adam, sizes)}, "goal": None}
for n, k, d in ((10000, 10, 2), (1000, 1000, 10), (10000, 10, 64)):
    ROWS[f"squared distances, {n:,} x {k:,} points in {d} dimensions"] = {
        "sides": {name: partial(side, n, k, d) for name, side in (("edugen", our_distances), ("scikit-learn", scikit_distances),
                                                                  ("torch", torch_distances))}, "goal": None}

_WAKING = "A loop of 100 microseconds: waking the second thread takes ours 20 of them; PyTorch's spins in between."
NOTES = {
    "layer norm, forward and backward, (512, 512)": _WAKING,
    "batch norm, forward and backward, (512, 512)":
        "One thread at this size: five walks over what the other core holds are no faster by two.",
}
