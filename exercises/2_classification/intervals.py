r"""Intervals.  Cho §2.4.3.     20 points: three core tasks, then four next steps

Fill in the functions; `edugen check intervals` tells you how far you are.

A call may take 10 seconds and 1 GiB of memory, all calls of a task a minute, unless the task says otherwise.
"""
import itertools

import numpy as np


def accuracy_interval(losses, z):
    r"""The interval of the accuracy, (2.129).   (2 points, core)

    Parameters
    ----------
    losses : array (N,) of 0 and 1
    z : float

    Returns
    -------
    lower, upper : floats
    """
    raise NotImplementedError("accuracy_interval")


def how_often(lower, upper, p):
    r"""How often an interval holds the true error rate p, over all test sets: its coverage.   (3 points, core)

    The number of errors among n examples is binomial. The interval is given for each number of errors.

    Parameters
    ----------
    lower, upper : arrays (n + 1,), ends of the interval after 0, 1, ..., n errors
    p : float

    Returns
    -------
    float, to 9 digits
    """
    raise NotImplementedError("how_often")


def densest(density, level):
    r"""The credible region on a grid, (2.136) and (2.137).   (3 points, core)

    Parameters
    ----------
    density : array (G,), at equally spaced points, up to a factor; no two are equal
    level : float

    Returns
    -------
    array (G,) of bool: the fewest points that have a share of at least `level` of the mass
    """
    raise NotImplementedError("densest")


def difference_interval(first, second, z):
    r"""An interval of the difference of two error rates on the *same* test examples.   (3 points, by hand)

    What is hard for one classifier is hard for the other, so the two rates are correlated, and their variances do not add. Derive
    the standard error of the mean of the differences, with the variance of a sample divided by N, as in (2.129).

    Parameters
    ----------
    first, second : arrays (N,) of 0 and 1, losses of two classifiers on the same N examples
    z : float

    Returns
    -------
    lower, upper : floats, of the first rate less the second
    """
    raise NotImplementedError("difference_interval")


def permutation_test(differences):
    r"""A test that assumes nothing but that two algorithms might be exchanged.   (3 points, build)

    If they were equal, each difference might as well have the other sign. Of all ways to give them signs, what share has a mean
    at least as far from 0 as the one that was seen? That one counts, too.

    Parameters
    ----------
    differences : array (J,), J at most 12

    Returns
    -------
    float, exactly: a share of 2^J ways
    """
    raise NotImplementedError("permutation_test")


def bca(resampled, estimate, jackknife, level):
    r"""The bootstrap's interval, corrected for bias and for skewness (Efron 1987).   (3 points, build)

    Of M resampled estimates a share lies below the estimate itself, equal ones counted half; :math:`z_0` is the normal quantile
    of that share. From the estimates without one example each, :math:`\theta_{(i)}` with mean :math:`\theta_{(\cdot)}`, the
    acceleration is :math:`a = \sum_i d_i^3 / 6 (\sum_i d_i^2)^{3/2}`, :math:`d_i = \theta_{(\cdot)} - \theta_{(i)}`. In the place
    of :math:`\alpha / 2` and :math:`1 - \alpha / 2`, with their normal quantiles z, the quantiles of the resampled are taken at

    .. math:: \Phi\left(z_0 + \frac{z_0 + z}{1 - a (z_0 + z)}\right)

    Parameters
    ----------
    resampled : array (M,)
    estimate : float
    jackknife : array (N,)
    level : float

    Returns
    -------
    lower, upper : floats, by np.quantile
    """
    raise NotImplementedError("bca")


def examples_to_promise(risk, promise, level, power):
    r"""How many test examples does a promise need?   (3 points, experiment)

    A classifier has the given risk, but that has to be shown: by the upper end of the two-sided exact interval (Clopper and
    Pearson, see `edugen.classification.intervals`) at this level, which has to be below the promise. Find a number of examples
    with which that succeeds with a probability of at least `power`. It may be at most 20 % more than the least such number: and
    mind that more examples do not always make it likelier.

    Parameters
    ----------
    risk, promise : floats, 0 < risk < promise
    level, power : floats

    Returns
    -------
    int
    """
    raise NotImplementedError("examples_to_promise")
