r"""Attention.  Cho chapter 3.     20 points: three core tasks, then four next steps

Fill in the functions; `edugen check attention` tells you how far you are. Products are not divided by the root of d here:
queries, keys and values are used as they are, as in (3.26).

A call may take 10 seconds and 1 GiB of memory, all calls of a task a minute, unless the task says otherwise.
"""
import math

import numpy as np


def attention(q, k, v):
    r"""For each query the mean of the values, weighted by how well their keys match, (3.26) and (3.27).   (3 points, core)

    Products may be as large as 1,000, and exp(1000) is infinity. Loops are fine.

    Parameters
    ----------
    q : array (N, d), k : array (M, d), v : array (M, m)

    Returns
    -------
    alpha, y : arrays (N, M), (N, m), the weights and the results
    """
    raise NotImplementedError("attention")


def attention_backward(g, q, k, v):
    r"""The backward pass of the results y.   (3 points, core)

    Parameters
    ----------
    g : array (N, m), the gradient of a loss in y
    q : array (N, d), k : array (M, d), v : array (M, m)

    Returns
    -------
    by_q, by_k, by_v : arrays (N, d), (M, d), (M, m), to 11 digits
    """
    raise NotImplementedError("attention_backward")


def causal_attention(q, k, v):
    r"""Attention in which item i sees items 1 to i alone.   (2 points, core)

    Parameters
    ----------
    q, k : arrays (N, d), v : array (N, m)

    Returns
    -------
    array (N, m)
    """
    raise NotImplementedError("causal_attention")


def entropy_slope(s, beta):
    r"""How fast weights sharpen: the derivative of their entropy in an inverse temperature.   (3 points, by hand)

    Of each row of s the weights are :math:`\alpha = \mathrm{softmax}(\beta s)`, and their entropy is
    :math:`H = -\sum_j \alpha_j \log \alpha_j`. Find :math:`dH / d\beta`.

    Parameters
    ----------
    s : array (N, M)
    beta : float

    Returns
    -------
    array (N,), to 11 digits
    """
    raise NotImplementedError("entropy_slope")


def alibi(q, k, v):
    r"""Causal attention with several heads, in which distance costs something (Press et al. 2022).   (3 points, build)

    Head h = 1, ..., K has a slope of its own, :math:`m_h = 2^{-8h/K}`; before the softmax, :math:`m_h (i - j)` is subtracted from
    the product of query i with key j. Items see themselves and those before them.

    Parameters
    ----------
    q, k : arrays (K, N, d), v : array (K, N, m)

    Returns
    -------
    array (K, N, m)
    """
    raise NotImplementedError("alibi")


def linear_attention(q, k, v):
    r"""Attention without a softmax, by running sums (Katharopoulos et al. 2020).   (3 points, build)

    With :math:`\phi(a) = a + 1` where a > 0 and :math:`e^a` elsewhere, number by number, item i gets

    .. math:: y_i = \frac{\sum_{j \le i} \phi(q_i)^\top \phi(k_j)\, v_j}{\sum_{j \le i} \phi(q_i)^\top \phi(k_j)}.

    What doesn't depend on i can leave the sums over j, and what is left can be had by running sums: time and memory then grow
    with N, not with its square. The check has a sequence of 20,000 items, for which a table of weights would take 3 gigabytes.

    Parameters
    ----------
    q, k : arrays (N, d), v : array (N, m)

    Returns
    -------
    array (N, m)
    """
    raise NotImplementedError("linear_attention")


def induction_head(symbols, length):
    r"""Weights, written down and not trained, with which two layers continue what they have seen.   (3 points, experiment)

    Item t of a sequence is a vector of :math:`n = 3 S + T` numbers, in four parts: its symbol, one-hot (S numbers), its place,
    one-hot (T), and two parts of S zeros. Two layers of causal attention with one head each, without biases or anything else,
    add what they find to it, the first with :math:`Q_1, K_1, V_1`, the second with :math:`Q_2, K_2, V_2`:

    .. math:: x \leftarrow x + \mathrm{softmax}(x Q\, (x K)^\top)\, x V.

    The largest number of the *fourth* part of the last item is the answer. It has to be the symbol that followed the last item's
    symbol the last time that this was there before. The check counts sequences of random symbols in which it was; 99 % of the
    answers must be right. (First the item before, into the third part; then: whose third part is what I am? And of those, the
    latest.)

    Parameters
    ----------
    symbols, length : ints, S and T

    Returns
    -------
    Q1, K1, V1, Q2, K2, V2 : arrays; Q and K of n rows and as many columns as you like, V (n, n)
    """
    raise NotImplementedError("induction_head")
