"""Independent runs: the same results wherever they run, and what is said when something goes wrong there."""
import io
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing.context import SpawnContext

import numpy as np
import pytest

from edugen.executors import WorkerLost, map_runs, process_pool

RUNS = '''
import os, time
import numpy as np
from edugen.autodiff import ops

class Two(Exception):
    def __init__(self, one, two):
        super().__init__(one)

def draw(scale, rng):
    return scale * rng.normal(size=3)

def slow_first(task, rng):
    time.sleep(0.3 if task == 0 else 0.0)
    return task, os.getpid()

def threads(task, rng):
    return os.environ["OPENBLAS_NUM_THREADS"], os.environ["NUMBA_NUM_THREADS"]

def fail_at(task, rng, where, folder):
    if task == where:
        raise ValueError(f"no root for {task}")
    time.sleep(0.1)
    open(os.path.join(folder, str(task)), "w").close()
    return task

def two(task, rng):
    raise Two("odd", "even")

def die(task, rng):
    if task == 1:
        os._exit(7)
    return task

def opened(task, rng):
    return lambda: task

def kernel(task, rng):
    return ops.softmax(rng.normal(size=(400, 300)), axis=1).sum(axis=0)
'''


@pytest.fixture
def runs(importable):
    """A module that other processes can import, as a student's is."""
    return importable(RUNS)


@pytest.fixture(scope="module")
def pool():
    with process_pool(2) as executor:
        yield executor


def test_a_run_draws_from_a_child_of_the_seed(runs):
    found = map_runs(runs.draw, [1.0, 2.0, 3.0], rng=5)
    children = np.random.SeedSequence(5).spawn(3)
    expected = [k * np.random.default_rng(child).normal(size=3) for k, child in zip((1, 2, 3), children, strict=True)]
    np.testing.assert_array_equal(found, expected)
    assert isinstance(found, list) and map_runs(runs.draw, [], rng=5) == []
    np.testing.assert_array_equal(map_runs(runs.draw, iter([1.0, 2.0]), rng=5), found[:2])         # more tasks change none before


def test_what_may_be_the_seed(runs):
    one = map_runs(runs.draw, [1.0, 1.0], rng=5)
    np.testing.assert_array_equal(map_runs(runs.draw, [1.0, 1.0], rng=np.random.SeedSequence(5)), one)
    generator = np.random.default_rng(5)
    np.testing.assert_array_equal(map_runs(runs.draw, [1.0, 1.0], rng=generator), one)
    assert not np.any(np.isin(map_runs(runs.draw, [1.0, 1.0], rng=generator), one)), "the next call gets the next children"
    assert not np.any(np.isin(map_runs(runs.draw, [1.0, 1.0]), one)), "without a seed, another every time"


def test_order_is_that_of_the_tasks(runs, pool):
    with ThreadPoolExecutor(3) as threads:
        for executor in (None, threads, pool):
            found = map_runs(runs.slow_first, range(5), executor=executor)
            assert [task for task, _ in found] == [0, 1, 2, 3, 4]
            assert (os.getpid() in {pid for _, pid in found}) is (executor is not pool)


def test_results_do_not_depend_on_the_executor_or_its_size(runs, pool):
    expected = map_runs(runs.draw, range(7), rng=3)
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(4) as four, process_pool(1) as process:
        for executor in (one, four, process, pool):
            np.testing.assert_array_equal(map_runs(runs.draw, range(7), rng=3, executor=executor), expected)


def test_a_worker_has_one_thread_and_we_keep_ours(runs, pool, monkeypatch):
    monkeypatch.setenv("NUMBA_NUM_THREADS", "2")
    before = dict(os.environ)
    assert map_runs(runs.threads, [0], executor=pool) == [("1", "1")]
    with process_pool(1) as fresh:
        assert map_runs(runs.threads, [0], executor=fresh) == [("1", "1")]
    assert dict(os.environ) == before


