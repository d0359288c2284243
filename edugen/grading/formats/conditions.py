"""Under which conditions a submission was graded, in words, the same in every format."""
from __future__ import annotations

from collections import Counter

from edugen.grading.batch import Record
from edugen.grading.isolation import NOTHING

__all__ = ["limits", "was_run"]


def limits(record: Record) -> str:
    """What the checks of an exercise allow: the usual, then each check that allows something else.

    Examples
    --------
    >>> limits({"limits": {"test_a": "10 s a call", "test_b": "10 s a call", "test_long": "60 s a call"}})
    '10 s a call; long: 60 s a call'
    """
    usual = Counter(record["limits"].values()).most_common(1)[0][0]
    return "; ".join([usual, *(f"{check.removeprefix('test_')}: {allowed}" for check, allowed in record["limits"].items()
                               if allowed != usual)])


def was_run(record: Record) -> bool:
    """Whether there was a file to run at all."""
    return record["isolation"] != NOTHING
