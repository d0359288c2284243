# tier: process
# says: torch is not for this exercise|No module named 'torch'
import torch


def double(x):
    y = torch.tensor(x, requires_grad=True)
    (y * y).sum().backward()
    return y.grad.numpy()
