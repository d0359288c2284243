"""Chapter 3: building blocks of neural networks."""
from .attention import AttentionBlock, Cache, MultiHead, attend, attend_lean, attention_weights, causal_mask
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
from .positional_encoding import Learned, Rotary, Sinusoidal, four_terms, frequencies, rotary, rotation, shift_map, sinusoidal
from .recurrent import GRU, LSTM, Bidirectional, Recurrent, Reversed, from_torch, reverse, to_torch

__all__ = ["INITIALIZERS", "NONLINEARITIES", "AttentionBlock", "BatchNorm", "Bidirectional", "Block", "Cache", "Convolution",
           "Flatten", "GRU", "GlobalPool", "GroupNorm", "LSTM", "LayerNorm", "Learned", "Linear", "MultiHead", "Pointwise",
           "Pool", "RMSNorm", "Recurrent", "Residual", "Reversed", "Rotary", "Sequential", "Sinusoidal", "TransposedConvolution",
           "attend", "attend_lean", "attention_weights", "causal_mask", "condition_number", "equivariance_gap", "fixed",
           "four_terms", "frequencies", "from_torch", "gelu", "glorot", "he", "invariance_gap", "layers", "leaky_relu",
           "least_squares", "least_squares_hessian", "orthogonal", "reverse", "rotary", "rotation", "running", "shift_map",
           "sinusoidal", "statistics", "to_torch", "whitening"]
