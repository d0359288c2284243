"""The cross-entropy loss with its gradient written by hand.  Cho (2.30)-(2.32)."""
from typing import Any

import numpy as np

from ...kernels import softmax as kernels
from ..tensor import primitive, raw, rule
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
    logits = -scores if energies else scores
    shape, kind = np.shape(logits), np.asarray(raw(labels)).dtype.kind
    if not shape or not -len(shape) <= axis < len(shape):
        raise ValueError(f"cross_entropy: scores of shape {shape} have no axis {axis}")
    axis %= len(shape)
    if np.shape(labels) == shape and (kind in "fb" or kind in "iu" and np.all((labels == 0) | (labels == 1))):
        log_p = log_softmax(logits, axis=axis)
        impossible = (labels == 0) & (log_p == -np.inf)                  # 0 log 0 = 0
        return -np.sum(labels * np.where(impossible, 0, log_p), axis=axis)
    expected = shape[:axis] + shape[axis + 1:]
    if kind not in "iu" or np.shape(labels) != expected:
        raise ValueError(f"cross_entropy: labels must be integers of shape {expected} or probabilities (floats) of shape "
                         f"{shape}, got {np.asarray(raw(labels)).dtype} of shape {np.shape(labels)}")
    labels = np.asarray(labels)
    if labels.size and (labels.min() < 0 or labels.max() >= shape[axis]):
        raise ValueError(f"cross_entropy: labels must lie in 0..{shape[axis] - 1}, got {labels.min()}..{labels.max()}; "
                         "classes are counted from 0")
    return _cross_entropy(logits, labels=labels, axis=axis)


@primitive
def _cross_entropy(logits, labels, axis):
    return kernels.cross_entropy(logits, labels, axis)


@rule(_cross_entropy)
def _(g, y, logits, labels=None, axis=-1):
    classes = np.arange(np.shape(logits)[axis]).reshape([-1 if i == axis else 1 for i in range(np.ndim(logits))])
    chosen = np.expand_dims(labels, axis) == classes
    return np.expand_dims(g, axis) * (softmax(logits, axis=axis) - chosen)               # (2.32): model minus data
