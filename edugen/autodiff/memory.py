"""What is freed stays at hand.

A gradient frees all values of the pass forward at once. The C library then gives that memory back to the system, and the next
step asks for it again, page by page: a third of the time of a small ConvNet's step went there.
"""
import os
import sys

__all__ = ["keep_freed_memory"]

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3                                 # mallopt's numbers for them


def keep_freed_memory(megabytes: int = 512) -> bool:
    """Tell glibc to keep up to so much freed memory, and to lay arrays below 32 MB where it can be kept.

    Importing the engine does so; settings of your own, MALLOC_TRIM_THRESHOLD_ or GLIBC_TUNABLES in the environment, are left
    alone.

    Returns
    -------
    bool, whether it was done: False where the C library is another one

    Examples
    --------
    >>> keep_freed_memory() in (True, False)
    True
    """
    if not sys.platform.startswith("linux") or {"MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES"} & set(os.environ):
        return False
    import ctypes
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(_MMAP_THRESHOLD, 32 << 20) and mallopt(_TRIM_THRESHOLD, megabytes << 20))
