"""A worker process: started clean, spoken to without ever blocking the grader, limited and ended by its supervisor."""
from __future__ import annotations

import atexit
import contextlib
import marshal
import os
import re
import secrets
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO, Any

from edugen.grading import isolation, supervisor
from edugen.grading.wire import read_frame

__all__ = ["Limits", "Nursery", "Pool", "Process"]

WORKER, SUPERVISOR = Path(__file__).with_name("worker.py"), Path(__file__).with_name("supervisor.py")
POSIX = os.name == "posix"
ANSWER = 2.0        # seconds that a worker has to say where it is
ENDING = 30.0       # seconds that a supervisor has to end its worker, which takes it a hundredth
BIRTH = 20.0        # seconds that a nursery has to fork, which takes it less still


@dataclass(frozen=True)
class Limits:
    """What one check may use.

    Parameters
    ----------
    seconds, total, start : wall clock of a call, of all calls of a check together, and of the worker's own start
    memory : bytes of one process's data, and of what all processes hold in memory together
    processes, tasks : processes at a time, the worker among them, and threads of all of them
    threads : that BLAS and OpenMP may use
    files : open at a time, a process
    disk : bytes of all files in the worker's folder, and of any single file
    cpu : seconds of processor time of one process
    message, output, source : bytes of a message, of what is kept of the output, of the submission's file
    """

    seconds: float = 10.0
    total: float = 60.0
    start: float = 60.0
    memory: int = 1 << 30
    processes: int = 16
    tasks: int = 64
    threads: int = 1
    files: int = 64
    disk: int = 64 << 20
    cpu: int = 300
    message: int = 64 << 20
    output: int = 1_000_000
    source: int = 1_000_000

    def __post_init__(self) -> None:
        for field in fields(self):
            if not getattr(self, field.name) > 0:
                raise ValueError(f"the limit {field.name} should be above 0, and is {getattr(self, field.name)!r}")

    @property
    def of_worker(self) -> tuple[int, ...]:
        """Those that are set once, when a worker starts."""
        return self.memory, self.processes, self.tasks, self.threads, self.files, self.disk, self.cpu, self.message, self.output

    def __str__(self) -> str:
        return (f"{self.seconds:g} s a call, {self.total:g} s a check, {self.memory / 2**30:g} GiB of memory, "
                f"{self.threads} thread{'s' * (self.threads > 1)} for BLAS, {self.files} open files, "
                f"{self.processes} process{'es' * (self.processes > 1)}, {self.disk / 2**20:g} MiB on disk, "
                f"{self.output / 1e6:g} MB of output")


def environment(folder: str, threads: int = 1) -> dict[str, str]:
    """A clean environment: nothing of the grader's, one BLAS thread, home and temporary files in the worker's folder."""
    pools = ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM", "NUMEXPR", "NUMBA", "BLIS")
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "SYSTEMDRIVE") if name in os.environ}     # Windows' own
    return {**kept, **{f"{name}_NUM_THREADS": str(threads) for name in pools}, "PATH": os.defpath, "HOME": folder,
            "USERPROFILE": folder, "TMPDIR": folder, "TEMP": folder, "TMP": folder, "NUMBA_CACHE_DIR": folder,
            "MPLCONFIGDIR": folder, "LC_ALL": "C.UTF-8", "MPLBACKEND": "agg", "OPENBLAS_THREAD_TIMEOUT": "4"}


