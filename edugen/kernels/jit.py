"""`@jit`: Numba, but not before it is needed.

Importing Numba takes half a second, and compiling more; `import edugen` shall take neither. So a kernel is compiled at its
first call, and the machine code is kept on disk in a folder named after a hash of this package's sources (Numba itself doesn't
notice when a helper in another file changes). Where there is no folder to write to, every process compiles for itself.
"""
from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np

__all__ = ["available", "backend", "bits", "by_precision", "cache_folder", "compilable", "floats", "jit", "kernel", "operation",
           "sortable", "thread_count", "unsortable", "use"]

_chosen, _building = "numba", threading.RLock()              # one Python thread builds, others wait for what it makes


def use(name: str) -> Any:
    """Choose "numba" (compiled twins, the default) or "numpy" (references) for every kernel; also a context manager.

    Examples
    --------
    >>> with use("numpy"):
    ...     backend()
    'numpy'
    """
    global _chosen
    if name not in ("numpy", "numba"):
        raise ValueError(f'use: expected "numpy" or "numba", got {name!r}')
    if name == "numba" and not available():
        raise ImportError("the compiled kernels need Numba: pip install numba; the course also runs without, use('numpy')")
    before, _chosen = _chosen, name

    @contextmanager
    def restore():
        global _chosen
        try:
            yield
        finally:
            _chosen = before
    return restore()


@functools.cache
def available() -> bool:
    """Whether Numba is installed. It isn't imported for that."""
    from importlib.util import find_spec
    return find_spec("numba") is not None


def backend() -> str:
    """The kernels in use: "numba" or "numpy"."""
    return _chosen if available() else "numpy"


def jit(f: Callable | None = None, *, fastmath: Any = False, writes: str = "", check: Callable | None = None) -> Any:
    """Compile a function with Numba when it is first called.  Its helpers are other `@jit` functions of any module.

    Parameters
    ----------
    f : function in the part of Python that Numba compiles
    fastmath : let the compiler reorder sums; only with a reason written beside it
    writes : names of the arrays that are written to
        Numba compiles anew for each layout of each array, and again where one is read-only: for a product, dozens of times. With
        `writes`, once for each dtype (of the first of them): for contiguous arrays that are written to, and any others.
    check : function of the same arguments, that refuses what doesn't fit; not called where a compiled function calls this one,
        nor by `.unchecked(...)`, for callers that have looked themselves
    """
    if f is None:
        return functools.partial(jit, fastmath=fastmath, writes=writes, check=check)
    compiled = None
    versions: dict = {}
    written = writes.split()
    decides = f.__code__.co_varnames.index(written[0]) if written else 0

    @functools.wraps(f)
    def call(*args):
        nonlocal compiled
        if compiled is None:
            with _building:
                compiled = build()
        return compiled(*args)

    @functools.wraps(f)
    def call_by_dtype(*args):
        kind = args[decides].dtype.char                                      # a letter: a dtype takes a microsecond to hash
        if kind not in versions:
            with _building:
                versions[kind] = build(_any_layout(f, args, written))
        return versions[kind](*args)

    @functools.cache
    def build(signature=None):
        """The function rebuilt around compiled helpers, then handed to Numba."""
        numba = _numba()
        helpers = {name: f.__globals__[name].compiled() for name in f.__code__.co_names
                   if hasattr(f.__globals__.get(name), "compiled")}
        rebuilt = FunctionType(f.__code__, f.__globals__ | helpers, f.__name__, f.__defaults__, f.__closure__)
        rebuilt.__module__, rebuilt.__qualname__ = f.__module__, f.__qualname__
        options = {"nogil": True, "error_model": "numpy", "fastmath": fastmath}
        try:
            return numba.njit(signature, cache=True, **options)(rebuilt)
        except RuntimeError:                                                 # no folder that can be written to
            return numba.njit(signature, **options)(rebuilt)
    call = call_by_dtype if writes else call

    @functools.wraps(f)
    def checked(*args):
        check(*args)                                                         # type: ignore[misc]
        return call(*args)
    chosen = checked if check else call
    chosen.compiled, chosen.unchecked = build, call                          # type: ignore[attr-defined]
    return chosen


def _any_layout(f, args, written):
    """The types of a call's arguments, but arrays that are only read may be read-only and have any layout."""
    numba = _numba()
    names = f.__code__.co_varnames
    return tuple(numba.types.Array(t.dtype, t.ndim, "A", readonly=True)
                 if isinstance(t, numba.types.Array) and name not in written else t
                 for name, t in zip(names, map(numba.typeof, args), strict=False))


def by_precision(single: Any, double: Any) -> Any:
    """One name for two `@jit` functions of a number: `single` for float32, `double` for float64."""
    def call(x):
        return (single if x.dtype == np.float32 else double)(x)

    @functools.cache
    def compiled():
        numba = _numba()
        from numba.extending import overload
        versions = single.compiled(), double.compiled()

        @overload(call)
        def _(x):
            f = versions[0] if x == numba.types.float32 else versions[1]
            return lambda x: f(x)
        return call
    call.compiled = compiled                                                 # type: ignore[attr-defined]
    return call


