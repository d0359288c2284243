"""Many variables, few numbers.  Vidal's background.     20 points: three core tasks, then three next steps

Fill in the functions; `edugen check structure` tells you how far you are. A Bayes net is told by the parents of each variable, a
list of tuples, and by its tables: that of variable i has an axis for each parent, in their order, and its own axis last.

A call may take 10 seconds and 1 GiB of memory, all calls of a task a minute, unless the task says otherwise.
"""
import itertools
import math

import numpy as np


def parameter_count(parents, sizes):
    """How many free numbers the tables of a net hold, (V-62)-(V-70).   (2 points, core)

    Parameters
    ----------
    parents : list of D tuples of variables
    sizes : list of D integers, how many values each variable has

    Returns
    -------
    int, exact however large
    """
    raise NotImplementedError("parameter_count")


def log_prob(x, parents, tables):
    """Log-probability of observations under a net, (V-66) with parents in place of all before.   (3 points, core)

    Parameters
    ----------
    x : integers (N, D)
    parents : list of D tuples of variables
    tables : list of D arrays, without zeros

    Returns
    -------
    array (N,)
    """
    raise NotImplementedError("log_prob")


def fit_transition(x, size, smoothing):
    """The most likely Markov chain, (V-69): its table of transitions, by counting.   (3 points, core)

    Parameters
    ----------
    x : integers (N, T), sequences; none of their ends leads into the next one's start
    size : int, K
    smoothing : float, positive, added to each count

    Returns
    -------
    array (K, K), p(next | now), rows sum to one
    """
    raise NotImplementedError("fit_transition")


def energy_gradient(b, J, x):
    r"""Gradient of the average log-likelihood of an energy-based model, (V-73).   (4 points, by hand)

    Its energy is :math:`E(x) = -x^\top b - \tfrac12 x^\top J x` for bits x. Differentiate :math:`-E(x) - \log Z` on paper; the
    derivative of log Z is an expectation, over all 2 ** D states here. Take every entry of J as a variable of its own.

    Parameters
    ----------
    b : array (D,), D at most 8
    J : array (D, D)
    x : array (N, D), zeros and ones

    Returns
    -------
    array (D,), the gradient in b
    array (D, D), the one in J
    """
    raise NotImplementedError("energy_gradient")


def d_separated(parents, a, b, given):
    """Whether a net says that two variables are independent once others are known.   (4 points, build)

    Follow the paths between them, whatever way the arrows point. A known variable blocks a path, unless both of the path's
    arrows meet in it; where two arrows meet in a variable, the path is blocked unless it, or something below it, is known.
    The two are independent, whatever the tables, where every path is blocked.  Pearl (1988).

    Parameters
    ----------
    parents : list of D tuples of variables
    a, b : int, two variables
    given : tuple of variables that are known, neither a nor b among them

    Returns
    -------
    bool
    """
    raise NotImplementedError("d_separated")


def second_order(x, size):
    """Predict each symbol of a sequence from the two before it.   (4 points, experiment)

    On 20,000 new symbols of the same source the average log-likelihood of your table must come within 0.02 nats of the true
    one's. A Markov chain of (V-69) stays 0.05 and more behind; counts alone give minus infinity when something new turns up.

    Parameters
    ----------
    x : integers (20000,), 0 to size - 1
    size : int, K

    Returns
    -------
    array (K, K, K), p(next | the one before the last, the last), its last axis sums to one
    """
    raise NotImplementedError("second_order")
