"""A worker process: started clean, spoken to without ever blocking the grader, and killed.

Isolation stops here today: the tier is `process` (see `edugen.grading.worker` for what that does not stop). A supervisor,
resource limits and stronger tiers belong between `Process` and the interpreter that it starts.
"""
from __future__ import annotations

import atexit
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edugen.grading.wire import read_frame

__all__ = ["ISOLATION", "Limits", "Pool", "Process"]

ISOLATION = "process"
WORKER = Path(__file__).with_name("worker.py")
POSIX = os.name == "posix"
ANSWER = 1.0        # seconds that a worker has to say where it is


@dataclass(frozen=True)
class Limits:
    """What one check may use: seconds a call, in all, and to start; bytes a message, of output kept, of the file."""

    seconds: float = 10.0
    total: float = 60.0
    start: float = 60.0
    message: int = 64 << 20
    output: int = 1_000_000
    source: int = 1_000_000


def environment(folder: str) -> dict[str, str]:
    """A clean environment: nothing of the grader's, one BLAS thread, home and temporary files in the worker's folder."""
    one = ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM", "NUMEXPR", "NUMBA", "BLIS")
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "SYSTEMDRIVE") if name in os.environ}     # Windows' own
    return {**kept, **{f"{name}_NUM_THREADS": "1" for name in one}, "PATH": os.defpath, "HOME": folder, "USERPROFILE": folder,
            "TMPDIR": folder, "TEMP": folder, "TMP": folder, "NUMBA_CACHE_DIR": folder, "MPLCONFIGDIR": folder,
            "LC_ALL": "C.UTF-8", "MPLBACKEND": "agg"}


class Process:
    """A fresh worker at the other end of a socket. Every wait has an end, whether the worker reads and writes or not."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.folder = tempfile.mkdtemp(prefix="edugen-worker-")
        self._socket, theirs = socket.socketpair()
        options: dict[str, Any] = {"stdin": theirs.fileno(), "start_new_session": True} if POSIX else {
            "stdin": subprocess.PIPE, "creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
        with theirs:
            self._popen = subprocess.Popen([sys.executable, "-I", "-B", "-u", str(WORKER)], stdout=subprocess.DEVNULL,
                                           stderr=subprocess.PIPE, bufsize=0, cwd=self.folder,
                                           env=environment(self.folder), **options)
            if self._popen.stdin is not None:       # Windows: a socket is handed over by a description of it
                with self._popen.stdin as stream:
                    stream.write(theirs.share(self._popen.pid))         # type: ignore[attr-defined]
        self._printed = bytearray()
        self._printed_in_all = 0
        self._drain = threading.Thread(target=self._read_output, daemon=True)
        self._drain.start()
        self.code: int | None = None

    def exchange(self, frame: bytes, deadline: float) -> tuple[dict[str, Any], memoryview]:
        """Send a frame, wait for the next one until `deadline` of the monotonic clock.

        TimeoutError, EOFError (the worker ended) or WireError (it sent junk). What it sends unasked stays in the pipe.
        """
        def readinto(view: memoryview) -> int:
            self._socket.settimeout(max(deadline - time.monotonic(), 1e-6))
            return self._socket.recv_into(view)

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
        if POSIX and self.code is None:
            os.kill(self._popen.pid, signal.SIGUSR1)            # nobody has reaped it, so the number is still its own
        while True:
            found = line.search(self.output()[0].rpartition("(most recent call first)")[2])
            if found or not self._drain.is_alive() or time.monotonic() > deadline:
                return (int(found[1]), found[2]) if found else None
            time.sleep(0.005)

    def kill(self) -> None:
        """End the worker and its process group, and remove its folder. Nothing of it is waited for beyond a second."""
        if self.code is not None:
            return
        if POSIX:
            try:                                # before it is reaped: until then its number is nobody else's
                os.killpg(self._popen.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
        self._popen.kill()
        self.code = self._popen.wait()
        self._socket.close()
        self._drain.join(1.0)
        shutil.rmtree(self.folder, ignore_errors=True)


class Pool:
    """Hands out fresh workers, with the next one already starting: no check waits for an import of NumPy."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._next: Process | None = None
        atexit.register(self.close)

    def take(self) -> Process:
        """A worker that nobody has spoken to."""
        process, self._next = self._next or Process(self.limits), Process(self.limits)
        return process

    def close(self) -> None:
        """Kill the worker in waiting."""
        if self._next is not None:
            self._next.kill()
        self._next = None
        atexit.unregister(self.close)
