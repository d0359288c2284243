"""A class graded: once each, whatever happens in between; and graded again when a check was mended."""
import json
import os
import pickle
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from edugen.grading.batch import (
    Busy,
    ChecksChanged,
    Store,
    changes,
    find_checks,
    grade_all,
    official_seed,
    publish,
    read_secret,
    regrade,
)
from edugen.grading.submissions import collect

SECRET = b"0123456789abcdef"
CHECK = '''
import numpy as np
import pytest
from edugen.grading import assert_close

@pytest.mark.points(2)
@pytest.mark.hint("one", "two", "three")
def test_double(student, rng):
    x = rng.normal(size=3)
    assert_close(student.call("double", x), 2 * x)

@pytest.mark.points(1)
def test_half(student, rng):
    x = rng.normal(size=3)
    assert_close(student.call("half", x), x / 2)

@pytest.mark.manual({"says why": 2})
def test_reason():
    """Why?"""
'''
RIGHT = "def double(x): return 2 * x\ndef half(x): return x / 2\nreason = 'because'\n"


@pytest.fixture
def course(tmp_path):
    """An exercise with a solution and a mutant, as `edugen new-task` lays them."""
    folder, proof = tmp_path / "tasks" / "exercises" / "own", tmp_path / "tasks" / "tests" / "exercises" / "own" / "halves"
    folder.mkdir(parents=True)
    (proof / "mutants").mkdir(parents=True)
    (folder / "halves.py").write_text("def double(x):\n    raise NotImplementedError\n")
    (folder / "check_halves.py").write_text(CHECK)
    (proof / "solution.py").write_text(RIGHT)
    (proof / "mutants" / "third.py").write_text("# fails: test_half\nfrom solution import *\ndef half(x): return x / 3\n")
    return find_checks(tmp_path / "tasks")


@pytest.fixture
def handed(tmp_path):
    """Hand in files, by student."""
    def handed(**files):
        place = tmp_path / "in"
        for student, source in files.items():
            (place / student).mkdir(parents=True, exist_ok=True)
            (place / student / "halves.py").write_text(source)
        return collect(place, ["halves"])[0]
    return handed


def earned(store):
    return {r["student"]: r["earned"] for r in store.records()}


def test_everyone_is_graded_once(course, handed, tmp_path):
    """Good, half, broken, ending its process, and not at all; again, and only what is new or changed is graded."""
    store, seen = Store(tmp_path / "out"), []
    third = RIGHT.replace("x / 2", "x / 3")
    found = handed(ada=RIGHT, bob=third, cyd="def (:\n", dan="import os\nos._exit(0)\n")
    assert grade_all(found, course, store, SECRET, others=["eve"], progress=lambda *a: seen.append(a)) == (5, 0)
    assert earned(store) == {"ada": 3, "bob": 2, "cyd": 0, "dan": 0, "eve": 0}
    assert [n for n, *_ in seen] == [1, 2, 3, 4, 5] and {total for _, total, _ in seen} == {5}
    ada, bob, eve = (store.read("halves", who) for who in ("ada", "bob", "eve"))
    assert ada["seed"] == official_seed(SECRET, "ada", "halves") != bob["seed"]
    assert ada["file"] == "ada/halves.py" and len(ada["sha256"]) == 64 and ada["isolation"] == "process"
    half = bob["checks"][1]
    assert half["misconception"] == "third" and "A known mistake gives the same answer: third." in half["message"]
    assert "--hints" not in "".join(c["message"] for c in bob["checks"])
    assert eve["problem"] == "nothing was handed in for this exercise" and eve["points"] == 3 and eve["sha256"] is None
    assert eve["isolation"] == "nothing was run" and store.read("halves", "cyd")["isolation"] == "process"     # compiled there
    stamp = store.result("halves", "ada").stat().st_mtime_ns
    found = handed(bob=RIGHT, fay=RIGHT)
    assert grade_all(found, course, store, SECRET, others=["eve"]) == (2, 4)
    assert earned(store) == {"ada": 3, "bob": 3, "cyd": 0, "dan": 0, "eve": 0, "fay": 3}
    assert store.result("halves", "ada").stat().st_mtime_ns == stamp


