"""edugen: a machine learning course in code.  Every equation executed, every gradient written by hand."""

from .autodiff import (
    Tensor,
    check_gradients,
    debug,
    grad,
    hessian,
    hvp,
    jacobian,
    primitive,
    stop_gradient,
    value_and_grad,
    vjp,
)

__version__ = "0.1.0"

__all__ = ["Tensor", "__version__", "check_gradients", "debug", "grad", "hessian", "hvp", "jacobian", "primitive",
           "stop_gradient", "value_and_grad", "vjp"]
