"""How training went."""
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from edugen.plots.picture import Picture, panels, spoken
from edugen.plots.style import BLACK, DASHES, PALETTE, styled

__all__ = ["loss_curves"]


@styled
def loss_curves(history: Any, log: bool = False, best: str | int | bool = True, smooth: int = 1,
                xlabel: str = "epoch", title: str | None = None, ax: Axes | None = None,
                alt: str | None = None) -> Picture:
    """What was recorded while training, one panel a quantity, the best checkpoint marked.

    The last word of a name is its quantity: `train_loss` and `validation_loss` share a panel, `validation_accuracy` has
    its own. A bare `train`, `validation` or `test` is a loss.

    Parameters
    ----------
    history : History, or dict of sequences
        The values of each epoch or step. NaN where nothing was measured. A series called `epoch` or `step` is the axis.
    log : bool
        Logarithmic losses.
    best : bool, str or int
        The series whose best value is the best checkpoint (largest for an accuracy, smallest for anything else), or the
        position of the checkpoint itself, counted from 0; True takes the validation loss, if there is one.
    smooth : int
        Draw the mean of the last `smooth` values over the faint raw ones.
    xlabel : str
    title : str, optional
    ax : Axes, optional
        Draw here, when there is one quantity only, instead of in a new picture.
    alt : str, optional
        The description; by default where each curve starts and ends, and the best checkpoint.

    Returns
    -------
    Picture

    Examples
    --------
    >>> loss_curves({"train_loss": [2.3, 1.0, 0.2], "validation_loss": [2.3, 1.1, 1.2]}).alt
    'Training curves over 3 epochs. train loss from 2.3 to 0.2. validation loss from 2.3 to 1.2. Best validation loss 1.1 at epoch 2.'
    """                                                                         # noqa: E501
    series = _series(history)
    length = len(next(iter(series.values())))
    at = next((series.pop(name) for name in ("epoch", "step") if name in series), np.arange(1.0, length + 1))
    quantities: dict[str, list[str]] = {}
    for name in series:
        quantities.setdefault(_quantity(name), []).append(name)

    if best is True:
        best = next((name for name in series if "validation" in name and _quantity(name) == "loss"), False)
    mark = best if isinstance(best, str) else None
    if mark is not None and mark not in series:
        raise ValueError(f"best must be one of {sorted(series)}, True, False or a position, got {best!r}")
    if mark is not None:
        measured = series[mark] if _quantity(mark) == "accuracy" else -series[mark]
        place = int(np.nanargmax(measured)) if np.any(np.isfinite(measured)) else None
    else:
        place = None if best is False else int(best)
    if place is not None and not 0 <= place < length:
        raise ValueError(f"best must be a position from 0 to {length - 1}, got {place}")

    told = [f"Training curves over {length} {xlabel}s."]
    for name, values in series.items():
        v = values[np.isfinite(values)]
        told.append(f"{_words(name)} from {spoken(v[0])} to {spoken(v[-1])}." if v.size else f"{_words(name)} without a value.")
    if place is not None:
        told.append(f"Best {_words(mark)} {spoken(series[mark][place])} at {xlabel} {at[place]:g}." if mark is not None
                    else f"Best checkpoint at {xlabel} {at[place]:g}.")
    if ax is not None and len(quantities) > 1:
        raise ValueError(f"one ax holds one quantity, but history has {sorted(quantities)}; leave ax out or pick series")
    picture: Any = panels(1, len(quantities), (6.4 if len(quantities) == 1 else 10.0, 3.8)) if ax is None else ax.figure
    if isinstance(picture, Picture):
        picture.describe(" ".join(told), alt)

    for axes, (quantity, names) in zip(picture.axes if ax is None else [ax], quantities.items()):
        for name in names:
            k, measured = list(series).index(name), np.isfinite(series[name])
            t, v = at[measured], series[name][measured]
            style: dict[str, Any] = {"color": PALETTE[k % 8], "linestyle": DASHES[(k // 8 + k) % 8]}
            style["marker"] = "o" if len(v) == 1 else ""
            if smooth > 1:
                axes.plot(t, v, alpha=0.25, linewidth=1.0, color=style["color"])
                total = np.concatenate([[0.0], np.cumsum(v)])
                first = np.maximum(np.arange(len(v)) - smooth + 1, 0)
                v = (total[1:] - total[first]) / (np.arange(1, len(v) + 1) - first)
            axes.plot(t, v, label=_words(name), **style)
        if place is not None:
            axes.axvline(at[place], color=BLACK, linewidth=1.0, linestyle=(0, (2, 3)))
            if mark in names:
                axes.plot([at[place]], [series[mark][place]], "*", color=BLACK, markersize=15, zorder=4,
                          label=f"best: {xlabel} {at[place]:g}")
        if log and quantity != "accuracy":
            axes.set_yscale("log")
        axes.set(xlabel=xlabel, ylabel=quantity)
        axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))
        axes.legend()
    if title and ax is not None:
        ax.set_title(title)
    elif title:
        picture.suptitle(title)
    return picture


def _series(history: Any) -> dict[str, np.ndarray]:
    """Its columns as float arrays of one length, or an error that says what is missing."""
    if not isinstance(history, Mapping):
        try:
            history = {name: getattr(history, name) for name in history.names}
        except AttributeError:
            raise TypeError("history must be a History or a dict of sequences, such as {'train_loss': [...]}, "
                            f"got {type(history).__name__}") from None
    series = {name: np.asarray(values, dtype=float) for name, values in history.items()}
    shapes = {name: values.shape for name, values in series.items()}
    if not series or len(set(shapes.values())) > 1 or any(len(s) != 1 or s[0] == 0 for s in shapes.values()):
        raise ValueError("history must hold sequences of numbers, at least one, all of one length and none empty; "
                         f"put NaN where nothing was measured; got {shapes}")
    return series


def _quantity(name: str) -> str:
    last = _words(name).split()[-1]
    return "loss" if last in ("train", "validation", "test") else last


def _words(name: str) -> str:
    return name.replace("_", " ")
