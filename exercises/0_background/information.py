"""Surprise, divergence, information.  Vidal's background, Grover.     20 points: three core tasks, then three next steps

Fill in the functions; `edugen check information` tells you how far you are. Logarithms are natural: everything is in nats. A
term with p = 0 counts as 0, whatever the logarithm beside it.

A call may take 10 seconds and 1 GiB of memory, all calls of a task a minute, unless the task says otherwise.
"""
import numpy as np


def entropy(p):
    """Average surprise of each row, (V-24).   (2 points, core)

    Parameters
    ----------
    p : array (N, K), rows are distributions, with zeros among their entries

    Returns
    -------
    array (N,)
    """
    raise NotImplementedError("entropy")


def kl_divergence(p, q):
    """Extra surprise of who believes q where p is true, row by row, (V-28), (G-2).   (3 points, core)

    Parameters
    ----------
    p, q : arrays (N, K), rows are distributions, with zeros among their entries

    Returns
    -------
    array (N,); np.inf where q excludes what p allows
    """
    raise NotImplementedError("kl_divergence")


def mutual_information(joint):
    """What two variables tell of each other, (V-30).   (3 points, core)

    Parameters
    ----------
    joint : array (X, Y), the probability of each pair, with zeros among them

    Returns
    -------
    float
    """
    raise NotImplementedError("mutual_information")


def fisher(logits):
    r"""How fast the divergence grows when logits move.   (4 points, by hand)

    Let p be the softmax of z, and q that of z + delta. For a small step delta the divergence is a quadratic form,
    :math:`D(p \| q) \approx \tfrac12 \delta^\top F \delta`, with Fisher's matrix F. Derive it on paper: differentiate D in the
    logits of q, twice, and put delta = 0. In which direction does it cost nothing to move?

    Parameters
    ----------
    logits : array (K,), z

    Returns
    -------
    array (K, K), F
    """
    raise NotImplementedError("fisher")


def lempel_ziv(symbols):
    """A code that knows no probabilities, and learns them from what it reads.   (4 points, build)

    Cut the sequence into phrases, each the shortest that has not stood before: a phrase that has, and one more symbol. Write
    down that earlier phrase's number, and the symbol. Phrases count from 1, and 0 is the empty one. The last phrase may stop
    short and be one that has stood before. Of 0, 0 1, 0 1 1, 0 comes [(0, 0), (1, 1), (2, 1), (0, 0)].  Ziv & Lempel (1978).

    Parameters
    ----------
    symbols : list of integers, perhaps empty

    Returns
    -------
    list of pairs (number of an earlier phrase, symbol), as integers
    """
    raise NotImplementedError("lempel_ziv")


def dependence(x, y):
    """Mutual information of two continuous variables, from samples alone.   (4 points, experiment)

    Some x and y were jointly Gaussian with a correlation that you are not told. Then each was put through an increasing function
    that you are not told either, such as exp or a cube. Estimate I(x; y) to within 0.08 nats, five times in a row. What can
    processing by an invertible function do to information?

    Parameters
    ----------
    x, y : arrays (4000,)

    Returns
    -------
    float
    """
    raise NotImplementedError("dependence")
