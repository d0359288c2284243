"""Numbers by category."""
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from edugen.plots.picture import Picture, canvas, spoken
from edugen.plots.style import BLACK, PALETTE, styled

__all__ = ["bars"]

HATCHES = ("", "//", "..", "\\\\", "xx", "--", "oo", "++")


@styled
def bars(values: Mapping[str, ArrayLike] | ArrayLike, labels: Sequence[object] | None = None, xlabel: str = "",
         ylabel: str = "", title: str | None = None, ax: Axes | None = None, alt: str | None = None) -> Picture:
    """Bars for K categories; several series stand side by side, told apart by color and hatching.

    Parameters
    ----------
    values : array (K,), or dict of arrays (K,)
        The heights, by the name that the legend gives the series.
    labels : sequence of K, optional
        The categories; by default 0 to K - 1.
    xlabel, ylabel : str
    title : str, optional
    ax : Axes, optional
        Draw here instead of in a new picture.
    alt : str, optional
        The description; by default all values, or the range of each series where they are many.

    Returns
    -------
    Picture

    Examples
    --------
    >>> bars({"before": [1.0, 3.0], "after": [2.0, 2.5]}, labels=["cat", "dog"], ylabel="energy").alt
    'Bar chart of energy. before: cat 1, dog 3. after: cat 2, dog 2.5.'
    """
    series = {name: np.asarray(heights, dtype=float)
              for name, heights in (values if isinstance(values, Mapping) else {"": values}).items()}
    shapes = {name: heights.shape for name, heights in series.items()}
    if not series or len(set(shapes.values())) > 1 or any(len(s) != 1 or s[0] == 0 for s in shapes.values()):
        raise ValueError(f"values must be one array (K,), or a dict of arrays of one shape (K,), got {shapes}")
    count = len(next(iter(series.values())))
    names = [str(label) for label in (range(count) if labels is None else labels)]
    if len(names) != count:
        raise ValueError(f"labels must be as many as the {count} values, got {len(names)}")
    told = [f"Bar chart of {ylabel or 'values'}."]
    for name, heights in series.items():
        listed = ", ".join(f"{label} {spoken(height)}" for label, height in zip(names, heights))
        told.append((f"{name}: " if name else "") + (listed if count * len(series) <= 40 else
                    f"{count} values between {spoken(heights.min())} and {spoken(heights.max())}") + ".")
    ax = canvas(ax, (6.4, 3.6), " ".join(told), alt)
    width = 0.8 / len(series)
    for k, (name, heights) in enumerate(series.items()):
        ax.bar(np.arange(count) + (k - (len(series) - 1) / 2) * width, heights, width, label=name,
               color=PALETTE[k % 8], hatch=HATCHES[k % 8], edgecolor="white", linewidth=0.8)
    if any(np.any(heights < 0) for heights in series.values()):
        ax.axhline(0.0, color=BLACK, linewidth=1.0)
    ax.set(title=title or "", xlabel=xlabel, ylabel=ylabel)
    ax.set_xticks(np.arange(count), names)
    ax.grid(False, axis="x")
    if any(series):
        ax.legend()
    return ax.figure                                                            # type: ignore[return-value]
