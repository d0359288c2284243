"""Which submissions are alike, and like the shipped solution: for a person to read, and never a verdict.

`copydetect` compares them by winnowing (Schleimer, Wilkerson & Aiken 2003, the method of MOSS): names and strings are
replaced by placeholders, so that renaming hides nothing. A short task has few right answers; two of them are alike by nature.
"""
from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

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
    places = _numbered(prints)
    in_a, in_b = (np.zeros(1 + max((p.names.max() for p in places.values()), default=0), bool) for _ in range(2))
    pairs = []
    for i, a in enumerate(order := sorted(prints)):
        x = places[a]
        in_a[x.names] = True
        for b in order[i + 1:]:
            y = places[b]
            in_b[y.names] = True
            # else they can't come to that much
            if 2 * np.count_nonzero(in_a[y.names]) >= SHARE * min(len(x.names), len(y.names)):
                shares = x.share(in_b), y.share(in_a)
                if max(shares) >= SHARE:
                    pairs.append(Pair(exercise, a, b, *shares))
            in_b[y.names] = False
        in_a[x.names] = False
    return sorted(pairs, key=lambda pair: (-max(pair.of_first, pair.of_second), pair.first, pair.second))


@dataclass(frozen=True)
class Places:
    """A file's fingerprints by number, and where each is. A class is compared pair by pair, so a pair must cost little."""

    names: np.ndarray           # each fingerprint once
    name: np.ndarray            # of the one at each place
    place: np.ndarray
    covered: float              # characters that fingerprints cover

    def share(self, other: np.ndarray) -> float:
        """How much of the file is in fingerprints that the other has too, as `copydetect.compare_files` counts."""
        from copydetect.utils import get_copied_slices

        slices = get_copied_slices(self.place[other[self.name]], GRAM)
        return round(min(1.0, float(np.sum(slices[1] - slices[0]) / self.covered)), 3)


def _numbered(prints: Mapping[str, Any]) -> dict[str, Places]:
    """The fingerprints of all files, numbered from 0."""
    numbers: dict[Any, int] = {}
    found = {}
    for who, one in prints.items():
        names = np.array([numbers.setdefault(h, len(numbers)) for h in one.hash_idx])
        name = np.repeat(names, [len(where) for where in one.hash_idx.values()])
        found[who] = Places(names, name, np.concatenate(list(one.hash_idx.values())), one.token_coverage)
    return found


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
