"""What fits a kernel, checked above it: compiled code reads memory wherever it is told to."""
import functools
import operator
import re

import numpy as np

__all__ = ["fitting", "ready"]

_shape = operator.attrgetter("shape")


def fitting(caller, expected):
    """A check of a function's first arguments, for `kernel` and `jit`: arrays of shapes that go together.

    `expected` says it as the message will, "x (N, D), y (K, D)": a letter is the same length wherever it stands, 3H three times
    H, and *image any number of axes. Shapes that fitted once are remembered: looking them up takes half a microsecond.
    """
    wanted = [axes.split(", ") for axes in re.findall(r"\w+ \(([^)]*)\)", expected)]
    count = len(wanted)

    @functools.lru_cache(maxsize=1024)
    def fit(*shapes):
        lengths: dict = {}
        if len(shapes) < count:
            raise TypeError(f"{caller}: expected {count} arrays by position, {expected}, got {len(shapes)}")
        if not all(_fits(axes, shape, lengths) for axes, shape in zip(wanted, shapes, strict=True)):
            raise ValueError(f"{caller}: expected {expected}, got shapes {', '.join(map(str, shapes))}")

    def check(*args, **options):
        try:
            shapes = [*map(_shape, args[:count])]
        except AttributeError:
            kinds = ", ".join(type(a).__name__ for a in args[:count])
            raise TypeError(f"{caller}: expected arrays, {expected}, got {kinds}; np.asarray makes an array of a list") from None
        fit(*shapes)
    return check


def _fits(axes, shape, lengths):
    """Whether a shape is as `axes` say, given the lengths that letters have so far; notes those of new ones."""
    several = [i for i, axis in enumerate(axes) if axis[0] == "*"]
    if several:
        i, more = several[0], len(shape) - len(axes) + 1
        if more < 0 or lengths.setdefault(axes[i], shape[i:i + more]) != shape[i:i + more]:
            return False
        axes, shape = axes[:i] + axes[i + 1:], shape[:i] + shape[i + more:]
    if len(axes) != len(shape):
        return False
    for axis, n in zip(axes, shape, strict=True):
        times, letter = re.findall(r"(\d*)(\w+)", axis)[0]
        if n != lengths.setdefault(letter, n // int(times or 1)) * int(times or 1):
            return False
    return True


def ready(*arrays):
    """Contiguous, aligned and writable, copied where they aren't: so that one version of a twin is compiled."""
    return [np.require(a, requirements=["C", "A", "W"]) for a in arrays]
