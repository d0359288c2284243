"""The engine: derivatives of anything that is written in NumPy.

Read `tensor` (the record and the sweep), then `transform` (grad and its kin), then any file of `rules`.
"""
from . import operators, rules, tree
from .check import GradientError, check_gradients
from .ops import cross_entropy, log1mexp, log_sigmoid, log_softmax, logsumexp, relu, sigmoid, softmax, softplus
from .tensor import Tensor, composite, debug, primitive, rule
from .transform import grad, hessian, hvp, jacobian, stop_gradient, value_and_grad, vjp

__all__ = ["GradientError", "Tensor", "check_gradients", "composite", "cross_entropy", "debug", "grad", "hessian", "hvp",
           "jacobian", "log1mexp", "log_sigmoid", "log_softmax", "logsumexp", "operators", "primitive", "relu", "rule", "rules",
           "sigmoid", "softmax", "softplus", "stop_gradient", "tree", "value_and_grad", "vjp"]
