"""A matplotlib figure that describes itself in words and is shown exactly once.

The alt text has to reach an `<img alt="...">`. JupyterLab, and nbconvert with its default template, ignore the `alt` of
an image's metadata, so a picture shows itself as HTML; the plain image travels beside it, for PDF and whoever else asks.
(A price: JupyterLab cleans the HTML of a notebook that it does not trust, and leaves the words alone until one does.)

A picture is a bare `Figure`, unknown to pyplot, so nothing keeps it alive and no backend shows it a second time. In a
notebook it appears where it is displayed or ends a cell, and otherwise at the end of the cell that drew it: `plot()` and
`plot();` show one picture each.
"""
import re
import sys
import tempfile
import webbrowser
from base64 import b64encode
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from edugen.plots.style import styled

__all__ = ["Picture", "canvas", "panels", "spoken"]

_unshown: dict["Picture", None] = {}                         # drawn in this cell, not displayed yet; a dict keeps the order


class Picture(Figure):
    """A figure with a description.

    Parameters
    ----------
    size : (float, float)
        Width and height in inches; 96 pixels of the page to the inch.
    alt : str, optional
        The description; by default the descriptions of what is drawn in it.
    """

    def __init__(self, size: tuple[float, float] = (6.4, 4.0), alt: str | None = None) -> None:
        super().__init__(figsize=size, layout="constrained")
        self._alt, self._parts = alt, list[str]()
        shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
        if shell is not None:
            shell.events.register("post_execute", _show_the_rest)
            _unshown[self] = None

    @property
    def alt(self) -> str:
        """What the picture shows, in words; assign to it to say it better."""
        return self._alt if self._alt is not None else " ".join(self._parts)

    @alt.setter
    def alt(self, text: str) -> None:
        self._alt = text

    def describe(self, told: str, alt: str | None = None) -> None:
        """Add to the default description `alt`, or else what is told of the drawing, its mathematics made speakable."""
        self._parts.append(re.sub(r"[$\\{}]", "", told) if alt is None else alt)

    @styled
    def savefig(self, fname: Any, **options: Any) -> None:
        """As matplotlib's; a PNG, SVG or PDF carries the description inside."""
        suffix = "" if hasattr(fname, "write") else Path(fname).suffix
        kind = options.setdefault("format", suffix.lstrip(".").lower() or "png")
        field = {"png": "Description", "svg": "Title", "pdf": "Title"}.get(kind)
        if field:
            options["metadata"] = {field: self.alt} | (options.get("metadata") or {})
        super().savefig(fname, **options)

    def show(self, warn: bool = True) -> None:
        """Display it now: in the notebook, or from a script as an image that opens in the browser."""
        if "IPython" in sys.modules and sys.modules["IPython"].get_ipython() is not None:
            self._ipython_display_()
            return
        with tempfile.NamedTemporaryFile(prefix="edugen-", suffix=".png", delete=False) as file:
            self.savefig(file)
        if not webbrowser.open(Path(file.name).as_uri()):
            print(f"No browser to show the picture in; it is in {file.name}")

    def _ipython_display_(self) -> None:
        from IPython.display import display

        data, metadata = self.bundle()
        display(data, raw=True, metadata=metadata)

    def bundle(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What a notebook displays, by its types, and metadata; it counts as shown then."""
        _unshown.pop(self, None)
        buffer = BytesIO()
        self.savefig(buffer)
        png = b64encode(buffer.getvalue()).decode("ascii")
        header = buffer.getvalue()[16:24]                    # where a PNG has its size; two of its pixels to one of the page
        width, height = int.from_bytes(header[:4]) // 2, int.from_bytes(header[4:]) // 2
        html = f'<img src="data:image/png;base64,{png}" alt="{escape(self.alt)}" width="{width}">'
        return ({"text/html": html, "image/png": png, "text/plain": repr(self)},
                {"image/png": {"alt": self.alt, "width": width, "height": height}})

    def __repr__(self) -> str:
        return f"<Picture: {self.alt}>"


def _show_the_rest() -> None:
    for picture in list(_unshown):
        picture._ipython_display_()


@styled
def panels(rows: int = 1, columns: int = 2, size: tuple[float, float] | None = None, share: bool = False,
           alt: str | None = None) -> Picture:
    """An empty picture of several axes, to be filled by giving one of `picture.axes` as `ax=` to the other plots.

    Parameters
    ----------
    rows, columns : int
    size : (float, float), optional
        Width and height in inches.
    share : bool
        Whether all axes have the same limits.
    alt : str, optional
        By default the descriptions of the panels, one after the other.

    Returns
    -------
    Picture

    Examples
    --------
    >>> picture = panels(1, 3)
    >>> [type(ax).__name__ for ax in picture.axes]
    ['Axes', 'Axes', 'Axes']
    """
    picture = Picture(size or (min(10.0, 4.2 * columns), 3.4 * rows), alt)
    picture.subplots(rows, columns, sharex=share, sharey=share)
    return picture


def spoken(value: float) -> str:
    """A number as one would say it: 0.0123, 12.3, 12,346."""
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e6 else f"{value:.3g}"


def canvas(ax: Axes | None, size: tuple[float, float], told: str, alt: str | None = None) -> Axes:
    """The axes given, or those of a new picture; the picture takes on `alt`, or else what is told of the drawing."""
    if ax is None:
        ax = Picture(size).subplots()
    if not isinstance(ax, Axes):
        raise TypeError(f"ax must be one matplotlib Axes, such as picture.axes[0], got {type(ax).__name__}")
    if isinstance(ax.figure, Picture):
        ax.figure.describe(told, alt)
    return ax
