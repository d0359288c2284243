"""Sharing a loop between threads.

A loop whose passes don't need one another is written as a function of some of them, `work(low, high, *arrays)`. Compiled code
runs outside Python's lock, so several threads can be in it at once. There are some more parts than threads, and each thread
takes the next that nobody has begun: then nobody waits for one that hasn't woken up, because its core is still taken (BLAS's
threads go on looking for work for a while after a product). Waking one takes some 20 microseconds, so short loops stay alone.

Numba's own `prange` does as much, but it is compiled into each loop, which takes seconds; and then, as the library under it is
one or another, a process may not be forked afterwards, or two Python threads that meet in it end the process.
"""
import functools
import os
import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Any

from .jit import thread_count

__all__ = ["share_out"]

PARTS = 2                                                                 # for each thread


def share_out(work: Callable, count: int, *args: Any, alone: bool = False) -> None:
    """work(low, high, *args) for parts of range(count), by as many threads as Numba would take; `alone`, by this one in one part.

    A part's result must not depend on where it begins and ends. What a part raises is raised here.

    Examples
    --------
    >>> import numpy as np
    >>> def square(low, high, x, y):
    ...     y[low:high] = x[low:high] ** 2
    >>> y = np.empty(5)
    >>> share_out(square, 5, np.arange(5.0), y)
    >>> y
    array([ 0.,  1.,  4.,  9., 16.])
    """
    if alone or count < 2 or thread_count() == 1:
        return work(0, count, *args)
    n = min(PARTS * thread_count(), count)
    job = work, args, iter([(part * count // n, (part + 1) * count // n) for part in range(n)]), SimpleQueue[Any]()
    for helper in _helpers()[:n - 1]:
        helper.put(job)
    _take_parts(*job)
    errors = [error for error in (job[3].get() for _ in range(n)) if error is not None]        # no part is without its entry
    if errors:
        raise errors[0]


def _take_parts(work: Callable, args: tuple, parts: Iterator[tuple[int, int]], ended: SimpleQueue) -> None:
    for low, high in parts:                                               # an iterator of a list gives each entry to one thread
        try:
            work(low, high, *args)
        except BaseException as error:                                    # Ctrl-C, too, is raised when all parts are done
            ended.put(error)
        else:
            ended.put(None)


@functools.cache
def _helpers() -> list[SimpleQueue]:
    """What the other threads, which start here, wait for."""
    queues: list[SimpleQueue] = [SimpleQueue() for _ in range(thread_count() - 1)]
    for queue in queues:
        threading.Thread(target=_help, args=(queue,), name="edugen-kernels", daemon=True).start()
    return queues


def _help(queue: SimpleQueue) -> None:
    while True:
        _take_parts(*queue.get())                                         # and keeps nothing: the arrays are their owner's


if hasattr(os, "register_at_fork"):                                       # a fork has this thread alone
    os.register_at_fork(after_in_child=_helpers.cache_clear)
