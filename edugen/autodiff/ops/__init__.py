"""Operations of our own: a kernel for the value, and a rule below it for the gradient."""
from .activations import log1mexp, log_sigmoid, relu, sigmoid, softplus
from .convolution import average_pool, convolution, max_pool, transposed_convolution
from .cross_entropy import cross_entropy
from .softmax import log_softmax, logsumexp, softmax

__all__ = ["average_pool", "convolution", "cross_entropy", "log1mexp", "log_sigmoid", "log_softmax", "logsumexp", "max_pool",
           "relu", "sigmoid", "softmax", "softplus", "transposed_convolution"]
