"""Estimates with their intervals."""
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from edugen.plots.picture import Picture, canvas
from edugen.plots.style import MARKERS, PALETTE, styled

__all__ = ["intervals"]


@styled
def intervals(estimates: Mapping[str, tuple[float, float, float]], xlabel: str = "", title: str | None = None,
              ax: Axes | None = None, alt: str | None = None) -> Picture:
    """One estimate a row, as a point on the interval around it.

    Parameters
    ----------
    estimates : dict of (estimate, lower end, upper end)
        By the name of the row; the first stands on top.
    xlabel : str
    title : str, optional
    ax : Axes, optional
        Draw here instead of in a new picture.
    alt : str, optional
        The description; by default all numbers.

    Returns
    -------
    Picture

    Examples
    --------
    >>> intervals({"random split": (0.97, 0.95, 0.98)}, xlabel="test accuracy").alt
    'Estimates of test accuracy with intervals: random split 0.97 in [0.95, 0.98].'
    """
    table = np.array(list(estimates.values()), dtype=float)
    if table.ndim != 2 or table.shape[1] != 3 or np.any((table[:, 1] > table[:, 0]) | (table[:, 0] > table[:, 2])):
        raise ValueError("estimates must hold (estimate, lower end, upper end), the estimate between the ends, for each "
                         f"name, at least one, got {dict(estimates)}")
    told = "; ".join(f"{name} {m:.4g} in [{a:.4g}, {b:.4g}]" for name, (m, a, b) in zip(estimates, table))
    ax = canvas(ax, (6.4, 1.3 + 0.45 * len(table)), f"Estimates of {xlabel or 'a number'} with intervals: {told}.", alt)
    for k, (m, a, b) in enumerate(table):
        ax.errorbar([m], [k], xerr=[[m - a], [b - m]], fmt=MARKERS[k % 8], color=PALETTE[k % 8], capsize=6,
                    markersize=9, linewidth=2.4, capthick=2.4)
        ax.annotate(f"{m:.3g}", (m, k), xytext=(0, 9), textcoords="offset points", ha="center", fontsize=11)
    ax.set_yticks(range(len(table)), list(estimates))
    ax.set(ylim=(len(table) - 0.5, -0.7), xlabel=xlabel, title=title or "")
    ax.grid(False, axis="y")
    return ax.figure                                                            # type: ignore[return-value]
