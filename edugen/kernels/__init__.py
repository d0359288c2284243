"""The loops that have to be fast.  Arrays in, arrays out; no gradients here, and nothing but NumPy (and Numba) is imported."""
from . import convolution, gibbs, matmul, normalization, pooling, softmax
from .jit import backend, use

__all__ = ["backend", "convolution", "gibbs", "matmul", "normalization", "pooling", "softmax", "use"]
