"""Between the grader and a worker: starts it within limits, counts what it uses, and ends it with all that it started.

A process of its own for one worker: `python -I -S supervisor.py ORDERS`, or forked by a nursery. It makes the worker's
folder, starts the worker in it, and looks at its descendants fifty times a second. When the worker ends, when it uses too
much, when the grader says so or hangs up (because it was killed, perhaps), the supervisor kills until no descendant is left,
removes the folder, says how it ended, and ends itself.

On Linux it is a *subreaper*: a process whose parent has died becomes its child, so no daemon escapes by forking twice, and
when it has no child left nothing is left. On Windows a Job Object holds all that the worker starts. Elsewhere psutil finds
descendants, and one that was orphaned between two looks is not found.

The worker's memory is limited by its data segment (RLIMIT_DATA) and by what its processes use together. Address space is no
measure: libraries reserve far more than they use, and one that is refused it may wait for ever instead of failing.

It starts before every check, so it imports as little as it can: a third of what it would take with json and signal.

On Linux even that is too much for a class: a *nursery* (`python supervisor.py nursery WORKER`) imports NumPy and the worker's
program once, runs no line of a student's, ever, and forks itself into a supervisor, and that into a worker, for each check.
"""
from __future__ import annotations

import marshal
import math
import os
import select
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TICK = 0.02                     # seconds between two looks
DISK_TICKS = 5                  # the folder is measured at every fifth
ENTRIES = 1_000                 # files and folders that a worker may make
PATIENCE = 5.0                  # seconds for what was killed to end
KILL = 9
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
LINUX, WINDOWS = sys.platform == "linux", os.name == "nt"

SUBREAPER, DEATH_SIGNAL, NO_NEW_PRIVILEGES, FILTER = 36, 1, 38, 22              # of prctl
FILTER_DESCRIPTOR = 3           # where bubblewrap finds the filter that it sets
RIGHTS = {"read": 0b1101, "list": 0b1000, "write": ~0}                          # of Landlock: execute, read, list; all
FILE_RIGHTS = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15                      # those that a file, not a folder, can have


