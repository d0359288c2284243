"""Tiers: the probe tries them, a stronger one than there is is refused, and each keeps a worker from what it says."""
import os
import shutil
import socket
import sys
from pathlib import Path

import pytest

import edugen
from edugen.grading import StudentError, isolation
from edugen.grading.isolation import IsolationError, Tier
from edugen.grading.process import Limits, Process
from edugen.grading.student import Student

TIERS = [name for name, tier in isolation.probe().items() if tier.available]
WALLED = [name for name in TIERS if name != "process"]
ROOT = Path(__file__).parents[2]
SOURCE = """
import os, socket
def read(path):
    with open(path) as stream: return stream.read()
def write(path):
    with open(path, "a") as stream: stream.write("x")
def names(path):
    return os.listdir(path)
def remove(path):
    os.unlink(path)
def connect(port):
    socket.create_connection(("127.0.0.1", port), 5).close()
def signal(pid):
    os.kill(pid, 0)
def trace(pid):
    with open(f"/proc/{pid}/environ", "rb") as stream: return stream.read().decode()
def memory(pid):
    with open(f"/proc/{pid}/mem", "rb") as stream: return stream.read(1).decode()
def shared():
    socket.socket(socket.AF_UNIX).connect("\\0edugen-test-socket")
"""


@pytest.fixture
def student(request, tmp_path):
    path = tmp_path / "task.py"
    path.write_text(SOURCE)
    with Student(path, limits=Limits(), process=lambda limits: Process(limits, request.param)) as made:
        yield made


def refused(function, *args):
    with pytest.raises(StudentError) as caught:
        function(*args)
    return caught.value.kind == "raised"


# -- the probe ---------------------------------------------------------------------------------------------------------


def test_every_tier_is_named_with_what_was_found():
    tiers = isolation.probe()
    assert list(tiers) == list(isolation.TIERS) and tiers["process"].available and all(t.detail for t in tiers.values())
    assert isolation.best() == [name for name in isolation.TIERS if tiers[name].available][-1]
    if sys.platform == "linux":
        print(*tiers.values(), sep="\n")                # what is tested here, and what can't be and why: pytest -s
        assert ("no program bwrap" in tiers["bubblewrap"].detail) == (shutil.which("bwrap") is None)


def test_a_tier_that_leaks_is_not_offered(monkeypatch):
    """The probe believes what it tries, not what is installed."""
    monkeypatch.setattr(isolation, "arrange", lambda order, tier: None)     # as if the wall were never built
    tier = isolation._trial("landlock")
    assert not tier.available and tier.detail == "tried, and it does not stop reading files, writing files, TCP and signals"
    tier = isolation._trial("bubblewrap")
    assert not tier.available and "TCP" in tier.detail and "signals" in tier.detail


def test_a_tier_that_cannot_start_says_why(monkeypatch):
    monkeypatch.setattr(isolation, "bubblewrap", lambda argv, folder: ["/bin/sh", "-c", "echo no namespaces here >&2; exit 1"])
    tier = isolation._trial("bubblewrap")
    assert not tier.available and "no namespaces here" in tier.detail


def test_more_than_there_is_is_refused(monkeypatch):
    found = {"process": Tier("process", True, "fine"), "landlock": Tier("landlock", True, "holds"),
             "bubblewrap": Tier("bubblewrap", False, "there is no program bwrap")}
    monkeypatch.setattr(isolation, "probe", lambda: found)
    isolation.require("process")
    isolation.require("landlock")
    with pytest.raises(IsolationError, match="'bubblewrap' is required, and this machine offers 'landlock'.*no program bwrap"):
        isolation.require("bubblewrap")
    with pytest.raises(ValueError, match="no tier 'jail'; there are process, landlock, bubblewrap and container"):
        isolation.require("jail")
    monkeypatch.setattr(isolation, "container", lambda: None)
    with pytest.raises(IsolationError, match="does not run in one"):
        isolation.require("container")
    monkeypatch.setattr(isolation, "container", lambda: "docker")
    isolation.require("container")


def test_an_unknown_tier_is_the_callers_mistake():
    with pytest.raises(ValueError, match="there is no tier 'jail'"):
        Process(Limits(), "jail")


