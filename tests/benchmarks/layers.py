"""Layers: normalization, forward and backward, against PyTorch's."""
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


ROWS = {f"{name}, forward and backward, (512, 512)": {"sides": {"edugen": partial(ours, axis, 512, 512),
                                                                "torch": partial(torch_eager, axis, 512, 512)}, "goal": 1.0}
        for name, axis in (("layer norm", 1), ("batch norm", 0))}
