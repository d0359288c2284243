"""Losses on energies.  Cho §2.1 to §2.2.1.     20 points: three core tasks, then three next steps

Fill in the functions; `edugen check losses` tells you how far you are. Energies are arrays (N, K), a row for each input and
a column for each category; the true categories y are integers (N,) from 0 to K - 1. The linear classifier has the energies
of (2.39), `-(x @ W.T + b)`.

A call may take 10 seconds and 1 GiB of memory, all calls of a task a minute, unless the task says otherwise.
"""
import numpy as np


def error_rate(energies, y):
    """Average zero-one loss: the share of inputs whose lowest energy is not the true category's, (2.5)-(2.8).   (2 points, core)

    On a tie the first of the lowest categories is the prediction.

    Parameters
    ----------
    energies : array (N, K)
    y : integers (N,)

    Returns
    -------
    float
    """
    raise NotImplementedError("error_rate")


def margin_loss(energies, y, m):
    """Margin loss of each input, (2.10) and (2.12).   (3 points, core)

    Parameters
    ----------
    energies : array (N, K), K at least 2
    y : integers (N,)
    m : float, the margin; 0 makes it the perceptron loss

    Returns
    -------
    array (N,)
    """
    raise NotImplementedError("margin_loss")


def perceptron_step(W, b, x, y, eta):
    """Learn from one example, if it is a mistake: (2.42) for the true category, (2.45) for the predicted one.   (3 points, core)

    Parameters
    ----------
    W : array (K, d)
    b : array (K,)
    x : array (d,)
    y : int
    eta : float, the learning rate

    Returns
    -------
    W : array (K, d)
    b : array (K,)
    """
    raise NotImplementedError("perceptron_step")


def soft_margin_gradient(W, b, x, y, m, gamma):
    r"""Gradient of a margin loss without a kink, averaged over the inputs.   (4 points, by hand)

    The loss of one input rounds the corner of (2.12) off, the less the larger gamma is:

    .. math:: L = \frac{1}{\gamma} \log\bigl(1 + \exp(\gamma\, (m + e([x, y]) - e([x, \hat y'])))\bigr)

    Differentiate it on paper: what stands in (2.37) in place of the case distinction? Keep it finite however large gamma is.

    Parameters
    ----------
    W : array (K, d)
    b : array (K,)
    x : array (N, d)
    y : integers (N,)
    m : float, the margin
    gamma : float, positive

    Returns
    -------
    array (K, d), the gradient in W of the mean over the N inputs
    array (K,), the one in b
    """
    raise NotImplementedError("soft_margin_gradient")


def averaged_perceptron(x, y, n_categories, n_epochs):
    """The mean of all parameters that the perceptron goes through.   (4 points, build)

    The last mistake decides too much of what the perceptron ends with; the mean is calmer. Start from zeros with a learning
    rate of 1, go through the examples in their order, and after *each* example, mistake or not, add the parameters of that
    moment to the mean.  Freund & Schapire (1999), Collins (2002).

    Parameters
    ----------
    x : array (N, d)
    y : integers (N,)
    n_categories : int, K
    n_epochs : int, rounds through all the examples

    Returns
    -------
    array (K, d), the mean of W over the n_epochs * N moments
    array (K,), the mean of b
    """
    raise NotImplementedError("averaged_perceptron")


def black_box(loss, W, b, n_calls, seed):
    """Minimize a zero-one loss that you can only call.   (4 points, experiment)

    `loss(W, b)` is the error rate of a linear classifier, 5 categories in 6 dimensions, on data that you do not get to see.
    Its gradient is zero or missing. Of 1000 calls, trying parameters at random leaves an error of about 0.3; reach 0.08.

    Parameters
    ----------
    loss : function of arrays (K, d) and (K,) that returns a float
    W : array (K, d), where to start
    b : array (K,)
    n_calls : int, how often you may call it
    seed : int

    Returns
    -------
    array (K, d)
    array (K,)
    """
    raise NotImplementedError("black_box")