class Posix:
    """A worker and its descendants."""

    program: Any = None                         # the worker's, where it is loaded already
    begun = False                               # whether the grader has spoken with the worker

    def __init__(self, order: dict[str, Any]) -> None:
        self.order, self.looks = order, 0
        self.code: int | None = None            # of the worker, when it has ended
        self.control: Any = order["control"]
        os.set_inheritable(self.control, False)
        if LINUX:
            import ctypes
            self.libc = ctypes.CDLL(None, use_errno=True)
            self.prctl(SUBREAPER, 1)
            self.nested = os.path.exists(f"/proc/self/task/{os.getpid()}/children")     # gVisor has no such files
        self.known: dict[int, Any] = {}
        self.worker = os.fork()
        if self.worker == 0:
            try:
                self.become()
            except BaseException as error:
                os.write(2, f"{type(error).__name__}: {error}\n".encode())
            finally:
                os._exit(127)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)                        # the wire is the worker's alone
        os.close(null)
        self.ending = os.pidfd_open(self.worker) if hasattr(os, "pidfd_open") else None

    # -- the worker, before it is one ------------------------------------------------------------------------------

    def become(self) -> None:
        """Turn into the worker: limits first, then the wall around it, then its program."""
        import resource
        order = self.order
        os.setsid()                                             # what it sends to its group does not reach us
        for name, value in (("CORE", 0), ("CPU", order["cpu"]), ("DATA", order["memory"]), ("FSIZE", order["disk"]),
                            ("NOFILE", order["files"])):
            number = getattr(resource, f"RLIMIT_{name}", None)
            if number is not None:
                most = resource.getrlimit(number)[1]
                value = value if most == resource.RLIM_INFINITY else min(value, most)
                resource.setrlimit(number, (value, value + (name == "CPU" and value != most)))      # SIGXCPU first, then KILL
        os.chdir(order["folder"])
        if LINUX:
            self.prctl(DEATH_SIGNAL, KILL)                      # should we be killed
            self.prctl(NO_NEW_PRIVILEGES, 1)                    # no sudo
            if order["rules"] is not None:
                self.landlock(order["rules"])
            if order["filter"] is not None:
                self.filter(order["filter"])
        if self.program is None:
            os.execve(order["argv"][0], order["argv"], order["env"])
        self.go_on()

    def go_on(self) -> None:
        """Turn into the worker without starting Python again: nothing of ours stays open, and its environment is as ordered."""
        os.closerange(3, 1024)                                  # a nursery has a dozen
        os.environ.clear()
        os.environ.update(self.order["env"])
        sys.argv, sys.modules["__main__"] = [self.program.__file__], self.program
        if "numpy.random" in sys.modules:                       # of a NumPy that imports it: no two workers draw the same
            sys.modules["numpy.random"].seed()
        self.program.main()

    def prctl(self, what: int, value: int) -> None:
        if self.libc.prctl(what, value, 0, 0, 0):
            raise OSError(f"prctl({what}) is refused")

    def landlock(self, rules: list[tuple[str, str]]) -> None:
        """From here on, this process and its children reach only the files of `rules`, and no process but themselves."""
        import ctypes
        syscall, size = self.libc.syscall, ctypes.c_size_t
        abi = syscall(444, None, size(0), 1)
        if abi < 1:
            raise OSError("the kernel has no Landlock")
        handled = (1 << 13 + (abi >= 2) + (abi >= 3) + (abi >= 5)) - 1
        attributes = (ctypes.c_uint64 * 3)(handled, 3, 3)       # files; TCP's bind and connect; abstract sockets and signals
        ruleset = syscall(444, attributes, size(8 if abi < 4 else 16 if abi < 6 else 24), 0)
        for path, rights in rules:
            try:
                place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            except OSError:                                     # nothing there
                continue
            allowed = RIGHTS[rights] & handled
            if os.stat(place).st_mode & 0o170000 != 0o040000:
                allowed &= FILE_RIGHTS
            rule = allowed.to_bytes(8, sys.byteorder) + place.to_bytes(4, sys.byteorder)
            if syscall(445, ruleset, 1, ctypes.c_char_p(rule), 0):
                raise OSError(f"Landlock refuses a rule for {path}")
            os.close(place)
        if ruleset < 0 or syscall(446, ruleset, 0):
            raise OSError("Landlock is refused")
        os.close(ruleset)

    def filter(self, program: bytes) -> None:
        """From here on, the kernel refuses what `program` says; where a wrapper must ask for such itself, it sets the filter."""
        if self.order["wrappers"]:
            end, ours = os.pipe()
            os.write(ours, program)
            os.close(ours)
            os.dup2(end, FILTER_DESCRIPTOR)
            os.set_inheritable(FILTER_DESCRIPTOR, True)
            return
        import ctypes
        code = ctypes.create_string_buffer(program, len(program))
        self.libc.prctl(FILTER, 2, (ctypes.c_size_t * 2)(len(program) // 8, ctypes.addressof(code)))    # a kernel may have none

    # -- what it uses ----------------------------------------------------------------------------------------------

    def wait(self) -> bytes | None:
        """What the grader says within a tick: b"" when it hung up, None when it is silent.

        Before it has begun to speak with the worker, no line of a student's has run, and there is nothing to look at.
        """
        waiting = [self.control] if self.ending is None else [self.control, self.ending]
        ready = select.select(waiting, [], [], TICK if self.begun or self.ending is None else None)[0]
        return os.read(self.control, 64) if self.control in ready else None

    def ended(self) -> bool:
        """Whether the worker has; the orphans that became ours are buried on the way."""
        try:
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    break
                if pid == self.worker:
                    self.code = os.waitstatus_to_exitcode(status)
                    if self.order["wrappers"] and self.code > 128:                  # what a shell says of a signal
                        self.code = 128 - self.code
        except ChildProcessError:
            pass
        return self.code is not None

    def children(self, pid: int) -> tuple[int, list[int]]:
        """Number of threads and children of a process; none when it has gone."""
        try:
            tasks = os.listdir(f"/proc/{pid}/task")
            found: list[int] = []
            for task in tasks[:self.order["tasks"] + 1]:
                with open(f"/proc/{pid}/task/{task}/children", "rb") as stream:
                    found += map(int, stream.read().split())
            return len(tasks), found
        except (FileNotFoundError, ProcessLookupError):
            return 0, []

    def tree(self, most: float = math.inf) -> tuple[list[int], int]:
        """Our descendants, and the threads of all of them. No more than `most` and one: they may multiply while we look."""
        if not LINUX:
            return self.tree_by_psutil()
        if not self.nested:
            return self.tree_by_parents()
        found: list[int] = []
        tasks, stack = 0, [os.getpid()]
        while stack and len(found) <= most:
            pid = stack.pop()
            threads, children = self.children(pid)
            if pid != os.getpid():
                found.append(pid)
                tasks += threads
            stack += children
        return found, tasks

    @staticmethod
    def tree_by_parents() -> tuple[list[int], int]:
        """The same from every process's own word for its parent, where the kernel keeps no lists of children."""
        parents, threads = {}, {}
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/stat", "rb") as stream:
                    fields = stream.read().rpartition(b")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents[int(name)], threads[int(name)] = int(fields[1]), int(fields[17])
        found, grown = {os.getpid()}, True
        while grown:
            more = {pid for pid, parent in parents.items() if parent in found} - found
            found, grown = found | more, bool(more)
        found.discard(os.getpid())
        return list(found), sum(threads.get(pid, 0) for pid in found)

    def tree_by_psutil(self) -> tuple[list[int], int]:
        """The same without /proc. Those seen once are remembered: their parent may be gone at the next look."""
        import psutil
        self.known |= {p.pid: p for p in psutil.Process().children(recursive=True)}
        alive, tasks = [], 0
        for pid, process in self.known.items():
            try:
                if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                    alive.append(pid)
                    tasks += process.num_threads()
            except psutil.Error:
                pass
        return alive, tasks

    def memory(self, pids: list[int]) -> int:
        """Bytes that they hold in memory together."""
        if not LINUX:
            return sum(self.known[pid].memory_info().rss for pid in pids if self.known[pid].is_running())
        resident = [numbers(f"/proc/{pid}/statm", 1) * PAGE for pid in pids]
        if sum(resident) <= self.order["memory"] or len(pids) == 1:
            return sum(resident)
        shares = [numbers(f"/proc/{pid}/smaps_rollup", b"Pss:") * 1024 for pid in pids]       # what is shared counts once
        return sum(share or whole for share, whole in zip(shares, resident))

    def unlinked(self, pids: list[int]) -> tuple[int, int]:
        """Bytes of what they keep and what has no name any more: files, deleted ones or in memory; and shared memory.

        A file is kept by a descriptor, or by a page of it that is mapped. How large the latter is, only root is told; for others
        it counts as a quarter of what is allowed.
        """
        files: dict[tuple[int, int], int] = {}
        shared: dict[tuple[int, int], int] = {}
        for pid in pids:
            for name in names(f"/proc/{pid}/fd"):
                try:
                    found = os.stat(f"/proc/{pid}/fd/{name}")
                except OSError:
                    continue
                if found.st_nlink == 0:
                    files[found.st_dev, found.st_ino] = found.st_blocks * 512
        for pid in pids:
            for address, file, path in mapped(pid):
                if file in files:
                    continue
                anonymous = path.startswith(b"/dev/zero")
                try:
                    size = os.stat(f"/proc/{pid}/map_files/{address}").st_blocks * 512
                except OSError:
                    size = 0 if anonymous else self.order["disk"] // 4
                (shared if anonymous else files)[file] = size
        return sum(files.values()), sum(shared.values())

    def excess(self) -> str:
        """What the worker uses too much of; nothing, when it keeps within its limits."""
        order, self.looks = self.order, self.looks + 1
        most = order["processes"] + order["wrappers"]
        pids, tasks = self.tree(most)
        if len(pids) > most:
            return f"it started more than {order['processes']} processes"
        if tasks > order["tasks"] + order["wrappers"]:
            return f"it started more than {order['tasks']} threads"
        if self.memory(pids) > order["memory"]:
            return f"it used more than {order['memory'] >> 20:,} MiB of memory"
        if self.looks % DISK_TICKS == 0:
            size, number = measure(order["folder"])
            files, shared = self.unlinked(pids) if LINUX else (0, 0)
            if shared > order["memory"]:
                return f"it used more than {order['memory'] >> 20:,} MiB of memory"
            if size + files > order["disk"]:
                return f"it wrote more than {order['disk'] >> 20:,} MiB to files"
            if number > ENTRIES:
                return f"it made more than {ENTRIES:,} files"
        return ""

    # -- its end ---------------------------------------------------------------------------------------------------

    def ask(self) -> None:
        """Have the worker say where it is (its faulthandler does); inside the programs that wrap it, where they do."""
        pid = self.worker
        for _ in range(self.order["wrappers"]):
            pid = next(iter(self.children(pid)[1]), pid)
        if self.code is None:
            send(pid, self.order["where"])

    def kill(self) -> int:
        """Kill until nobody is left; how many are, should the kernel not let go of them."""
        deadline = time.monotonic() + PATIENCE
        while True:
            if self.code is None:
                try:
                    os.killpg(self.worker, KILL)                # all at once, so that none forks meanwhile
                except OSError:
                    pass
            pids, _ = self.tree()
            for pid in pids:
                send(pid, KILL)
            self.ended()
            if self.code is not None and not self.tree()[0]:
                return 0
            if time.monotonic() > deadline:
                return len(self.tree()[0])
            time.sleep(0.001)

    def say(self, words: bytes) -> None:
        os.write(self.control, words)


class Windows(Posix):
    """The same with a Job Object, in which all that the worker starts is born, and which the system counts and ends."""

    def __init__(self, order: dict[str, Any]) -> None:
        import ctypes
        import socket
        import subprocess
        self.order, self.looks, self.ending, self.known = order, 0, None, {}
        self.code = None
        self.control, wire = (socket.fromshare(sys.stdin.buffer.read(order[name]))      # type: ignore[attr-defined]
                              for name in ("control", "wire"))
        kernel = self.kernel = ctypes.WinDLL("kernel32", use_last_error=True)           # type: ignore[attr-defined]
        for function in (kernel.CreateJobObjectW, kernel.OpenProcess):
            function.restype = ctypes.c_void_p
        self.job = ctypes.c_void_p(kernel.CreateJobObjectW(None, None))

        class Limits(ctypes.Structure):                                                 # JOBOBJECT_EXTENDED_LIMIT_INFORMATION
            _fields_ = [("process_time", ctypes.c_int64), ("job_time", ctypes.c_int64), ("flags", ctypes.c_uint32),
                        ("least", ctypes.c_size_t), ("most", ctypes.c_size_t), ("processes", ctypes.c_uint32),
                        ("affinity", ctypes.c_size_t), ("priority", ctypes.c_uint32), ("scheduling", ctypes.c_uint32),
                        ("io", ctypes.c_uint64 * 6), ("process_memory", ctypes.c_size_t), ("job_memory", ctypes.c_size_t),
                        ("peak_process", ctypes.c_size_t), ("peak_job", ctypes.c_size_t)]
        # process time, number of processes, memory of the job, no dialog at a crash, and all end when the job is closed
        limits = Limits(flags=0x2 | 0x8 | 0x200 | 0x400 | 0x2000, process_time=order["cpu"] * 10**7,
                        processes=order["processes"], job_memory=order["memory"])
        if not kernel.SetInformationJobObject(self.job, 9, ctypes.byref(limits), ctypes.sizeof(limits)):
            raise OSError(f"the Job Object is refused: error {ctypes.get_last_error()}")    # type: ignore[attr-defined]
        self.process = subprocess.Popen(order["argv"], stdin=subprocess.PIPE, stdout=2, stderr=2, cwd=order["folder"],
                                        env=order["env"])
        if not kernel.AssignProcessToJobObject(self.job, ctypes.c_void_p(int(self.process._handle))):   # type: ignore[attr-defined]
            self.process.kill()
            raise OSError(f"no Job Object for the worker: error {ctypes.get_last_error()}")     # type: ignore[attr-defined]
        assert self.process.stdin is not None
        with self.process.stdin as stream:      # it waits for this line, so nothing of the student's has run outside the job
            stream.write(wire.share(self.process.pid))
        wire.close()
        self.worker = self.process.pid

    def wait(self) -> bytes | None:
        ready = select.select([self.control], [], [], TICK)[0]
        try:
            return self.control.recv(64) if ready else None
        except ConnectionError:
            return b""

    def ended(self) -> bool:
        self.code = self.process.poll()
        return self.code is not None

    def tree(self, most: float = math.inf) -> tuple[list[int], int]:
        return self.tree_by_psutil()

    def ask(self) -> None:
        pass                                    # no signals here: where the worker is remains unknown

    def kill(self) -> int:
        self.kernel.TerminateJobObject(self.job, 1)
        self.process.kill()
        self.code = self.process.wait(PATIENCE)
        return 0

    def say(self, words: bytes) -> None:
        self.control.sendall(words)


def send(pid: int, number: int) -> None:
    """A signal, to a process that may have gone."""
    try:
        os.kill(pid, number)
    except OSError:
        pass


def numbers(path: str, field: int | bytes) -> int:
    """A number of a file of /proc: that in this place, or on the line that starts so; 0 when the process has gone."""
    try:
        with open(path, "rb") as stream:
            words = stream.read().split()
        return int(words[field if isinstance(field, int) else words.index(field) + 1])
    except (OSError, IndexError, ValueError):
        return 0


def names(folder: str) -> list[str]:
    """Names in a folder of /proc; none when the process has gone."""
    try:
        return os.listdir(folder)
    except OSError:
        return []


def mapped(pid: int) -> list[tuple[str, tuple[int, int], bytes]]:
    """What a process has mapped and what has no name: where, device and number of the file, what it was called."""
    try:
        with open(f"/proc/{pid}/maps", "rb") as stream:
            rows = [line.split(None, 5) for line in stream.read().splitlines() if line.endswith(b" (deleted)")]
    except OSError:
        return []
    return [(address.decode(), (os.makedev(*(int(part, 16) for part in device.split(b":"))), int(number)), path)
            for address, _, _, device, number, path in rows]


def measure(folder: str) -> tuple[float, int]:
    """Bytes and number of files and folders in a folder, counted no further than they are allowed."""
    size, entries, stack = 0.0, 0, [folder]
    while stack and entries <= ENTRIES:
        for entry in listed(stack.pop()):
            entries += 1
            try:
                found = entry.stat(follow_symlinks=False)
                if entry.is_dir(follow_symlinks=False):
                    stack.append(entry.path)
            except FileNotFoundError:
                continue
            except OSError:                     # a path longer than the system can name
                return size, ENTRIES + 1
            size += getattr(found, "st_blocks", 0) * 512 or found.st_size
    return size, entries


def listed(folder: str) -> list[os.DirEntry[str]]:
    """What is in a folder, also when its owner has taken that right from himself."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except PermissionError:
        try:
            os.chmod(folder, 0o700)
            with os.scandir(folder) as entries:
                return list(entries)
        except OSError:
            return []
    except OSError:
        return []


def remove(folder: str) -> None:
    """Remove a folder. However deep its folders are nested, no path grows long: each is first moved to the top."""
    number, left = 0, True
    while left:
        left = False
        for entry in listed(folder):
            try:
                if not entry.is_dir(follow_symlinks=False):
                    os.unlink(entry.path)
                    continue
                for inner in listed(entry.path):
                    if inner.is_dir(follow_symlinks=False):
                        number, left = number + 1, True
                        os.rename(inner.path, os.path.join(folder, f".{number}.{os.getpid()}"))
                    else:
                        os.unlink(inner.path)
                os.rmdir(entry.path)
            except OSError:
                continue
    try:
        os.rmdir(folder)
    except OSError:
        pass


def supervise(order: dict[str, Any]) -> None:
    """Do what the orders say, and tell the grader in one message: the worker's exit code, and what it used too much of."""
    reason, host, left = "", None, 0
    os.mkdir(order["folder"], 0o700)
    try:
        host = (Windows if WINDOWS else Posix)(order)
        while not (host.ended() or reason):
            words = host.wait()
            host.begun = host.begun or b"b" in (words or b"")
            reason = host.excess()              # first, for a call may be out of time because of what it uses
            if words is not None and (not words or b"k" in words):
                break
            if words and b"?" in words:
                host.ask()
    finally:
        left = host.kill() if host is not None else 0
        remove(order["folder"])
    reason += f"; {left} of its processes could not be killed" if left else ""
    try:
        host.say(f"{host.code}\n{reason}".encode())
    except OSError:
        pass                                    # the grader has gone


def nursery(worker: str) -> None:
    """Fork a supervisor whenever the grader asks for one, until it hangs up.

    It asks on descriptor 0, and sends three with its question: the worker's end of the wire, our end of the control, and where
    the output goes. The orders come by the control, so that they are not in the memory of what is forked next. The answer is the
    supervisor's number and a handle of it.
    """
    import ctypes  # noqa: F401
    import gc
    import importlib.util
    import resource  # noqa: F401
    import socket
    door: Any = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.close(null)
    if worker:
        spec = importlib.util.spec_from_file_location("edugen_worker", worker)
        assert spec is not None and spec.loader is not None
        Posix.program = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(Posix.program)
    gc.collect()
    gc.freeze()                                 # else the first collection in a worker would copy all of it
    born: dict[int, int] = {}                   # numbers of supervisors, by their handles
    while True:
        ready = select.select([door, *born], [], [])[0]
        for handle in born.keys() & ready:      # those that have ended are buried
            os.waitpid(born.pop(handle), 0)
            os.close(handle)
        if door not in ready:
            continue
        word, places, _, _ = socket.recv_fds(door, 1, 3, socket.MSG_CMSG_CLOEXEC)
        if not word:
            return
        number = os.fork()
        if number == 0:
            try:
                for place in (door.detach(), *born):
                    os.close(place)
                become_supervisor(*places)
            except BaseException as error:
                os.write(2, f"{type(error).__name__}: {error}\n".encode())
            finally:
                os._exit(0)
        handle = os.pidfd_open(number)          # it has not been waited for, so the number is still its own
        born[handle] = number
        socket.send_fds(door, [number.to_bytes(4, "little")], [handle])
        for place in places:
            os.close(place)


def become_supervisor(wire: int, control: int, output: int) -> None:
    """What `nursery` forks: as if it had been started on its own."""
    os.setsid()
    os.dup2(wire, 0)
    os.dup2(output, 2)
    os.close(wire)
    os.close(output)
    with open(control, "rb", buffering=0, closefd=False) as stream:
        size, data = int.from_bytes(stream.read(4), "little"), b""
        while len(data) < size and (more := stream.read(size - len(data))):
            data += more
    supervise(marshal.loads(data) | {"control": control})


if __name__ == "__main__":
    if sys.argv[1] == "nursery":
        nursery(sys.argv[2])
    else:
        supervise(marshal.loads(bytes.fromhex(sys.argv[1])))
