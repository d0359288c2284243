"""The Gaussian: its parts, and its parameters from data.  Vidal, V-2, V-10 to V-61.  24 points: three core tasks, four next steps

Fill in the functions; `edugen check gaussian` tells you how far you are. A Gaussian vector in D dimensions has a mean (D,)
and a covariance (D, D), symmetric and positive definite. Data x are arrays (N, D).

A call may take 10 seconds and 1 GiB of memory, all calls of a task a minute, unless the task says otherwise.
"""
import numpy as np


def log_density(x, mean, cov):
    """Logarithm of the Gaussian density, (V-2).   (3 points, core)

    Parameters
    ----------
    x : array (N, D); D may be some hundreds, where a determinant is no number any more
    mean : array (D,)
    cov : array (D, D)

    Returns
    -------
    array (N,)
    """
    raise NotImplementedError("log_density")


def marginal(mean, cov, a):
    """Mean and covariance of some coordinates, (V-11): the first half of the lecture's homework.   (1 point, core)

    Parameters
    ----------
    mean : array (D,)
    cov : array (D, D)
    a : integers (A,), distinct; the answer is in their order

    Returns
    -------
    array (A,)
    array (A, A)
    """
    raise NotImplementedError("marginal")


def conditional(mean, cov, b, x_b):
    """Mean and covariance of the other coordinates, given those in b, (V-13), (V-14): the second half.   (4 points, core)

    Parameters
    ----------
    mean : array (D,)
    cov : array (D, D)
    b : integers (B,), distinct, in any order
    x_b : array (B,), what was seen

    Returns
    -------
    array (A,), the mean of the coordinates that are not in b, in their own order
    array (A, A), their covariance
    """
    raise NotImplementedError("conditional")


def covariance_gradient(mean, cov, x):
    r"""Slope of the log-likelihood (V-50) in the covariance itself, not in its inverse.   (4 points, by hand)

    With :math:`d(\Sigma^{-1}) = -\Sigma^{-1}\, d\Sigma\, \Sigma^{-1}` and
    :math:`d \log\det\Sigma = \mathrm{tr}(\Sigma^{-1} d\Sigma)`, write the differential of (V-50) as the trace of something
    times :math:`d\Sigma`. Where is that something zero?

    Parameters
    ----------
    mean : array (D,)
    cov : array (D, D)
    x : array (N, D)

    Returns
    -------
    array (D, D), symmetric
    """
    raise NotImplementedError("covariance_gradient")


def kalman_update(mean, cov, H, R, z):
    """What a noisy measurement says about a state: the update step of the Kalman filter.   (4 points, build)

    The state is Gaussian; the measurement z is H times the state plus Gaussian noise of mean 0 and covariance R. State and
    measurement together are Gaussian: write down their mean and covariance in blocks, and condition.

    Parameters
    ----------
    mean : array (D,), of the state before the measurement
    cov : array (D, D)
    H : array (M, D)
    R : array (M, M)
    z : array (M,)

    Returns
    -------
    array (D,), the mean of the state given z
    array (D, D), its covariance
    float, the log-density of z, before it was seen
    """
    raise NotImplementedError("kalman_update")


def student_fit(x, dof):
    r"""A mean and a scatter that outliers cannot drag away: maximum likelihood of Student's t, by EM.   (4 points, build)

    The density is proportional to :math:`\det(\Sigma)^{-1/2} \bigl(1 + \delta / \nu\bigr)^{-(\nu + D) / 2}`,
    :math:`\delta = (x - \mu)^\top \Sigma^{-1} (x - \mu)`: a Gaussian whose precision is multiplied by a random number for each
    observation. Given x, that number is :math:`w = (\nu + D) / (\nu + \delta)` on average. So alternate: weights, then (V-54) and
    (V-60) with each observation counted w times, the mean divided by the sum of weights and the scatter by N.

    Parameters
    ----------
    x : array (N, D), N much larger than D
    dof : float, nu

    Returns
    -------
    array (D,), mu
    array (D, D), Sigma, both where the alternation stands still to 8 digits
    """
    raise NotImplementedError("student_fit")


def complete_digits(x, y, torn):
    """The lower halves of images whose upper halves are left.   (4 points, experiment)

    Reach half the squared error of the mean image. One Gaussian for all digits gets to about two thirds: the mean of what a
    3 and a 7 would be is neither. Which digit may it be, and what would that digit be like below?

    Parameters
    ----------
    x : array (1000, 64), whole images of 8 by 8 pixels in [0, 1], row by row
    y : integers (1000,), their digits
    torn : array (N, 64), the lower half is NaN

    Returns
    -------
    array (N, 64), the same without NaN
    """
    raise NotImplementedError("complete_digits")
