"""Chapter 0: probability, information, likelihood, and the first generative models.  Vidal's background, Grover's lecture."""
from .classifiers import GenerativeClassifier, LogisticRegression, fit_bernoulli, fit_gaussian, fit_logistic, logistic_gradient
from .gaussian import (
    complete,
    conditional,
    fit_normal,
    log_likelihood,
    log_likelihood_in_precision,
    mean_gradient,
    mixture_log_prob,
    precision_conditional,
    precision_gradient,
    precision_marginal,
)
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
from .probability import GTest, Table, bayes, count, discretize, g_test, gauss_legendre, independent
from .structure import (
    BayesNet,
    EnergyModel,
    LatentClasses,
    MarkovChain,
    chain_rule,
    chow_liu_tree,
    fit_bayes_net,
    fit_markov_chain,
    parameter_count,
)

__all__ = ["BayesNet", "ContextModel", "EnergyModel", "Estimate", "GTest", "GenerativeClassifier", "LatentClasses",
           "LogisticRegression", "MarkovChain", "Polynomial", "Table", "arithmetic_decode", "arithmetic_encode",
           "average_log_likelihood", "bayes", "bias_and_variance", "block_probabilities", "chain_rule", "chow_liu_tree",
           "coin_log_likelihood", "coin_mle", "complete", "conditional", "conditional_entropy", "count", "discretize",
           "entropy", "estimate_mutual_information", "expected_length", "expected_log_likelihood", "fit_bayes_net",
           "fit_bernoulli", "fit_context_model", "fit_gaussian", "fit_logistic", "fit_markov_chain", "fit_normal",
           "fit_polynomial", "g_test", "gauss_legendre", "gaussian_mutual_information", "huffman", "independent",
           "kl_divergence", "log_likelihood", "log_likelihood_in_precision", "logistic_gradient", "maximize_likelihood",
           "mean_gradient", "minibatch_gradient", "mixture_log_prob", "monte_carlo", "mutual_information", "parameter_count",
           "precision_conditional", "precision_gradient", "precision_marginal", "shannon_lengths"]
