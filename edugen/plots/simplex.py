"""A function of three probabilities, drawn on the triangle where they sum to one."""
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from edugen.plots.picture import Picture, canvas
from edugen.plots.style import BLACK, DASHES, MARKERS, RED, styled

__all__ = ["corners", "simplex"]

corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(0.75)]])


@styled
def simplex(function: Callable[[np.ndarray], ArrayLike], points: Mapping[str, ArrayLike] | None = None,
            paths: Mapping[str, ArrayLike] | None = None, labels: Sequence[object] = ("$p_1 = 1$", "$p_2 = 1$", "$p_3 = 1$"),
            title: str | None = None, resolution: int = 120, ax: Axes | None = None, alt: str | None = None) -> Picture:
    """Heat map of a function over the simplex of three classes, with its maximum marked by a star.

    Parameters
    ----------
    function : function
        Takes probabilities (M, 3), rows that sum to one; returns numbers (M,). It is never asked about an exact zero, so
        the logarithm of a probability is finite.
    points : dict of arrays (3,), optional
        Distributions to mark, by name.
    paths : dict of arrays (T, 3), optional
        Sequences of distributions to draw as lines, by name, from a small dot to a large one.
    labels : sequence of 3
        What is written at the corners.
    title : str, optional
    resolution : int
        Number of steps along an edge.
    ax : Axes, optional
        Draw here instead of in a new picture.
    alt : str, optional
        The description; by default the range of the function, where it is largest, and the marked points.

    Returns
    -------
    Picture

    Examples
    --------
    >>> simplex(lambda p: -np.sum(p * np.log(p), axis=1), resolution=30).alt
    'Heat map over the simplex of three classes, values from 0 to 1.1, largest at p = (0.33, 0.33, 0.33).'
    """
    i, j = np.array([(i, j) for i in range(resolution + 1) for j in range(resolution + 1 - i)]).T
    p = np.stack([i, j, resolution - i - j], axis=1) / resolution
    p = (1 - 3e-9) * p + 1e-9                                # 0 log 0 = 0 to eight digits, and never a NaN
    values = np.asarray(function(p), dtype=float)
    if values.shape != p.shape[:1] or not np.all(np.isfinite(values)):
        raise ValueError(f"function must turn probabilities {p.shape} into finite numbers ({len(p)},), got shape "
                         f"{values.shape}" + ", some not finite" * (values.shape == p.shape[:1]))
    dots = {name: _distributions(name, q) for name, q in (points or {}).items()}
    trails = {name: np.atleast_2d(_distributions(name, q)) for name, q in (paths or {}).items()}
    best = p[values.argmax()]
    told = (f"Heat map over the simplex of three classes, "
            f"values from {round(values.min(), 6):.3g} to {round(values.max(), 6):.3g}, "
            f"largest at p = {_tuple(best)}.")
    told += "".join(f" {name} at {_tuple(q)}." for name, q in dots.items())
    told += "".join(f" {name}: from {_tuple(q[0])} to {_tuple(q[-1])}." for name, q in trails.items())
    ax = canvas(ax, (5.8, 4.4), told, alt)
    across, up = (p @ corners).T
    mesh = ax.tricontourf(across, up, values, levels=24)
    ax.tricontour(across, up, values, levels=12, colors="white", linewidths=0.6, alpha=0.6,
                  linestyles="solid")
    ax.figure.colorbar(mesh, ax=ax, shrink=0.8, ticks=MaxNLocator(6))
    for k, (name, q) in enumerate(trails.items()):
        across, up = (q @ corners).T
        ax.plot(across, up, color="white", linestyle=DASHES[k % 8], linewidth=2.4, label=name, zorder=3)
        ax.scatter(across[[0, -1]], up[[0, -1]], s=[25, 80], color="white", zorder=3)
    ax.plot(*(best @ corners), "*", color=RED, markeredgecolor="white", markersize=20, label="largest", zorder=4,
            linestyle="none")
    for k, (name, q) in enumerate(dots.items()):
        ax.plot(*(q @ corners), MARKERS[k % 8], color="white", markeredgecolor=BLACK, markersize=9, label=name, zorder=5,
                linestyle="none")
    for corner, label, va in zip(corners, labels, ("top", "top", "bottom")):
        ax.annotate(str(label), corner, xytext=(0, 5 if va == "bottom" else -5), textcoords="offset points", ha="center",
                    va=va, fontsize=13)
    ax.set_aspect("equal")
    ax.set_axis_off()
    ax.set_title(title or "", pad=24)
    legend = ax.legend(loc="upper left", bbox_to_anchor=(-0.1, 1.0), frameon=True, facecolor="#B8B8B8", framealpha=1.0)
    legend.set_zorder(6)
    return ax.figure                                                            # type: ignore[return-value]


def _distributions(name: str, q: ArrayLike) -> np.ndarray:
    q = np.asarray(q, dtype=float)
    if q.ndim not in (1, 2) or q.shape[-1] != 3 or np.any(q < -1e-9) or not np.allclose(q.sum(axis=-1), 1, atol=1e-6):
        raise ValueError(f"{name!r} must hold three probabilities that sum to one, got {q.tolist() if q.size < 13 else q}")
    return q


def _tuple(p: np.ndarray) -> str:
    return "(" + ", ".join(f"{abs(a):.2f}" for a in p) + ")"
