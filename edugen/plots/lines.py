"""Functions of one variable."""
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from edugen.plots.picture import Picture, canvas, spoken
from edugen.plots.style import BLACK, DASHES, PALETTE, styled

__all__ = ["lines"]


@styled
def lines(x: ArrayLike, series: Mapping[str, ArrayLike] | ArrayLike, xlabel: str = "", ylabel: str = "",
          title: str | None = None, logx: bool = False, logy: bool = False,
          marks: Mapping[str, tuple[float, float]] | None = None, ax: Axes | None = None,
          alt: str | None = None) -> Picture:
    """One or several curves over the same axis, told apart by color and dashes.

    Parameters
    ----------
    x : array (T,)
    series : dict of arrays (T,), or one array (T,)
        The curves, by the name that the legend gives them. NaN leaves a gap.
    xlabel, ylabel : str
    title : str, optional
    logx, logy : bool
        Logarithmic axes.
    marks : dict of points (x, y), optional
        Points to pick out, by what is written beside them.
    ax : Axes, optional
        Draw here instead of in a new picture.
    alt : str, optional
        The description; by default the start, the end and the range of each curve, and the marked points.

    Returns
    -------
    Picture

    Examples
    --------
    >>> p = np.linspace(0.01, 0.99, 99)
    >>> entropy = -p * np.log(p) - (1 - p) * np.log(1 - p)
    >>> lines(p, entropy, xlabel="p", ylabel="entropy", marks={"no idea": (0.5, np.log(2))}).alt
    'Line plot of entropy against p, from 0.01 to 0.99. Values from 0.056 to 0.056, between 0.056 and 0.693. Marked: no idea at (0.5, 0.693).'
    """                                                                         # noqa: E501
    x = np.asarray(x, dtype=float)
    curves = {name: np.asarray(values, dtype=float)
              for name, values in (series if isinstance(series, Mapping) else {"": series}).items()}
    for name, values in curves.items():
        if x.ndim != 1 or values.shape != x.shape:
            raise ValueError(f"x and every series must be of one shape (T,), got x of shape {x.shape} "
                             f"and series {name!r} of shape {values.shape}")
    told = [f"Line plot of {ylabel or 'values'} against {xlabel or 'x'}, from {spoken(x.min())} to {spoken(x.max())}."]
    for name, values in curves.items():
        v = values[np.isfinite(values)]
        if v.size:
            told.append(f"{name or 'Values'} from {spoken(v[0])} to {spoken(v[-1])}, "
                        f"between {spoken(v.min())} and {spoken(v.max())}.")
    if marks:
        told.append("Marked: " + ", ".join(f"{name} at ({spoken(a)}, {spoken(b)})" for name, (a, b) in marks.items()) + ".")
    ax = canvas(ax, (6.4, 3.8), " ".join(told), alt)
    for k, (name, values) in enumerate(curves.items()):
        ax.plot(x, values, color=PALETTE[k % 8], linestyle=DASHES[(k // 8 + k) % 8], label=name)
    ax.margins(y=0.14 if marks else 0.05)
    for name, (a, b) in (marks or {}).items():
        ax.plot([a], [b], "o", color=BLACK, markersize=8, zorder=4)
        ax.annotate(name, (a, b), xytext=(8, 8), textcoords="offset points", zorder=4)
    if any(curves):
        ax.legend(**({"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)} if len(curves) > 5 else {}))
    ax.set(title=title or "", xlabel=xlabel, ylabel=ylabel)
    if logx:
        ax.set_xscale("log")
        if x.size <= 8:                  # few places: write their numbers
            ax.set_xticks(x, [spoken(value) for value in x])
            ax.set_xticks([], minor=True)
    if logy:
        ax.set_yscale("log")
    return ax.figure                                                            # type: ignore[return-value]
