"""A loop that is shared out: every pass once, by whichever thread, and nobody waits for one that doesn't come."""
import hashlib
import os
import subprocess
import sys
import threading
import time
import weakref

import numpy as np
import pytest

from edugen.kernels import convolution, threads
from edugen.kernels.threads import share_out


@pytest.fixture
def helpers(monkeypatch):
    """Two helpers beside this thread, whatever the machine has."""
    monkeypatch.setattr(threads, "thread_count", lambda: 3)
    threads._helpers.cache_clear()
    yield threads._helpers
    threads._helpers.cache_clear()


@pytest.mark.parametrize("count", [0, 1, 2, 5, 6, 7, 100])
@pytest.mark.parametrize("alone", [False, True])
def test_every_pass_once(helpers, count, alone):
    seen, parts = np.zeros(count, int), []

    def work(low, high, x):
        parts.append(high - low)
        x[low:high] += 1
    share_out(work, count, seen, alone=alone)
    assert np.all(seen == 1)
    assert len(parts) == (1 if alone or count < 2 else min(count, 6)) and max(parts) - min(parts) <= 1


def test_helpers_take_parts(helpers):
    """This thread is in its first part until others have done theirs: only threads of their own can."""
    names, others = [], threading.Semaphore(0)

    def work(low, high):
        names.append(threading.current_thread().name)
        if threading.current_thread() is threading.main_thread():
            assert others.acquire(timeout=60)
        else:
            others.release()
            others.release()
    share_out(work, 6)
    assert len(names) == 6 and names.count("MainThread") < 6 and "edugen-kernels" in names


def test_nobody_waits_for_a_thread_that_does_not_come(helpers):
    """Helpers that are busy elsewhere: the caller does all parts."""
    release = threading.Event()
    for queue in helpers():
        queue.put((lambda low, high: release.wait(60), (), iter([(0, 1)]), threads.SimpleQueue()))
    try:
        done = []
        share_out(lambda low, high: done.append(threading.current_thread().name), 6)
        assert done == [threading.current_thread().name] * 6
    finally:
        release.set()


def test_an_error_is_the_callers_and_helpers_live_on(helpers):
    def work(low, high):
        time.sleep(0.01)
        if low >= 3:
            raise ValueError(f"no {low}")
    for _ in range(3):
        with pytest.raises(ValueError, match="no [345]"):
            share_out(work, 6)
    seen = np.zeros(6, int)
    share_out(lambda low, high: seen.__setitem__(slice(low, high), 1), 6)
    assert seen.all()

    def interrupted(low, high):
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        share_out(interrupted, 6)


def test_arrays_are_their_owners(helpers):
    x = np.ones(1000)
    gone = weakref.ref(x)
    share_out(lambda low, high, x: x[low:high].sum(), 1000, x)
    del x
    for _ in range(200):                                                  # a helper that woke late finds nothing to do
        if gone() is None:
            return
        time.sleep(0.05)
    pytest.fail("a helper holds an array after its work")


def test_several_python_threads_share_out_at_once(rng):
    x, f = rng.normal(size=(11, 3, 19, 18)), rng.normal(size=(6, 3, 3, 3))
    right = convolution.correlate(x, f, (1, 1), (1, 1))
    results: list = [None] * 4
    start = threading.Barrier(4)

    def work(i):
        start.wait()
        results[i] = [convolution.correlate(x, f, (1, 1), (1, 1)) for _ in range(20)]
    callers = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    for result in results:
        np.testing.assert_array_equal(result, np.broadcast_to(right, (20, *right.shape)))


KERNELS = """
import hashlib, threading
import numpy as np
from edugen.kernels import attention, convolution, distances, gibbs, gru, matmul, normalization, pooling, relu, softmax
rng = np.random.default_rng(3)
normal = lambda *shape: rng.normal(size=shape).astype(np.float32)
x, wide, labels = normal(64, 8, 40, 40), normal(700, 300), rng.integers(0, 300, 700)
q, one, tall = normal(6, 2, 70, 8), np.ones(300, np.float32), normal(4000, 300)
results = [softmax.softmax(wide), softmax.logsumexp(wide), softmax.cross_entropy(wide, labels),
           softmax.cross_entropy_gradient(wide[:, 0], wide, labels), attention.attend(q, q, q, 1.0),
           *attention.attend_gradients(q, q, q, q, q, 1.0), relu.relu_gradient(x, x),
           pooling.max_pool(x, (2, 2), (2, 2), ((0, 0),) * 2),
           pooling.max_gradient(normal(64, 8, 38, 38), x, (3, 3), (1, 1), ((0, 0),) * 2), distances.squared_distances(wide, wide),
           distances.squared_distances(wide[:, :3], wide[:, 3:6]), matmul.fastest(normal(300, 300), normal(300, 300)),
           matmul.matmul(normal(9, 64, 64), normal(9, 64, 64)),
           matmul.matmul(normal(999, 99), normal(99, 99), wide[0, :99], True),
           matmul.matmul(normal(2000, 70).T, normal(2000, 70)), gru.gru(normal(9, 50, 96), normal(50, 32), normal(32, 96)),
           *gru.gru_gradients(normal(9, 50, 32), normal(9, 50, 32), normal(9, 50, 96), normal(50, 32), normal(32, 96)),
           gibbs.ising_sweeps(np.ones((512, 512), np.int8), 0.4, 1, 2),
           convolution.correlate(x, normal(6, 8, 3, 3), (1, 1), (1, 1)),
           convolution.filter_gradient(x, normal(64, 6, 38, 38), (3, 3), (1, 1), (1, 1)),
           *(r for axis in (0, 1) for r in (normalization.normalize(tall, one, one, axis, 1e-5),
                                            *normalization.normalize_gradients(tall[::-1], tall, one, axis, 1e-5)))]
print(threading.active_count(), hashlib.sha256(b"".join(np.ascontiguousarray(r).tobytes() for r in results)).hexdigest())
"""


def test_results_do_not_depend_on_the_number_of_threads():
    """Bit for bit, for every kernel that is shared out; one thread starts no other."""
    found = [subprocess.run([sys.executable, "-c", KERNELS], check=True, text=True, capture_output=True,
                            env=os.environ | {"NUMBA_NUM_THREADS": n, "OPENBLAS_NUM_THREADS": "1"}).stdout.split() for n in "123"]
    assert [int(count) for count, _ in found] == [1, 2, 3]
    assert len({digest for _, digest in found}) == 1 and len(found[0][1]) == len(hashlib.sha256().hexdigest())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a system without fork")
def test_a_forked_child_has_helpers_of_its_own():
    code = """
import os
import numpy as np
from edugen.kernels import softmax, threads
x = np.random.default_rng(0).normal(size=(1000, 300))
right = softmax.softmax(x)
child = os.fork()
if child == 0:
    assert threads._helpers.cache_info().currsize == 0
    os._exit(0 if np.array_equal(softmax.softmax(x), right) else 3)
print(os.waitpid(child, 0)[1])
"""
    done = subprocess.run([sys.executable, "-W", "ignore::DeprecationWarning", "-c", code], capture_output=True, text=True,
                          timeout=120, env=os.environ | {"NUMBA_NUM_THREADS": "2"})
    assert done.returncode == 0 and done.stdout.split() == ["0"], done.stderr
