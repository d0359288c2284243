"""How fast a computation can be on a machine, and how fast some are.  Williams, Waterman & Patterson (2009), "Roofline"."""
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from edugen.plots.picture import Picture, canvas, spoken
from edugen.plots.style import BLACK, DASHES, GRAY, MARKERS, PALETTE, styled

__all__ = ["roofline"]


@styled
def roofline(points: Mapping[str, tuple[float, float]], peaks: Mapping[str, float], bandwidths: Mapping[str, float],
             xlabel: str = "operations for each byte moved", ylabel: str = "billion operations a second",
             title: str | None = None, ax: Axes | None = None, alt: str | None = None) -> Picture:
    """Computations by their intensity and their speed, under the roofs of a machine: how fast it computes, how fast it loads.

    Parameters
    ----------
    points : dict of pairs (intensity, speed)
        Operations for each byte, and 1e9 operations a second.
    peaks : dict of floats
        Flat roofs, in 1e9 operations a second, by what limits there.
    bandwidths : dict of floats
        Sloping roofs, in 1e9 bytes a second; each ends at the highest peak.
    xlabel, ylabel, title, ax, alt
        As in `lines`; the default description says each roof and point.

    Returns
    -------
    Picture

    Raises
    ------
    ValueError
        No point, peak or bandwidth, or one that is not a positive number.

    Examples
    --------
    >>> roofline({"sum": (0.25, 4)}, {"one core": 100}, {"memory": 20}).alt
    'Roofline: one core 100, memory 20 billion bytes a second. sum at intensity 0.25 reaches 4.'
    """
    for name, values in (("points", points), ("peaks", peaks), ("bandwidths", bandwidths)):
        numbers = np.array([*values.values()], dtype=float)
        if not (numbers.size and np.all((numbers > 0) & (numbers < np.inf))):
            raise ValueError(f"{name} must hold at least one, of positive numbers, got {dict(values)}")
    told = [f"Roofline: {', '.join(f'{name} {spoken(v)}' for name, v in peaks.items())}, "
            f"{', '.join(f'{name} {spoken(v)} billion bytes a second' for name, v in bandwidths.items())}."]
    told += [f"{name} at intensity {spoken(a)} reaches {spoken(b)}." for name, (a, b) in points.items()]
    ax = canvas(ax, (8.2, 4.8), " ".join(told), alt)
    top = max(peaks.values())
    corners = [top / b for b in bandwidths.values()]                        # where a slope meets the highest peak
    left = min(a for a, _ in points.values()) / 2
    right = 4 * max(*corners, *(a for a, _ in points.values()))
    bottom = min(b for _, b in points.values()) / 2.5
    for (name, peak), dash in zip(peaks.items(), DASHES, strict=False):
        start = min(peak / b for b in bandwidths.values())
        ax.plot([start, right], [peak, peak], color=BLACK, linestyle=dash, linewidth=1.8)
        ax.annotate(name, (right, peak), xytext=(4, 0), textcoords="offset points", va="center", annotation_clip=False)
    for (name, rate), dash, corner in zip(bandwidths.items(), DASHES, corners, strict=False):
        start = max(left, bottom / rate)
        ax.plot([start, corner], [rate * start, top], color=GRAY, linestyle=dash, linewidth=1.8,
                label=f"{name}: {spoken(rate)} GB/s")
    for k, (name, (a, b)) in enumerate(points.items()):
        ax.plot([a], [b], MARKERS[k % 8], color=PALETTE[k % 7], markersize=9, label=name, zorder=4)
    ax.set(xscale="log", yscale="log", xlim=(left, right), ylim=(bottom, 1.6 * top))
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title or "")
    ax.legend(loc="upper left", bbox_to_anchor=(1.2, 1.0))
    return ax.figure                                                            # type: ignore[return-value]
