"""One look for all pictures: colors that color-blind readers can tell apart, and text that survives half size."""
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import matplotlib.style

__all__ = ["BLACK", "BLUE", "DASHES", "GRAY", "GREEN", "MARKERS", "ORANGE", "PALETTE", "PURPLE", "RED", "SKY", "STYLE",
           "YELLOW", "styled"]

# Okabe and Ito, "Color universal design" (2008). Color never speaks alone: classes differ in marker, lines in dashes.
BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, YELLOW, BLACK = "#CC79A7", "#56B4E9", "#F0E442", "#000000"
GRAY = "#6E6E6E"
PALETTE = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY, YELLOW, BLACK)
MARKERS = ("o", "^", "s", "D", "v", "P", "X", "*")
DASHES = ("-", (0, (5, 1.5)), (0, (5, 1.5, 1, 1.5)), (0, (1.2, 1.2)), (0, (8, 2)), (0, (3, 1, 1, 1, 1, 1)), "--", ":")

STYLE = {
    "figure.facecolor": "white", "figure.dpi": 96, "savefig.dpi": 192, "savefig.bbox": "tight", "savefig.pad_inches": 0.06,
    "font.family": "DejaVu Sans", "font.size": 12, "axes.titlesize": 13, "axes.labelsize": 13, "legend.fontsize": 11.5,
    "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True,
    "axes.grid": True, "grid.color": "#DDDDDD", "grid.linewidth": 0.8,
    "lines.linewidth": 2.4, "lines.markersize": 7, "legend.edgecolor": "none", "legend.framealpha": 0.85, "image.cmap": "cividis",
    "svg.fonttype": "none", "svg.hashsalt": "edugen",
}

P = ParamSpec("P")
R = TypeVar("R")


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Run `draw` in the style of the package, whatever the reader's own matplotlib settings, and leave those alone."""
    @wraps(draw)
    def in_style(*args: P.args, **options: P.kwargs) -> R:
        with matplotlib.style.context(["default", STYLE]):
            return draw(*args, **options)
    return in_style
