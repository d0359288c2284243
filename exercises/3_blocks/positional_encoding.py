r"""Positional encoding.  Cho chapter 3.     20 points: three core tasks, then five next steps

Fill in the functions; `edugen check positional_encoding` tells you how far you are. In the lecture's (3.30) read d, the
dimension, for i in the exponents and in the two cases; in (3.35) the frequency of pair k is :math:`L^{-2(k-1)/n}`.

A call may take 10 seconds and 1 GiB of memory, all calls of a task a minute, unless the task says otherwise.
"""
import math

import numpy as np


def sinusoidal_table(positions, n, L):
    r"""A vector for each position: sines in the even dimensions, cosines in the odd ones, (3.30).   (2 points, core)

    Parameters
    ----------
    positions : array (T,), any numbers
    n : int, even or odd; dimensions count from 0
    L : float

    Returns
    -------
    array (T, n)
    """
    raise NotImplementedError("sinusoidal_table")


def rotate_pairs(x, positions, L):
    r"""The rotary encoding :math:`R_i x_i` of (3.34), (3.35).   (3 points, core)

    The first and second number of a row are a pair, the third and fourth the next, and so on.

    Parameters
    ----------
    x : array (T, n), queries or keys; n is even
    positions : array (T,), any numbers
    L : float

    Returns
    -------
    array (T, n)
    """
    raise NotImplementedError("rotate_pairs")


def score_terms(x, e, W_q, W_k):
    r"""The four terms of the score :math:`(W_q (x_i + e_i))^\top (W_k (x_j + e_j))`, (3.32).   (3 points, core)

    Parameters
    ----------
    x, e : arrays (T, n), items and position vectors
    W_q, W_k : arrays (d, n)

    Returns
    -------
    content_content, position_content, content_position, position_position : arrays (T, T)
        In a row i the query's, in a column j the key's. The first word is of the query, the second of the key.
    """
    raise NotImplementedError("score_terms")


def score_slopes(q, k, i, j, L):
    r"""How the rotated score :math:`s = \langle R_i q, R_j k \rangle` changes as the key moves.   (3 points, by hand)

    Positions may be any real numbers, so s has derivatives in them.

    Parameters
    ----------
    q, k : arrays (n,), n even
    i, j : floats, positions of query and key
    L : float

    Returns
    -------
    first, second : floats, :math:`ds/dj` and :math:`d^2s/dj^2`, to 10 digits
    """
    raise NotImplementedError("score_slopes")


def smallest_base(n, T):
    r"""The smallest L with which the slowest pair of n numbers tells T positions apart.   (2 points, by hand)

    The pair's similarity at distance r is :math:`\cos(r\, \omega)`, with :math:`\omega = L^{-2(n/2-1)/n}` the last of the
    frequencies. It tells distances apart as long as it falls. Find the smallest L, of at least 1, for which it falls all the way
    from distance 0 to distance T - 1, where r may be any real number between.

    Parameters
    ----------
    n : int, even, at least 4
    T : int, at least 2

    Returns
    -------
    float, to 10 digits
    """
    raise NotImplementedError("smallest_base")


def grid_rotation(x, rows, columns, L):
    r"""A rotary encoding for the places of an image.   (2 points, build)

    Each item stands at a row and a column. The first half of its numbers is turned by the row, as a rotary encoding of n / 2
    numbers would; the second half likewise by the column. So a score depends on how far apart two places are in both.

    Parameters
    ----------
    x : array (T, n); n is a multiple of 4
    rows, columns : arrays (T,)
    L : float

    Returns
    -------
    array (T, n)
    """
    raise NotImplementedError("grid_rotation")


def bias_backward(g):
    r"""The gradient in a bias that is learned for each distance, instead of vectors for positions.   (2 points, build)

    To the score of query i with key j such a number is added, :math:`s_{ij} = q_i^\top k_j + b_{j - i}`: one for each distance
    j - i from -(T - 1) to T - 1, stored in this order in an array b (2T - 1,), whose element T - 1 is that of distance 0.

    Parameters
    ----------
    g : array (T, T), the gradient of a loss in the scores s

    Returns
    -------
    array (2T - 1,), the gradient in b
    """
    raise NotImplementedError("bias_backward")


def own_frequencies(K, T):
    r"""K frequencies for T positions that are better at both of two things than powers of L.   (3 points, experiment)

    The similarity of positions at distance r is the mean of :math:`\cos(r\, \omega_k)` over your frequencies. Neighbors shall be
    alike: at least 0.98 at distance 1. And far ones shall not be taken for each other: at most 0.2 in size at every whole
    distance from T / 8 to T - 1. The check asks for K from 16 to 28 and T from 400 to 1,500; the powers
    :math:`\omega_k = L^{-(k-1)/K}` do not reach both, whatever L.

    Parameters
    ----------
    K, T : ints

    Returns
    -------
    array (K,)
    """
    raise NotImplementedError("own_frequencies")
