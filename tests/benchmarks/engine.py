"""The engine: what recording costs, and a training step against PyTorch's eager mode."""
import os
from functools import partial

import numpy as np


def _weights(sizes):
    rng = np.random.default_rng(0)
    return [((rng.normal(size=(a, b)) / a ** 0.5).astype(np.float32), np.zeros(b, np.float32))
            for a, b in zip(sizes, sizes[1:], strict=False)]


def _data(sizes, batch):
    rng = np.random.default_rng(1)
    return rng.normal(size=(batch, sizes[0])).astype(np.float32), rng.integers(0, sizes[-1], batch)


def ours(sizes, batch):
    from edugen import value_and_grad
    from edugen.autodiff import cross_entropy, linear
    from edugen.classification.optimizers import SGD
    theta, (x, y) = _weights(sizes), _data(sizes, batch)

    def loss(theta, x, y):
        for W, b in theta[:-1]:
            x = linear(x, W, b, "tanh")
        return np.mean(cross_entropy(linear(x, *theta[-1]), y))

    both, optimizer = value_and_grad(loss), SGD(0.1)
    state = optimizer.init(theta)

    def step():
        nonlocal theta, state
        value, g = both(theta, x, y)
        theta, state = optimizer.step(theta, g, state)
        return float(value)
    return step, lambda: [step() for _ in range(10)]


def torch_eager(sizes, batch, optimizer):
    import torch
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    layers = []
    for W, b in _weights(sizes):
        layer = torch.nn.Linear(*W.shape)
        layer.weight.data, layer.bias.data = torch.tensor(W.T.copy()), torch.tensor(b)
        layers += [layer, torch.nn.Tanh()]
    model, (x, y) = torch.nn.Sequential(*layers[:-1]), map(torch.tensor, _data(sizes, batch))
    parameters = list(model.parameters())
    sgd = torch.optim.SGD(parameters, lr=0.1)

    def step():
        loss = torch.nn.functional.cross_entropy(model(x), y)
        if optimizer:
            sgd.zero_grad()
            loss.backward()
            sgd.step()
        else:                                                             # by hand, the fastest we found
            for p, g in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
                p.data.sub_(g, alpha=0.1)
        return loss.item()
    return step, lambda: [step() for _ in range(10)]


def traced(function):
    from edugen import grad
    tensors = []

    def keep(t):
        tensors.append(t)
        return t.sum()
    grad(keep)(np.ones(3))
    t = tensors[0]
    return lambda: function(t), lambda: None


def plain(function):
    x = np.ones(3)
    return lambda: function(x), lambda: None


def _row(sizes, batch, goal, optimizer, note):
    return {"sides": {"edugen": partial(ours, sizes, batch), "torch": partial(torch_eager, sizes, batch, optimizer)},
            "goal": goal, "note": note}


def _call(function):
    return {"sides": {"edugen": partial(traced, function), "numpy": partial(plain, function)}, "goal": 1.5, "unit": "µs more"}


SMALL = "Most of it is record, sweep, trees and the optimizer's walk, whatever the size: Python, slow on some machines."
LARGE = "Half of it is products, and OpenBLAS takes 1.5 to 2 times as long for them as MKL, which PyTorch brings."
ROWS = {"np.tanh(t), 3 numbers": _call(np.tanh), "t * t, 3 numbers": _call(lambda t: t * t)}
for by_hand in (False, True):
    for name, sizes, batch, goal, note in (("2-16-16-2", (2, 16, 16, 2), 32, 0.4, SMALL),
                                           ("64-64-64-10", (64, 64, 64, 10), 64, 0.5, SMALL),
                                           ("784-128-128-10", (784, 128, 128, 10), 64, 0.9, LARGE)):
        peer = "update by hand" if by_hand else "torch.optim.SGD"
        ROWS[f"MLP {name}, batch {batch}, {peer}"] = _row(sizes, batch, None if by_hand else goal, not by_hand, note)
