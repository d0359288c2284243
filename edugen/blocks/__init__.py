"""Chapter 3: building blocks of neural networks."""
from .convolution import Convolution, Flatten, GlobalPool, Pool, TransposedConvolution, equivariance_gap, invariance_gap
from .linear import (
    INITIALIZERS,
    NONLINEARITIES,
    Block,
    Linear,
    Pointwise,
    Residual,
    Sequential,
    gelu,
    glorot,
    he,
    layers,
    leaky_relu,
    orthogonal,
)
from .normalization import (
    BatchNorm,
    GroupNorm,
    LayerNorm,
    RMSNorm,
    condition_number,
    fixed,
    least_squares,
    least_squares_hessian,
    running,
    statistics,
    whitening,
)
from .recurrent import GRU, LSTM, Bidirectional, Recurrent, Reversed, from_torch, reverse, to_torch

__all__ = ["INITIALIZERS", "NONLINEARITIES", "BatchNorm", "Bidirectional", "Block", "Convolution", "Flatten", "GRU", "GlobalPool",
           "GroupNorm", "LSTM", "LayerNorm", "Linear", "Pointwise", "Pool", "RMSNorm", "Recurrent", "Residual", "Reversed",
           "Sequential", "TransposedConvolution", "condition_number", "equivariance_gap", "fixed", "from_torch", "gelu", "glorot",
           "he", "invariance_gap", "layers", "leaky_relu", "least_squares", "least_squares_hessian", "orthogonal", "reverse",
           "running", "statistics", "to_torch", "whitening"]
