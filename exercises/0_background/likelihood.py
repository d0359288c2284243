"""From data to the most likely model.  Vidal's background, Grover.     20 points: three core tasks, then three next steps

Fill in the functions; `edugen check likelihood` tells you how far you are. Logarithms are natural.

A call may take 10 seconds and 1 GiB of memory, all calls of a task a minute, unless the task says otherwise.
"""
import numpy as np


def coin_log_likelihood(theta, heads, tails):
    """Log-likelihood of a coin, (G-21), where 0 log 0 counts as 0.   (2 points, core)

    Parameters
    ----------
    theta : array (N,), probabilities of heads, 0 and 1 among them
    heads, tails : int, how often each came, either may be 0

    Returns
    -------
    array (N,); -np.inf where a coin cannot do what was seen
    """
    raise NotImplementedError("coin_log_likelihood")


def monte_carlo(values):
    """The mean over samples, (G-14), and its standard deviation as the samples themselves tell it, (G-17).   (3 points, core)

    Parameters
    ----------
    values : array (T,), g at T independent samples
        Estimate the variance of one value without bias.

    Returns
    -------
    float, the estimate
    float, its standard deviation
    """
    raise NotImplementedError("monte_carlo")


def gaussian_gradient(mean, log_std, batch, size):
    r"""Estimate the gradient of a Gaussian log-likelihood from some of the data, (G-32).   (3 points, core)

    The log-likelihood is that of `size` observations, a sum; the batch holds b of them, drawn at random.

    Parameters
    ----------
    mean, log_std : float, :math:`\mu` and :math:`\log \sigma`
    batch : array (b,)
    size : int, m

    Returns
    -------
    float, the gradient in the mean
    float, the one in log_std
    """
    raise NotImplementedError("gaussian_gradient")


def poisson_gradient(w, X, y):
    r"""Gradient of a conditional log-likelihood of counts.   (4 points, by hand)

    Given x, the count y is Poisson with the rate :math:`\exp(w^\top x)`. Write down the average conditional log-likelihood, as in
    (G-34), and differentiate it in w on paper. Data less model: do you see it again?

    Parameters
    ----------
    w : array (D,)
    X : array (N, D)
    y : integers (N,)

    Returns
    -------
    array (D,)
    """
    raise NotImplementedError("poisson_gradient")


def control_variate(g, h, h_mean):
    r"""A better estimate of an expectation from the same samples.   (4 points, build)

    Beside the values g of interest, another function h was taken at the same samples, and its expectation is known. Where h came
    out too high, g may have, too. So estimate :math:`\mathbb{E}[g]` by the mean of :math:`g - c\,(h - \mathbb{E}[h])`: its
    expectation is the same for any c. Which c gives the least variance? Estimate that c from the samples.

    Parameters
    ----------
    g, h : arrays (T,)
    h_mean : float, the known expectation of h

    Returns
    -------
    float, the estimate
    float, its standard deviation: that of the mean of T such values, as `monte_carlo` has it
    """
    raise NotImplementedError("control_variate")


def predict(x, y, x_new, seed):
    """Fit a curve that is neither too stiff nor too nervous.   (4 points, experiment)

    Six smooth functions, from a straight line to many waves, were measured at 100 places with noise of standard deviation 0.3.
    Fit polynomials; a high degree for all of them follows the noise, and a low one misses the waves, so let the data choose, by
    a penalty (G-33) or by what was held out. On the true curves the mean squared error of your predictions, averaged over the
    six, must not exceed 0.016: less than a fifth of the noise's variance.

    Parameters
    ----------
    x, y : arrays (100,), x in [-1, 1]
    x_new : array (M,), in [-1, 1]
    seed : int, should you need one

    Returns
    -------
    array (M,)
    """
    raise NotImplementedError("predict")
