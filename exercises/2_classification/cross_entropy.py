"""From energies to probabilities.  Cho §2.1.2.     20 points: three core tasks, then three next steps

Fill in the functions; `edugen check cross_entropy` tells you how far you are. Energies are arrays (N, K), a row for each
input and a column for each category; the true categories y are integers (N,) from 0 to K - 1.

A call may take 10 seconds and 1 GiB of memory, all calls of a task a minute, unless the task says otherwise.
"""
import numpy as np


def softmax(energies, beta):
    """Probabilities of the categories: (2.29), with the inverse temperature of (2.33).   (2 points, core)

    Parameters
    ----------
    energies : array (N, K); the answer stays finite however large they are
    beta : float, 0 or positive

    Returns
    -------
    array (N, K), rows sum to one
    """
    raise NotImplementedError("softmax")


def cross_entropy(energies, y):
    """Cross-entropy loss of each input, (2.30).   (3 points, core)

    Parameters
    ----------
    energies : array (N, K); the answer stays finite also where the probability of y is too small for a number
    y : integers (N,)

    Returns
    -------
    array (N,)
    """
    raise NotImplementedError("cross_entropy")


def linear_gradient(W, b, x, y):
    """Gradient of the mean cross-entropy loss of a linear classifier, (2.32).   (3 points, core)

    Its energies are those of (2.39), `-(x @ W.T + b)`.

    Parameters
    ----------
    W : array (K, d)
    b : array (K,)
    x : array (N, d)
    y : integers (N,)

    Returns
    -------
    array (K, d), the gradient in W of the mean over the N inputs
    array (K,), the one in b
    """
    raise NotImplementedError("linear_gradient")


def entropy_slope(energies, beta):
    r"""How fast the entropy of the softmax changes with the inverse temperature, :math:`dH/d\beta`.   (4 points, by hand)

    Differentiate (2.15) at the probabilities of (2.33) on paper. What is left is a moment of the energies, a well-known one.
    What does its sign say about heating and cooling?

    Parameters
    ----------
    energies : array (N, K)
    beta : float, 0 or positive

    Returns
    -------
    array (N,)
    """
    raise NotImplementedError("entropy_slope")


def sparsemax(energies):
    r"""Another way from energies to probabilities, which gives hopeless categories exactly none.   (4 points, build)

    Put another measure of uncertainty in the place of the entropy in (2.17): maximize
    :math:`-\sum_i a_i p_i + \tfrac12 \bigl(1 - \sum_i p_i^2\bigr)` under (2.18) and (2.19). The conditions (2.21) then read
    :math:`p_i = \max(0, \tau - a_i)` with one number tau a row, the one that makes the row sum to one. Sort the energies: how
    many of them can lie below tau?  Martins & Astudillo (2016).

    Parameters
    ----------
    energies : array (N, K), of any size

    Returns
    -------
    array (N, K), rows sum to one
    """
    raise NotImplementedError("sparsemax")


def fit(x, y, n_categories, seed):
    """A linear classifier of handwritten digits that is right and knows how sure it can be.   (4 points, experiment)

    Reach a mean cross-entropy of 0.2 nats or less on 797 images that you do not get to see. Knowing nothing costs log 10 = 2.30;
    being wrong and sure costs more. The pixels are shuffled, the same way in all images, and so are the names of the digits.
    There is a minute for it, and a few seconds suffice.

    Parameters
    ----------
    x : array (1000, 64), pixels in [0, 1]
    y : integers (1000,)
    n_categories : int, K
    seed : int

    Returns
    -------
    array (K, 64), W
    array (K,), b
    """
    raise NotImplementedError("fit")
