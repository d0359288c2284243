"""Submissions that want marks which they did not earn, or the grader's life: each scores 0, with a reason, in bounded time.

The first line of each names the lowest tier that must stop it, the second what its author is told. It runs at that tier, or
where this machine does not offer that, at the next stronger one; `test_isolation.py` says which tiers this machine offers.
What a tier below lets happen is tested too, so that the documentation does not promise too little or too much.
"""
import os
import re
from pathlib import Path

import psutil
import pytest

from edugen.grading import isolation
from edugen.grading.process import Limits
from edugen.grading.runner import Run, grade

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).with_name("hostile")
FILES = sorted(p for p in FOLDER.iterdir() if p.suffix in (".py", ".txt") and not p.name.startswith("check_"))
GENERATED = {                                           # what would not fit in a repository, or not survive in one
    "ten_megabytes": b"# tier: process\n# says: answer.py has more than 1,000,000 bytes|has more than\n" + b"x = 1\n" * 1_700_000,
    "nested_beyond_the_parser": b"# tier: process\n# says: answer.py is not valid Python\nx = " + b"[" * 900_000,
    "latin": b"# tier: process\n# says: not valid Python: its bytes are not text in UTF-8\nx = '\xe9'\n",
    "no_line_ends": b"# tier: process\n# says: has no `double`\n" + b"x = 1;" * 5_000}
NEVER_RUN = {"ten_megabytes"}                           # too large to be read, so nothing is run at any tier
BOUND = 2 * (Limits().start + Limits().total)            # two checks: what no machine, however busy, lets them exceed
OFFERED = [name for name, tier in isolation.probe().items() if tier.available]


def header(source):
    """The lowest tier that must stop a submission, and what must be said."""
    first, second, _ = source.split(b"\n", 2)
    return first.decode().removeprefix("# tier: "), second.decode().removeprefix("# says: ")


def lowest(tier):
    """The weakest tier on this machine that is at least as strong; None where there is none."""
    return next((name for name in OFFERED if isolation.TIERS.index(name) >= isolation.TIERS.index(tier)), None)


SOURCES = {path.stem: path.read_bytes() for path in FILES} | GENERATED
RUNS = {name: lowest(header(source)[0]) for name, source in SOURCES.items() if lowest(header(source)[0])}


def snapshot():
    """Every file that a submission must not touch, with its size and time."""
    found = [p for top in (FOLDER, ROOT / "edugen", ROOT / "exercises") for p in top.rglob("*") if "__pycache__" not in p.parts]
    return {str(p): (p.stat().st_size, p.stat().st_mtime_ns) for p in found}


def strays(folder):
    """Processes that live as if in a worker's folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("HOME", "").startswith(str(folder)) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """All of them, tier by tier, with an honest submission between and after: the grader must live through each."""
    made, room = tmp_path_factory.mktemp("submissions"), tmp_path_factory.mktemp("room")
    right = FOLDER / "solution" / "answer.py"
    order = sorted(RUNS, key=lambda name: (isolation.TIERS.index(RUNS[name]), name))
    runs = []
    for name in order:
        (made / f"{name}.py").write_bytes(SOURCES[name])
        runs.append(Run(str(made / f"{name}.py"), tier=RUNS[name]))
    honest = [Run(str(right), tier=tier) for tier in OFFERED]
    before = snapshot()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(room))
        answers = grade(FOLDER / "check_answer.py", [*runs[:len(runs) // 2], *honest, *runs[len(runs) // 2:], *honest], jobs=2)
    half, n = len(runs) // 2, len(honest)
    fair = answers[half:half + n] + answers[-n:]
    del answers[-n:], answers[half:half + n]
    return {"answers": dict(zip(order, answers)), "honest": fair, "before": before, "after": snapshot(),
            "left": sorted(os.listdir(room)), "strays": strays(room)}


@pytest.mark.parametrize("name", RUNS)
def test_hostile_submissions_earn_nothing_and_are_told_why(reports, name):
    report, (_, wanted) = reports["answers"][name], header(SOURCES[name])
    messages = "\n\n".join(check["message"] for check in report["checks"])
    assert report["earned"] == 0 and {check["status"] for check in report["checks"]} == {"failed"}
    assert report["isolation"] == (isolation.NOTHING if name in NEVER_RUN else RUNS[name])
    assert re.search(wanted, messages, re.DOTALL), messages
    assert all(c.isprintable() or c in "\n\t" for c in messages)
    assert len(messages) < 12_000 and report["seconds"] < BOUND


def test_the_honest_are_not_harmed(reports):
    assert [report["earned"] for report in reports["honest"]] == [2] * 2 * len(OFFERED)


def test_nothing_is_left_behind(reports):
    """No process, no folder, and no file changed that is not theirs."""
    assert reports["strays"] == [] and reports["left"] == []
    assert reports["before"] == reports["after"]


def test_every_submission_runs_where_a_tier_stops_it():
    """At least 40, each with a known tier; what runs nowhere on this machine is what a missing tier would stop."""
    tiers = {name: header(source)[0] for name, source in SOURCES.items()}
    assert len(tiers) >= 40 and set(tiers.values()) == set(isolation.TIERS)
    assert {tiers[name] for name in set(tiers) - set(RUNS)} <= set(isolation.TIERS) - set(OFFERED)


@pytest.mark.parametrize("name", ["reads_the_checks", "reads_the_solution"])
def test_what_the_tier_process_does_not_stop_is_as_documented(name):
    """It reads as the same user: the answer is a file away, and the point is not its author's."""
    report, = grade(FOLDER / "check_answer.py", [Run(str(FOLDER / f"{name}.py"), tier="process")])
    assert report["earned"] > 0 and report["isolation"] == "process"
