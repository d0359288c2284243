"""A table of probabilities, with its margins."""
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from edugen.plots.picture import Picture, canvas, spoken
from edugen.plots.style import BLACK, styled

__all__ = ["table"]


@styled
def table(p: ArrayLike, rows: Sequence[object], columns: Sequence[object], ylabel: str = "", xlabel: str = "",
          margins: bool = True, title: str | None = None, ax: Axes | None = None, alt: str | None = None) -> Picture:
    """A table of two variables, dark where it is large, its numbers written in and, if wanted, its sums at the margins.

    Parameters
    ----------
    p : array (R, C), no entry negative
    rows, columns : sequences of R and C, the values of the two variables
    ylabel, xlabel : str, their names
    margins : bool, whether sums over a row stand at the right and sums over a column below
    title : str, optional
    ax : Axes, optional
        Draw here instead of in a new picture.
    alt : str, optional
        The description; by default all numbers, or their range where they are many.

    Returns
    -------
    Picture

    Examples
    --------
    >>> table([[0.3, 0.1], [0.2, 0.4]], ["clear", "gray"], ["dry", "rain"], "sky", "weather").alt
    'Table of sky by weather. clear: dry 0.3, rain 0.1. gray: dry 0.2, rain 0.4.'
    """
    values = np.asarray(p, dtype=float)
    if values.ndim != 2 or values.shape != (len(rows), len(columns)) or values.size == 0 or not np.all(values >= 0):
        raise ValueError(f"p must be a table ({len(rows)}, {len(columns)}) without negative numbers, as rows and columns say, "
                         f"got shape {values.shape}")
    r, c = values.shape
    told = f"Table of {ylabel or 'rows'} by {xlabel or 'columns'}. " + (
        " ".join(f"{name}: " + ", ".join(f"{col} {spoken(v)}" for col, v in zip(columns, row)) + "."
                 for name, row in zip(rows, values)) if values.size <= 40 else
        f"{values.size} values between {spoken(values.min())} and {spoken(values.max())}.")
    ax = canvas(ax, (1.6 + 0.95 * (c + margins), 1.3 + 0.55 * (r + margins)), told, alt)
    ax.imshow(values, cmap="Blues", vmin=0, vmax=1.25 * max(values.max(), 1e-300), aspect="auto", interpolation="nearest")
    for (i, j), v in np.ndenumerate(values):
        ax.text(j, i, f"{v:.3g}", ha="center", va="center", color="white" if v > 0.8 * values.max() else BLACK)
    if margins:
        for i, v in enumerate(values.sum(axis=1)):
            ax.text(c, i, f"{v:.3g}", ha="center", va="center", style="italic")
        for j, v in enumerate(values.sum(axis=0)):
            ax.text(j, r, f"{v:.3g}", ha="center", va="center", style="italic")
        ax.text(c, r, f"{values.sum():.3g}", ha="center", va="center", style="italic")
        ax.axhline(r - 0.5, color=BLACK, linewidth=1.2)
        ax.axvline(c - 0.5, color=BLACK, linewidth=1.2)
    ax.set_xticks(range(c + margins), [*map(str, columns), *["sum"] * margins])
    ax.set_yticks(range(r + margins), [*map(str, rows), *["sum"] * margins])
    ax.set(xlim=(-0.5, c - 0.5 + margins), ylim=(r - 0.5 + margins, -0.5), title=title or "", xlabel=xlabel, ylabel=ylabel)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.grid(False)
    return ax.figure                                                            # type: ignore[return-value]
