"""What stands between a worker and the rest of the machine: tiers, weakest first, each tried before it is trusted.

- `process`: a process of its own with limits and a supervisor. Everywhere. It runs as the grader's user, and can read and
  write what that user can, and signal that user's processes.
- `landlock`: Linux 5.13 and later; the process gives up, for itself and its children, every file but Python's own
  and its folder; with later kernels also TCP (6.7) and signals to others (6.12). Needs no privilege.
- `bubblewrap`: the program `bwrap` (Debian's package bubblewrap). Namespaces in which there is no network, no other
  process, and no file but those.

The container that the grader itself runs in, if it does, is a wall around all of it, and is reported beside the tier.

At every tier a worker on Linux is refused some questions to the kernel (`kernel_filter`): those by which memory gets out of
sight of the supervisor that counts it, or outlives the worker.
"""
from __future__ import annotations

import errno
import functools
import os
import platform
import shutil
import site
import socket
import struct
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edugen.grading.supervisor import FILTER_DESCRIPTOR

__all__ = ["TIERS", "IsolationError", "Tier", "arrange", "best", "container", "probe", "require"]

TIERS = ("process", "landlock", "bubblewrap")           # weakest first
NOTHING = "nothing was run"                             # what a report says in a tier's place, where there was no file to run
PACKAGE = Path(__file__).parent.parent
HIDDEN = (PACKAGE / "course", PACKAGE / "grading")      # where a wheel keeps exercises and their checks, and the grader
SHOWN = tuple(PACKAGE / "grading" / f"{name}.py" for name in ("worker", "guard", "wire"))
SYSTEM = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache",
          "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/usr/share/zoneinfo", "/sys/devices/system/cpu")
PROC = ("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/sys/vm/overcommit_memory")
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")

REFUSED = {                                             # by machine: its own number, that of clone, and those of `kernel_filter`
    "x86_64": (0xC000003E, 56, (29, 68, 64, 240, 272, 308, 165, 430, 428, 46, 307, 425)),
    "aarch64": (0xC00000B7, 220, (194, 186, 190, 180, 97, 268, 40, 430, 428, 211, 269, 425))}
CLONE3, NAMESPACES = 435, 0x7E020000


class IsolationError(RuntimeError):
    """A tier that this machine does not offer."""


@dataclass(frozen=True)
class Tier:
    """A tier on this machine: whether it holds, and in `detail` what was found, or why it does not."""

    name: str
    available: bool
    detail: str


# -- what a worker needs to see -----------------------------------------------------------------------------------------


@functools.cache
def sight() -> tuple[str, ...]:
    """Files and folders that Python, its packages and edugen are made of; `HIDDEN` may lie in them."""
    paths = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")] + site.getsitepackages()
    for prefix in {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}:
        paths += [os.path.join(prefix, name) for name in ("lib", "lib64", "pyvenv.cfg")]
    program = sys.executable
    while os.path.islink(program):                      # a virtual environment's python, and what it stands for
        paths.append(program)
        program = os.path.join(os.path.dirname(program), os.readlink(program))
    paths += [program, os.path.realpath(program), str(PACKAGE), *SYSTEM]
    found = sorted({os.path.normpath(path) for path in paths if os.path.exists(path)})
    return tuple(p for p in found if not any(p.startswith(q + os.sep) for q in found))


def landlock_rules() -> Iterator[tuple[str, str]]:
    """What is allowed, as (path, right). A rule holds for all below it, so around what is hidden there is one an entry."""
    for path in sight():
        yield from _around(Path(path))
    yield from ((str(path), "read") for path in (*SHOWN, *PROC))
    yield from ((path, "write") for path in DEVICES)


def _around(path: Path) -> Iterator[tuple[str, str]]:
    real = path.resolve()
    if real in HIDDEN:
        return
    if not any(real in hidden.parents for hidden in HIDDEN):
        yield str(path), "read"
        return
    yield str(path), "list"
    for entry in real.iterdir():
        yield from _around(entry)


def bubblewrap(argv: list[str], folder: str) -> list[str]:
    """The command that runs `argv` in namespaces of its own, with nothing in sight but what it needs, and that read-only."""
    program = shutil.which("bwrap")
    if program is None:
        raise IsolationError("there is no program bwrap (Debian and Ubuntu: apt install bubblewrap)")
    command = [program, "--unshare-all", "--die-with-parent", "--cap-drop", "ALL"]
    command += ["--seccomp", str(FILTER_DESCRIPTOR)] if kernel_filter() else []
    for path in sight():
        command += ["--ro-bind", path, path]
    for hidden in HIDDEN:
        command += ["--tmpfs", str(hidden)]
    for path in map(str, SHOWN):
        command += ["--ro-bind", path, path]
    command += ["--proc", "/proc", "--dev", "/dev", "--bind", folder, folder, "--chdir", folder]
    for place in (*map(str, HIDDEN), "/dev", "/"):      # these are in memory, and would be room that nobody counts
        command += ["--remount-ro", place]
    return [*command, "--", *argv]


def arrange(order: dict[str, Any], tier: str) -> None:
    """Complete a supervisor's orders with what the tier needs."""
    if tier not in TIERS:
        raise ValueError(f"there is no tier {tier!r}; there are {', '.join(TIERS)}")
    order["filter"] = kernel_filter()
    if tier == "landlock":
        order["rules"] = [*_rules(), (order["folder"], "write")]
    elif tier == "bubblewrap":
        order["argv"], order["wrappers"] = bubblewrap(order["argv"], order["folder"]), 2        # bwrap, and its init