def test_without_its_program_bubblewrap_is_refused(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(IsolationError, match="no program bwrap"):
        isolation.bubblewrap([], "/tmp")


# -- what each keeps a worker from -------------------------------------------------------------------------------------


@pytest.mark.parametrize("student", TIERS, indirect=True)
def test_its_own_folder_and_the_course_are_open(student):
    student.call("write", "mine")
    assert student.call("read", "mine") == "x" and student.call("names", ".") == ["mine"]
    assert student.call("read", edugen.__file__) == Path(edugen.__file__).read_text()
    student.call("write", os.devnull)


@pytest.mark.parametrize("student", WALLED, indirect=True)
def test_files_are_out_of_reach(student, tmp_path):
    (tmp_path / "letter").write_text("dear")
    checks = sorted(ROOT.glob("exercises/*/check_*.py")) + sorted(ROOT.glob("tests/exercises/*/*/solution.py"))
    assert len(checks) >= 4
    for path in [*checks[:1], *checks[-1:], tmp_path / "letter", Path(isolation.__file__), Path("/etc/passwd")]:
        assert path.exists() and refused(student.call, "read", str(path))
    for path in (tmp_path / "letter", tmp_path / "new", Path(edugen.__file__), Path("/tmp/new"), Path("/dev/shm/new")):
        assert refused(student.call, "write", str(path))
    assert refused(student.call, "remove", str(tmp_path / "letter")) and refused(student.call, "names", str(tmp_path))
    assert sorted(os.listdir(tmp_path)) == ["letter", "task.py"] and (tmp_path / "letter").read_text() == "dear"


def test_checks_are_out_of_reach_where_a_wheel_puts_them(tmp_path, monkeypatch):
    """In site-packages, among what a worker has to read."""
    packages = tmp_path / "site-packages"
    for path in ("edugen/course/exercises/check_a.py", "edugen/grading/worker.py", "edugen/losses.py", "numpy/__init__.py"):
        (packages / path).parent.mkdir(parents=True, exist_ok=True)
        (packages / path).touch()
    monkeypatch.setattr(isolation, "HIDDEN", (packages / "edugen" / "course", packages / "edugen" / "grading"))
    rules = dict(isolation._around(packages))
    assert rules == {str(packages): "list", str(packages / "numpy"): "read", str(packages / "edugen"): "list",
                     str(packages / "edugen" / "losses.py"): "read"}


@pytest.mark.parametrize("student", WALLED, indirect=True)
def test_the_network_is_out_of_reach(student):
    detail = isolation.probe()[student.process.tier if student.process else "landlock"].detail
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert refused(student.call, "connect", server.getsockname()[1]) or "TCP" in detail


@pytest.mark.parametrize("student", WALLED, indirect=True)
def test_other_processes_are_out_of_reach(student):
    student.get("trace")
    for pid in (os.getpid(), student.process._popen.pid):
        assert refused(student.call, "trace", pid) and refused(student.call, "memory", pid)
        if "signals" not in isolation.probe()[student.process.tier].detail:
            assert refused(student.call, "signal", pid)
            with socket.socket(socket.AF_UNIX) as server:
                server.bind("\0edugen-test-socket")
                server.listen()
                assert refused(student.call, "shared")


def test_what_process_does_not_stop_is_so(tmp_path):
    """The documentation says so: at this tier a file of the same user is open, and so are sockets."""
    (tmp_path / "task.py").write_text(SOURCE)
    (tmp_path / "letter").write_text("dear")
    with Student(tmp_path / "task.py") as student, socket.create_server(("127.0.0.1", 0)) as server:
        assert student.call("read", str(tmp_path / "letter")) == "dear"
        assert student.call("connect", server.getsockname()[1]) is None


# -- around it ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file, text, kind", [
    ("/.dockerenv", "", "docker"), ("/run/.containerenv", "", "podman"), ("/run/systemd/container", "lxc\n", "lxc"),
    ("/proc/1/cgroup", "0::/kubepods/besteffort/pod1\n", "kubepods"), ("/proc/1/cgroup", "0::/init.scope\n", None)])
def test_containers_are_recognized(monkeypatch, file, text, kind):
    monkeypatch.setattr(isolation.os.path, "exists", lambda path: path == file)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)

    def read_text(self, **options):
        if str(self) == file:
            return text
        raise FileNotFoundError
    monkeypatch.setattr(isolation.Path, "read_text", read_text)
    assert isolation.container() == kind
