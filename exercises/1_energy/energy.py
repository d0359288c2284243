"""An energy function.  Cho chapter 1.     20 points: three core tasks, then four next steps

Fill in the functions; `edugen check energy` tells you how far you are.

A call may take 10 seconds and 1 GiB of memory, all calls of a task a minute, unless the task says otherwise.
"""
import numpy as np


def energies(x, W):
    r"""Energy of each column, :math:`e(x, z) = \tfrac12 \lVert x - W z\rVert^2`, z the one-hot vectors.   (2 points, core)

    Parameters
    ----------
    x : array (N, D)
    W : array (D, K)

    Returns
    -------
    array (N, K)
    """
    raise NotImplementedError("energies")


def mean_and_variance(e, p):
    r"""Mean and variance of the energy over what is missing, (1.2) and (1.3).   (3 points, core)

    An energy may have a large constant in it. The variance does not depend on that, and must not suffer from it.

    Parameters
    ----------
    e : array (N, K)
    p : array (K,), probabilities

    Returns
    -------
    mean, variance : arrays (N,)
    """
    raise NotImplementedError("mean_and_variance")


def fill_in(x, missing, A, b):
    r"""The missing coordinates that make :math:`e(x) = \tfrac12 (x - b)^\top A\, (x - b)` least, (1.4).   (3 points, core)

    Set the derivative with respect to the missing ones to zero: a linear system that is as large as what is missing.

    Parameters
    ----------
    x : array (N, D), whose missing entries may hold anything
    missing : booleans (D,), the same for all observations; perhaps none, perhaps all
    A : array (D, D), symmetric, positive definite
    b : array (D,)

    Returns
    -------
    array (N, D), a new one, x with the missing entries filled in
    """
    raise NotImplementedError("fill_in")


def represent(x, W, price):
    r"""The best z, (1.5), for :math:`\tfrac12 \lVert x - W z\rVert^2 + \tfrac\lambda2 \lVert z\rVert^2`.   (2 points, by hand)

    Parameters
    ----------
    x : array (N, D)
    W : array (D, K)
    price : float, :math:`\lambda > 0`

    Returns
    -------
    array (N, K), to 10 digits
    """
    raise NotImplementedError("represent")


def heavy_tail_slope(x, y, theta, nu):
    r"""Slope of the mean energy of a regression that does not mind wild points.   (3 points, by hand)

    .. math:: e([x, y]; \theta) = \tfrac{\nu + 1}2 \log\!\left(1 + \tfrac{(y - \theta^\top x)^2}\nu\right)

    Near zero it is a parabola, far away it hardly rises. Its mean over the observations is to be differentiated, by theta, on
    paper; finite differences have not the digits that are asked for.

    Parameters
    ----------
    x : array (N, D)
    y : array (N,)
    theta : array (D,)
    nu : float, positive

    Returns
    -------
    array (D,), to 11 digits
    """
    raise NotImplementedError("heavy_tail_slope")


def heavy_tail_fit(x, y, nu):
    r"""The theta that makes the mean energy of `heavy_tail_slope` least.   (4 points, build)

    Write the slope as that of a least-squares problem with a weight for each observation, which depends on its residual: solve
    it, compute new weights, and again, until nothing changes. The energy has several valleys; from ordinary least squares, or
    from the least absolute residuals, one gets into the right one in the cases of the check: up to three tenths of the outputs
    are wild there, and `nu` is small against them.

    Parameters
    ----------
    x : array (N, D)
    y : array (N,)
    nu : float, positive

    Returns
    -------
    array (D,)
    """
    raise NotImplementedError("heavy_tail_fit")


def energy_of_the_data(x, query, seed):
    r"""An energy, learned from x alone, that is low where x is and high elsewhere.   (3 points, experiment)

    x lies on some curve in the plane, of a shape that is not told, with a little noise. The check asks for the energies of new
    points of that curve and of points scattered around it, and counts the pairs in which the new point has the lower energy: 95
    of 100, or more. Any energy that does it is right. One that has collapsed does not.

    Parameters
    ----------
    x : array (N, 2), standardized
    query : array (M, 2)
    seed : int, for np.random.default_rng

    Returns
    -------
    array (M,)
    """
    raise NotImplementedError("energy_of_the_data")