@pytest.mark.slow
def test_after_a_parallel_kernel(runs, pool):
    """Kernels have run here in parallel: workers are spawned, so their thread pools are their own."""
    expected = map_runs(runs.kernel, range(4), rng=1)
    np.testing.assert_allclose(map_runs(runs.kernel, range(4), rng=1, executor=pool), expected, rtol=1e-12)
    np.testing.assert_array_equal(map_runs(runs.kernel, range(4), rng=1), expected)


@pytest.mark.slow
def test_a_dask_cluster(runs, monkeypatch, tmp_path):
    """Two worker processes: the same numbers, a failure that cancels, a worker that dies."""
    import dask
    from distributed import Client, LocalCluster

    expected = map_runs(runs.draw, range(7), rng=3)
    options = {"distributed.scheduler.allowed-failures": 0, "distributed.comm.timeouts.connect": "60s"}
    with dask.config.set(options), LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, local_directory=str(tmp_path / "dask"),
    ) as cluster, Client(cluster) as client:
        executor = client.get_executor()
        np.testing.assert_array_equal(map_runs(runs.draw, range(7), rng=3, executor=executor), expected)
        pids = {pid for _, pid in map_runs(runs.slow_first, [0] * 4, executor=executor)}
        assert os.getpid() not in pids and len(pids) == 2
        assert map_runs(lambda task, rng: task + 1, [1, 2], executor=executor) == [2, 3], "Dask sends lambdas by value"
        with pytest.raises(ValueError, match="no root for 2") as error:
            map_runs(partial(runs.fail_at, where=2, folder=str(tmp_path)), range(5), executor=executor)
        assert "This was run 3 of 5, 2." in error.value.__notes__
        with pytest.raises(WorkerLost, match="a worker process ended"):
            map_runs(runs.die, range(3), executor=executor)


# What goes wrong --------------------------------------------------------------------------------------------------------


def test_a_failure_is_passed_on_and_says_which_run(runs, pool, tmp_path):
    for executor in (None, pool):
        with pytest.raises(ValueError, match="no root for 1") as error:
            map_runs(partial(runs.fail_at, where=1, folder=str(tmp_path)), range(3), executor=executor, unit="fit")
        assert any(note.startswith("This was fit 2 of 3") for note in error.value.__notes__)


def test_a_failure_cancels_what_has_not_begun(runs, pool, tmp_path):
    with pytest.raises(ValueError, match="no root for 0"):
        map_runs(partial(runs.fail_at, where=0, folder=str(tmp_path)), range(40), executor=pool)
    assert map_runs(runs.draw, [0.0], executor=pool)[0].tolist() == [0, 0, 0], "the pool serves the next call"
    assert len(list(tmp_path.glob("[0-9]*"))) < 20


def test_ctrl_c_cancels_what_has_not_begun():
    begun, hit = [], threading.Event()

    def run(task, rng):
        begun.append(task)
        if not hit.is_set():
            hit.set()
            raise KeyboardInterrupt
        time.sleep(0.05)
    with ThreadPoolExecutor(1) as executor, pytest.raises(KeyboardInterrupt):
        map_runs(run, range(50), executor=executor)
    assert len(begun) < 25


def test_a_lost_worker(runs):
    with process_pool(1) as executor:
        with pytest.raises(WorkerLost, match=r"of 4 fits were complete, .*Out of memory, .*Try fewer workers, or executor=None"):
            map_runs(runs.die, range(4), executor=executor, unit="fit")
        with pytest.raises(WorkerLost, match="A broken pool stays broken"):
            map_runs(runs.draw, [1.0], executor=executor)
    with process_pool(1) as executor:
        assert map_runs(runs.die, [0, 2], executor=executor) == [0, 2]


def test_an_error_that_cannot_be_rebuilt_does_not_break_the_pool(runs, pool):
    with pytest.raises(RuntimeError, match="Two: odd"):
        map_runs(runs.two, [0], executor=pool)
    assert map_runs(runs.die, [5], executor=pool) == [5]


