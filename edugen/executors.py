"""Many independent runs: one after the other, in a pool of processes, or on a cluster, with the same results.

`map_runs` takes `executor=`, anything with the interface of `concurrent.futures.Executor`: None for this process, a
`process_pool`, a thread pool, or `dask.distributed.Client(...).get_executor()` where one machine is not enough.
"""
from __future__ import annotations

import io
import os
import pickle
import reprlib
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any

import numpy as np

from edugen.progress import bar

__all__ = ["WorkerLost", "map_runs", "process_pool"]

Seed = int | np.random.Generator | np.random.SeedSequence | None


class WorkerLost(RuntimeError):
    """A process of the pool or cluster ended before its run did. The message says which runs were not done."""


def map_runs(function: Callable[..., Any], tasks: Iterable[Any], rng: Seed = None, executor: Executor | None = None,
             progress: bool = False, unit: str = "run") -> list[Any]:
    """`[function(task, rng) for task in tasks]`, each run with a generator of its own, wherever the executor runs it.

    The generators are children of `rng` (`SeedSequence.spawn`), one a task, so the results depend neither on the executor
    nor on its size nor on who is done first. When a run fails, those that have not begun are cancelled.

    Parameters
    ----------
    function : `function(task, rng)`
        For a process pool, defined in a module: what it returns and what it gets travels between processes.
    tasks : iterable
    rng : seed, SeedSequence or Generator
        The parent of all generators. Of a Generator the next children are taken: the next call gets others.
    executor : Executor, optional
        None runs in this process, one after the other. It is not shut down: the next call can use it.
    progress : bool
        Whether to show a bar, where someone watches.
    unit : str
        What a run is called on the bar and in errors.

    Returns
    -------
    list, the results in the order of the tasks

    Raises
    ------
    TypeError
        Something that other processes cannot be sent; the message says the way out.
    ValueError
        A pool of forked processes: a fork after a parallel kernel has run hangs or crashes.
    WorkerLost
        A worker died, out of memory or in compiled code. Start a new pool: this one is broken.
    Exception
        What a run raises is passed on, with a note that says which run it was.

    Examples
    --------
    >>> def mean(n, rng):
    ...     return round(float(rng.normal(size=n).mean()), 3)
    >>> map_runs(mean, [10, 1000], rng=0)
    [0.512, 0.022]
    """
    tasks = list(tasks)
    seeds = _children(rng, len(tasks))
    with bar(progress, len(tasks), unit=unit) as tell:
        if executor is None:
            return [_told(_run, function, task, seed, name=f"{unit} {i + 1} of {len(tasks)}", tell=tell)
                    for i, (task, seed) in enumerate(zip(tasks, seeds, strict=True))]
        _check(executor, function, tasks)
        return _spread(function, tasks, seeds, executor, tell, unit)


def process_pool(workers: int | None = None) -> ProcessPoolExecutor:
    """A pool of spawned processes, with one thread of BLAS and of the kernels in each: `with process_pool(4) as executor:`.

    Parameters
    ----------
    workers : int, optional
        How many; one for each core without it.

    Notes
    -----
    A script that makes one does so under `if __name__ == "__main__":`, for each worker imports the script. With another
    number of threads BLAS may sum in another order: results of pools of all sizes are the same bit for bit, those of this
    process within rounding.

    Raises
    ------
    ValueError
        A number of workers that is none, or below one.
    """
    if workers is not None and not (isinstance(workers, int | np.integer) and workers >= 1):
        raise ValueError(f"workers must be a whole number, at least 1, got {workers!r}")
    return ProcessPoolExecutor(workers, mp_context=_OneThreadEach())


# Who runs it ------------------------------------------------------------------------------------------------------------


def _children(rng: Seed, n: int) -> list[np.random.SeedSequence]:
    if isinstance(rng, np.random.SeedSequence):
        return rng.spawn(n)
    return np.random.default_rng(rng).bit_generator.seed_seq.spawn(n)          # type: ignore[attr-defined]


def _run(function, task, seed):
    return function(task, np.random.default_rng(seed))


def _run_elsewhere(function, task, seed):
    """`_run`, whose errors survive the way back: one that cannot be rebuilt from its `args` would break the pool."""
    try:
        return _run(function, task, seed)
    except Exception as error:
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:
            raise RuntimeError(f"{type(error).__name__}: {error}") from None
        raise


