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

__all__ = ["ContextModel", "arithmetic_decode", "arithmetic_encode", "block_probabilities", "conditional_entropy", "entropy",
           "estimate_mutual_information", "expected_length", "fit_context_model", "gaussian_mutual_information", "huffman",
           "kl_divergence", "mutual_information", "shannon_lengths"]
