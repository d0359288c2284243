"""Which submissions are alike, and like the shipped solution: for a person to read, and never a verdict.

`copydetect` compares them by winnowing (Schleimer, Wilkerson & Aiken 2003, the method of MOSS): names and strings are
replaced by placeholders, so that renaming hides nothing. A short task has few right answers; two of them are alike by nature.
"""
from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

__all__ = ["SOLUTION", "Pair", "alike"]

SOLUTION = "the shipped solution"
GRAM = 25           # characters, once names are placeholders, below which nothing is told apart: copydetect's own choice
SHARE = 0.5         # of the shorter file, from which on a pair is shown
SIZE = 100_000      # bytes beyond which a file is not compared


@dataclass(frozen=True)
class Pair:
    """Two submissions of an exercise, and how much of each is found in the other."""

    exercise: str
    first: str
    second: str
    of_first: float
    of_second: float


def alike(exercise: str, sources: Mapping[str, bytes], stub: bytes = b"", solution: bytes | None = None) -> list[Pair]:
    """Pairs of which at least half of one is found in the other, most alike first; what the stub gave everyone is left out.

    Parameters
    ----------
    exercise : its name
    sources : what was handed in, by student
    stub : the blank exercise
    solution : the shipped one, where it is at hand

    Examples
    --------
    >>> code = b"def f(x, y):\\n    total = 0\\n    for a, b in zip(x, y):\\n        total += a * b + a / b\\n    return total\\n"
    >>> pairs = alike("f", {"ada": code, "bob": code.replace(b"total", b"s"), "eve": b"def f(x, y):\\n    return 1\\n"})
    >>> [(pair.first, pair.second, pair.of_first) for pair in pairs]
    [('ada', 'bob', 1.0)]
    """
    blank = _prints(stub)
    named = dict(sources) | ({SOLUTION: solution} if solution is not None else {})
    prints = {who: found for who, source in named.items() if (found := _prints(source, blank)) is not None and found.hashes}
    pairs = []
    for a, b in combinations(sorted(prints), 2):
        x, y = prints[a], prints[b]
        if 2 * len(x.hashes & y.hashes) < SHARE * min(len(x.hashes), len(y.hashes)):     # cannot come to that much
            continue
        shares = _shares(x, y)
        if max(shares) >= SHARE:
            pairs.append(Pair(exercise, a, b, *shares))
    return sorted(pairs, key=lambda pair: (-max(pair.of_first, pair.of_second), pair.first, pair.second))


def _shares(x: Any, y: Any) -> tuple[float, float]:
    from copydetect import compare_files

    _, shares, _ = compare_files(x, y)
    first, second = (round(min(1.0, float(share)), 3) for share in shares)
    return first, second


def _prints(source: bytes, blank: Any = None) -> Any:
    """The fingerprints of a file, without those of the stub."""
    from copydetect import CodeFingerprint
    from copydetect.utils import get_token_coverage

    if len(source) > SIZE:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = CodeFingerprint("submission.py", GRAM, 1, language="python", fp=io.StringIO(source.decode("utf-8", "replace")))
    if blank is not None:           # by hand: copydetect's own way takes a file's repeated passages for the stub's
        found.hashes = found.hashes - blank.hashes
        found.hash_idx = {h: where for h, where in found.hash_idx.items() if h in found.hashes}
        found.token_coverage = get_token_coverage(found.hash_idx, GRAM, len(found.filtered_code))
    return found
