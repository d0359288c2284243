"""The engine: derivatives of anything that is written in NumPy.

Read `tensor` (the record and the sweep), then `transform` (grad and its kin), then any file of `rules`; `operators` makes a
tensor feel like an array, and `ops` are operations of our own.
"""
from . import operators, rules, tree
from .check import GradientError, check_gradients
from .ops import (
    attend,
    attention_weights,
    average_pool,
    batch_norm,
    boltzmann_sweeps,
    convolution,
    cross_entropy,
    gru,
    ising_sweeps,
    layer_norm,
    linear,
    log1mexp,
    log_sigmoid,
    log_softmax,
    logsumexp,
    max_pool,
    rbm_sweeps,
    relu,
    sigmoid,
    softmax,
    softplus,
    squared_distances,
    transposed_convolution,
)
from .tensor import Tensor, composite, constant, debug, primitive, rule
from .transform import grad, hessian, hvp, jacobian, stop_gradient, value_and_grad, vjp

__all__ = ["GradientError", "Tensor", "attend", "attention_weights", "average_pool", "batch_norm", "boltzmann_sweeps",
           "check_gradients", "composite", "constant", "convolution", "cross_entropy", "debug", "grad", "gru", "hessian", "hvp",
           "ising_sweeps", "jacobian", "layer_norm", "linear", "log1mexp", "log_sigmoid", "log_softmax", "logsumexp", "max_pool",
           "operators", "primitive", "rbm_sweeps", "relu", "rule", "rules", "sigmoid", "softmax", "softplus", "squared_distances",
           "stop_gradient", "transposed_convolution", "tree", "value_and_grad", "vjp"]
