r"""Generalization.  Cho §2.4.1.     20 points: three core tasks, then four next steps

Fill in the functions; `edugen check generalization` tells you how far you are.

A call may take 10 seconds and 1 GiB of memory, all calls of a task a minute, unless the task says otherwise.
"""
import math

import numpy as np


def risk_below(losses, delta, models):
    r"""What the risk is below but for :math:`\delta`, one of `models` having been chosen: (2.109).   (2 points, core)

    Parameters
    ----------
    losses : array (N,), from 0 to 1, of the model that was chosen
    delta : float
    models : int

    Returns
    -------
    float
    """
    raise NotImplementedError("risk_below")


def examples_for(epsilon, delta, models):
    r"""The fewest examples with which the two risks of every model differ by at most epsilon, but for delta.   (2 points, core)

    Solve (2.108) for N.

    Parameters
    ----------
    epsilon, delta : floats
    models : int

    Returns
    -------
    int
    """
    raise NotImplementedError("examples_for")


def largest_risk(q, c):
    r"""The largest p with :math:`D_{\mathrm{KL}}(\mathcal B(q) \Vert \mathcal B(p)) \le c`, as for (2.110).   (3 points, core)

    Parameters
    ----------
    q : array (M,), from 0 to 1, both included
    c : array (M,), positive

    Returns
    -------
    array (M,), to 9 digits
    """
    raise NotImplementedError("largest_risk")


def unequal_gaps(n, delta, weights):
    r"""A union bound for models that are not trusted alike.   (3 points, by hand)

    Let model k fail with probability :math:`\delta w_k`, so that any of them fails with probability :math:`\delta`. How far may
    the two risks of each be apart? With equal weights this is (2.109); a model that was likely beforehand pays less.

    Parameters
    ----------
    n : int
    delta : float
    weights : array (K,), positive, with sum 1

    Returns
    -------
    array (K,), the epsilon of each
    """
    raise NotImplementedError("unequal_gaps")


def exact_bound(wrong, n, delta):
    r"""The largest risk that `wrong` errors among n examples do not rule out.   (3 points, build)

    The number of errors of a model with risk R is binomial. Find the largest R with which `wrong` errors *or fewer* still have a
    probability of :math:`\delta`. No bound that sees only the number of errors can be smaller.

    Parameters
    ----------
    wrong, n : ints, wrong from 0 to n
    delta : float

    Returns
    -------
    float, to 9 digits; 1 where all are wrong
    """
    raise NotImplementedError("exact_bound")


def empirical_bernstein(losses, delta):
    r"""A bound that looks at how much the losses vary.   (3 points, build)

    With V the variance of the losses, *unbiased*, Maurer and Pontil (2009, theorem 4) found that with probability
    :math:`1 - \delta`

    .. math:: R < \hat R + \sqrt{\frac{2 V \log(2 / \delta)}{N}} + \frac{7 \log(2 / \delta)}{3 (N - 1)},

    for losses from 0 to 1. The losses here lie from 0 to 10, and so does the risk: scale.

    Parameters
    ----------
    losses : array (N,), N at least 2, from 0 to 10
    delta : float

    Returns
    -------
    float
    """
    raise NotImplementedError("empirical_bernstein")


def best_of_many(wrong, n, delta):
    r"""Choose a model by its errors, and say what its risk is below.   (4 points, experiment)

    The check draws many worlds: models with risks that you do not know, and their errors on n examples. Your bound may be broken
    in a share of at most :math:`\delta` of them, whatever the risks are; and where these are small it has to be at most 0.75
    times that of (2.109).

    Parameters
    ----------
    wrong : ints (K,), errors of K models on n examples
    n : int
    delta : float

    Returns
    -------
    k, bound : the model that was chosen, and a float
    """
    raise NotImplementedError("best_of_many")
