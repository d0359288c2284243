"""Probability in tables.  Vidal, V-1 to V-35.     21 points: three core tasks, then four next steps

Fill in the functions; `edugen check probability` tells you how far you are. A joint distribution of two variables is an
array (K, M): a row for each value of x, a column for each value of y, all entries together one.

A call may take 10 seconds and 1 GiB of memory, all calls of a task a minute, unless the task says otherwise.
"""
import numpy as np


def marginal_and_conditional(joint):
    """The distribution of x, (V-6), and that of y for each x, (V-7).   (2 points, core)

    Parameters
    ----------
    joint : array (K, M), p(x, y); every row has some probability

    Returns
    -------
    array (K,), p(x)
    array (K, M), p(y | x), rows sum to one
    """
    raise NotImplementedError("marginal_and_conditional")


def bayes(likelihood, prior):
    """The conditional turned around: p(y | x) from p(x | y) and p(y), (V-9).   (2 points, core)

    Parameters
    ----------
    likelihood : array (M, K), p(x | y): a row for each y
    prior : array (M,), p(y)

    Returns
    -------
    array (K, M), p(y | x): a row for each x
    """
    raise NotImplementedError("bayes")


def covariance(joint, x, y):
    """The cross-covariance of two discrete vectors, (V-21): the sum is over all pairs of values.   (3 points, core)

    Parameters
    ----------
    joint : array (K, M), p(x = x_k, y = y_m)
    x : array (K, A), the values of x
    y : array (M, B), the values of y

    Returns
    -------
    array (A, B)
    """
    raise NotImplementedError("covariance")


def adjusted_difference(counts):
    r"""What a treatment does, within groups and not between them.   (3 points, build)

    Among the treated, a share recovered, among the others another; but doctors treat whom they think needs it, so the two
    were not alike to begin with. Compare within each group z, and average over all people, treated or not:
    :math:`\sum_z p(z) \bigl[ p(r = 1 \mid t = 1, z) - p(r = 1 \mid t = 0, z) \bigr]`.

    Parameters
    ----------
    counts : integers (Z, 2, 2), people by group z, treatment t (no, yes) and recovery r (no, yes); none is 0

    Returns
    -------
    float, the plain difference p(r = 1 | t = 1) - p(r = 1 | t = 0)
    float, the adjusted one
    """
    raise NotImplementedError("adjusted_difference")


def paradox(gap):
    """A table in which the treatment helps every group and seems to harm people.   (3 points, build)

    In each of two groups, the share that recovers is larger by at least `gap` among the treated; in both groups together
    it is smaller by at least `gap`. (Simpson's paradox. Who should be treated most, and who least?)

    Parameters
    ----------
    gap : float from 0.02 to 0.2

    Returns
    -------
    integers (2, 2, 2), counts as in `adjusted_difference`, each at least 1, at most 100,000 people in all
    """
    raise NotImplementedError("paradox")


def smoothed(counts, alpha):
    r"""The most probable distribution after n observations, when not all were likely before.   (4 points, by hand)

    Before any observation, the density of :math:`\pi` is proportional to :math:`\prod_k \pi_k^{\alpha_k - 1}` (Dirichlet).
    Multiply by the likelihood of the counts, take the logarithm, and maximize it under :math:`\sum_k \pi_k = 1` on paper.
    For which alpha is it the share of each value, and for which is one added to every count (Laplace)?

    Parameters
    ----------
    counts : integers (..., K)
    alpha : array (K,), none below 1

    Returns
    -------
    array (..., K), rows sum to one
    """
    raise NotImplementedError("smoothed")


def torn_digits(x, y, torn):
    """Digits on torn paper, and how sure one can be of them.   (4 points, experiment)

    Learn from whole images; answer for images of which one half was lost: above, below, left or right. Reach a mean of
    -log p(y | what is left) of 0.45 nats or less: knowing nothing costs 2.30, and being wrong and sure costs more. The names
    of the digits are shuffled. Which distribution of images can be integrated over the half that is lost, in closed form?
    And what does a pixel cost that never varied in training?

    Parameters
    ----------
    x : array (1000, 64), images of 8 by 8 pixels in [0, 1], row by row
    y : integers (1000,), from 0 to 9
    torn : array (N, 64), the lost pixels are NaN

    Returns
    -------
    array (N, 10), probabilities, rows sum to one
    """
    raise NotImplementedError("torn_digits")
