r"""Normalization.  Cho §3.1.     20 points: three core tasks, then four next steps

Fill in the functions; `edugen check normalization` tells you how far you are.

A call may take 10 seconds and 1 GiB of memory, all calls of a task a minute, unless the task says otherwise.
"""
import numpy as np


def inputs_condition(x):
    r"""How stretched the bowl of a linear unit is, (3.7) and (3.8).   (2 points, core)

    Parameters
    ----------
    x : array (N, D), the unit's inputs; it has a bias, too

    Returns
    -------
    float, the condition number of the Hessian of its squared energy in weights and bias
    """
    raise NotImplementedError("inputs_condition")


def whiten(train, new):
    r"""New inputs, centered and whitened as the training set would be, (3.9) and (3.10).   (3 points, core)

    Of all matrices that whiten, use the symmetric one.

    Parameters
    ----------
    train : array (N, D)
    new : array (M, D)

    Returns
    -------
    array (M, D)
    """
    raise NotImplementedError("whiten")


def batch_norm_backward(g, x, m, s):
    r"""The backward pass of batch normalization, (3.11).   (3 points, core)

    The mean and the deviation are those of the batch, and both depend on x; nothing is added to the variance.

    Parameters
    ----------
    g : array (N, D), the gradient of a loss in the block's output
    x : array (N, D), m, s : arrays (D,)

    Returns
    -------
    by_x, by_m, by_s : arrays (N, D), (D,), (D,)
    """
    raise NotImplementedError("batch_norm_backward")


def group_norm_backward(g, x, groups, eps):
    r"""The backward pass of group normalization without a gain.   (4 points, by hand)

    The features of each example are cut into groups of equal length, one after the other; each group is normalized by itself,
    :math:`(x - \mu) / \sqrt{\sigma^2 + \epsilon}`.

    Parameters
    ----------
    g, x : arrays (N, D)
    groups : int, a divisor of D
    eps : float

    Returns
    -------
    by_x : array (N, D), to 12 digits
    """
    raise NotImplementedError("group_norm_backward")


def fold(U, c, m, s, mean, variance, eps):
    r"""A linear block and the batch norm after it, as one linear block.   (2 points, build)

    Once its mean and variance are fixed, :math:`m + e^s \odot (U^\top x + c - \mu) / \sqrt{\sigma^2 + \epsilon}` is linear in x.

    Parameters
    ----------
    U, c : arrays (n, k), (k,)
    m, s, mean, variance : arrays (k,)
    eps : float

    Returns
    -------
    U, c : arrays (n, k), (k,), of the one block
    """
    raise NotImplementedError("fold")


def spectral_normalize(U, v, steps):
    r"""A matrix over its largest singular value, by power iteration (Miyato et al. 2018).   (3 points, build)

    Each step takes :math:`v \leftarrow U^\top U v`, and then makes its length 1. After the steps, the value is estimated by
    :math:`\lVert U v \rVert`.

    Parameters
    ----------
    U : array (n, k)
    v : array (k,), where the iteration starts
    steps : int, at least 0; even without any, v is made of length 1

    Returns
    -------
    array (n, k), U over the estimate
    """
    raise NotImplementedError("spectral_normalize")


def scales(H):
    r"""One scale a feature, with which descent is as fast as scales can make it.   (3 points, experiment)

    Dividing each feature by its deviation makes the diagonal of the Hessian 1, but that isn't the best that a scale for each
    feature can do. The check makes a Hessian of six features for which there are scales d that bring the condition number of
    :math:`\operatorname{diag}(d)\, H \operatorname{diag}(d)` down to 20; deviations reach 25 at best. Find scales that reach 21.

    Parameters
    ----------
    H : array (6, 6), symmetric and positive definite

    Returns
    -------
    array (6,), positive
    """
    raise NotImplementedError("scales")
