"""Chapter 2: basic ideas in machine learning with classification."""
from .cross_entropy import cross_entropy_loss, entropy, lagrangian, maximum_entropy_objective, probabilities
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

__all__ = ["LinearEnergy", "best_wrong", "cross_entropy_loss", "energy_of", "entropy", "lagrangian", "linear_svm", "margin_loss",
           "maximum_entropy_objective", "one_hot", "perceptron", "perceptron_loss", "perceptron_step", "prediction",
           "probabilities", "random_search", "svm_objective", "zero_one_loss"]
