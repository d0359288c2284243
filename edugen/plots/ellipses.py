"""Gaussians in the plane, as the ellipses on which their density is the same."""
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from edugen.plots.picture import Picture, canvas
from edugen.plots.style import BLACK, DASHES, GRAY, PALETTE, styled

__all__ = ["ellipses"]


@styled
def ellipses(gaussians: Mapping[str, tuple[ArrayLike, ArrayLike]], x: ArrayLike | None = None,
             deviations: tuple[float, ...] = (1, 2), xlabel: str = "$x_1$", ylabel: str = "$x_2$", title: str | None = None,
             ax: Axes | None = None, alt: str | None = None) -> Picture:
    r"""Gaussians as their means and ellipses :math:`(x - \mu)^\top \Sigma^{-1} (x - \mu) = r^2`, over points if there are any.

    Parameters
    ----------
    gaussians : dict of (mean (2,), covariance (2, 2)), by the name that the legend gives them
    x : array (N, 2), optional
        Points to draw below them.
    deviations : floats, the r of each ellipse; within 1 lie 39 % of the mass, within 2 86 %
    xlabel, ylabel : str
    title : str, optional
    ax : Axes, optional
        Draw here instead of in a new picture.
    alt : str, optional
        The description; by default the mean, standard deviations and correlation of each.

    Returns
    -------
    Picture

    Examples
    --------
    >>> ellipses({"prior": ([0, 0], [[4, 1], [1, 1]])}).alt
    'Ellipses of 1 Gaussian. prior: mean (0, 0), standard deviations 2 and 1, correlation 0.5.'
    """
    told = [f"Ellipses of {len(gaussians)} Gaussian{'s' * (len(gaussians) != 1)}."]
    curves = {}
    turn = np.linspace(0, 2 * np.pi, 181)
    circle = np.stack([np.cos(turn), np.sin(turn)])
    for name, (mean, covariance) in gaussians.items():
        m, c = np.asarray(mean, dtype=float), np.asarray(covariance, dtype=float)
        if m.shape != (2,) or c.shape != (2, 2) or not np.allclose(c, c.T) or np.min(np.linalg.eigvalsh(c)) < 0:
            raise ValueError(f"{name!r} must be (mean (2,), covariance (2, 2)), the latter symmetric and without a negative "
                             f"eigenvalue, got shapes {m.shape} and {c.shape}; marginal([i, j]) picks two coordinates")
        w, v = np.linalg.eigh(c)
        curves[name] = m, (v * np.sqrt(np.maximum(w, 0))) @ circle       # its square root need not be triangular
        a, b = np.sqrt(np.diag(c))
        correlation = c[0, 1] / (a * b) if a * b > 0 else 0.0
        told.append(f"{name}: mean ({m[0]:.3g}, {m[1]:.3g}), standard deviations {a:.3g} and {b:.3g}, "
                    f"correlation {correlation:.3g}.")
    ax = canvas(ax, (5.6, 4.4), " ".join(told), alt)
    if x is not None:
        points = np.asarray(x, dtype=float)
        size = float(np.clip(6000 / len(points), 4, 30))
        ax.scatter(points[:, 0], points[:, 1], s=size, c=GRAY, alpha=0.5, edgecolors="none", zorder=1)
    for k, (name, (m, around)) in enumerate(curves.items()):
        for n, r in enumerate(deviations):
            ax.plot(*(m[:, None] + r * around), color=PALETTE[k % 8], linestyle=DASHES[k % 8], label=name if n == 0 else None,
                    linewidth=2.4 if n == 0 else 1.6, zorder=3)
        ax.plot(*m, "o", color=PALETTE[k % 8], markeredgecolor=BLACK, markersize=6, zorder=4)
    if any(gaussians):
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    ax.set(title=title or "", xlabel=xlabel, ylabel=ylabel, aspect="equal")
    return ax.figure                                                            # type: ignore[return-value]
