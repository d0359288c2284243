"""Which class is taken for which."""
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from numpy.typing import ArrayLike

from edugen.plots.picture import Picture, canvas
from edugen.plots.style import BLUE, RED, styled

__all__ = ["confusion_matrix"]


@styled
def confusion_matrix(y: ArrayLike, predicted: ArrayLike, names: Sequence[object] | None = None,
                     title: str | None = None, ax: Axes | None = None, alt: str | None = None) -> Picture:
    """Counts of each pair of true and predicted class: hits in blue on the diagonal, mistakes in orange-red beside it.

    Parameters
    ----------
    y, predicted : integers (N,)
        Classes from 0 to K - 1.
    names : sequence of K, optional
        What to call the classes; by default their numbers.
    title : str, optional
    ax : Axes, optional
        Draw here instead of in a new picture.
    alt : str, optional
        The description; by default the share of hits and the three most frequent mistakes.

    Returns
    -------
    Picture

    Examples
    --------
    >>> confusion_matrix([0, 1, 1, 1], [0, 1, 0, 0]).alt
    'Confusion matrix of 2 classes: 2 of 4 right, 50 %. Most frequent mistakes: 1 taken for 0, 2 times.'
    """
    true, guess = np.asarray(y), np.asarray(predicted)
    for name, labels in (("y", true), ("predicted", guess)):
        if labels.ndim != 1 or labels.dtype.kind not in "iu" or labels.size == 0 or labels.min() < 0:
            raise ValueError(f"{name} must hold classes, integers (N,) from 0 up, got {labels.dtype} "
                             f"of shape {labels.shape}")
    if true.shape != guess.shape:
        raise ValueError(f"y and predicted must be of one length, got {len(true)} and {len(guess)}")
    k = max(true.max(), guess.max()) + 1 if names is None else len(names)
    if max(true.max(), guess.max()) >= k:
        raise ValueError(f"names must be as many as the {max(true.max(), guess.max()) + 1} classes, got {k}")
    words = [str(name) for name in (range(k) if names is None else names)]
    counts = np.bincount(k * true + guess, minlength=k * k).reshape(k, k)
    mistakes = counts - np.diag(np.diag(counts))
    worst = [np.unravel_index(cell, counts.shape) for cell in np.argsort(-mistakes, axis=None, kind="stable")[:3]]
    listed = "; ".join(f"{words[i]} taken for {words[j]}, {mistakes[i, j]} times" for i, j in worst if mistakes[i, j])
    hits = int(np.trace(counts))
    ax = canvas(ax, (max(3.6, 1.4 + 0.48 * k), max(3.4, 1.2 + 0.48 * k)),
                f"Confusion matrix of {k} classes: {hits} of {len(true)} right, {100 * hits / len(true):.3g} %. "
                + (f"Most frequent mistakes: {listed}." if listed else "No mistakes."), alt)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    diagonal = np.eye(k, dtype=bool)
    strength = np.where(diagonal, 0.55 * share, 0.15 * (mistakes > 0) + 0.85 * mistakes / max(mistakes.max(), 1))
    hue = np.where(diagonal[..., None], to_rgb(BLUE), to_rgb(RED))
    color = 1 - strength[..., None] * (1 - hue)
    ax.imshow(color, interpolation="nearest")
    for i, j in np.argwhere(counts):
        light = color[i, j] ** 2.2 @ (0.2126, 0.7152, 0.0722)                   # black and white are equally plain at 0.18
        ax.text(j, i, str(counts[i, j]), ha="center", va="center", fontsize=11, color="black" if light > 0.18 else "white")
    ax.set_xticks(range(k), words)
    ax.set_yticks(range(k), words)
    ax.set(xlabel="predicted", ylabel="true", title=title or "")
    ax.spines[:].set(visible=True, color="#BBBBBB")
    ax.grid(False)
    return ax.figure                                                            # type: ignore[return-value]
