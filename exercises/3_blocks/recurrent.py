r"""Recurrent blocks.  Cho chapter 3, §3.3.     20 points: three core tasks, then four next steps

Fill in the functions; `edugen check recurrent` tells you how far you are. One sequence at a time: x is an array (T, n), a state
is one (m,).

A call may take 10 seconds and 1 GiB of memory, all calls of a task a minute, unless the task says otherwise.
"""
import math

import numpy as np


def gru_step(x, h, W, U, b):
    r"""One step of a gated recurrent unit, (3.19) to (3.22).   (2 points, core)

    The columns of W, U and b are those of the reset gate, the update gate and the candidate, in this order, m of each.

    Parameters
    ----------
    x : array (n,), the item
    h : array (m,), the state before it
    W : array (n, 3m), U : array (m, 3m), b : array (3m,)

    Returns
    -------
    array (m,), the state after it
    """
    raise NotImplementedError("gru_step")


def states(x, h, W, b):
    r"""The states of a plain recurrent block, :math:`h_t = \tanh(W^\top [x_t, h_{t-1}] + b)`, (3.18).   (2 points, core)

    Parameters
    ----------
    x : array (T, n)
    h : array (m,), the state to start from
    W : array (n + m, m), b : array (m,)

    Returns
    -------
    array (T, m), the states after each step
    """
    raise NotImplementedError("states")


def through_time(g, x, h, W, b):
    r"""The backward pass of `states`.   (4 points, core)

    Parameters
    ----------
    g : array (T, m), the gradient of a loss in each of the states, where it uses it directly
    x, h, W, b : as in `states`

    Returns
    -------
    by_W, by_b, by_h : arrays (n + m, m), (m,), (m,)
    """
    raise NotImplementedError("through_time")


def best_gate(k):
    r"""The update gate that remembers an item of k steps ago best.   (3 points, by hand)

    Let the update gate of a GRU be a constant u. Then the state is a weighted sum of candidates, and that of k steps ago has a
    weight: with u near 0 it has long been overwritten, with u near 1 it was hardly written. Which u makes its weight largest, and
    how large is it? (k = 0 is the candidate of this very step.)

    Parameters
    ----------
    k : array (K,) of numbers of at least 0, not only whole ones

    Returns
    -------
    u, weight : arrays (K,), to 10 digits
    """
    raise NotImplementedError("best_gate")


def exactly_k_back(g, x, h, W, b, k):
    r"""The gradient of `states` in W, where each loss goes back k steps, no more and no less.   (3 points, build)

    The loss at step t, whose gradient in the state is g[t], sees the last k uses of W: those at the steps t, t - 1, ...,
    t - k + 1, or fewer where the sequence begins later. In none of them is it asked how the state before that came about.
    Truncation in chunks is cheaper, and gives a loss at the beginning of a chunk one step only.

    Parameters
    ----------
    g, x, h, W, b : as in `through_time`
    k : int, at least 1

    Returns
    -------
    array (n + m, m)
    """
    raise NotImplementedError("exactly_k_back")


def peephole_lstm(x, h, c, W, U, P, b):
    r"""The states of an LSTM whose gates look at its cell (Gers and Schmidhuber 2000).   (3 points, build)

    At each step: an input gate i and a forget gate f are sigmoids of a weighted item, a weighted state h, a bias, *and* the old
    cell, each unit's gate seeing its own cell only, with a weight of its own. The new cell is f times the old one plus i times a
    candidate, which is a tanh of weighted item, weighted state and bias. The output gate o is a sigmoid like the first two, but
    it looks at the *new* cell. The new state is o times the tanh of the new cell. All products of gates are unit by unit.

    Parameters
    ----------
    x : array (T, n)
    h, c : arrays (m,), state and cell before the first step
    W : array (n, 4m), U : array (m, 4m), b : array (4m,)
        Columns for i, f, the candidate and o, in this order.
    P : array (3, m), the weights with which the gates i, f and o see the cell

    Returns
    -------
    states, cells : arrays (T, m), (T, m)
    """
    raise NotImplementedError("peephole_lstm")


def parity_block(zero, one):
    r"""A recurrent block that counts modulo 2, and never forgets.   (3 points, experiment)

    A sequence of bits comes in, one number a step: `zero` or `one`, any two different numbers. After each step a linear unit on
    the state has to say whether the number of ones so far is odd: :math:`h_t^\top v + d > 0` if it is. The states are those of
    `states`, with m of at most 8. The check runs random sequences of 1,000 steps and wants every single answer right. By training
    this is hard; think about which two questions about the item and the last answer suffice.

    Parameters
    ----------
    zero, one : floats, between -2 and 2 and at least 0.5 apart

    Returns
    -------
    W : array (1 + m, m), b : array (m,), h : array (m,) (the state to start from), v : array (m,), d : float
    """
    raise NotImplementedError("parity_block")
