"""Where in the plane a classifier says what, and how surely."""
from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from numpy.typing import ArrayLike

from edugen.plots.picture import Picture, canvas
from edugen.plots.points import check_points, scatter, surroundings
from edugen.plots.style import BLACK, PALETTE, styled

__all__ = ["decision_regions"]


@styled
def decision_regions(predict: Callable[[np.ndarray], ArrayLike], x: ArrayLike, y: ArrayLike,
                     names: Mapping[int, str] | None = None, title: str | None = None, resolution: int = 200,
                     ax: Axes | None = None, alt: str | None = None) -> Picture:
    """The regions of the plane that a classifier gives to each class, under the data; misplaced points have black edges.

    Parameters
    ----------
    predict : function
        Takes points (M, 2); returns labels, integers (M,), or probabilities (M, K) of the classes 0 to K - 1. With
        probabilities a color fades to white where the classifier is no surer than a guess.
    x : array (N, 2)
    y : integers (N,)
    names : dict, optional
        What to call a class in the legend; by default "class 0" and so on.
    title : str, optional
    resolution : int
        Number of grid points along each axis.
    ax : Axes, optional
        Draw here instead of in a new picture.
    alt : str, optional
        The description; by default the number of points and the share that lies in the region of its own class.

    Returns
    -------
    Picture

    Raises
    ------
    ValueError
        When the points, the labels or what `predict` returns are not of the shapes above.

    Examples
    --------
    >>> corners = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
    >>> decision_regions(lambda x: (x[:, 0] > 0).astype(int), corners, np.array([0, 1, 1, 0])).alt
    'Decision regions of 2 classes under 4 points; 50 % of the points lie in the region of their own class.'
    """
    x, y = check_points(x, y)
    left, right, bottom, top = surroundings(x)
    grid = np.stack(np.meshgrid(np.linspace(left, right, resolution), np.linspace(bottom, top, resolution)), axis=-1)
    answers, own = _answers(predict, grid.reshape(-1, 2)), _answers(predict, x)
    labels = own if own.ndim == 1 else own.argmax(axis=1)
    if answers.ndim == 1:                                    # labels: certain everywhere
        classes = np.unique(np.concatenate([answers, own, y]))
        scores = (answers[:, None] == classes).astype(float)
    else:
        classes, scores = np.arange(answers.shape[1]), answers
        if not np.all(np.isin(y, classes)):
            raise ValueError(f"predict returned probabilities of the classes 0 to {classes[-1]}, "
                             f"but y holds the labels {np.setdiff1d(y, classes).tolist()} too")
    wrong = labels != y
    ax = canvas(ax, (5.8, 4.0), f"Decision regions of {len(classes)} classes under {len(x)} points; "
                f"{100 * np.mean(~wrong):.3g} % of the points lie in the region of their own class.", alt)

    best, guess = scores.argmax(axis=1), 1 / max(len(classes), 2)
    sure = np.clip((scores.max(axis=1) - guess) / (1 - guess), 0, 1)[:, None]
    color = np.array([to_rgb(PALETTE[k % 8]) for k in range(len(classes))])[best]
    image = 1 - (0.06 + 0.39 * sure) * (1 - color)
    ax.imshow(image.reshape(resolution, resolution, 3), extent=(left, right, bottom, top), origin="lower",
              aspect="auto", interpolation="bilinear", zorder=0)
    for k in np.unique(best) if len(np.unique(best)) > 1 else ():
        lead = scores[:, k] - np.delete(scores, k, axis=1).max(axis=1)
        ax.contour(grid[..., 0], grid[..., 1], lead.reshape(resolution, resolution), levels=[0.0], colors=BLACK,
                   linewidths=1.2, zorder=2)
    scatter(ax, x, y, classes, names, wrong)
    ax.set_title(title or "")
    return ax.figure                                                            # type: ignore[return-value]


def _answers(predict: Callable[[np.ndarray], ArrayLike], x: np.ndarray) -> np.ndarray:
    answers, expected = np.asarray(predict(x)), f"labels, integers ({len(x)},), or probabilities ({len(x)}, K)"
    got = f"got {answers.dtype} of shape {answers.shape}"
    if answers.ndim not in (1, 2) or len(answers) != len(x):
        raise ValueError(f"predict must turn points ({len(x)}, 2) into {expected}, {got}")
    if answers.ndim == 1:
        if answers.dtype.kind not in "iub":
            raise ValueError(f"predict must return {expected}, {got}; for the probability p of class 1 alone return "
                             "np.stack([1 - p, p], axis=1)")
        return answers.astype(int)
    if not (np.all(answers >= 0) and np.allclose(answers.sum(axis=1), 1, atol=1e-6)):
        raise ValueError(f"predict must return {expected}, no entry negative and rows that sum to one, {got}, entries "
                         f"from {answers.min():.3g} to {answers.max():.3g}; turn energies into softmax(-energies) first")
    return answers
