"""Distributions: values over parameter arrays, with densities, samples, moments and divergences that can be differentiated.

One law of shapes for all, in `distribution`; one file for each family; `divergence` has the closed forms of KL.
"""
from .bernoulli import Bernoulli
from .categorical import Categorical
from .distribution import Distribution
from .divergence import closed_form, kl
from .independent import Independent
from .multivariate_normal import DiagonalNormal, MultivariateNormal
from .normal import Normal

__all__ = ["Bernoulli", "Categorical", "DiagonalNormal", "Distribution", "Independent", "MultivariateNormal",
           "Normal", "closed_form", "kl"]
