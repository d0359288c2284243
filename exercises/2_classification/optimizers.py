"""Optimizers.  Cho §2.3.3.     20 points: three core tasks, then four next steps

Fill in the functions; `edugen check optimizers` tells you how far you are. A step takes parameters, a gradient and what the
optimizer remembers, all arrays of one shape, and returns them anew; leave what you are given as it is.

A call may take 10 seconds and 1 GiB of memory, all calls of a task a minute, unless the task says otherwise.
"""
import math

import numpy as np


def momentum_step(theta, g, u, lr, mu):
    r"""A step with momentum, :math:`u_t = \mu u_{t-1} + g_t`, :math:`\theta_t = \theta_{t-1} - \alpha u_t`.   (2 points, core)

    Parameters
    ----------
    theta, g, u : arrays of one shape
    lr, mu : floats, :math:`\alpha` and :math:`\mu`; with mu = 0 this is (2.73)

    Returns
    -------
    theta, u : arrays
    """
    raise NotImplementedError("momentum_step")


def adagrad_step(theta, g, s, lr, eps):
    r"""A step of Adagrad, (2.91).   (2 points, core)

    Parameters
    ----------
    theta, g : arrays of one shape
    s : array, the sum of the squared gradients before this one
    lr : float, what stands in place of the lecture's 1 above the root
    eps : float, added to the root

    Returns
    -------
    theta, s : arrays
    """
    raise NotImplementedError("adagrad_step")


def adam_step(theta, g, m, v, t, lr, beta_m, beta_v, eps):
    r"""A step of Adam, (2.92), (2.94) and (2.95), its averages corrected.   (4 points, core)

    Divide :math:`m_t` and :math:`v_t` by what their weights sum to before you use them, and add eps beside the root.

    Parameters
    ----------
    theta, g : arrays of one shape
    m, v : arrays, the averages before this step, zeros before the first; not corrected
    t : int, 1 for the first step
    lr, beta_m, beta_v, eps : floats

    Returns
    -------
    theta, m, v : arrays; m and v are the averages themselves, not corrected
    """
    raise NotImplementedError("adam_step")


def best_momentum(low, high):
    r"""Learning rate and momentum that shrink the error of a bowl fastest.   (3 points, by hand)

    On a parabola of curvature h, `momentum_step` multiplies (theta, u) by a matrix of determinant mu, whose larger eigenvalue is
    what the error shrinks by. Write its characteristic polynomial, and find the mu for which a curvature h has a double
    eigenvalue: at that rate, more momentum would be slower, and less would too. Ask it of both ends, h = low and h = high.

    Parameters
    ----------
    low, high : floats, 0 < low <= high, the least and the largest curvature

    Returns
    -------
    lr, mu : floats, to 10 digits
    """
    raise NotImplementedError("best_momentum")


def adamw_step(theta, g, m, v, t, lr, beta_m, beta_v, eps, decay):
    r"""A step of AdamW: Adam, with weights that decay beside it.   (3 points, build)

    The parameters before the step shrink by :math:`\alpha\lambda` of themselves; gradient and averages know nothing of it.

    Parameters
    ----------
    theta, g, m, v, t, lr, beta_m, beta_v, eps
        As in `adam_step`.
    decay : float, :math:`\lambda`

    Returns
    -------
    theta, m, v : arrays
    """
    raise NotImplementedError("adamw_step")


def amsgrad_step(theta, g, m, v, largest, lr, beta_m, beta_v, eps):
    r"""A step of AMSGrad (Reddi, Kale and Kumar, 2018): the divisor never falls.   (2 points, build)

    Averages as in (2.92) and (2.94), not corrected; the step divides m by the root of the largest v so far, entry by entry,
    plus eps.

    Parameters
    ----------
    theta, g, m, v : arrays of one shape
    largest : array, the largest v before this step, zeros before the first
    lr, beta_m, beta_v, eps : floats

    Returns
    -------
    theta, m, v, largest : arrays
    """
    raise NotImplementedError("amsgrad_step")


def hard_stream(beta_v, rounds):
    r"""A convex game that Adam loses.   (4 points, experiment)

    Invent the slopes of linear losses, :math:`f_t(\theta) = c_t \theta` on the interval [-1, 1], so that their sum is positive
    and the best place is -1, but the step :math:`\theta - \alpha_t g_t / \sqrt{v_t}` of (2.92) and (2.93), without momentum or
    correction, ends up at the other end. The check plays it, with :math:`\alpha_t = 0.5 / \sqrt t`, and SGD beside it: after
    all rounds Adam must have paid at least `rounds / 5` more than the best place, and SGD at most half of that surplus.

    A rare large slope and frequent small ones of the other sign will do it. How rare and how large depends on how long v
    remembers: where one large slope is still remembered through all of its period, the small ones count for too little.

    Parameters
    ----------
    beta_v : float, from 0.05 to 0.85
    rounds : int, at least 2,000

    Returns
    -------
    array (rounds,), slopes of a size of at most 2 + 2 / (1 - beta_v), their mean at least 0.01
    """
    raise NotImplementedError("hard_stream")
