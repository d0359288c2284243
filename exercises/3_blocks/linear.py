r"""The linear block.  Cho chapter 3.     20 points: three core tasks, then four next steps

Fill in the functions; `edugen check linear` tells you how far you are.

A call may take 10 seconds and 1 GiB of memory, all calls of a task a minute, unless the task says otherwise.
"""
import math

import numpy as np


def layer_backward(g, x, U, c):
    r"""The backward pass of a layer of tanh units, (3.1).   (3 points, core)

    Parameters
    ----------
    g : array (N, m), the gradient of a loss in the layer's output
    x : array (N, n), U : array (n, m), c : array (m,)

    Returns
    -------
    by_U, by_c, by_x : arrays (n, m), (m,), (N, n)
    """
    raise NotImplementedError("layer_backward")


def first_weights(n, m, kept, seed):
    r"""Normal weights that keep the mean square of a signal, for any nonlinearity.   (2 points, core)

    The nonlinearity keeps a share of the mean square of what comes to it; for the relu it is one half.

    Parameters
    ----------
    n, m : ints
    kept : float, the share
    seed : int

    Returns
    -------
    array (n, m), random: with other numbers for another seed
    """
    raise NotImplementedError("first_weights")


def residual_backward(g, x, U, c, scale):
    r"""The backward pass of :math:`y = x + s \tanh(U^\top x + c)`.   (3 points, core)

    Parameters
    ----------
    g : array (N, n), the gradient in y
    x : array (N, n), U : array (n, n), c : array (n,)
    scale : float, s

    Returns
    -------
    by_U, by_c, by_x : arrays (n, n), (n,), (N, n)
    """
    raise NotImplementedError("residual_backward")


def gelu_slopes(x):
    r"""First and second derivative of :math:`x\, \Phi(x)`.   (3 points, by hand)

    Parameters
    ----------
    x : array (N,)

    Returns
    -------
    first, second : arrays (N,), to 10 digits
    """
    raise NotImplementedError("gelu_slopes")


def without_normalization(U, c, mean, std):
    r"""A layer on normalized inputs, as a layer on the inputs themselves.   (3 points, by hand)

    A network was trained on :math:`(x - \mu) / \sigma`, each feature by itself. Which weights and biases of its first layer give
    the same outputs for x as it is?

    Parameters
    ----------
    U, c : arrays (n, m), (m,), of the layer that was trained
    mean, std : arrays (n,)

    Returns
    -------
    U, c : arrays (n, m), (m,), new ones
    """
    raise NotImplementedError("without_normalization")


def weights_from_data(x, Us):
    r"""First weights that are right for *these* inputs.   (3 points, build)

    Go through a stack of relu layers without biases, from the first to the last: compute what comes to each, and divide its
    weights by the number that makes the mean square of its outputs *after* the relu 1, over all examples and units. The next
    layer gets what the scaled one gives (Mishkin and Matas 2016).

    Parameters
    ----------
    x : array (N, n)
    Us : list of arrays, the weights of each layer

    Returns
    -------
    list of arrays, scaled
    """
    raise NotImplementedError("weights_from_data")


def deep_stack(depth, width, seed):
    r"""Weights for a stack of tanh layers that a gradient can pass in both directions.   (3 points, experiment)

    The check sends normal inputs through the stack, and a normal gradient back from its end. Both the root mean square of the
    signal and that of the gradient must be, at every layer, between 0.2 and 5 times what they were at the start of their way;
    for depths up to 60. And the stack has to be a nonlinear one: of the units of the first layer, a share of at least 5 % must be
    above 0.5 in size.

    Parameters
    ----------
    depth, width, seed : ints

    Returns
    -------
    list of arrays (width, width), the weights of each layer; others for another seed
    """
    raise NotImplementedError("deep_stack")
