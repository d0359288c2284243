"""The stopwatch itself: it alternates processes, compares results before times, and README shows what it wrote."""
import importlib
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent
SUITE = '''"""A suite: for the test."""
import time
from pathlib import Path
ORDER = Path(__file__).with_name("order.txt")
def side(name, pause, result):
    def prepare():
        with ORDER.open("a") as file:
            file.write(name)
        return (lambda: time.sleep(pause)), (lambda: result)
    return prepare
def once():
    calls = []
    return (lambda: (calls.append(1), time.sleep(0.03))), (lambda: calls)
ROWS = {"slow against fast": {"sides": {"ours": side("A", 0.02, [1.0]), "first": side("B", 0.03, [1.0]),
                                        "second": side("C", 0.005, [1.0 + 1e-5])}, "goal": 9, "group": "pauses", "note": "Zzz."},
        "equal": {"sides": {"ours": side("D", 0.01, None), "peer": side("E", 0.01, [1.0])}, "goal": None, "group": "pauses"},
        "alone": {"sides": {"ours": once}, "goal": 25, "unit": "s", "once": True},
        "unequal": {"sides": {"ours": side("F", 0.001, [1.0, 0.0]), "peer": side("G", 0.001, [1.0, 0.1])}, "goal": None}}
GROUPS = {"pauses": 5.0}
'''


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "suite.py").write_text(SUITE, encoding="utf-8")
    (tmp_path / "compare.py").write_text((HERE / "compare.py").read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def run(folder, *arguments):
    command = [sys.executable, str(folder / "compare.py"), "suite", "--processes", "2", "--seconds", "0.04", *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8")


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def imported(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


compare = imported(HERE / "compare.py")


@pytest.mark.slow
def test_the_faster_peer_counts_processes_alternate_and_groups_have_a_mean(folder):
    (folder / "suite.py").write_text(SUITE + '\ndel ROWS["unequal"]\n', encoding="utf-8")
    done = run(folder, "--best")
    assert done.returncode == 0, done.stderr
    lines = {line[0]: line for line in map(cells, done.stdout.splitlines()) if len(line) == 6}
    _, ours, peers, ratio, goal, note = lines["slow against fast"]
    assert 1.5 < float(ratio) < 6 and goal == "≤ 9" and note == "Zzz."
    assert ours.startswith("ours 2") and "first 3" in peers and "second" in peers
    assert (folder / "order.txt").read_text() == "ABCABCDEDE"
    assert "2 processes a side, alternating" in done.stdout
    mean, goal = lines["pauses: geometric mean of 2"][3:5]
    assert float(mean) == pytest.approx((float(ratio) * float(lines["equal"][3])) ** 0.5, abs=0.02) and goal == "≤ 5.0"
    assert re.fullmatch(r"0\.\d\d s", lines["alone"][3])


def test_sides_that_disagree_are_refused(folder):
    done = run(folder, "--only", "unequal")                                          # before any time is shown
    assert done.returncode != 0 and "unequal: the sides disagree, ours and peer" in done.stderr
    done = run(folder, "--write", "--best")
    assert done.returncode == 2 and "whole tables of medians" in done.stderr
    done = subprocess.run([sys.executable, str(folder / "compare.py"), "nothing"], capture_output=True, text=True)
    assert done.returncode and "no suite 'nothing'; there are suite" in done.stderr


@pytest.mark.parametrize("seconds, text", [(1.3644e-6, "1.36 µs"), (0.0241, "24.1 ms"), (12.04, "12.0 s"), (3.2e-7, "0.320 µs"),
                                           (4.56e-4, "456 µs")])
def test_three_digits(seconds, text):
    assert compare.duration(seconds) == text


def test_a_line():
    times = {"edugen": (2e-6, 1.9e-6, 2.5e-6), "numpy": (1e-6, 0.9e-6, 1.1e-6), "torch": (4e-6, 4e-6, 4e-6)}
    value, line = compare.line("x", {"goal": 1.5, "unit": "µs more", "note": "Why."}, times)
    assert value == pytest.approx(1)
    assert cells(line) == ["x", "edugen 2.00 µs (1.90 to 2.50)", "numpy 1.00 µs (0.900 to 1.10), torch 4.00 µs (4.00 to 4.00)",
                           "1.00 µs more", "≤ 1.5 µs more", "Why."]
    assert cells(compare.line("x", {"goal": 1.0}, times)[1])[3:] == ["2.00", "≤ 1.0", ""]


@pytest.mark.parametrize("name", compare.suites())
def test_suite(name):
    """Its rows are complete, its table is of these rows, and where a goal was missed a note says why."""
    suite = imported(HERE / f"{name}.py")
    assert suite.__doc__
    for row, entry in suite.ROWS.items():
        assert entry.keys() <= {"sides", "goal", "unit", "group", "note", "close", "once"} and "goal" in entry, row
        assert (len(entry["sides"]) >= 2) == (entry.get("unit") != "s") and all(map(callable, entry["sides"].values())), row
        assert entry.get("group", "") in ("", *getattr(suite, "GROUPS", ())), row
    table = HERE / f"{name}.md"
    if table.is_file():
        text = table.read_text(encoding="utf-8").splitlines()
        assert text[0] == f"# {compare.title(name)}" and "threads" in text[2] and "numpy" in text[2]
        written = [cells(line) for line in text[6:]]
        assert [line[0] for line in written if "geometric mean of" not in line[0]] == list(suite.ROWS)
        for row, _, _, value, goal, note in written:
            missed = goal and float(value.split()[0]) > float(goal.removeprefix("≤ ").split()[0])
            assert note or not missed, f"{row}: a note in ROWS says how far from the goal it is, and why"


def test_readme_has_the_tables_as_they_were_written():
    readme = (HERE.parents[1] / "README.md").read_text(encoding="utf-8")
    assert compare.with_table(readme) == readme, "run  python tests/benchmarks/compare.py readme"
    for name in compare.suites():
        if (HERE / f"{name}.md").is_file():
            for line in (HERE / f"{name}.md").read_text(encoding="utf-8").splitlines()[6:]:
                row, _, _, ratio, goal, note = cells(line)
                assert any(line.startswith(f"| {row} |") and line.endswith(f"| {ratio} | {goal} | {note} |")
                           for line in readme.splitlines()), row


def test_results_are_compared_as_arrays():
    compare.agree("row", [np.ones((2, 3)), np.ones((2, 3)) * 1.0005, None], ["a", "b", "c"], 1e-3)
    for wrong in (np.ones((2, 3)) * 1.002, np.ones((3, 2)), np.full((2, 3), np.nan)):
        with pytest.raises(AssertionError, match="row: the sides disagree, a and c"):
            compare.agree("row", [np.ones((2, 3)), np.ones((2, 3)), wrong], ["a", "b", "c"], 1e-3)


def test_slopes():
    """A line is fitted, and every module of kernels has its case."""
    slopes = imported(HERE / "slopes.py")
    assert slopes.slope([3e-6 * m**1.5 for m in slopes.MULTIPLES]) == pytest.approx(1.5)
    for name, case in slopes.CASES.items():
        step = case.make(1)
        step()
        assert case.grows and case.slope > 0 and case.within < 0.4, name
    import edugen.kernels
    source = (HERE / "slopes.py").read_text(encoding="utf-8")
    for module in Path(edugen.kernels.__file__).parent.glob("*.py"):
        if "@kernel" in module.read_text(encoding="utf-8"):
            assert module.stem in source, f"{module.stem} has no case in slopes.py"
    drawn = slopes.picture({"softmax": [1e-3 * m for m in slopes.MULTIPLES]})
    assert "softmax: 1.00" in drawn.alt


def test_first_call_calls_every_kernel(monkeypatch):
    """Each function with a twin, and each of them is called."""
    from edugen.kernels import use
    first_call, called, kernels = imported(HERE / "first_call.py"), set(), set()
    for file in (HERE.parents[1] / "edugen" / "kernels").glob("*.py"):
        module = importlib.import_module(f"edugen.kernels.{file.stem}")
        for name, function in vars(module).items():
            if hasattr(function, "reference") and function.__module__ == module.__name__:
                def spied(*args, _name=f"{file.stem}.{name}", _function=function, **options):
                    called.add(_name)
                    return _function(*args, **options)
                spied.reference = function.reference                      # a twin may ask for it by its module's name
                monkeypatch.setattr(module, name, spied)
                kernels.add(f"{file.stem}.{name}")
    with use("numpy"):
        first_call.every_kernel()
    assert kernels and kernels == called
