"""Many submissions through one pytest session: the checks are collected once, then run against each submission in turn.

The session is a process of its own (`python -m edugen.grading.runner`), without pytest's other plugins, settings or
conftest files, so that nothing about the place it is run from changes a mark. It is told what to grade line by line on its
standard input, and answers with a line: orders and seeds lie in no file, and what is graded is kept at once.
"""
from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from edugen.grading.plugin import GRADER, limits

__all__ = ["Run", "Session", "SessionEnded", "grade"]

START = 300.0           # seconds in which pytest collects the checks, on a busy machine
MEMORY = 4 << 30        # bytes of a session itself: what is small on the wire may be large as an array


class SessionEnded(RuntimeError):
    """A session that ended, or was ended, in the middle of a run: by a fault of ours, or by what it graded."""


@dataclass(frozen=True)
class Run:
    """One submission with one seed.

    `fresh` gives each check a worker that no other check has used; otherwise the checks share one as long as it lives,
    which is faster and is for code that we wrote. `hints` is how many of its three hints a failed check shows. `only`
    names the checks to run, where not all are wanted; the others stay "not run". `tier` is what keeps the submission from
    the rest of the machine (`edugen.grading.isolation`).
    """

    submission: str
    seed: str = "0"
    fresh: bool = True
    hints: int = 0
    only: tuple[str, ...] = ()
    tier: str = "process"


class Session:
    """The checks of an exercise, collected and ready: `session.grade(run)` is a report, as `--report` writes it.

    Parameters
    ----------
    check : the file check_<stem>.py

    Attributes
    ----------
    manifest : dict
        the report of a run that never took place: every check at zero

    Raises
    ------
    RuntimeError
        when the checks cannot be collected, with what pytest said
    """

    def __init__(self, check: Path) -> None:
        root = str(Path(__file__).parents[2])
        inherited = {k: v for k, v in os.environ.items() if k not in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_XDIST_WORKER")}
        paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
        self._folder = tempfile.TemporaryDirectory(prefix="edugen-grade-", ignore_cleanup_errors=True)
        self._said = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "edugen.grading.runner", str(Path(check).resolve())], cwd=self._folder.name, bufsize=0,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said,
            env={**inherited, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1",
                 "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        try:
            self.manifest = self._answer(START)
        except SessionEnded as error:
            self.close()
            raise RuntimeError(f"the checks in {check} could not be run: {error}") from None
        self.patience: float = START + self.manifest.pop("allowed")

    def __enter__(self) -> Session:
        return self

    def __exit__(self, error: object, *_: object) -> None:
        self.close(now=error is not None)

    def grade(self, run: Run) -> dict[str, Any]:
        """The report of one run; SessionEnded if the session does not live to give it."""
        assert self._process.stdin is not None
        try:
            order = asdict(run) | {"submission": str(Path(run.submission).absolute())}       # the session lives elsewhere
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
        except OSError:
            raise SessionEnded(f"the grading session ended: {self._words()}") from None
        return self._answer(self.patience)

    def kill(self) -> None:
        """End the session from another thread, in the middle of a run: its supervisors end what they started."""
        self._process.kill()

    def close(self, now: bool = False) -> None:
        """End the session, at once or when it has ended its workers."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
            self._process.wait(0.5 if now else 10.0)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            rest = b""
            while data := stream.read(1 << 16):
                *whole, rest = (rest + data).split(b"\n")
                for line in whole:
                    self._lines.put(line)
        self._lines.put(b"")

    def _answer(self, seconds: float) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            self._process.kill()
            raise SessionEnded(f"the grading session did not answer within {seconds:g} s") from None
        if not line:
            raise SessionEnded(f"the grading session ended: {self._words()}")
        return json.loads(line)

    def _words(self) -> str:
        """The end of what the session said on its error output."""
        try:
            self._process.wait(5.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._said.seek(0, os.SEEK_END)
        self._said.seek(max(0, self._said.tell() - 4000))
        return self._said.read().decode("utf-8", "replace") or f"exit code {self._process.poll()}, without a word"


def grade(check: Path, runs: Sequence[Run], jobs: int = 1) -> list[dict[str, Any]]:
    """The report of each run, as `--report` writes it, in order.

    Parameters
    ----------
    check : the file check_<stem>.py
    runs : submissions and seeds
    jobs : sessions side by side

    Raises
    ------
    RuntimeError
        when the checks themselves cannot be run, with what pytest said
    """
    reports: list[Any] = [None] * len(runs)
    waiting = iter(range(len(runs)))

    def work(_: int) -> None:
        with Session(check) as session:
            for i in each(waiting):
                reports[i] = session.grade(runs[i])

    jobs = max(1, min(jobs, len(runs)))
    with ThreadPoolExecutor(jobs) as executor:
        list(executor.map(work, range(jobs)))
    return reports


_turn = threading.Lock()


def each(waiting: Iterator[int]) -> Iterator[int]:
    """The rest of an iterator that several threads share, one item at a time."""
    while True:
        with _turn:
            i = next(waiting, None)
        if i is None:
            return
        yield i


# -- inside the session's process ----------------------------------------------------------------------------------------


class Server:
    """A pytest plugin that runs the collected checks once for each line that it reads."""

    def __init__(self, orders: Any, answer: Callable[[dict[str, Any]], None]) -> None:
        self.orders, self.answer = orders, answer

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In place of pytest's own loop."""
        if session.testsfailed:
            raise session.Interrupted("the checks could not be collected")
        grader = session.config.stash[GRADER]
        if not grader.scores:
            raise pytest.UsageError("no checks were found: a grade of nothing is not a grade")
        self.answer({**grader.report(), "allowed": sum(limits(item).total + limits(item).start for item in session.items)})
        for line in self.orders:
            run = Run(**json.loads(line))
            grader.submission, grader.seed, grader.fresh, grader.hints = Path(run.submission), run.seed, run.fresh, run.hints
            grader.pool.tier = run.tier
            grader.open(session.items)
            items = [item for item in session.items
                     if not run.only or item.nodeid.partition("[")[0].rpartition("::")[2] in run.only]
            for item, after in zip(items, [*items[1:], None]):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            self.answer(grader.report())
            grader.close()
        return True


def limit_memory() -> None:
    """Have this process get a MemoryError, and with it a failed check, where an answer would take the machine's memory."""
    try:
        import resource
    except ImportError:                             # Windows
        return
    most = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY if most == resource.RLIM_INFINITY else min(MEMORY, most), most))


def main(check: Path) -> None:
    """Serve the checks of one file until standard input ends."""
    limit_memory()
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)                                   # what pytest says is no answer
    settings = Path("pytest.ini")
    settings.write_text("[pytest]\n")

    def answer(report: dict[str, Any]) -> None:
        view = memoryview(json.dumps(report).encode() + b"\n")
        while view:
            view = view[answers.write(view):]

    options = ["-p", "edugen.grading.plugin", "-p", "no:cacheprovider", "--noconftest", "--import-mode=importlib", "-s",
               "-c", str(settings.resolve()), "--rootdir", str(check.parent), "-q", "--disable-warnings", "--tb=short"]
    orders = os.fdopen(os.dup(0), "rb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    pytest.main([str(check), *options], plugins=[Server(orders, answer)])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
