"""The supervisor: each limit is kept, nothing that a worker starts outlives it, and its folder goes in every ending."""
import os
import re
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from edugen.grading import StudentError, isolation, supervisor
from edugen.grading.process import Limits, Nursery, Pool, Process
from edugen.grading.student import Student

LINUX = sys.platform == "linux"
TIERS = [name for name, tier in isolation.probe().items() if tier.available]
STARTS = [*TIERS, *(f"{tier}, forked" for tier in TIERS if LINUX)]      # as a program of its own, or from a nursery
MIB = 1 << 20


def starter(start):
    """What starts workers so, and the nursery."""
    tier, _, forked = start.partition(", ")
    nursery = Nursery(tier) if forked else None
    return (lambda limits: Process(limits, tier, nursery)), nursery


@pytest.fixture(params=STARTS)
def load(request, tmp_path):
    """Make a student of a source text, at each tier that this machine offers."""
    made, (start, nursery) = [], starter(request.param)

    def student(source, **limits):
        path = tmp_path / f"task{len(made)}.py"
        path.write_text("import os, sys, time\n" + textwrap.dedent(source))
        made.append(Student(path, "task", Limits(**limits), start))
        made[-1].tier = request.param
        return made[-1]
    yield student
    for each in made:
        each.close()
    if nursery is not None:
        assert nursery._used or not made                # and not started without it
        nursery.close()


def complaint(function, *args):
    with pytest.raises(StudentError) as caught:
        function(*args)
    return str(caught.value)


def waited(done, seconds=60.0):
    """Whether something comes true in time."""
    deadline = time.monotonic() + seconds
    while not done() and time.monotonic() < deadline:
        time.sleep(0.01)
    return done()


def gone(student):
    """Its supervisor has ended, and its folder has been removed."""
    return student.process._popen.poll() is not None and not Path(student.process.folder).exists()