class Nursery:
    """Starts workers faster than Python starts, where the system is Linux: it forks them from a process with NumPy in it.

    That process has never run a line of a student's, and each worker is a process of its own as before; only what all of them
    would begin by loading is loaded once. In bubblewrap a worker is a program that bubblewrap starts, so there only its
    supervisor is forked. A nursery that does not answer (at the tier `process` a submission can end or stop it) is ended,
    the worker is started without, and the next one has a new nursery.

    Parameters
    ----------
    tier : of all its workers
    """

    def __init__(self, tier: str) -> None:
        self.tier = tier
        self._popen: subprocess.Popen[bytes] | None = None
        self._door: socket.socket | None = None
        self._used = False

    def bear(self, order: dict[str, Any], wire: socket.socket, control: socket.socket, ours: socket.socket) -> Born | None:
        """A supervisor and its worker for these orders; None where they are to be started without a nursery."""
        if not supervisor.LINUX or int(order["env"]["OPENBLAS_NUM_THREADS"]) > 1:     # threads are not forked
            return None
        output, its_output = os.pipe()
        try:
            if self._door is None:
                self._open(order["env"])
            assert self._door is not None
            socket.send_fds(self._door, [b"+"], [wire.fileno(), control.fileno(), its_output])
            self._door.settimeout(BIRTH if self._used else Limits().start)
            number, handles, _, _ = socket.recv_fds(self._door, 4, 1, socket.MSG_CMSG_CLOEXEC)
            if not handles:
                raise EOFError
        except (OSError, EOFError):
            os.close(output)
            self.close()
            return None
        finally:
            os.close(its_output)
        self._used = True
        data = marshal.dumps(order)
        ours.sendall(len(data).to_bytes(4, "little") + data)
        return Born(int.from_bytes(number, "little"), handles[0], open(output, "rb", buffering=0))

    def _open(self, env: dict[str, str]) -> None:
        self._used, folder = False, tempfile.gettempdir()
        self._door, theirs = socket.socketpair()
        bare = ["-S"] if self.tier == "bubblewrap" else []
        with theirs:
            self._popen = subprocess.Popen(
                [sys.executable, "-I", *bare, "-B", "-u", str(SUPERVISOR), "nursery", "" if bare else str(WORKER)],
                stdin=theirs.fileno(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, cwd=folder,
                env=env | environment(folder))

    def close(self) -> None:
        """End it; the workers that it bore live on."""
        if self._door is not None and self._popen is not None:
            self._door.close()
            self._popen.kill()
            self._popen.wait()
        self._door = self._popen = None


class Born:
    """A supervisor that a nursery forked: what `subprocess.Popen` says and does of one that it started."""

    stdin = None

    def __init__(self, pid: int, handle: int, stderr: IO[bytes]) -> None:
        self.pid, self.stderr, self._handle = pid, stderr, handle
        self.ended = False

    def poll(self) -> int | None:
        """0 when it has ended."""
        return self._wait(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended."""
        if self._wait(timeout) is None:
            raise subprocess.TimeoutExpired("supervisor", timeout or 0.0)
        return 0

    def kill(self) -> None:
        """Kill it, and no other process that has its number by now."""
        if not self.ended:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def _wait(self, timeout: float | None) -> int | None:
        if not self.ended and select.select([self._handle], [], [], timeout)[0]:
            os.close(self._handle)
            self.ended = True
        return 0 if self.ended else None


class Process:
    """A fresh worker at the other end of a socket. Every wait has an end, whether the worker reads and writes or not.

    Parameters
    ----------
    limits : what it may use
    tier : what keeps it from files, processes and networks: one of `isolation.TIERS`
    nursery : of the same tier, to start it faster
    """

    def __init__(self, limits: Limits, tier: str = "process", nursery: Nursery | None = None) -> None:
        self.limits, self.tier = limits, tier
        self.folder = os.path.join(tempfile.gettempdir(), f"edugen-worker-{secrets.token_hex(8)}")     # the supervisor's to make
        self._socket, wire = socket.socketpair()
        self._control, control = socket.socketpair()
        order: dict[str, Any] = {
            "folder": self.folder, "argv": [sys.executable, "-I", "-B", "-u", str(WORKER)], "rules": None, "filter": None,
            "wrappers": 0, "env": environment(self.folder, limits.threads), "control": control.fileno(),
            "where": int(getattr(signal, "SIGUSR1", 0)),
            **{name: getattr(limits, name) for name in ("memory", "processes", "tasks", "files", "disk", "cpu")}}
        isolation.arrange(order, tier)
        with wire, control:
            born = nursery.bear(order, wire, control, self._control) if nursery is not None else None
            self._popen: Any = born or self._start(order, wire, control)
        self._printed = bytearray()
        self._printed_in_all = 0
        self._drain = threading.Thread(target=self._read_output, daemon=True)
        self._drain.start()
        self.ended = self._begun = False
        self.code: int | None = None                # of the worker, once it has ended and its supervisor could tell
        self.reason = ""                            # which limit it broke

    @staticmethod
    def _start(order: dict[str, Any], wire: socket.socket, control: socket.socket) -> subprocess.Popen[bytes]:
        """A supervisor as a program of its own."""
        program = [sys.executable, "-I", *["-S"] * supervisor.LINUX, "-B", str(SUPERVISOR)]
        options: dict[str, Any] = {"stdin": wire.fileno(), "start_new_session": True, "pass_fds": [control.fileno()]}
        if not POSIX:                               # sockets are handed over by descriptions of them, whose length is known
            order["control"] = order["wire"] = WINDOWS_SHARE
            options = {"stdin": subprocess.PIPE, "creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
        popen = subprocess.Popen([*program, marshal.dumps(order).hex()], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                 bufsize=0, cwd=tempfile.gettempdir(), env=environment(tempfile.gettempdir()), **options)
        if popen.stdin is not None:
            with popen.stdin as stream:
                for each in (control, wire):
                    stream.write(each.share(popen.pid))                     # type: ignore[attr-defined]
        return popen

    def exchange(self, frame: bytes, deadline: float) -> tuple[dict[str, Any], memoryview]:
        """Send a frame, wait for the next one until `deadline` of the monotonic clock.

        TimeoutError, EOFError (the worker ended) or WireError (it sent junk). What it sends unasked stays in the pipe.
        """
        def readinto(view: memoryview) -> int:
            self._socket.settimeout(max(deadline - time.monotonic(), 1e-6))
            return self._socket.recv_into(view)

        if not self._begun:
            self._begun = True
            self._tell(b"b")
        try:
            self._socket.settimeout(max(deadline - time.monotonic(), 1e-6))
            self._socket.sendall(frame)
            return read_frame(readinto, self.limits.message)
        except ConnectionError as error:
            raise EOFError(str(error)) from None

    def _read_output(self) -> None:
        """Keep the first bytes of what is printed, and let the rest pass."""
        assert self._popen.stderr is not None
        with self._popen.stderr as stream:
            while data := stream.read(1 << 16):
                self._printed += data[:self.limits.output - len(self._printed)]
                self._printed_in_all += len(data)

    def output(self) -> tuple[str, int]:
        """What was printed, as far as it was kept, and how many bytes it was in all."""
        return self._printed.decode("utf-8", "replace"), self._printed_in_all

    def where(self, file: str) -> tuple[int, str] | None:
        """Line and function of `file` in which the worker is now, or was when it crashed; None if it does not say."""
        line = re.compile(rf'File "{re.escape(file)}", line (\d+) in (.+)')
        deadline = time.monotonic() + ANSWER
        self._tell(b"?")
        while True:
            found = line.search(self.output()[0].rpartition("(most recent call first)")[2])
            if found or not self._drain.is_alive() or time.monotonic() > deadline:
                return (int(found[1]), found[2]) if found else None
            time.sleep(0.005)

    def _tell(self, word: bytes) -> None:
        try:
            self._control.sendall(word)
        except OSError:                             # it has ended
            pass

    def kill(self) -> None:
        """End the worker and all that it started, and remove its folder."""
        if self.ended:
            return
        self.ended = True
        self._tell(b"k")
        try:
            self._control.settimeout(ENDING)
            code, _, self.reason = self._control.recv(4096).decode("utf-8", "replace").partition("\n")
            self.code = int(code)
            self._popen.wait(ENDING)
        except (OSError, ValueError, subprocess.TimeoutExpired):        # the supervisor was killed or stopped: do its work
            self._popen.kill()                                          # the worker dies with it, on Linux
            self._popen.wait()
            supervisor.remove(self.folder)
        self._control.close()
        self._socket.close()
        self._drain.join(1.0)


WINDOWS_SHARE = 372             # sizeof(WSAPROTOCOL_INFOW), the description of a socket


class Pool:
    """Hands out fresh workers, with the next one already starting: no check waits for an import of NumPy."""

    def __init__(self, limits: Limits | None = None, tier: str = "process") -> None:
        self.limits, self.tier = limits or Limits(), tier
        self._next: Process | None = None
        self._nursery = Nursery(tier)
        atexit.register(self.close)

    def take(self, limits: Limits | None = None) -> Process:
        """A worker that nobody has spoken to, within `limits`; the next one will have the same."""
        limits = limits or self.limits
        process, self._next = self._next, None
        if process is not None and (process.limits.of_worker, process.tier) != (limits.of_worker, self.tier):
            process.kill()
            process = None
        if self._nursery.tier != self.tier:
            self._nursery.close()
            self._nursery = Nursery(self.tier)
        process = process or Process(limits, self.tier, self._nursery)
        self._next = Process(limits, self.tier, self._nursery)
        return process

    def close(self) -> None:
        """Kill the worker in waiting, and the nursery."""
        if self._next is not None:
            self._next.kill()
        self._next = None
        self._nursery.close()
        atexit.unregister(self.close)
