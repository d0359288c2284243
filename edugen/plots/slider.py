"""A parameter to be moved by hand, and a row of panels where nothing moves: on a page, on paper, on GitHub."""
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from edugen.plots.picture import Picture, panels
from edugen.plots.style import styled

__all__ = ["Slider", "slider"]

WIDGET = "application/vnd.jupyter.widget-view+json"


class Slider:
    """What `slider` returns: a row of panels that JupyterLab shows as a slider. `picture` is the row."""

    def __init__(self, draw: Callable[[float, Axes], Any], values: Sequence[float], name: str, at: Sequence[int], start: int):
        self.draw, self.values, self.name, self.start = draw, list(values), name, start
        self.picture = panels(1, len(at), (min(10.0, 3.4 * len(at)), 3.2), share=True)
        for i, ax in zip(at, self.picture.axes, strict=True):
            self._draw(i, ax)

    @styled
    def _draw(self, i: int, ax: Axes) -> None:
        self.draw(self.values[i], ax)
        ax.set_title(self._label(i))

    def _label(self, i: int) -> str:
        return f"{self.name} = {self.values[i]:g}"

    def html(self, i: int) -> str:
        """The picture at the value of that position, as an image with its words."""
        picture = Picture()
        self._draw(i, picture.subplots())
        return picture.bundle()[0]["text/html"]

    def _ipython_display_(self) -> None:
        from IPython.display import display

        data, metadata = self.picture.bundle()
        try:
            import ipywidgets
        except ImportError:                                                 # then the panels are all there is
            pass
        else:
            options = [(f"{value:g}", i) for i, value in enumerate(self.values)]
            handle = ipywidgets.SelectionSlider(options=options, value=self.start, description=self.name)
            shown = ipywidgets.HTML(self.html(self.start))
            handle.observe(lambda change: setattr(shown, "value", self.html(change["new"])), "value")
            box = ipywidgets.VBox([handle, shown])
            data[WIDGET] = {"version_major": 2, "version_minor": 0, "model_id": box.model_id}
        display(data, raw=True, metadata=metadata)

    def __repr__(self) -> str:
        return f"<Slider of {self.name}: {self.picture.alt}>"


def slider(draw: Callable[[float, Axes], Any], values: Sequence[float], name: str, panels: int = 4,
           start: int | None = None) -> Slider:
    """A picture with one parameter to move; where widgets do not run, a row of panels.

    Parameters
    ----------
    draw : `draw(value, ax)`
        Draws the picture for one value into the axes. Each of the pictures describes itself, as all of `edugen.plots` do.
    values : numbers
        What the slider runs over.
    name : str
        What the parameter is called.
    panels : int
        How many of the values the row shows, evenly spread over them, the first and the last among them.
    start : int, optional
        The position of the value to begin with; the middle without it.

    Returns
    -------
    Slider

    Examples
    --------
    >>> from edugen import plots
    >>> def draw(beta, ax):
    ...     p = np.exp(-beta * np.arange(3.0))
    ...     plots.bars(p / p.sum(), ax=ax, alt=f"beta {beta:g}.")
    >>> plots.slider(draw, [0.0, 0.5, 1.0, 2.0, 4.0], "beta", panels=3)
    <Slider of beta: beta 0. beta 1. beta 4.>
    """
    if not len(values):
        raise ValueError("values must be at least one number for the slider to run over, got none")
    if panels < 1:
        raise ValueError(f"panels must be at least 1, got {panels}")
    start = len(values) // 2 if start is None else start
    if not 0 <= start < len(values):
        raise ValueError(f"start must be a position from 0 to {len(values) - 1}, got {start}")
    at = np.unique(np.linspace(0, len(values) - 1, min(panels, len(values))).round().astype(int))
    return Slider(draw, values, name, at.tolist(), start)
