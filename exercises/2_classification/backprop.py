"""Backpropagation by hand.  Cho §2.2.     22 points: three core tasks, then three next steps

Fill in the functions; `edugen check backprop` tells you how far you are. Inputs are rows, x of shape (N, d), so a layer is
`x @ U + c`, and the lecture's formulas appear transposed. Gradients in parameters are summed over the rows unless a task says
mean. No differences anywhere: the answers are exact.

A call may take 10 seconds and 1 GiB of memory, all calls of a task a minute, unless the task says otherwise.
"""
import numpy as np


def hidden_gradient(U, c, x, h_hat):
    r"""Gradients in U and c of the auxiliary energy of a layer of tanh, (2.50) and (2.52).   (2 points, core)

    The energy is :math:`\tfrac12 \lVert \tanh(U^\top x + c) - \hat h \rVert^2`, summed over the rows of x.

    Parameters
    ----------
    U : array (d, H)
    c : array (H,)
    x : array (N, d)
    h_hat : array (N, H), the target

    Returns
    -------
    array (d, H), array (H,)
    """
    raise NotImplementedError("hidden_gradient")


def error_signal(U, c, x, grad_h):
    r"""The error signal that a layer of sigmoids passes down to its input, (2.59).   (3 points, core)

    The layer is :math:`h = \sigma(U^\top x + c)`.

    Parameters
    ----------
    U : array (d, H)
    c : array (H,)
    x : array (N, d)
    grad_h : array (N, H), the gradient of the loss in h

    Returns
    -------
    array (N, d), the gradient of the loss in x
    """
    raise NotImplementedError("error_signal")


def two_layer_backward(theta, x, g):
    r"""All six gradients of a network with two hidden layers of tanh, in one sweep.   (4 points, core)

    The network is :math:`z = \tanh(V^\top x + s)`, :math:`h = \tanh(U^\top z + c)`, and the energies are
    :math:`e_y = -w_y^\top h - b_y`; each :math:`w_y` is a row of W. Do not trust the print of (2.67).

    Parameters
    ----------
    theta : dict of arrays: W (K, H), b (K,), U (J, H), c (H,), V (d, J), s (J,)
    x : array (N, d)
    g : array (N, K), the gradient of the loss in the energies

    Returns
    -------
    dict with the keys and shapes of theta
    """
    raise NotImplementedError("two_layer_backward")


def residual_gradient(U, c, z, grad_h):
    r"""Backward through a residual layer, :math:`h = z + f(U^\top z + c)` with :math:`f(a) = a\,\sigma(a)`.   (4 points, by hand)

    The function f is known as swish; σ is the sigmoid. Find its slope on paper first, then follow both paths from h to z.

    Parameters
    ----------
    U : array (H, H)
    c : array (H,)
    z : array (N, H)
    grad_h : array (N, H), the gradient of the loss in h

    Returns
    -------
    array (H, H), array (H,), array (N, H): the gradients in U, c and z
    """
    raise NotImplementedError("residual_gradient")


def dropout_step(theta, x, y, mask, rate, lr):
    r"""One step of gradient descent on a network some of whose hidden units were dropped.   (4 points, build)

    Forward: :math:`h = \operatorname{relu}(U^\top x + c)`; where the mask is 0 a unit is silent, and the others are divided by
    `1 - rate`, so that their sum is right on the average. The energies are :math:`e_y = -w_y^\top h - b_y`, the loss is the
    **mean** cross-entropy, and the step goes down its gradient with learning rate `lr`. The mask is given: it is a constant.

    Parameters
    ----------
    theta : dict of arrays: W (K, H), b (K,), U (d, H), c (H,)
    x : array (N, d)
    y : integers (N,), 0 to K - 1
    mask : array (N, H) of zeros and ones
    rate : float in [0, 1), how often a unit is dropped
    lr : float

    Returns
    -------
    dict with the keys and shapes of theta, after the step
    """
    raise NotImplementedError("dropout_step")


def disguise(theta, x, wanted):
    """An image that hardly differs from x, and which the network takes for a `wanted` digit.   (5 points, experiment)

    The check trains a network as in `two_layer_backward` on the handwritten digits and shows you 60 that it reads rightly, each
    with another digit that it shall see instead. All of them must be fooled, by steps whose mean length, the square root of
    the summed squared changes of the pixels, is at most 1.25; the images themselves have a length of about 4. One long
    step along one gradient is not enough: nearer the border the gradient is another. Pixels may leave [0, 1].

    Parameters
    ----------
    theta : dict of arrays: W (10, H), b (10,), U (J, H), c (H,), V (64, J), s (J,)
    x : array (64,)
    wanted : int

    Returns
    -------
    array (64,)
    """
    raise NotImplementedError("disguise")
