"""Gradescope's container, imitated: what is packed, what it runs, what comes out."""
import json
import os
import secrets
import stat
import subprocess
import sys
import zipfile

import pytest
from click.testing import CliRunner

from edugen.course.commands import edugen
from edugen.grading.autograder import pack, requirements
from edugen.grading.batch import find_checks
from edugen.grading.scaffold import SOLUTION, new_task

SECRET = secrets.token_hex().encode()           # found nowhere else on the machine


@pytest.fixture
def packed(tmp_path):
    new_task(tmp_path / "tasks", "line")
    names = pack(tmp_path / "autograder.zip", find_checks(tmp_path / "tasks"), SECRET)
    return tmp_path / "autograder.zip", names


def test_the_zip_holds_what_it_needs_and_no_solution(packed):
    path, names = packed
    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == sorted(names)
        for name in ("setup.sh", "run_autograder"):
            assert archive.getinfo(name).external_attr >> 16 & stat.S_IXUSR
            assert b"\r" not in archive.read(name) and archive.read(name).startswith(b"#!/usr/bin/env bash\n")
        assert {"exercises/own/line.py", "exercises/own/check_line.py", "secret", "edugen/__init__.py",
                "edugen/grading/worker.py", "edugen/course/course.toml"} <= set(names)
        assert not any("solution" in name.rpartition("/")[2] or "mutants" in name for name in names)
        body = SOLUTION.partition("return")[2].encode()
        assert not any(body in archive.read(name) for name in names if name.startswith("exercises"))
    for package in ("numpy", "scipy", "pytest", "psutil"):
        assert package in requirements() and "jupyterlab" not in requirements()
    assert not list(path.parent.glob(".*.part"))


@pytest.fixture
def root(packed, tmp_path):
    """The folder /autograder of a container, with a submission that is wrong in one of two tasks."""
    root = tmp_path / "autograder"
    with zipfile.ZipFile(packed[0]) as archive:
        archive.extractall(root / "source")
    (root / "submission").mkdir()
    (root / "submission" / "line.py").write_text(SOLUTION.replace("np.tanh(x @ w - y)", "np.tanh(x @ w + y)"))
    (root / "submission_metadata.json").write_text(json.dumps({"id": 17, "users": [{"email": "ada@example.org", "id": 3}]}))
    return root


def start(root, python):
    """What run_autograder does in such a folder: its log, and results.json."""
    program = root / "python" / "bin" / "python"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec {python} "$@"\n')
    program.chmod(0o755)
    done = subprocess.run(["bash", str(root / "source" / "run_autograder")], capture_output=True, text=True,
                          env={**os.environ, "AUTOGRADER": str(root), "PYTHONPATH": ""})
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr, json.loads((root / "results" / "results.json").read_text())


# run_autograder says `python -m edugen.grading.autograder ROOT`; here on a machine that offers no wall at all
BARE = f"""{sys.executable} -c 'import sys
from edugen.grading import autograder, isolation
isolation.best = lambda: "process"
autograder.main(sys.argv[3:])'"""


def test_it_runs_as_gradescope_runs_it(root):
    """Unpacked, with a submission, its script gives results.json: from the packed edugen, on the submission's own numbers."""
    log, found = start(root, sys.executable)
    assert "isolation process: a process with limits" in log and "isolation bubblewrap: " in log
    assert found["score"] == 2 and [t["status"] for t in found["tests"][:2]] == ["passed", "failed"]
    assert "entries are wrong" in found["tests"][1]["output"] and "by a person" in found["tests"][2]["name"]
    log, found = start(root, sys.executable)
    assert found["score"] == 0 and "The autograder itself failed" in found["output"]
    assert "an earlier run in this container took it" in log
    (root / "submission_metadata.json").write_text("{")
    log, found = start(root, sys.executable)
    assert found["score"] == 0 and "The autograder itself failed" in found["output"] and "JSONDecodeError" in log


def test_below_the_tier_that_it_requires_nothing_is_run(root):
    ran = root / "ran"
    (root / "submission" / "line.py").write_text(f"open({str(ran)!r}, 'w').close()\n" + SOLUTION)
    (root / "source" / "require-isolation").write_text("landlock\n")
    log, found = start(root, BARE)
    reason = "isolation 'landlock' is required, and this machine offers 'process'"
    assert found["score"] == 0 and reason in found["output"] and "tell your instructor" in found["output"]
    assert reason in log and "pack with a lower tier" in log and "Traceback" not in log and not ran.exists()
    (root / "source" / "require-isolation").unlink()                    # any tier will do: the trap would have closed
    assert start(root, BARE)[1]["score"] == 6 and ran.exists()


def test_the_tier_is_packed(packed, tmp_path):
    done = CliRunner().invoke(edugen, ["make-gradescope-zip", "line", "--exercises", str(tmp_path / "tasks"), "--out",
                                       str(tmp_path / "strict.zip"), "--require-isolation", "bubblewrap"])
    assert done.exit_code == 0 and "runs nothing where the container does not offer isolation bubblewrap" in done.output
    with zipfile.ZipFile(tmp_path / "strict.zip") as archive:
        assert archive.read("require-isolation") == b"bubblewrap\n" and len(archive.read("secret").strip()) == 64
    assert "require-isolation" not in packed[1]


THIEF = """
import glob, os
found, looked = [], 0
places = [os.path.join(folder, name) for folder, _, names in os.walk(ROOT) for name in names]
for path in places + glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/fd/*"):
    if os.path.isfile(path):
        try:
            with open(path, "rb") as stream:
                found += [path] * (SECRET in stream.read(1 << 20))
            looked += "/exercises/" in path
        except OSError:
            pass
open(os.path.join(ROOT, "loot"), "w").write(f"{looked} {found}")
"""


def test_no_submission_finds_the_secret(root):
    """At the weakest tier, where a submission reads every file of the container's and what other processes have open."""
    thief = THIEF.replace("ROOT", repr(str(root))).replace("SECRET", f"bytes.fromhex({SECRET.hex()!r})")
    (root / "submission" / "line.py").write_text(thief + SOLUTION)
    _, found = start(root, BARE)
    assert found["score"] == 6 and "isolation: process" in found["output"]
    assert (root / "loot").read_text() == "2 []"                        # it did read the checks, and the stub