def test_a_result_that_cannot_travel(runs, pool):
    with pytest.raises(Exception, match="pickle|local object"):
        map_runs(runs.opened, [0], executor=pool)
    assert map_runs(runs.die, [5], executor=pool) == [5]


@pytest.mark.parametrize("make, what", [
    (lambda runs: (lambda task, rng: task, [1]), "function <function"),
    (lambda runs: (partial(runs.fail_at, where=lambda: 1), [1]), "function functools.partial"),
    (lambda runs: (runs.draw, [threading.Lock()]), "task 1 <unlocked"),
])
def test_what_cannot_be_sent_says_the_way_out(make, what, runs, pool):
    function, tasks = make(runs)
    with pytest.raises(TypeError, match=f"{what}.* cannot be sent to another process .*%%writefile runs.py.*executor=None"):
        map_runs(function, tasks, executor=pool)
    with ThreadPoolExecutor(1) as threads:
        assert len(map_runs(lambda task, rng: task, tasks, executor=threads)) == 1


NOTEBOOK = """
from edugen.executors import map_runs, process_pool

class Model:
    pass

def fit(task, rng):
    return task

if __name__ == "__main__":
    for function, tasks in ((fit, [1]), (max, [Model()])):
        with process_pool(1) as pool:
            try:
                print(map_runs(function, tasks, executor=pool))
            except TypeError as error:
                print(error)
"""


def test_a_function_of_a_notebook_is_refused_before_it_breaks_the_pool():
    """Pickled by its name in __main__, it would be looked for in the worker's own."""
    done = subprocess.run([sys.executable, "-c", NOTEBOOK], capture_output=True, text=True)
    first, second = done.stdout.splitlines()
    assert "fit is defined in this notebook or session alone" in first and "%%writefile" in first, done.stderr
    assert "Model is defined in this notebook or session alone" in second


def test_a_function_of_a_script_is_sent(tmp_path):
    (tmp_path / "script.py").write_text(NOTEBOOK.replace("(max, [Model()])", "(fit, [2])"))
    done = subprocess.run([sys.executable, tmp_path / "script.py"], capture_output=True, text=True)
    assert done.stdout == "[1]\n[2]\n", done.stderr


def test_a_script_without_its_guard_is_told(tmp_path):
    (tmp_path / "script.py").write_text(NOTEBOOK.replace('if __name__ == "__main__":', "if True:"))
    done = subprocess.run([sys.executable, tmp_path / "script.py"], capture_output=True, text=True)
    assert "WorkerLost" in done.stderr and 'pool outside `if __name__ == "__main__":`' in done.stderr


def test_forked_pools_are_refused(runs):
    spawn = SpawnContext()                                                  # the name alone decides: Windows has no fork
    spawn.get_start_method = lambda allow_none=False: "fork"
    with (ProcessPoolExecutor(1, mp_context=spawn) as executor,
          pytest.raises(ValueError, match=r"forked processes.*edugen\.executors\.process_pool\(\)")):
        map_runs(runs.draw, [1.0], executor=executor)


@pytest.mark.parametrize("executor", [4, "processes", SpawnContext(), ThreadPoolExecutor])
def test_what_is_no_executor(executor, runs):
    with pytest.raises(TypeError, match=r"executor must be None or have the interface of .*process_pool\(4\)"):
        map_runs(runs.draw, [1.0], executor=executor)


@pytest.mark.parametrize("workers", [0, 1.5, "two"])
def test_number_of_workers(workers):
    with pytest.raises(ValueError, match=f"workers must be a whole number, at least 1, got {workers!r}"):
        process_pool(workers)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_bar_counts_runs(runs, monkeypatch, pool):
    for executor in (None, pool):
        monkeypatch.setattr(sys, "stderr", Terminal())
        map_runs(runs.draw, range(3), executor=executor, progress=True, unit="fit")
        assert "3/3" in sys.stderr.getvalue() and "fit/s" in sys.stderr.getvalue()
        monkeypatch.setattr(sys, "stderr", Terminal())
        map_runs(runs.draw, range(3), executor=executor)
        assert not sys.stderr.getvalue()
