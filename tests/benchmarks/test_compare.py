"""The stopwatch itself: it alternates processes, and results are compared before times."""
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

COMPARE = Path(__file__).with_name("compare.py")
SUITE = '''"""A suite."""
import time
def side(pause, result):
    return lambda: (lambda: time.sleep(pause), lambda: result)
ROWS = {"slow against fast": ({"ours": side(0.02, [1.0]), "peer": side(0.005, [1.0])}, "≤ 9", "ratio"),
        "unequal": ({"ours": side(0.001, [1.0]), "peer": side(0.001, [2.0])}, "", "ratio")}
'''


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "suite.py").write_text(SUITE, encoding="utf-8")
    (tmp_path / "compare.py").write_text(COMPARE.read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def run(folder, *arguments):
    return subprocess.run([sys.executable, str(folder / "compare.py"), "suite", "--processes", "2", *arguments],
                          capture_output=True, text=True, encoding="utf-8")


def test_ratio_and_table(folder):
    done = run(folder, "--only", "slow", "--write")
    assert done.returncode == 0, done.stderr
    row = [cell.strip() for cell in (folder / "suite.md").read_text(encoding="utf-8").splitlines()[-1].split("|")]
    assert row[1] == "slow against fast" and 2.5 < float(row[4]) < 5 and row[5] == "≤ 9"
    assert "2 processes a side, alternating" in done.stdout


def test_sides_that_disagree_are_refused(folder):
    done = run(folder, "--only", "unequal")
    assert done.returncode != 0 and "the sides disagree" in done.stderr


def test_every_row_of_the_suites_names_two_sides():
    for path in COMPARE.parent.glob("*.py"):
        if path.name in ("compare.py", "test_compare.py"):
            continue
        spec = importlib.util.spec_from_file_location(path.stem, path)
        suite = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(suite)
        assert suite.__doc__ and suite.ROWS
        for row, (sides, _, note) in suite.ROWS.items():
            assert len(sides) == 2 and note in ("ratio", "difference"), row