def alive(process):
    """Whether it runs, and is not a body that its parent has yet to bury."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def descendants(student):
    return psutil.Process(student.process._popen.pid).children(recursive=True)


# -- limits ------------------------------------------------------------------------------------------------------------


WAIT = "; time.sleep(200)"
MEMORY, DISK = "it used more than 256 MiB of memory", "it wrote more than 32 MiB to files"
EVERYWHERE = [                                      # counted by the supervisor, through what wraps the worker
    ("import mmap; m = mmap.mmap(-1, 1 << 30); [m.write(b'x' * MIB) for _ in range(1024)]", MEMORY),
    ("n = [os.fork() for _ in range(3)]; x = b'x' * (120 << 20)" + WAIT, MEMORY),
    ("[fill(f'{i}') for i in range(9)]" + WAIT, DISK),
    ("[os.fork() or time.sleep(200) for _ in range(20)]" + WAIT, "it started more than 8 processes"),
    ("while True: pass", "it used more than 1 s of processor time")]
ONCE = [
    ("return len(bytearray(400 << 20))", "raised MemoryError"),
    ("import numpy as np; return np.ones(10**9)", "raised (MemoryError|_ArrayMemoryError)"),
    ("f, g = map(os.memfd_create, 'xy'); [os.write(f, b'x' * MIB) + os.write(g, b'x' * MIB) for _ in range(20)]" + WAIT, DISK),
    ("[fill('x') for _ in range(9)]", "raised OSError: .*File too large"),
    ("[(os.mkdir(f'{i}'), fill(f'{i}/x'), os.chmod(f'{i}', 0)) for i in range(9)]" + WAIT, DISK),
    ("kept = [(fill(f'{i}'), os.open(f'{i}', 0), os.unlink(f'{i}')) for i in range(9)]" + WAIT, DISK),
    ("[open(f'{i}', 'w').close() for i in range(1500)]" + WAIT, "it made more than 1,000 files"),
    ("files = [open(os.devnull) for _ in range(99)]", "raised OSError: .*Too many open files"),
    ("[threading.Thread(target=time.sleep, args=(200,)).start() for _ in range(40)]" + WAIT, "it started more than 32 threads")]
if LINUX and os.geteuid() == 0:                     # shared memory that is not resident: only root is told how much it is
    ONCE.append(("import mmap; m = mmap.mmap(-1, 1 << 30); "
                 "[(m.write(b'x' * MIB), m.madvise(mmap.MADV_DONTNEED)) for _ in range(512)]" + WAIT, MEMORY))
LIMITED = [(start, *case) for start in STARTS for case in EVERYWHERE] + [
    (start, *case) for start in STARTS if start.startswith("process") for case in ONCE]


@pytest.mark.parametrize("load, body, words", LIMITED, indirect=["load"], ids=range(len(LIMITED)))
def test_each_limit_is_kept(load, body, words):
    """The worker lives on after an exception, and is ended for the rest; each says which limit it was."""
    student = load(f"""
        import threading
        MIB = 1 << 20
        threading.stack_size(1 << 16)
        def fill(path):
            with open(path, "ab") as stream: stream.write(b"x" * 8 * MIB)
        def f():
            {body}
    """, seconds=180.0, memory=256 * MIB, processes=8, tasks=32, disk=32 * MIB, cpu=1 if "while" in body else 60)
    text = complaint(student.call, "f")
    assert re.search(words, text), text
    if "raised" not in words:
        assert waited(lambda: gone(student))


def test_within_the_limits_all_is_well(load):
    student = load("""
        import subprocess, threading
        import numpy as np
        def f():
            threads = [threading.Thread(target=time.sleep, args=(0.2,)) for _ in range(8)]
            [t.start() for t in threads]
            with open("notes.txt", "w") as stream: stream.write("x" * 1_000_000)
            x = np.ones(10**7)
            [t.join() for t in threads]
            return x.sum(), subprocess.run([sys.executable, "-I", "-c", "print(6 * 7)"], capture_output=True, text=True).stdout
        def g():
            import scipy.special, numba
            from edugen import grad
            return scipy.special.logsumexp([0.0, 0.0]), grad(lambda x: x ** 3)(2.0)
    """)
    assert student.call("f") == (1e7, "42\n")
    assert student.call("g")[1] == 12.0


def test_limits_are_above_zero():
    with pytest.raises(ValueError, match="the limit memory should be above 0, and is 0"):
        Limits(memory=0)
    assert str(Limits()) == ("10 s a call, 60 s a check, 1 GiB of memory, 1 thread for BLAS, 64 open files, 16 processes, "
                             "64 MiB on disk, 1 MB of output")
    assert "0.5 GiB of memory, 2 threads for BLAS, 64 open files, 1 process," in str(
        Limits(memory=512 * MIB, threads=2, processes=1))


# -- endings -----------------------------------------------------------------------------------------------------------


DAEMON = """
def daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.closerange(0, 64)
            while True: time.sleep(1)
        os._exit(0)
    os.wait()
    return "started"
def leave():
    daemon()
    os._exit(0)
def crowd():
    for _ in range(4): daemon()
    while True: pass
"""


@pytest.mark.parametrize("how", ["close", "leave", "crowd"])
def test_a_daemon_dies_with_its_worker(load, how):
    """It left the session and its parent is gone: the supervisor is its parent now."""
    student = load(DAEMON)
    student.call("daemon")
    started = descendants(student)
    assert len(started) >= 2
    if how == "close":
        student.close()
    else:
        student.limit(Limits(seconds=1.0))
        complaint(student.call, how)
    assert waited(lambda: not any(map(alive, started)))
    assert gone(student)


def test_nothing_is_left_when_the_grader_is_killed(load, tmp_path, request):
    tier, _, forked = request.node.callspec.params["load"].partition(", ")
    source = tmp_path / "task.py"
    source.write_text(DAEMON)
    script = f"""
