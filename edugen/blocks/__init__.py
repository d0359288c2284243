"""Chapter 3: building blocks of neural networks."""
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

__all__ = ["INITIALIZERS", "NONLINEARITIES", "Block", "Linear", "Pointwise", "Residual", "Sequential", "gelu", "glorot", "he",
           "layers", "leaky_relu", "orthogonal"]
