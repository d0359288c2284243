"""Gradescope's container, imitated: what is packed, what it runs, what comes out."""
import json
import os
import stat
import subprocess
import sys
import zipfile

import pytest

from edugen.grading.autograder import pack, requirements
from edugen.grading.batch import find_checks
from edugen.grading.scaffold import SOLUTION, new_task

SECRET = b"0123456789abcdef"


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


def test_it_runs_as_gradescope_runs_it(packed, tmp_path):
    """Unpacked, with a submission, its script gives results.json: from the packed edugen, on the submission's own numbers."""
    path, _ = packed
    root = tmp_path / "autograder"
    with zipfile.ZipFile(path) as archive:
        archive.extractall(root / "source")
    python = root / "python" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    (root / "submission").mkdir()
    (root / "submission" / "line.py").write_text(SOLUTION.replace("np.tanh(x @ w - y)", "np.tanh(x @ w + y)"))
    (root / "submission_metadata.json").write_text(json.dumps({"id": 17, "users": [{"email": "ada@example.org", "id": 3}]}))
    environment = {**os.environ, "AUTOGRADER": str(root), "PYTHONPATH": ""}
    done = subprocess.run(["bash", str(root / "source" / "run_autograder")], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads((root / "results" / "results.json").read_text())
    assert found["score"] == 2 and [t["status"] for t in found["tests"][:2]] == ["passed", "failed"]
    assert "entries are wrong" in found["tests"][1]["output"] and "by a person" in found["tests"][2]["name"]
    (root / "submission_metadata.json").write_text("{")
    subprocess.run(["bash", str(root / "source" / "run_autograder")], env=environment, capture_output=True)
    found = json.loads((root / "results" / "results.json").read_text())
    assert found["score"] == 0 and "The autograder itself failed" in found["output"]
