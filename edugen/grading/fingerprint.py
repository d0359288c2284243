"""What a submission answered, in few enough numbers to keep: by these, one wrong answer is known again as another's."""
from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

__all__ = ["fingerprint", "same_answer"]

NUMBERS = 32        # entries that are kept, evenly spaced
RTOL = 1e-6         # the same formula in another order of operations
LARGE = 1 << 20     # of an array with more entries, some stand for all: what a submission sends is not our memory to lose


def fingerprint(value: Any) -> dict[str, Any]:
    """Structure, some entries and two sums over all of them: of arrays, numbers, strings, and what contains them.

    Examples
    --------
    >>> fingerprint((np.array([1.0, 2.0]), True))
    {'form': ['(2,) f', 'b'], 'numbers': [1.0, 2.0, 1.0], 'sums': [4.0, 8.0]}
    """
    form: list[str] = []
    parts = [np.ravel(part) for part in _arrays(value, form)]
    x = np.concatenate([np.zeros(0), *parts])
    x = np.concatenate([x.real, x.imag]) if np.iscomplexobj(x) else x
    kept = x[np.unique(np.linspace(0, len(x) - 1, min(NUMBERS, len(x))).astype(int))] if len(x) else x
    with np.errstate(all="ignore"):
        sums = [float(np.sum(x)), float(np.sum(np.arange(1, len(x) + 1) * x))]      # unequal weights: order counts
    return {"form": form[:NUMBERS], "numbers": [float(v) for v in kept], "sums": sums}


def _arrays(value: Any, form: list[str]) -> Iterator[np.ndarray]:
    """The numbers inside a value; `form` collects what holds them."""
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _arrays(item, form)
    elif isinstance(value, dict):
        for key in value:
            form.append(f"{key!r}:"[:40])
            yield from _arrays(value[key], form)
    elif isinstance(value, (bool, int, float, complex, np.ndarray, np.generic)):
        try:
            a = np.asarray(value)
            kind = "f" if a.dtype.kind in "iuf" else a.dtype.kind       # 2 and 2.0 are the same answer
            form.append(f"{a.shape} {kind}" if a.ndim else kind)
            if a.size > LARGE:
                a = a.reshape(-1)[np.linspace(0, a.size - 1, NUMBERS).astype(int)]
            yield a.astype(complex if kind == "c" else float)
        except OverflowError:                                           # an integer of more than 300 digits
            form.append("huge")
    else:
        form.append(repr(value)[:40] if isinstance(value, str) or value is None else "function")


def same_answer(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """Whether two fingerprints are of the same answer, up to rounding.

    Examples
    --------
    >>> same_answer(fingerprint(np.ones(3)), fingerprint(np.ones(3) + 1e-12))
    True
    >>> same_answer(fingerprint(np.arange(3)), fingerprint(np.arange(3)[::-1]))
    False
    """
    if a["form"] != b["form"] or len(a["numbers"]) != len(b["numbers"]):
        return False
    x, y = (np.array([*f["numbers"], *f["sums"]]) for f in (a, b))
    size = max((abs(v) for v in b["numbers"] if math.isfinite(v)), default=0.0)
    with np.errstate(all="ignore"):
        return bool(np.all(np.isclose(x, y, rtol=RTOL, atol=RTOL * size, equal_nan=True)))
