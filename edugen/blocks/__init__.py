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

__all__ = ["INITIALIZERS", "NONLINEARITIES", "BatchNorm", "Block", "Convolution", "Flatten", "GlobalPool", "GroupNorm",
           "LayerNorm", "Linear", "Pointwise", "Pool", "RMSNorm", "Residual", "Sequential", "TransposedConvolution",
           "condition_number", "equivariance_gap", "fixed", "gelu", "glorot", "he", "invariance_gap", "layers", "leaky_relu",
           "least_squares", "least_squares_hessian", "orthogonal", "running", "statistics", "whitening"]
