"""Blocks of chapter 3: a training step with Adam, against PyTorch's eager mode.

Both sides start from the same parameters and see the same batch; the result is what the parameters are after three steps.
"""
import os
from functools import partial

import numpy as np


def trained(network, loss, optimizer, *batch):
    """Our side: a step of training a block."""
    import edugen
    theta = network.init(0, np.float32)
    state, slope = optimizer.init(theta), edugen.value_and_grad(loss)

    def step():
        nonlocal theta, state
        _, g = slope(theta, *batch)
        theta, state = optimizer.step(theta, g, state)

    def result():
        from edugen.autodiff import tree
        nonlocal theta, state
        theta = network.init(0, np.float32)
        state = optimizer.init(theta)
        for _ in range(3):
            step()
        return np.asarray(tree.ravel(theta)[0])
    return step, result


def with_torch(parameters, forward, order):
    """Their side: parameters by name, and the names in the order of ours."""
    import torch
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    leaves = {name: torch.tensor(value).requires_grad_() for name, value in parameters.items()}
    start = {name: leaf.detach().clone() for name, leaf in leaves.items()}
    optimizer = torch.optim.Adam(leaves.values(), lr=0.001)

    def step():
        nonlocal optimizer
        optimizer.zero_grad()
        forward(leaves).backward()
        optimizer.step()

    def result():
        nonlocal optimizer
        with torch.no_grad():
            for name, leaf in leaves.items():
                leaf.copy_(start[name])
        optimizer = torch.optim.Adam(leaves.values(), lr=0.001)
        for _ in range(3):
            step()
        return np.concatenate([leaves[name].detach().numpy().ravel() for name in order])
    return step, result


# A small ConvNet ------------------------------------------------------------------------------------------------------------

def _images(side):
    rng = np.random.default_rng(1)
    return rng.normal(size=(64, 1, side, side)).astype(np.float32), rng.integers(0, 10, size=64)