def test_other_machines_are_sent_all_they_need(course, handed, tmp_path):
    """The executor's interface alone is used; what is submitted can be pickled, and needs no file of this machine."""
    class Far(ThreadPoolExecutor):
        def submit(self, function, /, *args):
            data = pickle.dumps((function, args))
            return super().submit(lambda: pickle.loads(pickle.dumps(pickle.loads(data)[0](*pickle.loads(data)[1]))))

    store = Store(tmp_path / "out")
    found = handed(**{f"s{i}": RIGHT if i % 2 else "x = 1\n" for i in range(6)})
    with Far(2) as executor:
        assert grade_all(found, course, store, SECRET, executor=executor) == (6, 0)
    assert earned(store) == {f"s{i}": 3 * (i % 2) for i in range(6)}


def test_a_failing_machine_does_not_lose_the_others_work(course, handed, tmp_path):
    class Bad(ThreadPoolExecutor):
        def submit(self, function, /, folder, name, check, jobs, tier):
            broken = jobs[0].student == "s0"
            return super().submit(int, "no number") if broken else super().submit(function, folder, name, check, jobs, tier)

    store = Store(tmp_path / "out")
    with Bad(1) as executor, pytest.raises(ValueError, match="no number"):
        grade_all(handed(**{f"s{i}": RIGHT for i in range(6)}), course, store, SECRET, executor=executor)
    assert set(earned(store)) == {"s4", "s5"}                           # the second chunk


KILLED = """
import sys
from pathlib import Path
from edugen.grading.batch import Store, find_checks, grade_all
from edugen.grading.submissions import collect
top = Path(sys.argv[1])
store = Store(top / "out")
with store.held():
    print(grade_all(collect(top / "in", ["halves"])[0], find_checks(top / "tasks"), store, b"0123456789abcdef"), flush=True)
"""


@pytest.mark.slow
def test_killed_and_run_again(course, handed, tmp_path):
    """Killed in the middle: what was graded is kept, and not graded again; the rest follows."""
    handed(**{f"s{i:02}": RIGHT for i in range(12)})
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)])
    results = tmp_path / "out" / "results" / "halves"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and (not results.exists() or len(list(results.glob("*.json"))) < 2):
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    before = {path.name: path.stat().st_mtime_ns for path in results.glob("*.json")}
    assert 2 <= len(before) < 12
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], capture_output=True, text=True, check=True)
    assert eval(done.stdout) == (12 - len(before), len(before))
    assert earned(Store(tmp_path / "out")) == {f"s{i:02}": 3 for i in range(12)}
    assert {name: (results / name).stat().st_mtime_ns for name in before} == before


def test_stopped_it_does_not_wait_for_what_never_ends(course, handed, tmp_path):
    """Ctrl-C ends the sessions at once: what was graded stays, what was being graded is graded the next time."""
    def interrupt(done, total, student):
        raise KeyboardInterrupt

    course["halves"].write_text("import pytest\npytestmark = pytest.mark.limits(seconds=600.0, total=600.0)\n" + CHECK)
    store, began = Store(tmp_path / "out"), time.monotonic()
    found = handed(ada=RIGHT, bob="while True: pass\n", cyd=RIGHT)
    with pytest.raises(KeyboardInterrupt):
        grade_all(found, course, store, SECRET, workers=1, progress=interrupt, mistakes=False)
    assert time.monotonic() - began < 200 and earned(store) == {"ada": 3}
    assert grade_all(handed(bob=RIGHT), course, store, SECRET, mistakes=False) == (2, 1)
    assert earned(store) == {"ada": 3, "bob": 3, "cyd": 3}


def test_two_cannot_grade_into_one_folder(tmp_path):
    with Store(tmp_path).held():
        code = ("from edugen.grading.batch import Busy, Store\nfrom pathlib import Path\nimport sys\ntry:\n"
                "    with Store(Path(sys.argv[1])).held(): print('both')\nexcept Busy as error: print(error)")
        done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert "is grading into" in done.stdout and issubclass(Busy, RuntimeError)
    (tmp_path / ".lock").write_text("999999999 1.0")                    # of a process that is gone
    with Store(tmp_path).held():
        pass
    assert not (tmp_path / ".lock").exists()