def _told(call, *arguments, name, tell):
    """The result of a call; an error gets a note that says which run it was."""
    try:
        result = call(*arguments)
    except Exception as error:
        error.add_note(f"This was {name}.")
        raise
    tell(1)
    return result


def _spread(function, tasks, seeds, executor, tell, unit):
    """The results in order, or the first error, with everything that has not begun cancelled."""
    numbers: dict[Any, int] = {}
    results: list[Any] = [None] * len(tasks)
    try:
        for i, (task, seed) in enumerate(zip(tasks, seeds, strict=True)):
            numbers[executor.submit(_run_elsewhere, function, task, seed)] = i
        for future in as_completed(numbers):
            i = numbers[future]
            results[i] = _told(future.result, name=f"{unit} {i + 1} of {len(tasks)}, {reprlib.repr(tasks[i])}", tell=tell)
    except BaseException as error:                                          # Ctrl-C too
        done = {i for future, i in numbers.items() if future.done() and not future.cancelled() and not future.exception()}
        for future in numbers:
            future.cancel()
        if isinstance(error, BrokenProcessPool) or type(error).__name__ == "KilledWorker":      # the latter is Dask's
            raise WorkerLost(_lost(error, done, len(tasks), unit)) from error
        raise
    return results


def _lost(error, done, n, unit):
    waiting = [i + 1 for i in range(n) if i not in done]
    return (f"a worker process ended before its work was done; {len(done)} of {n} {unit}s were complete, among those that were "
            f"not are {reprlib.repr(waiting)}. Out of memory, killed, a crash in compiled code, or a script that starts a "
            f'pool outside `if __name__ == "__main__":`. Try fewer workers, or executor=None, which shows the error itself '
            f"({error}). A broken pool stays broken: start a new one")


# What may travel --------------------------------------------------------------------------------------------------------


WORDS = reprlib.Repr()
WORDS.maxother = 80


class _Pickler(pickle.Pickler):
    """Notes what is pickled by its name in __main__, which in a notebook no other process has."""

    def __init__(self, file):
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.of_main = []

    def reducer_override(self, thing):
        if getattr(thing, "__module__", None) == "__main__" and hasattr(thing, "__qualname__"):
            self.of_main.append(thing.__qualname__)
        return NotImplemented


def _check(executor, function, tasks):
    if isinstance(executor, type) or not hasattr(executor, "submit"):
        raise TypeError("executor must be None or have the interface of concurrent.futures.Executor, such as "
                        f"process_pool(4) or a Dask client's get_executor(), got {executor!r}")
    if not isinstance(executor, ProcessPoolExecutor):                       # threads send nothing, Dask sends everything
        return
    if executor._mp_context.get_start_method() == "fork":                   # type: ignore[union-attr]
        raise ValueError("executor is a pool of forked processes, which hang or crash once a parallel kernel has run here: use "
                         "edugen.executors.process_pool(), or mp_context=multiprocessing.get_context('spawn')")
    pickler = _Pickler(io.BytesIO())
    for what, thing in (("function", function), *((f"task {i + 1}", task) for i, task in enumerate(tasks[:1]))):
        try:
            pickler.dump(thing)
        except Exception as error:                                          # pickle raises whatever an object's own method does
            raise TypeError(_unsent(what, thing, str(error))) from error
    main = sys.modules["__main__"]
    if pickler.of_main and not hasattr(main, "__file__") and getattr(main, "__spec__", None) is None:
        raise TypeError(_unsent("function", function, f"{pickler.of_main[0]} is defined in this notebook or session alone"))


def _unsent(what, thing, why):
    return (f"{what} {WORDS.repr(thing)} cannot be sent to another process ({why}). Write it into a file (in a notebook: a cell "
            "that begins with %%writefile runs.py) and import it from there; a lambda or an inner function becomes a plain one, "
            "and what it closes over a part of its task. Or leave executor=None, which runs it here")


# The pool ---------------------------------------------------------------------------------------------------------------

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMBA_NUM_THREADS")
_lock = threading.Lock()


class _OneThreadProcess(SpawnProcess):
    def start(self):
        with _lock:                                                         # a library reads these once, when it is loaded
            before = {name: os.environ.get(name) for name in THREADS}
            os.environ.update(dict.fromkeys(THREADS, "1"))
            try:
                super().start()
            finally:
                for name, value in before.items():
                    os.environ.pop(name) if value is None else os.environ.update({name: value})


class _OneThreadEach(SpawnContext):
    Process = _OneThreadProcess