def _convnet(side):
    from edugen.blocks import Convolution, Flatten, Linear, Pool, Sequential
    return Sequential(Convolution(1, 16, (3, 3)), Convolution(16, 32, (3, 3)), Pool(2), Flatten(),
                      Linear(32 * (side // 2) ** 2, 10, "identity"))


def our_convnet(side):
    from edugen.autodiff import cross_entropy
    from edugen.classification import Adam
    network = _convnet(side)
    return trained(network, lambda theta, x, y: np.mean(cross_entropy(network(theta, x), y)), Adam(0.001), *_images(side))


def torch_convnet(side):
    import torch
    F = torch.nn.functional
    x, y = map(torch.tensor, _images(side))
    first, second, _, _, last = _convnet(side).init(0, np.float32)
    parameters = {"c1": first["c"], "f1": first["f"], "c2": second["c"], "f2": second["f"], "U": last["U"], "c": last["c"]}

    def forward(p):
        h = F.relu(F.conv2d(x, p["f1"], p["c1"], padding="same"))
        h = F.max_pool2d(F.relu(F.conv2d(h, p["f2"], p["c2"], padding="same")), 2)
        return F.cross_entropy(h.flatten(1) @ p["U"] + p["c"], y)
    return with_torch(parameters, forward, _names(first, "1") + _names(second, "2") + list(last))


def _names(part, number):
    return [name + number for name in part]


# A GRU over a hundred steps -------------------------------------------------------------------------------------------------

def _sequences(T, N, H):
    rng = np.random.default_rng(1)
    return rng.normal(size=(N, T, H)).astype(np.float32), rng.normal(size=(N, H)).astype(np.float32)


def _open(theta):
    """Reset gates that stay open: PyTorch's act after the product, and then do the same."""
    H = len(theta["h"])
    for name in ("W", "U"):
        theta[name][:, :H] = 0
    theta["b"][:H] = 50
    return theta


def our_gru(T, N, H):
    from edugen.blocks import GRU
    from edugen.classification import Adam
    block = GRU(H, H)

    class Open:
        def init(self, rng, dtype):
            return _open(block.init(rng, dtype))
    return trained(Open(), lambda theta, x, y: np.mean((block(theta, x)[:, -1] - y) ** 2), Adam(0.001), *_sequences(T, N, H))


def torch_gru(T, N, H):
    import torch

    from edugen.blocks import GRU
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    x, y = map(torch.tensor, _sequences(T, N, H))
    theta = _open(GRU(H, H).init(0, np.float32))
    layer = torch.nn.GRU(H, H, batch_first=True)
    start = {"weight_ih_l0": theta["W"].T, "weight_hh_l0": theta["U"].T, "bias_ih_l0": theta["b"], "bias_hh_l0": 0 * theta["b"]}
    layer.bias_hh_l0.requires_grad_(False)
    h = torch.zeros(1, 1, H, requires_grad=True)
    wanted = [layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0, h]

    def begin():
        with torch.no_grad():
            for name, value in start.items():
                getattr(layer, name).copy_(torch.tensor(value.copy()))
            h.zero_()
        return torch.optim.Adam(wanted, lr=0.001)
    optimizer = begin()

    def step():
        optimizer.zero_grad()
        torch.mean((layer(x, h.expand(1, N, H).contiguous())[0][:, -1] - y) ** 2).backward()
        optimizer.step()

    def result():
        nonlocal optimizer
        optimizer = begin()
        for _ in range(3):
            step()
        W, U, b = layer.weight_ih_l0.T, layer.weight_hh_l0.T, layer.bias_ih_l0
        found = {"W": W, "U": U, "b": b, "h": h}
        return np.concatenate([found[name].detach().numpy().ravel() for name in theta])
    return step, result


# An attention block -----------------------------------------------------------------------------------------------------------

def _sets(N, T, n):
    rng = np.random.default_rng(1)
    return [rng.normal(size=(N, T, n)).astype(np.float32) for _ in range(2)]


def _attention(n, heads):
    from edugen.blocks import AttentionBlock
    return AttentionBlock(n, heads, hidden=4 * n)


def our_attention(N, T, n, heads):
    from edugen.classification import Adam
    block = _attention(n, heads)
    return trained(block, lambda theta, x, y: np.mean((block(theta, x) - y) ** 2), Adam(0.001), *_sets(N, T, n))


def torch_attention(N, T, n, heads):
    import torch

    from edugen.autodiff import tree
    F = torch.nn.functional
    x, y = map(torch.tensor, _sets(N, T, n))
    theta = _attention(n, heads).init(0, np.float32)
    flat = {f"{name}.{key}" if key else name: value for name, part in theta.items()
            for key, value in (part.items() if isinstance(part, dict) else [("", part)])}
    assert np.array_equal(np.concatenate([value.ravel() for value in flat.values()]), tree.ravel(theta)[0])

    def forward(p):
        split = lambda a: a.view(N, T, heads, -1).transpose(1, 2)
        q, k, v = (split(x @ p[f"heads.{name}"] + p[f"heads.{name.lower()}"]) for name in "QKV")
        seen = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(N, T, -1)
        h = x + F.layer_norm(F.relu(seen @ p["h.U"] + p["h.c"]), (n,), p["gain"], p["bias"])
        added = F.relu(h @ p["inner.U"] + p["inner.c"]) @ p["outer.U"] + p["outer.c"]
        return torch.mean((h + F.layer_norm(added, (n,), p["gain_2"], p["bias_2"]) - y) ** 2)
    return with_torch(flat, forward, list(flat))


ROWS = {f"ConvNet, images {side} x {side}, batch 64": {
    "sides": {"edugen": partial(our_convnet, side), "torch": partial(torch_convnet, side)},
    "goal": 1.25, "group": "a training step of chapter 3"} for side in (8, 28)}
ROWS["GRU, 100 steps, 32 sequences, 64 units"] = {
    "sides": {"edugen": partial(our_gru, 100, 32, 64), "torch": partial(torch_gru, 100, 32, 64)},
    "goal": 1.25, "group": "a training step of chapter 3"}
ROWS["attention block, 128 items of 64, 4 heads, batch 16"] = {
    "sides": {"edugen": partial(our_attention, 16, 128, 64, 4), "torch": partial(torch_attention, 16, 128, 64, 4)},
    "goal": 1.25, "group": "a training step of chapter 3"}
GROUPS = {"a training step of chapter 3": 0.8}

NOTES = {
    "ConvNet, images 8 x 8, batch 64": "On a Xeon with AVX-512: 1.09.",
    "ConvNet, images 28 x 28, batch 64": "On that Xeon: 1.05.",
    "attention block, 128 items of 64, 4 heads, batch 16":
        "On that Xeon 1.42: a third is products, a third attention, both by two threads; the rest walks over 2 MB many times.",
    "a training step of chapter 3": "On that Xeon: 0.86.",
}