@functools.cache
def _rules() -> tuple[tuple[str, str], ...]:
    return tuple(landlock_rules())


@functools.cache
def kernel_filter() -> bytes | None:
    """A program for the kernel (seccomp, in its BPF) that refuses what would get out of sight of the supervisor; None elsewhere.

    shmget, msgget, semget, mq_open: they would outlive the worker. unshare, setns, mount, fsopen, open_tree, and clone with a
    new namespace: room in memory that nobody else sees. sendmsg, sendmmsg, io_uring_setup: files that are kept on their way
    between two sockets, and open in no process. Each fails with EPERM, as for somebody who has not the right.
    """
    if sys.platform != "linux" or platform.machine() not in REFUSED or sys.maxsize < 1 << 32:
        return None
    machine, clone, numbers = REFUSED[platform.machine()]
    load, equal, greater, any_of, answer = 0x20, 0x15, 0x35, 0x45, 0x06             # instructions, with their modes
    refuse, allow = 0x50000 | errno.EPERM, 0x7FFF0000
    program = [(load, 0, 0, 4), (equal, 1, 0, machine), (answer, 0, 0, refuse),     # another machine's calls: 32 bits
               (load, 0, 0, 0), (greater, 0, 1, 1 << 30), (answer, 0, 0, refuse)]   # and x32
    for number in numbers:
        program += [(equal, 0, 1, number), (answer, 0, 0, refuse)]
    program += [(equal, 0, 1, CLONE3), (answer, 0, 0, 0x50000 | errno.ENOSYS),      # its flags are out of sight: take clone
                (equal, 0, 3, clone), (load, 0, 0, 16), (any_of, 0, 1, NAMESPACES), (answer, 0, 0, refuse),
                (answer, 0, 0, allow)]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


# -- whether it holds ---------------------------------------------------------------------------------------------------


TRIAL = '''
import os, socket

def read(path):
    return open(path).read()

def write(path):
    open(path, "w").write("was here")

def connect(port):
    socket.create_connection(("127.0.0.1", port), 2).close()

def signal(pid):
    os.kill(pid, 0)
'''


@functools.cache
def probe() -> dict[str, Tier]:
    """Every tier, tried on this machine: a worker tries to break out of it. Takes a second, the first time."""
    return {name: _trial(name) for name in TIERS}


def _trial(name: str) -> Tier:
    from edugen.grading.process import Limits, Process
    from edugen.grading.student import Student, StudentRaised

    if name == "process":
        return Tier(name, True, "a process with limits; it can read and write what you can")
    if sys.platform != "linux":
        return Tier(name, False, "Linux only")
    with tempfile.TemporaryDirectory(prefix="edugen-probe-") as folder, socket.create_server(("127.0.0.1", 0)) as server:
        Path(folder, "trial.py").write_text(TRIAL)
        Path(folder, "secret").write_text("secret")
        try:
            with Student(Path(folder, "trial.py"), limits=Limits(seconds=20.0),
                         process=lambda limits: Process(limits, name)) as trial:
                trial.call("write", "mine")
                got_through = []
                for word, *question in (("reading files", "read", f"{folder}/secret"),
                                        ("writing files", "write", f"{folder}/secret"),
                                        ("TCP", "connect", server.getsockname()[1]),
                                        ("signals", "signal", os.getpid())):
                    try:
                        trial.call(*question)
                        got_through.append(word)
                    except StudentRaised:
                        pass
        except (AssertionError, RuntimeError, OSError) as error:
            return Tier(name, False, " ".join(str(error).split())[:300])
    if name == "bubblewrap" and got_through or {"reading files", "writing files"} & set(got_through):
        return Tier(name, False, f"tried, and it does not stop {_and(got_through)}")
    return Tier(name, True, f"does not stop {_and(got_through)} on this kernel" if got_through else "holds")


def _and(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def best() -> str:
    """The strongest tier that holds on this machine."""
    return next(name for name in reversed(TIERS) if probe()[name].available)


def require(tier: str) -> None:
    """Refuse to go on below `tier`, which may also be "container": the grader itself must run in one.

    Raises
    ------
    IsolationError
        with the reason why the tier cannot be had, and the strongest that can
    """
    if tier == "container":
        if container() is None:
            raise IsolationError("isolation 'container' is required, and the grader does not run in one")
        return
    if tier not in TIERS:
        raise ValueError(f"there is no tier {tier!r}; there are {', '.join(TIERS)} and container")
    if TIERS.index(best()) < TIERS.index(tier):
        raise IsolationError(f"isolation {tier!r} is required, and this machine offers {best()!r}. "
                             f"{tier}: {probe()[tier].detail}")


def container() -> str | None:
    """The kind of container that this process runs in, as far as it shows; None outside."""
    if os.path.exists("/.dockerenv"):
        return "docker"
    if os.path.exists("/run/.containerenv"):
        return "podman"
    for name in ("/run/systemd/container", "/proc/1/cgroup"):
        try:
            text = Path(name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if name.endswith("container") and text.strip():
            return text.strip()
        for word in ("docker", "kubepods", "containerd", "lxc"):
            if word in text:
                return word
    return "kubernetes" if "KUBERNETES_SERVICE_HOST" in os.environ else None
