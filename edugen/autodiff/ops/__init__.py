"""Operations of our own: a kernel for the value, and a rule below it for the gradient."""
from .activations import log1mexp, log_sigmoid, relu, sigmoid, softplus
from .adam import adam
from .attention import attend, attention_weights
from .convolution import average_pool, convolution, max_pool, transposed_convolution
from .cross_entropy import cross_entropy
from .distances import squared_distances
from .gibbs import boltzmann_sweeps, ising_sweeps, rbm_sweeps
from .gru import gru
from .linear import linear
from .normalization import batch_norm, layer_norm
from .softmax import log_softmax, logsumexp, softmax

__all__ = ["adam", "attend", "attention_weights", "average_pool", "batch_norm", "boltzmann_sweeps", "convolution",
           "cross_entropy", "gru", "ising_sweeps", "layer_norm", "linear", "log1mexp", "log_sigmoid", "log_softmax", "logsumexp",
           "max_pool", "rbm_sweeps", "relu", "sigmoid", "softmax", "softplus", "squared_distances", "transposed_convolution"]
