"""Rows of small images."""
from collections.abc import Sequence
from math import ceil, isqrt

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import ArrayLike

from edugen.plots.picture import Picture
from edugen.plots.style import BLUE, RED, styled

__all__ = ["image_grid"]

SIGNED = LinearSegmentedColormap.from_list("signed", [BLUE, "#FFFFFF", RED])


@styled
def image_grid(images: ArrayLike, titles: Sequence[object] | None = None, wrong: ArrayLike | None = None,
               columns: int = 10, title: str | None = None, limits: tuple[float, float] | None = None,
               alt: str | None = None) -> Picture:
    """Images side by side on one scale; those marked wrong stand in an orange-red frame, their titles crossed.

    Parameters
    ----------
    images : array (N, H, W), (N, D) with D a square, or (N, H, W, 3)
        Gray images are drawn as ink, dark where they are large. Where some value is negative they are drawn signed:
        blue below zero, white at zero, orange-red above, with the scale beside them. Colors are in [0, 1].
    titles : sequence of N, optional
        What is written above each image.
    wrong : booleans (N,), optional
    columns : int
        At most so many images a row.
    title : str, optional
        Above them all.
    limits : (float, float), optional
        The values drawn lightest and darkest; by default the smallest and the largest of all images.
    alt : str, optional
        The description; by default how many images of what size, their titles, and which are wrong.

    Returns
    -------
    Picture

    Examples
    --------
    >>> image_grid(np.eye(3)[None].repeat(2, axis=0), titles=["7", "3"], wrong=[False, True]).alt
    'Grid of 2 images of 3 by 3 pixels, in a row: 7; 3 (wrong).'
    """
    array = np.asarray(images, dtype=float)
    side = isqrt(array.shape[1]) if array.ndim == 2 else 0
    if array.ndim == 2 and side * side == array.shape[1]:
        array = array.reshape(-1, side, side)
    if not (array.ndim == 3 or array.ndim == 4 and array.shape[3] == 3) or array.size == 0:
        raise ValueError("images must be an array (N, H, W), (N, D) with D a square, or (N, H, W, 3), N at least 1, "
                         f"got shape {np.shape(images)}; a single image goes in as image[None]")
    if not np.all(np.isfinite(array)):
        raise ValueError(f"images must be finite, but {np.sum(~np.isfinite(array))} values are not")
    n, height, width = array.shape[:3]
    names = None if titles is None else [str(name) for name in titles]
    if names is not None and len(names) != n:
        raise ValueError(f"titles must be as many as the {n} images, got {len(names)}")
    crossed = np.zeros(n, dtype=bool) if wrong is None else np.asarray(wrong, dtype=bool)
    if crossed.shape != (n,):
        raise ValueError(f"wrong must hold True or False for each of the {n} images, got shape {crossed.shape}")
    if columns < 1:
        raise ValueError(f"columns must be at least 1, got {columns}")

    signed = array.ndim == 3 and array.min() < 0
    if limits is None:
        largest = np.abs(array).max()
        limits = (-largest, largest) if signed else (array.min(), array.max())
    rows, columns = ceil(n / columns), min(columns, n)
    lines = 0 if names is None else 1 + max(name.count("\n") for name in names)
    longest = 0 if names is None else max(len(line) for name in names for line in name.split("\n"))
    cell = max(0.98, 0.1 * longest + 0.1)                    # inches: wide enough for the titles
    size = (max(2.0, columns * cell) + (0.8 if signed else 0),
            rows * (cell * height / width + 0.2 * lines + 0.05) + (0.35 if title else 0.0))
    picture = Picture(size)
    axes = picture.subplots(rows, columns, squeeze=False).ravel()
    for k, ax in enumerate(axes):
        ax.set_axis_off() if k >= n else ax.set(xticks=[], yticks=[])
        ax.grid(False)
    for k, ax in enumerate(axes[:n]):
        shown = ax.imshow(array[k], cmap=SIGNED if signed else "gray_r", vmin=limits[0], vmax=limits[1],
                          interpolation="nearest")
        ax.spines[:].set(visible=True, color=RED if crossed[k] else "#BBBBBB", linewidth=4.0 if crossed[k] else 0.8)
        if names is not None:
            ax.set_title(f"✗ {names[k]}" if crossed[k] else names[k], fontsize=12, pad=4,
                         color="#A84A00" if crossed[k] else "black")
    if signed:
        picture.colorbar(shown, ax=list(axes), shrink=0.9, aspect=12)
    if title:
        picture.suptitle(title)

    each = [name.replace("\n", " ") for name in names] if names is not None else [f"image {k + 1}" for k in range(n)]
    each = [name + " (wrong)" * bool(cross) for name, cross in zip(each, crossed)]
    told = "" if names is None and not crossed.any() else ": " + "; ".join(each[:40]) + "; and more" * (n > 40)
    subject = f"{title}. " if title else ""
    picture.describe(f"{subject}Grid of {n} image{'s' * (n > 1)} of {height} by {width} pixels, "
                     f"{'in a row' if rows == 1 else f'in {rows} rows of at most {columns}'}{told}.", alt)
    return picture