def operation(python: Any) -> Any:
    """A helper of `@jit` functions that is compiled by hand: `@name.llvm` defines it as a Numba intrinsic."""
    def llvm(define):
        @functools.cache
        def compiled():
            numba = _numba()
            from numba.extending import intrinsic
            return python if numba.config.DISABLE_JIT else intrinsic(define)
        python.compiled = compiled
        return define
    python.llvm = llvm
    return python


def compilable(*arrays: np.ndarray) -> bool:
    """Whether arrays are something for a twin: float32 or float64, all the same, and none empty. Others are the reference's."""
    return arrays[0].dtype in (np.float32, np.float64) and all(a.size and a.dtype == arrays[0].dtype for a in arrays)


def kernel(reference: Callable | None = None, *, check: Callable | None = None) -> Any:
    """A function in two versions: the NumPy reference decorated here, and below it the twin, `@reference.numba`.

    `check` is called with the arguments of either before it, and refuses what doesn't fit.
    """
    if reference is None:
        return functools.partial(kernel, check=check)
    twin = reference

    @functools.wraps(reference)
    def call(*args, **options):
        if check:
            check(*args, **options)
        return (twin if _chosen == "numba" else reference)(*args, **options)

    def numba(f):
        nonlocal twin
        twin = f if available() else reference
        return f
    call.reference, call.numba = reference, numba                            # type: ignore[attr-defined]
    return call


@functools.cache
def thread_count() -> int:
    """How many threads a kernel may take: NUMBA_NUM_THREADS, or as many as there are cores."""
    return _numba().config.NUMBA_NUM_THREADS


def cache_folder() -> Path:
    """Where compiled kernels are kept: EDUGEN_CACHE, or the user's cache folder, by a hash of the kernels' sources."""
    import hashlib  # here: together a tenth of `import edugen`
    import tempfile
    sources = sorted(Path(__file__).parent.glob("*.py"))
    digest = hashlib.sha256(b"".join(p.read_bytes() for p in sources)).hexdigest()[:16]
    if "EDUGEN_CACHE" in os.environ:
        root = Path(os.environ["EDUGEN_CACHE"])
    elif sys.platform == "win32":
        root = Path(os.environ.get("LOCALAPPDATA", tempfile.gettempdir())) / "edugen"
    else:
        root = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "edugen"
    return root / "kernels" / digest


@functools.cache
def _numba() -> Any:
    import numba
    config: Any = numba.config
    if not config.CACHE_DIR:                                                 # NUMBA_CACHE_DIR stays the user's choice
        config.CACHE_DIR = str(cache_folder())
    _define_bitcasts(numba)
    return numba


# The bits of a float ----------------------------------------------------------------------------------------------------

def bits(x):
    """A float's bits as an integer of its size."""
    return x.view(np.int32 if x.dtype == np.float32 else np.int64)


def floats(i):
    """The float that an integer's bits spell."""
    return i.view(np.float32 if i.dtype == np.int32 else np.float64)


def sortable(x):
    """A float as an integer that is larger where the float is larger.

    The bits of positive floats are ordered as the floats are, those of negative ones backwards: so flip all but their sign.
    """
    i = bits(x)
    return np.where(i < 0, i ^ np.iinfo(i.dtype).max, i).astype(i.dtype)[()]


def unsortable(i):
    """The float again."""
    return floats(np.where(i < 0, i ^ np.iinfo(i.dtype).max, i).astype(i.dtype)[()])


def _define_bitcasts(numba):
    """Compiled, both are one instruction; a view through an array of another dtype would be taken for no alias by LLVM."""
    from numba.core import types
    from numba.extending import intrinsic, overload
    pairs: dict[Any, Any] = {types.float32: types.int32, types.float64: types.int64,
                             types.int32: types.float32, types.int64: types.float64}

    @intrinsic
    def cast(context, x):
        to = pairs[x]

        def generate(context, builder, signature, args):
            return builder.bitcast(args[0], context.get_value_type(to))
        return to(x), generate
    bitcast: Any = cast

    @overload(bits)
    def _(x):
        return lambda x: bitcast(x)

    @overload(floats)
    def _(i):
        return lambda i: bitcast(i)

    @overload(sortable)
    def _(x):
        if x == types.float32:
            return lambda x: np.int32(bitcast(x) ^ ((bitcast(x) >> np.int32(31)) & np.int32(0x7FFFFFFF)))
        return lambda x: bitcast(x) ^ ((bitcast(x) >> 63) & 0x7FFFFFFFFFFFFFFF)

    @overload(unsortable)
    def _(i):
        if i == types.int32:
            return lambda i: bitcast(np.int32(i ^ ((i >> np.int32(31)) & np.int32(0x7FFFFFFF))))
        return lambda i: bitcast(i ^ ((i >> 63) & 0x7FFFFFFFFFFFFFFF))