import os, sys
from pathlib import Path
from edugen.grading.process import Limits, Nursery, Process
from edugen.grading.student import Student
nursery = Nursery({tier!r}) if {bool(forked)} else None
student = Student(Path({str(source)!r}), "task", Limits(), lambda limits: Process(limits, {tier!r}, nursery))
student.path.write_text("import os, time\\n" + student.path.read_text())
student.call("daemon")
print(student.process.folder, student.process._popen.pid, *([nursery._popen.pid] if nursery else []), flush=True)
os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=200)
    assert done.returncode == -9, done.stderr
    folder, *pids = done.stdout.split()
    assert waited(lambda: not Path(folder).exists())
    assert waited(lambda: not any(psutil.pid_exists(int(pid)) and alive(psutil.Process(int(pid))) for pid in pids))


@pytest.mark.parametrize("number", [9, 19])
def test_a_supervisor_that_is_killed_or_stopped_is_replaced(load, monkeypatch, number):
    monkeypatch.setattr("edugen.grading.process.ENDING", 1.0)
    student = load("def f(): return os.getpid()")
    student.call("f")
    worker = descendants(student)
    os.kill(student.process._popen.pid, number)
    if number == 9:
        assert waited(lambda: not any(map(alive, worker)))
        assert "its process was killed" in complaint(student.call, "f")
    student.close()
    assert gone(student) and waited(lambda: not any(map(alive, worker)))


def test_a_folder_nested_deeper_than_a_path_can_say_is_removed(load):
    student = load("""
        def f():
            for _ in range(3000):
                os.mkdir("a" * 40); open("b", "w").close(); os.chdir("a" * 40)
    """, seconds=60.0)
    try:
        student.call("f")
    except StudentError:
        pass
    student.close()
    assert gone(student)


