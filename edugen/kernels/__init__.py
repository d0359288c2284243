"""The loops that have to be fast.  Arrays in, arrays out; no gradients here, and nothing but NumPy (and Numba) is imported."""
from . import adam, attention, convolution, distances, gibbs, gru, matmul, normalization, pooling, relu, scatter, softmax, tanh
from .jit import backend, use

__all__ = ["adam", "attention", "backend", "convolution", "distances", "gibbs", "gru", "matmul", "normalization", "pooling",
           "relu", "scatter", "softmax", "tanh", "use"]
