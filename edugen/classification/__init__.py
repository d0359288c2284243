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

__all__ = ["LOSSES", "MLP", "NONLINEARITIES", "SGD", "Activations", "Adagrad", "Adam", "AdamW", "Cosine", "Decay", "Flip",
           "Hidden", "Kept", "LinearEnergy", "Nonlinearity", "TwoLayer", "best_step", "best_wrong", "check_smoothness",
           "cross_entropy_loss", "curvature_needed", "descend", "energy_of", "entropy", "example_gradients",
           "expected_progress", "fit_mlp", "flipping_step", "follow_target", "growth", "guaranteed_progress", "hindsight",
           "input_gradient", "lagrangian", "linear_backward", "linear_svm", "loss_and_error", "loss_and_gradient",
           "margin_loss", "maximum_entropy_objective", "one_hot", "perceptron", "perceptron_loss", "perceptron_step", "play",
           "prediction", "probabilities", "random_search", "regret", "rmsprop", "smoothness", "svm_objective",
           "target_energy", "target_gradient", "target_step", "upper_bound", "zero_one_loss"]
