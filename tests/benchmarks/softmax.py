"""Softmax and cross-entropy: rows of float32, the value and, for the loss, the gradient with it, against PyTorch's."""
import os
from functools import partial

import numpy as np

SHAPES = ((64, 10), (4096, 10), (512, 512), (2048, 1000))


def _data(shape):
    rng = np.random.default_rng(0)
    return 3 * rng.normal(size=shape).astype(np.float32), rng.integers(0, shape[1], shape[0])


def _torch():
    import torch
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    return torch


def edugen_softmax(shape):
    from edugen.autodiff import softmax
    x, _ = _data(shape)
    return lambda: softmax(x), lambda: softmax(x)


def torch_softmax(shape):
    torch = _torch()
    x = torch.tensor(_data(shape)[0])

    def step():
        with torch.no_grad():
            return torch.softmax(x, 1)
    return step, lambda: step().numpy()


def edugen_masked(shape):
    from edugen.autodiff import softmax
    x, mask = _data(shape)[0], np.tri(*shape, dtype=bool)
    return lambda: softmax(x, where=mask), lambda: softmax(x, where=mask)


def torch_masked(shape):
    torch = _torch()
    x, hidden = torch.tensor(_data(shape)[0]), torch.tensor(~np.tri(*shape, dtype=bool))

    def step():
        with torch.no_grad():
            return torch.softmax(x.masked_fill(hidden, -torch.inf), 1)
    return step, lambda: step().numpy()


def edugen_cross_entropy(shape):
    from edugen import value_and_grad
    from edugen.autodiff import cross_entropy
    x, y = _data(shape)
    both = value_and_grad(lambda x: np.mean(cross_entropy(x, y)))
    return lambda: both(x), lambda: np.append(both(x)[1] * len(x), both(x)[0])


def torch_cross_entropy(shape):
    torch = _torch()
    x, y = map(torch.tensor, _data(shape))
    x.requires_grad_()

    def step():
        loss = torch.nn.functional.cross_entropy(x, y)
        return loss, torch.autograd.grad(loss, x)[0]
    return step, lambda: np.append(step()[1].numpy() * len(x), step()[0].item())


ROWS = {f"{name} {shape}": {"sides": {"edugen": partial(ours, shape), "torch": partial(peer, shape)}, "goal": goal}
        for name, ours, peer, shapes, goal in (
            ("softmax", edugen_softmax, torch_softmax, SHAPES, 1.0),
            ("masked softmax", edugen_masked, torch_masked, [(512, 512)], None),
            ("cross-entropy forward + backward", edugen_cross_entropy, torch_cross_entropy, SHAPES, 1.0))
        for shape in shapes}

_WAKING = "A loop of 50 to 500 microseconds: waking the second thread takes ours 20 of them; PyTorch's spins in between."
NOTES = {
    "softmax (512, 512)": _WAKING, "softmax (2048, 1000)": _WAKING,
    "cross-entropy forward + backward (64, 10)": "Nearly all of it is the record and the sweep, in Python.",
    "cross-entropy forward + backward (512, 512)": _WAKING, "cross-entropy forward + backward (2048, 1000)": _WAKING,
}