def test_regrading_shows_the_difference_before_anything_changes(course, handed, tmp_path):
    store, check = Store(tmp_path / "out"), course["halves"]
    found = handed(ada=RIGHT, bob=RIGHT.replace("x / 2", "x / 3"), cyd="x = 1\n")
    grade_all(found, course, store, SECRET, others=["eve"], mistakes=False)
    check.write_text(CHECK.replace("x / 2)", "x / 3)").replace("points(2)", "points(4)"))
    with pytest.raises(ChecksChanged, match="are not those by which 4 submissions were graded"):
        grade_all(found, course, store, SECRET, others=["eve"])
    again = regrade(store, course, SECRET, mistakes=False)
    rows = [(r["student"], r["check"], r["before"], r["of"], r["after"], r["of now"]) for r in changes(store, again)]
    assert rows == [("ada", "test_double", 2, 2, 4, 4), ("ada", "test_half", 1, 1, 0, 1), ("bob", "test_double", 2, 2, 4, 4),
                    ("bob", "test_half", 0, 1, 1, 1), ("cyd", "test_double", 0, 2, 0, 4), ("eve", "test_double", 0, 2, 0, 4)]
    assert earned(store) == {"ada": 3, "bob": 2, "cyd": 0, "eve": 0}
    publish(store, again)
    assert earned(store) == {"ada": 4, "bob": 5, "cyd": 0, "eve": 0}
    assert grade_all(found, course, store, SECRET, others=["eve"]) == (0, 4)
    assert not regrade(store, course, SECRET).records()                 # nothing has changed since


def test_a_session_that_a_submission_ends_costs_that_submission_alone(course, handed, tmp_path, monkeypatch):
    """A fault of the grader's own, or an attack on it: twice, then a zero that says so; the others are graded."""
    from edugen.grading import batch

    class Fragile(batch.Session):
        def grade(self, run):
            if "evil" in run.submission:
                self._process.kill()
            return super().grade(run)

    monkeypatch.setattr(batch, "Session", Fragile)
    store = Store(tmp_path / "out")
    grade_all(handed(ada=RIGHT, evil=RIGHT, zoe=RIGHT), course, store, SECRET, workers=1, mistakes=False)
    assert earned(store) == {"ada": 3, "evil": 0, "zoe": 3}
    evil = store.read("halves", "evil")
    assert "the grader was ended twice while it graded this file" in evil["problem"] and evil["isolation"] == "process"


def test_a_file_that_was_exchanged_is_not_graded(course, handed, tmp_path, monkeypatch):
    """What is graded is what was handed in, by its fingerprint."""
    from edugen.grading import batch

    written = batch.write_bytes
    monkeypatch.setattr(batch, "write_bytes", lambda path, data: written(path, RIGHT.encode()))
    store = Store(tmp_path / "out")
    grade_all(handed(ada="x = 1\n"), course, store, SECRET, mistakes=False)
    assert earned(store) == {"ada": 0} and "another file was graded" in store.read("halves", "ada")["problem"]


def test_seeds_are_a_students_own_and_secret(tmp_path):
    seeds = {official_seed(s, who, task) for s in (b"a", b"b") for who in ("ada", "bob") for task in ("x", "y")}
    assert len(seeds) == 8 and all(len(seed) == 64 for seed in seeds)
    path = tmp_path / "secret"
    made = read_secret(path, make=True)
    assert len(made) == 64 and read_secret(path, make=True) == read_secret(path) == made
    if os.name == "posix":
        assert path.stat().st_mode & 0o077 == 0
    path.write_text("short")
    with pytest.raises(ValueError, match="needs at least 16"):
        read_secret(path)


def test_exercises_are_found_or_refused(tmp_path):
    with pytest.raises(ValueError, match="there are no exercises in"):
        find_checks(tmp_path)
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "check_x.py").write_text("")
    with pytest.raises(ValueError, match="two exercises are called x"):
        find_checks(tmp_path)


def test_a_result_that_is_damaged_is_graded_again(course, handed, tmp_path):
    store, found = Store(tmp_path / "out"), handed(ada=RIGHT)
    grade_all(found, course, store, SECRET, mistakes=False)
    store.result("halves", "ada").write_text('{"half a')
    assert grade_all(found, course, store, SECRET, mistakes=False) == (1, 0)
    assert json.loads(store.result("halves", "ada").read_text())["earned"] == 3
