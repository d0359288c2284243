"""The cross-entropy loss with its gradient written by hand.  Cho (2.30)-(2.32)."""
from typing import Any

import numpy as np

from ...kernels import softmax as kernels
from ..tensor import Tensor, primitive, rule
from .softmax import log_softmax, softmax

__all__ = ["cross_entropy"]


def cross_entropy(scores: Any, labels: Any, axis: int = -1, energies: bool = False) -> Any:
    r"""Surprise at each label, :math:`-\log p(y \mid x)`, one number an example.  Cho (2.30).

    Parameters
    ----------
    scores : array (..., K), logits; or energies, the logits' negatives, with `energies=True`
    labels : integers (...), each in 0..K-1; or probabilities (..., K), one-hot or soft
    axis : where the K classes stand

    Returns
    -------
    array (...); take its mean for the loss of a batch

    Examples
    --------
    >>> cross_entropy(np.array([[0.0, np.log(3.0)]]), np.array([1]))      # p = (1/4, 3/4): -log 3/4
    array([0.28768207])
    >>> cross_entropy(np.array([[0.0, -np.log(3.0)]]), np.array([[0, 1]]) * 1.0, energies=True)
    array([0.28768207])
    """
    scores = scores if type(scores) is Tensor else np.asarray(scores)
    labels = labels if type(labels) is Tensor else np.asarray(labels)
    logits = -scores if energies else scores
    shape, kind = logits.shape, labels.dtype.kind
    if not shape or not -len(shape) <= axis < len(shape):
        raise ValueError(f"cross_entropy: scores of shape {shape} have no axis {axis}")
    axis %= len(shape)
    if labels.shape == shape and (kind in "fb" or kind in "iu" and np.all((labels == 0) | (labels == 1))):
        log_p = log_softmax(logits, axis=axis)
        impossible = (labels == 0) & (log_p == -np.inf)                  # 0 log 0 = 0
        return -np.sum(labels * np.where(impossible, 0, log_p), axis=axis)
    expected = shape[:axis] + shape[axis + 1:]
    if kind not in "iu" or labels.shape != expected:
        raise ValueError(f"cross_entropy: labels must be integers of shape {expected} or probabilities (floats) of shape "
                         f"{shape}, got {labels.dtype} of shape {labels.shape}")
    if len(shape) == 2 and axis == 1:
        return _cross_entropy(logits, labels)
    rows = np.reshape(np.moveaxis(logits, axis, -1), (labels.size, shape[axis]))
    return np.reshape(_cross_entropy(rows, labels.ravel()), expected)


@primitive
def _cross_entropy(logits, labels):
    return kernels.cross_entropy(logits, labels)


@rule(_cross_entropy)
def _(g, y, logits, labels):
    return _cross_entropy_gradient(g, logits, labels)


@primitive
def _cross_entropy_gradient(g, logits, labels):
    return kernels.cross_entropy_gradient(g, logits, labels)                     # g (softmax(logits) - one-hot): (2.32)


@rule(_cross_entropy_gradient, 0)
def _(c, y, g, logits, labels):
    chosen = labels[:, None] == np.arange(logits.shape[1])
    return np.sum(c * (softmax(logits) - chosen), axis=1)


@rule(_cross_entropy_gradient, 1)
def _(c, y, g, logits, labels):
    p = softmax(logits)
    return g[:, None] * p * (c - np.sum(c * p, axis=1, keepdims=True))
