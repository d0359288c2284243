"""Labeled points in the plane."""
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from edugen.plots.picture import Picture, canvas
from edugen.plots.style import BLACK, MARKERS, PALETTE, styled

__all__ = ["check_points", "points", "scatter", "surroundings"]


@styled
def points(x: ArrayLike, y: ArrayLike, names: Mapping[int, str] | None = None, title: str | None = None,
           ax: Axes | None = None, alt: str | None = None) -> Picture:
    """Points in the plane, one color and one marker a class.

    Parameters
    ----------
    x : array (N, 2)
    y : integers (N,)
    names : dict, optional
        What to call a class in the legend; by default "class 0" and so on.
    title : str, optional
    ax : Axes, optional
        Draw here instead of in a new picture.
    alt : str, optional
        The description; by default how many points of how many classes, and where each class has its center.

    Returns
    -------
    Picture

    Examples
    --------
    >>> points([[0, 0], [1, 0], [0, 2]], [0, 0, 1]).alt
    'Scatter plot of 3 points. class 0: 2 points around (0.5, 0). class 1: 1 points around (0, 2).'
    """
    x, y = check_points(x, y)
    classes = np.unique(y)
    centers = (f"{_name(k, names)}: {np.sum(y == k)} points around ({', '.join(f'{c:.2g}' for c in x[y == k].mean(0))})."
               for k in classes)
    ax = canvas(ax, (5.6, 4.2), " ".join([f"Scatter plot of {len(x)} points.", *centers]), alt)
    scatter(ax, x, y, classes, names)
    ax.set_title(title or "")
    return ax.figure                                                            # type: ignore[return-value]


def check_points(x: ArrayLike, y: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """`x` as floats (N, 2) and `y` as integers (N,), or a ValueError that says which is neither."""
    x, y = np.asarray(x, dtype=float), np.asarray(y)
    if x.ndim != 2 or x.shape[1] != 2 or not np.all(np.isfinite(x)):
        raise ValueError(f"x must hold points in the plane, finite numbers of shape (N, 2), got shape {x.shape}; "
                         "pick two columns")
    if y.shape != x.shape[:1] or y.dtype.kind not in "iub":
        raise ValueError(f"y must hold an integer label for each of the {len(x)} rows of x, "
                         f"got {y.dtype} of shape {y.shape}")
    return x, y.astype(int)


def surroundings(x: np.ndarray) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of a frame around the points, not much flatter than a square where the scales are alike."""
    low, high = x.min(axis=0), x.max(axis=0)
    extent = np.where(high > low, 1.2 * (high - low), 1.0)
    if extent.max() < 3 * extent.min():
        extent = np.maximum(extent, extent.max() * np.array([1.0, 0.8]))
    (left, bottom), (right, top) = (low + high - extent) / 2, (low + high + extent) / 2
    return left, right, bottom, top


def scatter(ax: Axes, x: np.ndarray, y: np.ndarray, classes: np.ndarray, names: Mapping[int, str] | None,
            wrong: np.ndarray | None = None) -> None:
    """The points of each class, its place in `classes` setting color and marker; those marked wrong have black edges."""
    wrong = np.zeros(len(x), dtype=bool) if wrong is None else wrong
    size = float(np.clip(8000 / len(x), 16, 42))
    for k, label in enumerate(classes):
        style: dict[str, Any] = {"s": size, "c": PALETTE[k % 8], "marker": MARKERS[k % 8]}
        ax.scatter(*x[(y == label) & ~wrong].T, edgecolors="white", linewidths=0.6, label=_name(label, names), zorder=3,
                   **style)
        ax.scatter(*x[(y == label) & wrong].T, edgecolors=BLACK, linewidths=1.6, zorder=4, **style)
    if np.any(wrong):
        ax.scatter([], [], s=size, c="white", edgecolors=BLACK, linewidths=1.6, label="misplaced")
    beside, labels = ax.figure.axes, ax.get_legend_handles_labels()[1]
    for other in beside[:-1] if ax is beside[-1] else ():    # a row of panels needs one legend, beside the last
        legend = other.get_legend()
        if legend and set(other.get_legend_handles_labels()[1]) <= set(labels):
            legend.remove()
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), handletextpad=0.3)
    left, right, bottom, top = surroundings(x)
    alike = 1 / 3 < (right - left) / (top - bottom) < 3
    ax.set(xlabel="$x_1$", ylabel="$x_2$", xlim=(left, right), ylim=(bottom, top), aspect="equal" if alike else "auto")
    ax.grid(False)


def _name(label: int, names: Mapping[int, str] | None) -> str:
    return (names or {}).get(int(label), f"class {label}")
