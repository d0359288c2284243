"""Chapter 0: probability, information, likelihood, and the first generative models.  Vidal's background, Grover's lecture."""
from .information import (
    ContextModel,
    arithmetic_decode,
    arithmetic_encode,
    block_probabilities,
    conditional_entropy,
    entropy,
    estimate_mutual_information,
    expected_length,
    fit_context_model,
    gaussian_mutual_information,
    huffman,
    kl_divergence,
    mutual_information,
    shannon_lengths,
)
from .likelihood import (
    Estimate,
    Polynomial,
    average_log_likelihood,
    bias_and_variance,
    coin_log_likelihood,
    coin_mle,
    expected_log_likelihood,
    fit_polynomial,
    maximize_likelihood,
    minibatch_gradient,
    monte_carlo,
)

__all__ = ["ContextModel", "Estimate", "Polynomial", "arithmetic_decode", "arithmetic_encode", "average_log_likelihood",
           "bias_and_variance", "block_probabilities", "coin_log_likelihood", "coin_mle", "conditional_entropy", "entropy",
           "estimate_mutual_information", "expected_length", "expected_log_likelihood", "fit_context_model", "fit_polynomial",
           "gaussian_mutual_information", "huffman", "kl_divergence", "maximize_likelihood", "minibatch_gradient",
           "monte_carlo", "mutual_information", "shannon_lengths"]
