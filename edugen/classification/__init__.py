"""Chapter 2: basic ideas in machine learning with classification.

`reverse_mode` keeps its names to itself, for its `grad` is not the one to use.
"""
from .backprop import (
    LOSSES,
    MLP,
    NONLINEARITIES,
    Activations,
    Flip,
    Hidden,
    Kept,
    Nonlinearity,
    TwoLayer,
    fit_mlp,
    flipping_step,
    follow_target,
    input_gradient,
    linear_backward,
    loss_and_error,
    loss_and_gradient,
    target_energy,
    target_gradient,
    target_step,
)
from .bias_variance import Decomposition, decompose, decompose_labels, k_nearest, move_weight, retrain
from .cross_entropy import cross_entropy_loss, entropy, lagrangian, maximum_entropy_objective, probabilities
from .descent import (
    best_step,
    check_smoothness,
    curvature_needed,
    descend,
    example_gradients,
    expected_progress,
    guaranteed_progress,
    smoothness,
    upper_bound,
)
from .generalization import (
    dichotomies,
    empirical_risk,
    examples_needed,
    failure_probability,
    gaussian_risk,
    half_space,
    risk_bound,
    risk_gap,
)
from .hyperparameters import HeldOut, Tuned, expected_minimum, forward_jacobian, implicit_jacobian, tune
from .intervals import (
    INTERVALS,
    Comparison,
    beats,
    bootstrap,
    clopper_pearson,
    compare_algorithms,
    corrected_t,
    coverage,
    equal_tailed,
    highest_density,
    mean_and_error,
    t_interval,
    wald,
    wilson,
)
from .losses import (
    LinearEnergy,
    best_wrong,
    energy_of,
    linear_svm,
    margin_loss,
    one_hot,
    perceptron,
    perceptron_loss,
    perceptron_step,
    prediction,
    random_search,
    svm_objective,
    zero_one_loss,
)
from .online import growth, hindsight, play, regret
from .optimizers import SGD, Adagrad, Adam, AdamW, Cosine, Decay, rmsprop
from .pac_bayes import Certificate, binary_kl, certify, kl_inverse, pac_bayes_bound, tighten
from .search import Choice, Integer, Real, Space, Trials, cross_entropy_method, random_configurations
from .smbo import Ensemble, GaussianProcess, acquisition, expected_improvement, sampled_improvement, smbo

__all__ = ["INTERVALS", "LOSSES", "MLP", "NONLINEARITIES", "SGD", "Activations", "Adagrad", "Adam", "AdamW", "Certificate",
           "Choice", "Comparison", "Cosine", "Decay", "Decomposition", "Ensemble", "Flip", "GaussianProcess", "HeldOut",
           "Hidden", "Integer", "Kept", "LinearEnergy", "Nonlinearity", "Real", "Space", "Trials", "Tuned", "TwoLayer",
           "acquisition", "beats", "best_step", "best_wrong", "binary_kl", "bootstrap", "certify", "check_smoothness",
           "clopper_pearson", "compare_algorithms", "corrected_t", "coverage", "cross_entropy_loss", "cross_entropy_method",
           "curvature_needed", "decompose", "decompose_labels", "descend", "dichotomies", "empirical_risk", "energy_of",
           "entropy", "equal_tailed", "example_gradients", "examples_needed", "expected_improvement", "expected_minimum",
           "expected_progress", "failure_probability", "fit_mlp", "flipping_step", "follow_target", "forward_jacobian",
           "gaussian_risk", "growth", "guaranteed_progress", "half_space", "highest_density", "hindsight", "implicit_jacobian",
           "input_gradient", "k_nearest", "kl_inverse", "lagrangian", "linear_backward", "linear_svm", "loss_and_error",
           "loss_and_gradient", "margin_loss", "maximum_entropy_objective", "mean_and_error", "move_weight", "one_hot",
           "pac_bayes_bound", "perceptron", "perceptron_loss", "perceptron_step", "play", "prediction", "probabilities",
           "random_configurations", "random_search", "regret", "retrain", "risk_bound", "risk_gap", "rmsprop",
           "sampled_improvement", "smbo", "smoothness", "svm_objective", "t_interval", "target_energy", "target_gradient",
           "target_step", "tighten", "tune", "upper_bound", "wald", "wilson", "zero_one_loss"]
