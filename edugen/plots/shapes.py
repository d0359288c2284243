"""Losses as functions of the energy gap."""
from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from edugen.plots.lines import lines
from edugen.plots.picture import Picture, spoken
from edugen.plots.style import BLACK, RED, styled

__all__ = ["loss_shapes"]


@styled
def loss_shapes(losses: Mapping[str, Callable[[np.ndarray], ArrayLike]], gap: tuple[float, float] = (-3.0, 3.0),
                title: str | None = None, ax: Axes | None = None, alt: str | None = None) -> Picture:
    """Losses over the gap between the energy of the true class and the lowest energy of another.  Cho (2.5)-(2.14).

    Left of zero the prediction is right, right of zero, where the ground is shaded, it is wrong. A jump is drawn as one.

    Parameters
    ----------
    losses : dict of functions
        Each takes gaps (T,), energy of the true class minus lowest energy of another, and returns losses (T,).
    gap : (float, float)
        The range of the gap.
    title : str, optional
    ax : Axes, optional
        Draw here instead of in a new picture.
    alt : str, optional
        The description; by default each loss at both ends and at a gap of zero.

    Returns
    -------
    Picture

    Examples
    --------
    >>> loss_shapes({"zero-one": lambda gap: 1.0 * (gap > 0), "margin": lambda gap: np.maximum(0, 1 + gap)}).alt
    'Losses over the energy gap from -3 to 3. zero-one: 0 at -3, 0 at 0, 1 at 3. margin: 0 at -3, 1 at 0, 4 at 3.'
    """
    low, high = gap
    if not low < 0 < high:
        raise ValueError(f"gap must reach from below to above zero, got {gap}")
    t = np.unique(np.concatenate([np.linspace(low, high, 1201), [0.0]]))
    curves, told = {}, [f"Losses over the energy gap from {low:g} to {high:g}."]
    for name, loss in losses.items():
        values = np.asarray(loss(t), dtype=float)
        if values.shape != t.shape:
            raise ValueError(f"loss {name!r} must return one number a gap, shape {t.shape}, got shape {values.shape}")
        at = ", ".join(f"{spoken(values[k])} at {t[k]:g}" for k in (0, int(np.searchsorted(t, 0.0)), -1))
        told.append(f"{name}: {at}.")
        jumps = np.abs(np.diff(values, append=values[-1])) > 0.2 * max(np.ptp(values), 1e-300)
        curves[name] = np.where(jumps, np.nan, values)       # a gap one two-hundredth of an inch wide
    picture = lines(t, curves, xlabel=r"energy gap  $e(x, y) - e(x, \hat y\,')$", ylabel="loss", ax=ax,
                    alt=" ".join(told) if alt is None else alt)
    axes = ax or picture.axes[0]
    axes.axvspan(0.0, high, color=RED, alpha=0.08, linewidth=0)
    axes.axvline(0.0, color=BLACK, linewidth=1.0)
    for x, word in ((low / 2, "right"), (high / 2, "wrong")):
        axes.annotate(word, (x, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 4), textcoords="offset points",
                      ha="center", fontsize=12, style="italic")
    axes.set_title(title or "", pad=22)
    axes.set_xlim(low, high)
    return picture