def test_a_link_out_of_the_folder_is_not_followed(load, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter").write_text("dear")
    student = load("def f(path):\n    os.symlink(path, 'link'); os.mkdir('d'); os.symlink(path, 'd/link')")
    student.call("f", str(tmp_path / "mine"))
    student.close()
    assert gone(student) and (tmp_path / "mine" / "letter").read_text() == "dear"


def test_a_worker_that_cannot_start_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr("edugen.grading.process.WORKER", tmp_path / "nowhere.py")
    (tmp_path / "task.py").write_text("x = 1")
    with pytest.raises(RuntimeError, match="the worker did not start .*nowhere.py"):
        Student(tmp_path / "task.py").get("x")


def test_the_pool_starts_anew_for_other_limits():
    pool = Pool()
    try:
        first, spare = pool.take(), pool._next
        second = pool.take(Limits(seconds=1.0))
        assert second is spare                                              # the clock is the grader's own
        third = pool.take(Limits(memory=512 * MIB))
        assert third.limits.memory == pool._next.limits.memory == 512 * MIB
        for each in (first, second, third):
            each.kill()
    finally:
        pool.close()


# -- a nursery, on Linux -----------------------------------------------------------------------------------------------


LOOK = """
import signal
import numpy as np
def f():
    folder = os.environ["HOME"]
    state = {name: value.replace(folder, "its folder") for name, value in sorted(os.environ.items())}
    here = [folder == os.getcwd(), os.getsid(0) == os.getpid(), os.listdir()]
    return [state, here, sys.argv, sys.path, list(sys.flags), sorted(map(int, os.listdir("/proc/self/fd")))[:-1],
            [str(signal.getsignal(n)) for n in (2, 10, 13, 15, 17)], os.path.basename(sys.modules["__main__"].__file__)]
def g():
    np.kept = getattr(np, "kept", 0) + 1
    return np.kept
def h():
    import random
    return [float(np.random.random()), random.random()]
"""


@pytest.mark.parametrize("tier", TIERS if LINUX else [])
def test_a_worker_is_the_same_wherever_it_was_born(tier, tmp_path):
    """Environment, folder, session, arguments, paths, flags, open files, signals; and nothing of a worker before it."""
    (tmp_path / "task.py").write_text("import os, sys" + LOOK)
    found, nursery = [], Nursery(tier)
    try:
        for n in (None, nursery, nursery):
            with Student(tmp_path / "task.py", process=lambda limits, n=n: Process(limits, tier, n)) as student:
                found.append((student.call("f"), student.call("g"), student.call("h")))
        assert nursery._used
    finally:
        nursery.close()
    assert found[0][0] == found[1][0] == found[2][0]
    assert [kept for _, kept, _ in found] == [1, 1, 1]
    assert all(len({draws[i] for *_, draws in found}) == 3 for i in range(2))


@pytest.mark.parametrize("number", [9, 19] if LINUX else [])
def test_a_nursery_that_is_killed_or_stopped_is_replaced(number, monkeypatch, tmp_path):
    """At the tier `process` a submission can do that, and another student's is none the worse."""
    monkeypatch.setattr("edugen.grading.process.BIRTH", 1.0)
    (tmp_path / "task.py").write_text("import os\ndef f(): return os.getppid()")
    nursery, parents = Nursery("process"), []
    try:
        for turn in range(4):
            with Student(tmp_path / "task.py", process=lambda limits: Process(limits, "process", nursery)) as student:
                assert student.call("f") == student.process._popen.pid
                parents.append(psutil.Process(student.process._popen.pid).ppid())
                old = nursery._popen
                if turn == 0:
                    os.kill(old.pid, number)
                    assert student.call("f") == student.process._popen.pid              # who was born lives on
            if turn == 0:
                first = old
        assert first.poll() is not None and parents[0] == first.pid
        assert parents[1] == os.getpid() and parents[2] == parents[3] == nursery._popen.pid != first.pid
    finally:
        nursery.close()


def test_a_nursery_that_cannot_start_is_done_without(monkeypatch, tmp_path):
    monkeypatch.setattr("edugen.grading.process.SUPERVISOR", tmp_path / "nowhere.py")
    nursery = Nursery("process")
    order = {"env": {"OPENBLAS_NUM_THREADS": "1"}}
    pairs = [socket.socketpair() for _ in range(2)]
    assert nursery.bear(order, pairs[0][0], *pairs[1]) is None and nursery._popen is None
    for each in (*pairs[0], *pairs[1]):
        each.close()


# -- counting ----------------------------------------------------------------------------------------------------------


def test_three_ways_of_counting_agree():
    """By lists of children, by every process's word for its parent, and by psutil, as on other systems."""
    sleep = "import time; time.sleep(300)"
    program = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', '{sleep}']); {sleep}"
    child = subprocess.Popen([sys.executable, "-c", program])
    host = SimpleNamespace(order={"tasks": 9}, known={}, nested=True)
    host.children = lambda pid: supervisor.Posix.children(host, pid)
    try:
        assert waited(lambda: len(psutil.Process(child.pid).children()) == 1)
        wanted = {child.pid, psutil.Process(child.pid).children()[0].pid}
        ways = [supervisor.Posix.tree_by_psutil(host)]
        ways += [supervisor.Posix.tree(host), supervisor.Posix.tree_by_parents()] if LINUX else []
        for pids, tasks in ways:
            assert wanted <= set(pids) and tasks >= 2
    finally:
        grandchild, = psutil.Process(child.pid).children()
        child.kill()
        child.wait()
        assert grandchild.pid in supervisor.Posix.tree_by_psutil(host)[0]       # orphaned, and remembered
        grandchild.kill()


def test_measuring_and_removing(tmp_path):
    folder = tmp_path / "f"
    (folder / "a" / "b" / "c").mkdir(parents=True)
    (folder / "a" / "x").write_bytes(b"x" * 100_000)
    (folder / "a" / "b" / "c" / "y").write_bytes(b"y" * 100_000)
    size, entries = supervisor.measure(str(folder))
    assert 200_000 <= size < 300_000 and entries == 5
    supervisor.remove(str(folder))
    assert not folder.exists()
    supervisor.remove(str(folder))                                              # twice does no harm
