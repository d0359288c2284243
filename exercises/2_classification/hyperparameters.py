r"""Hyperparameters.  Cho §2.5 to §2.5.2.     20 points: three core tasks, then four next steps

Fill in the functions; `edugen check hyperparameters` tells you how far you are.

A call may take 10 seconds and 1 GiB of memory, all calls of a task a minute, unless the task says otherwise.
"""
import math

import numpy as np


def tuned_ridge(x, y, x_val, y_val, prices):
    r"""Tune the price of a ridge regression, and learn once more on all data: (2.140) and (2.142).   (3 points, core)

    Learning finds the least :math:`\frac1N \lVert X\theta - y\rVert^2 + \lambda \lVert\theta\rVert^2`; the validation risk is a
    mean square.

    Parameters
    ----------
    x, y : arrays (N, D), (N,), for training
    x_val, y_val : arrays (V, D), (V,), for validation
    prices : array (K,), positive

    Returns
    -------
    price, theta : float, and array (D,) learned from both
    """
    raise NotImplementedError("tuned_ridge")


def improvement(mean, std, best):
    r"""Expected improvement (2.146) of normal predictions, in closed form.   (3 points, core)

    Parameters
    ----------
    mean, std : arrays (Q,); a deviation may be 0, and then it is sure
    best : float

    Returns
    -------
    array (Q,), to 9 digits
    """
    raise NotImplementedError("improvement")


def chances(ei, distance, beta, alpha):
    r"""The distribution of the next trial, (2.150), over candidates.   (2 points, core)

    Parameters
    ----------
    ei, distance : arrays (Q,)
    beta, alpha : floats, from 0 to 1e6

    Returns
    -------
    array (Q,), with sum 1
    """
    raise NotImplementedError("chances")


def ridge_slope(x, y, log_price):
    r"""How the learned parameters of `tuned_ridge` move with the logarithm of the price: (2.143).   (3 points, by hand)

    Parameters
    ----------
    x, y : arrays (N, D), (N,)
    log_price : float

    Returns
    -------
    array (D,), to 9 digits
    """
    raise NotImplementedError("ridge_slope")


def probability_of_improvement(mean, std, best, margin):
    r"""How likely a normal prediction is to be below `best` by more than the margin, and its slopes.   (3 points, by hand)

    The older rule, before expected improvement: it asks how likely, never how much.

    Parameters
    ----------
    mean, std : arrays (Q,), std positive
    best, margin : floats

    Returns
    -------
    p, by_mean, by_std : arrays (Q,), the probability and its derivatives in mean and std, to 9 digits
    """
    raise NotImplementedError("probability_of_improvement")


def successive_halving(train, k, budget):
    r"""Many short trainings, few long ones.   (3 points, build)

    All k configurations are trained with the budget. The better half of them (rounded up; of equal risks the first) goes on with
    twice the budget, and so on, until one is left.

    Parameters
    ----------
    train : function (which configuration, budget) -> risk; each call costs its budget, so none is made twice or in vain
    k : int, number of configurations, at least 1
    budget : int

    Returns
    -------
    best, cost : int, which one is left, and the sum of all budgets
    """
    raise NotImplementedError("successive_halving")


def next_trial(tried, risks, seed):
    r"""Your own rule for where to look next.   (3 points, experiment)

    The check minimizes smooth functions of two hyperparameters, both from 0 to 1: five trials at random, then 25 of yours. Over
    sixteen functions the median height above the minimum has to be at most 12 % of what 30 random trials reach.

    Parameters
    ----------
    tried : array (n, 2)
    risks : array (n,)
    seed : int, for what is random

    Returns
    -------
    array (2,), from 0 to 1
    """
    raise NotImplementedError("next_trial")
