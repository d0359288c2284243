"""Images somewhere on a larger, empty one: the same thing, moved."""
import numpy as np

from edugen.data.toys import counted

__all__ = ["on_canvas"]


def on_canvas(images: np.ndarray, rng: int | np.random.Generator, size: int = 20, anywhere: bool = True) -> np.ndarray:
    """Each image on an empty square canvas, at a place of its own, or in the middle.

    Parameters
    ----------
    images : array (N, h, w)
    rng : int or Generator
        Draws the places, all equally likely.
    size : int, side of the canvas
    anywhere : bool
        False for the middle.

    Returns
    -------
    array (N, size, size) of the images' dtype

    Raises
    ------
    ValueError
        Where an image has no room.

    Examples
    --------
    >>> on_canvas(np.ones((1, 2, 2)), 0, size=4, anywhere=False)[0]
    array([[0., 0., 0., 0.],
           [0., 1., 1., 0.],
           [0., 1., 1., 0.],
           [0., 0., 0., 0.]])
    """
    images = np.asarray(images)
    if images.ndim != 3:
        raise ValueError(f"on_canvas: images must be an array (N, h, w), got shape {images.shape}; of the digits, "
                         "x.reshape(-1, 8, 8)")
    (N, *sides), size = images.shape, counted("size", size)
    if size < max(sides):
        raise ValueError(f"on_canvas: images of {sides[0]} x {sides[1]} have no room on a canvas of {size} x {size}")
    rng = np.random.default_rng(rng)
    room = [size - side for side in sides]
    top, left = (rng.integers(0, r + 1, size=N) if anywhere else np.full(N, r // 2) for r in room)
    canvas = np.zeros((N, size, size), images.dtype)
    rows, columns = top[:, None] + np.arange(sides[0]), left[:, None] + np.arange(sides[1])
    canvas[np.arange(N)[:, None, None], rows[:, :, None], columns[:, None, :]] = images
    return canvas
