r"""Bias, variance and noise.  Cho §2.4.2, §2.4.3.     20 points: three core tasks, then four next steps

Fill in the functions; `edugen check bias_variance` tells you how far you are.

A call may take 10 seconds and 1 GiB of memory, all calls of a task a minute, unless the task says otherwise.
"""
import numpy as np


def label_terms(predictions, p):
    r"""Noise, variance and bias, (a), (b) and (c) of (2.121) and (2.122), at each input.   (3 points, core)

    Parameters
    ----------
    predictions : array (M, N) of -1 and 1, of M models, all as likely
    p : array (N,), :math:`p(y = 1 \mid x)`

    Returns
    -------
    noise, variance, bias : arrays (N,)
    """
    raise NotImplementedError("label_terms")


def vote_error(predictions, p):
    r"""The error rate of a vote of all models, at each input.   (2 points, core)

    Where as many models say 1 as say -1, a coin decides.

    Parameters
    ----------
    predictions : array (M, N) of -1 and 1
    p : array (N,), :math:`p(y = 1 \mid x)`

    Returns
    -------
    array (N,), probabilities
    """
    raise NotImplementedError("vote_error")


def four_terms(y, guesses):
    r"""The mean square when models *have* seen the labels: with the covariance of (2.122).   (3 points, core)

    In world s, at each of N inputs, there was a label, and a model that was learned in that world. So
    :math:`\mathbb E(y - \hat y)^2` = noise + variance + bias - 2 covariance, with means over worlds.

    Parameters
    ----------
    y, guesses : arrays (S, N), label and prediction in S worlds

    Returns
    -------
    noise, variance, bias, covariance : arrays (N,)
    """
    raise NotImplementedError("four_terms")


def best_weights(C):
    r"""How to average models that err together.   (3 points, by hand)

    The predictions of M unbiased models have the covariance C. Of all averages with weights whose sum is 1, which has the least
    variance? Set up a Lagrangian. (With equal variances and no correlation it is 1/M; a weight may be negative.)

    Parameters
    ----------
    C : array (M, M), symmetric and positive definite

    Returns
    -------
    array (M,), to 9 digits
    """
    raise NotImplementedError("best_weights")


def balance(W, c, i, j, alpha):
    r"""Of all weights that are the same function, (2.132) and (2.133), those with the least sum of squares.   (3 points, by hand)

    Feature j is :math:`\alpha` times feature i, for all inputs. Only the two weights of category c move.

    Parameters
    ----------
    W : array (K, D)
    c, i, j : ints
    alpha : float, not 0

    Returns
    -------
    array (K, D), to 10 digits
    """
    raise NotImplementedError("balance")


def ridge_terms(X, theta, std, price, at):
    r"""Bias and variance of ridge regression, without a single simulation.   (3 points, by hand)

    The inputs are fixed, :math:`y = X\theta` + noise of standard deviation `std`, and learned is the least
    :math:`\lVert X w - y\rVert^2 + \lambda \lVert w\rVert^2`. Of its prediction at each new input give the variance over the
    noise, and the *squared* difference of its mean and the truth.

    Parameters
    ----------
    X : array (N, D)
    theta : array (D,), the true one
    std, price : floats; the price is :math:`\lambda > 0`
    at : array (Q, D), new inputs

    Returns
    -------
    variance, bias : arrays (Q,), to 9 digits
    """
    raise NotImplementedError("ridge_terms")


def best_size(x, y):
    r"""How many neighbors should vote?   (3 points, experiment)

    Labels lie in stripes: in some worlds a few broad stripes with 30 % of the labels wrong, in others many narrow ones with few
    wrong. You get 200 examples and don't know which world it is. Choose the number k of neighbors whose vote has the least error
    on examples to come. Over twelve worlds of each kind its error may be at most 0.03 above that of the best odd k, on average.

    Parameters
    ----------
    x : array (200, 1)
    y : array (200,) of -1 and 1

    Returns
    -------
    int, odd
    """
    raise NotImplementedError("best_size")
