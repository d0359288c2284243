"""How numbers are distributed."""
from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from edugen.plots.picture import Picture, canvas, spoken
from edugen.plots.style import BLACK, DASHES, PALETTE, styled

__all__ = ["histogram"]


@styled
def histogram(values: Mapping[str, ArrayLike] | ArrayLike, bins: int = 40, limits: tuple[float, float] | None = None,
              density: Callable[[np.ndarray], ArrayLike] | None = None, lines: Mapping[str, float] | None = None,
              xlabel: str = "", title: str | None = None, ax: Axes | None = None, alt: str | None = None) -> Picture:
    """One or several samples as outlined histograms of unit area, with a density drawn over them and values marked.

    Parameters
    ----------
    values : array (N,), or dict of arrays, by the name that the legend gives them
    bins : int
    limits : (low, high), optional
        The range; what lies outside is counted in the first and last bin. By default that of the values.
    density : function, optional
        Takes points (M,) and returns densities: what the histogram should be.
    lines : dict of numbers, optional
        Vertical lines, by name: a threshold, a true value.
    xlabel : str
    title : str, optional
    ax : Axes, optional
        Draw here instead of in a new picture.
    alt : str, optional
        The description; by default size, median and middle half of each sample, and the lines.

    Returns
    -------
    Picture

    Examples
    --------
    >>> histogram({"a": [1, 2, 3, 4, 5]}, lines={"truth": 3.0}, xlabel="time").alt
    'Histogram of time. a: 5 values, median 3, half of them between 2 and 4. truth at 3.'
    """
    samples = {name: np.ravel(np.asarray(v, dtype=float)) for name, v in
               (values if isinstance(values, Mapping) else {"": values}).items()}
    if not samples or any(v.size == 0 or not np.all(np.isfinite(v)) for v in samples.values()):
        raise ValueError("values must be finite numbers, at least one of each name")
    low, high = limits or (min(v.min() for v in samples.values()), max(v.max() for v in samples.values()))
    if low == high:
        low, high = low - 0.5, high + 0.5
    told = [f"Histogram of {xlabel or 'values'}."]
    for name, v in samples.items():
        a, b, c = np.quantile(v, (0.25, 0.5, 0.75))
        told.append((f"{name}: " if name else "") + f"{v.size} values, median {spoken(b)}, half of them between "
                    f"{spoken(a)} and {spoken(c)}.")
    told += [f"{name} at {spoken(at)}." for name, at in (lines or {}).items()]
    ax = canvas(ax, (6.4, 3.6), " ".join(told), alt)
    edges = np.linspace(low, high, bins + 1)
    for k, (name, v) in enumerate(samples.items()):
        heights = np.histogram(np.clip(v, low, high), edges, density=True)[0]
        ax.stairs(heights, edges, fill=True, color=PALETTE[k % 8], alpha=0.2)
        ax.stairs(heights, edges, color=PALETTE[k % 8], linewidth=2.0, linestyle=DASHES[k % 8], label=name or None)
    if density is not None:
        t = np.linspace(low, high, 400)
        ax.plot(t, np.asarray(density(t), dtype=float), color=BLACK, linewidth=2.0, label="density")
    for k, (name, at) in enumerate((lines or {}).items()):
        ax.axvline(at, color=BLACK, linewidth=1.6, linestyle=DASHES[1 + k % 7], label=name)
    if any(samples) or density is not None or lines:
        ax.legend()
    ax.set(title=title or "", xlabel=xlabel, ylabel="share per unit", xlim=(low, high))
    ax.grid(False, axis="x")
    return ax.figure                                                            # type: ignore[return-value]
