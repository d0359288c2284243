"""Submissions that want marks which they did not earn, or the grader's life: each scores 0, with a reason, in bounded time.

What the tier `process` does not stop (reading files as the same user, processes that leave the group, memory, disk,
network) is written in `edugen.grading.worker`, and is not here.
"""
import re
from pathlib import Path

import pytest

from edugen.grading.runner import Run, grade

FOLDER = Path(__file__).with_name("hostile")
FILES = sorted(p for p in FOLDER.iterdir() if p.suffix in (".py", ".txt") and not p.name.startswith("check_"))
RIGHT = "def double(x): return 2 * x\ndef apply(f, x): return f(x)\n"


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """All of them in one session, with an honest submission between and after them: the grader must live through each."""
    right = tmp_path_factory.mktemp("honest") / "right.py"
    right.write_text(RIGHT)
    runs = [Run(str(path)) for path in FILES]
    runs[len(runs) // 2:len(runs) // 2] = [Run(str(right))]
    *answers, last = grade(FOLDER / "check_answer.py", [*runs, Run(str(right))], jobs=2)
    middle = answers.pop(len(FILES) // 2)
    return {path: report for path, report in zip(FILES, answers)}, [middle, last]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_hostile_submissions_earn_nothing_and_are_told_why(reports, path):
    report = reports[0][path]
    wanted = path.read_bytes().partition(b"\n")[0].decode().removeprefix("# says: ")
    messages = "\n\n".join(check["message"] for check in report["checks"])
    assert report["earned"] == 0 and {check["status"] for check in report["checks"]} == {"failed"}
    assert re.search(wanted, messages, re.DOTALL), messages
    assert messages.isprintable() or all(c.isprintable() or c in "\n\t" for c in messages)
    assert len(messages) < 12_000 and report["seconds"] < 30


def test_the_honest_are_not_harmed(reports):
    assert [report["earned"] for report in reports[1]] == [2, 2]
