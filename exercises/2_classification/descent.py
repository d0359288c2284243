"""Descent.  Cho §2.3 to §2.3.2.     20 points: three core tasks, then four next steps

Fill in the functions; `edugen check descent` tells you how far you are.

A call may take 10 seconds and 1 GiB of memory, all calls of a task a minute, unless the task says otherwise.
"""
import math

import numpy as np


def stochastic_gradients(theta, x, y):
    r"""Gradient of each example's loss, (2.72), for :math:`f_i(\theta) = \tfrac12 (\theta^\top x_i - y_i)^2`.  (2 points, core)

    Parameters
    ----------
    theta : array (D,)
    x : array (N, D)
    y : array (N,)

    Returns
    -------
    array (N, D), one gradient a row
    """
    raise NotImplementedError("stochastic_gradients")


def descent_bound(fx, g, d, L):
    r"""The bound of the descent lemma, (2.74), at :math:`y = x + d`.   (2 points, core)

    Parameters
    ----------
    fx : float, f(x)
    g : array (D,), the gradient at x
    d : array (P, D), ways to P points y
    L : float

    Returns
    -------
    array (P,)
    """
    raise NotImplementedError("descent_bound")


def sgd_terms(gradients, alpha, L):
    r"""The two terms of SGD's expected progress, (a) and (b) of (2.88).   (3 points, core)

    Parameters
    ----------
    gradients : array (N, D), of all examples
    alpha, L : floats

    Returns
    -------
    a, b : floats
    """
    raise NotImplementedError("sgd_terms")


def best_noisy_step(gradients, L):
    r"""The step with most expected progress, (a) - (b) of (2.88) as a function of alpha.   (3 points, by hand)

    Set a derivative to zero, as in (2.84). Without noise the answer is 1/L.

    Parameters
    ----------
    gradients : array (N, D), not all zero
    L : float

    Returns
    -------
    float, to 12 digits
    """
    raise NotImplementedError("best_noisy_step")


def minibatch_noise(gradients, size):
    r"""The expected squared length of a minibatch's gradient, what stands in (b) in place of one example's.   (3 points, by hand)

    The batch is drawn *without* replacement, and its gradient is the mean of `size` rows: so with `size` = N there is no noise
    at all, and with 1 it is that of (2.88). Derive it from the variance of a mean: how are two different rows of a batch
    correlated? Batches are too many to be tried all.

    Parameters
    ----------
    gradients : array (N, D), N at least 2
    size : int from 1 to N

    Returns
    -------
    float
    """
    raise NotImplementedError("minibatch_noise")


def find_step(f, slope, theta, L):
    r"""A step of descent that finds its own L.   (3 points, build)

    Try the step 1/L. If the new point lies above the bound of (2.82), :math:`f(\theta) - \lVert g\rVert^2 / 2L`, then L was too
    small: double it and try again, from the same theta, until the bound holds.

    Parameters
    ----------
    f, slope : functions theta -> number, and theta -> gradient (D,); each call costs, so call neither twice at one point
    theta : array (D,)
    L : float, positive, where to begin

    Returns
    -------
    theta, L : array (D,) after the step, and the L that held
    """
    raise NotImplementedError("find_step")


def falling_steps(steps, L):
    r"""A schedule that gets below the floor of the noise.   (4 points, experiment)

    The check runs SGD on a bowl whose examples pull in different directions, (2.73): the largest curvature is L, the least L/20,
    and it starts ten standard deviations of the noise away. A constant step of 1/(2L) ends far above the minimum, and so does
    one that is small enough for the noise, for it has not arrived. Choose the length of each step so that the mean height of
    the last tenth of the run is at most a quarter of the better of these two, 1/(2L) and 1/(20L), over twenty runs.

    Parameters
    ----------
    steps : int, at least 3,000
    L : float

    Returns
    -------
    array (steps,), none above 1/L and none negative
    """
    raise NotImplementedError("falling_steps")
