"""Checks as plain pytest: `pytest check_<stem>.py [--submission FILE] [--seed TEXT] [--hints N] [--report FILE.json]`.

A check is a test function in a file `check_<stem>.py` with a mark `points(n)`. It gets the submission by the fixture
`student` (by default the file `<stem>.py` beside it) and its numbers by `rng`. Its points are earned when all its
parameters pass. The list of checks is made before any of them runs, and every score starts at zero.

A function marked `manual({"criterion": points, ...})` is a task that a person grades; it is listed and never run.
"""
from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edugen
from edugen.grading import isolation
from edugen.grading.fingerprint import fingerprint
from edugen.grading.guard import rules
from edugen.grading.process import Limits, Pool
from edugen.grading.student import Student, StudentError, describe, last_call, plain, read

__all__ = ["GRADER", "Grader", "Score"]

MARKS = ("points(n): what a check of an exercise is worth",
         "hint(idea, formula, first_line): three hints of a check, from the vaguest to the plainest",
         "timeout(seconds): wall clock a call of a check may take",
         "manual(rubric): a task that a person grades; the points of each criterion",
         "imports(allow=[...], hide=[...], by_hand=False): packages that a submission may import beside the usual, modules that "
         "it may not; by hand, none that differentiates",
         "limits(**limits): what a check may use, by the names of edugen.grading.process.Limits")


@dataclass
class Score:
    """What one check is worth and what it earned."""

    name: str
    points: int
    earned: int = 0
    status: str = "not run"         # passed, failed, unwritten or not run
    message: str = ""
    kind: str = ""                  # of the failure: wrong answer, raised, timeout, ...
    seconds: float = 0.0
    item: str = ""                  # what failed: the check with its parameters
    answers: list[Any] = field(default_factory=list)        # to what, and with what answer: name, fingerprint


@dataclass
class Task:
    """What a person grades: the points of each criterion."""

    name: str
    rubric: dict[str, int]
    about: str = ""


@dataclass
class Grader:
    """The state of a session: one submission at a time, its scores, and the workers."""

    submission: Path | None = None
    seed: str = "0"
    hints: int = 0
    fresh: bool = True              # a worker a check, all its parameters; otherwise one for all, as long as it lives
    pool: Pool = field(default_factory=Pool)
    scores: dict[str, Score] = field(default_factory=dict)
    tasks: list[Task] = field(default_factory=list)
    waiting: dict[str, set[str]] = field(default_factory=dict)      # parameters of each check that have not passed
    students: dict[str, Student] = field(default_factory=dict)
    sources: dict[Path, bytes] = field(default_factory=dict)        # read once a run: every check grades the same bytes
    file: Path | None = None
    check: str = ""                 # whose worker it is, when each has its own
    began: float = 0.0
    limits: dict[str, str] = field(default_factory=dict)            # of each check, in words

    def open(self, items: list[pytest.Item]) -> None:
        """Start anew: every check that was collected, at zero."""
        self.close()
        self.scores, self.waiting, self.sources, self.file, self.began = {}, {}, {}, None, time.monotonic()
        self.tasks = [Task(item.name, rubric(item), describe_task(item)) for item in items if is_manual(item)]
        for item in filter(is_check, items):
            self.scores.setdefault(key(item.nodeid), Score(key(item.nodeid).rpartition("::")[2], points(item)))
            self.waiting.setdefault(key(item.nodeid), set()).add(item.nodeid)
            self.limits[key(item.nodeid).rpartition("::")[2]] = str(limits(item))
            imports(item)                       # a mistake in its marks is the author's, and told before anything runs

    def student(self, item: pytest.Item) -> Student:
        """The submission, in a worker that no other check has used, unless they share."""
        stem = item.path.stem.removeprefix("check_")
        if self.fresh and self.check != key(item.nodeid):
            self.close()
        self.check = key(item.nodeid)
        self.file = self.submission or item.path.with_name(f"{stem}.py")
        student = self.students.get(stem)
        if student is None or student.over or student.limits.of_worker != limits(item).of_worker:
            if student is not None:
                student.close()
            if self.file not in self.sources:
                with suppress(StudentError):                        # the check's first call says so, and fails it
                    self.sources[self.file] = read(self.file, Limits().source)
            student = Student(self.file, stem, limits(item), self.pool.take, self.sources.get(self.file), imports(item))
            self.students[stem] = student
        student.limit(limits(item))
        return student

    def close(self) -> None:
        """Kill the workers in use."""
        for student in self.students.values():
            student.close()
        self.students.clear()

    def record(self, item: pytest.Item, outcome: str, message: str = "", kind: str = "") -> None:
        """What happened to one set of parameters of a check."""
        nodeid = item.nodeid
        score, waiting = self.scores[key(nodeid)], self.waiting[key(nodeid)]
        if outcome == "passed":
            waiting.discard(nodeid)
            if not waiting and score.status == "not run":
                score.status, score.earned = "passed", score.points
        elif outcome == "failed":
            first = score.status in ("not run", "passed")
            score.earned, score.status = 0, "unwritten" if kind == "unwritten" else "failed"
            if first:
                score.message, score.item, score.kind = message, item.name, kind or "wrong answer"
                student = self.students.get(item.path.stem.removeprefix("check_"))
                for call in student.calls if student is not None else ():
                    with contextlib.suppress(Exception):                  # an answer that can't be summed up is nobody else's
                        score.answers += [[call.name, fingerprint(call.result[0])]] if call.result else []

    def report(self) -> dict[str, Any]:
        """Everything about this run that a reader may want to know."""
        source = self.sources.get(self.file) if self.file is not None else None
        tier = self.pool.tier if source is not None else isolation.NOTHING
        scores = list(self.scores.values())
        return {"submission": str(self.file or ""), "sha256": hashlib.sha256(source).hexdigest() if source is not None else None,
                "edugen": edugen.__version__, "seed": self.seed, "isolation": tier, "container": isolation.container(),
                "limits": self.limits,
                "seconds": round(time.monotonic() - self.began, 3),
                "points": sum(s.points for s in scores), "earned": sum(s.earned for s in scores),
                "checks": [asdict(s) for s in scores], "manual": [asdict(task) for task in self.tasks]}


GRADER = pytest.StashKey[Grader]()


def is_check(item: pytest.Item) -> bool:
    """Whether a test belongs to an exercise."""
    return (isinstance(item, pytest.Function) and item.path.name.startswith("check_") and not is_manual(item)
            and ("student" in item.fixturenames or item.get_closest_marker("points") is not None))


def is_manual(item: pytest.Item) -> bool:
    """Whether a person grades it."""
    return item.path.name.startswith("check_") and item.get_closest_marker("manual") is not None


def rubric(item: pytest.Item) -> dict[str, int]:
    """The criteria of a manual task and their points."""
    mark = item.get_closest_marker("manual")
    found = mark.args[0] if mark is not None and len(mark.args) == 1 else None
    if not isinstance(found, dict) or not found or item.get_closest_marker("points") is not None or not all(
            isinstance(name, str) and type(n) is int and n > 0 for name, n in found.items()):
        raise pytest.UsageError(f"{item.nodeid} needs the mark pytest.mark.manual({{criterion: points, ...}}), whole numbers "
                                "above 0, and no mark pytest.mark.points")
    return found


def describe_task(item: pytest.Item) -> str:
    """The docstring of a manual task: what is asked."""
    return " ".join((getattr(getattr(item, "function", None), "__doc__", "") or "").split())


def key(nodeid: str) -> str:
    """A check without its parameters."""
    return nodeid.partition("[")[0]


def points(item: pytest.Item) -> int:
    """Points of a check, and a look at its other marks: a mistake here is its author's."""
    for name, right in (("points", lambda a: len(a) == 1 and type(a[0]) is int and a[0] > 0),
                        ("hint", lambda a: len(a) == 3 and all(isinstance(text, str) for text in a)),
                        ("timeout", lambda a: len(a) == 1 and a[0] > 0)):
        mark = item.get_closest_marker(name)
        if (mark is not None and not right(mark.args)) or (mark is None and name == "points"):
            form = {"points": "points(n), a whole number above 0", "hint": "hint(idea, formula, first_line), three strings",
                    "timeout": "timeout(seconds)"}[name]
            raise pytest.UsageError(f"{key(item.nodeid)} needs the mark pytest.mark.{form}")
    mark = item.get_closest_marker("points")
    assert mark is not None
    return mark.args[0]


def limits(item: pytest.Item) -> Limits:
    """What a check may use: the usual, unless its marks say otherwise."""
    marks = reversed(list(item.iter_markers("limits")))                 # the file's first, then the check's own
    changes: dict[str, Any] = {name: value for mark in marks for name, value in mark.kwargs.items()}
    if (timeout := item.get_closest_marker("timeout")) is not None:
        changes["seconds"] = float(timeout.args[0])
    try:
        return replace(Limits(), **changes)
    except (TypeError, ValueError) as error:
        names = ", ".join(field.name for field in fields(Limits))
        raise pytest.UsageError(f"{key(item.nodeid)}: pytest.mark.limits takes {names}: {error}") from None


def imports(item: pytest.Item) -> dict[str, Any]:
    """What a submission may import: the course up to its section, and what the marks of the checks' file say."""
    try:
        said = [_imports(**mark.kwargs) for mark in item.iter_markers("imports")]
    except TypeError as error:
        form = "imports takes allow=[...], hide=[...] and by_hand"
        raise pytest.UsageError(f"{key(item.nodeid)}: pytest.mark.{form}: {error}") from None
    return rules(item.path.stem.removeprefix("check_"), [name for allow, _, _ in said for name in allow],
                 [name for _, hide, _ in said for name in hide], any(by_hand for _, _, by_hand in said))


def _imports(allow: Sequence[str] = (), hide: Sequence[str] = (),
             by_hand: bool = False) -> tuple[Sequence[str], Sequence[str], bool]:
    return allow, hide, by_hand


# -- fixtures ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def student(request: pytest.FixtureRequest) -> Iterator[Student]:
    """The submission: `student.call("name", *args, **kwargs)` and `student.get("name")`, in a process of its own."""
    if not is_check(request.node):
        raise pytest.UsageError("the fixture `student` belongs to files named check_<stem>.py")
    grader = request.config.stash[GRADER]
    last_call.set(None)
    student = grader.student(request.node)
    student.calls = []
    yield student
    last_call.set(None)


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """Random numbers that depend on --seed, on the check and on its parameters, and on nothing else."""
    name = f"{request.config.stash[GRADER].seed}\0{request.node.path.stem}\0{request.node.name}"
    return np.random.default_rng(int.from_bytes(hashlib.sha256(name.encode()).digest()))


# -- pytest's hooks ------------------------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("edugen", "checks of exercises (edugen)")
    group.addoption("--submission", metavar="FILE", type=Path, help="what to grade; by default <stem>.py beside check_<stem>.py")
    group.addoption("--seed", metavar="TEXT", default="0", help="where the checks' random numbers come from (default: 0)")
    group.addoption("--hints", metavar="N", type=int, choices=range(4), default=0, help="show N of three hints of a failed check")
    group.addoption("--isolation", metavar="TIER", choices=isolation.TIERS, default="process",
                    help=f"what keeps the submission from this machine: {', '.join(isolation.TIERS)} (default: process)")
    group.addoption("--report", metavar="FILE", type=Path, help="write the scores to this JSON file")


def pytest_configure(config: pytest.Config) -> None:
    for mark in MARKS:
        config.addinivalue_line("markers", mark)
    report = config.getoption("report")
    if report is not None and not report.resolve().parent.is_dir():
        raise pytest.UsageError(f"--report {report}: there is no folder {report.parent}")
    config.stash[GRADER] = Grader(config.getoption("submission"), config.getoption("seed"), config.getoption("hints"),
                                    pool=Pool(tier=config.getoption("isolation")))


def pytest_unconfigure(config: pytest.Config) -> None:
    if GRADER in config.stash:
        config.stash[GRADER].close()
        config.stash[GRADER].pool.close()


@pytest.hookimpl(tryfirst=True)         # before -k and -m leave any out: a check that is not run has not passed
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    grader = config.stash[GRADER]
    checks = list(filter(is_check, items))
    if grader.submission is not None and len({item.path for item in checks}) > 1:
        raise pytest.UsageError("--submission is one file, so it takes the checks of one exercise")
    for item in checks:         # pytest's own account of a failure is not for students, and costs more than most checks
        item.repr_failure = partial(explain, item, grader)                      # type: ignore[method-assign]
    grader.open(items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    config = session.config
    if (config.getoption("submission") or config.getoption("report")) and not config.stash[GRADER].scores:
        raise pytest.UsageError("no checks were found: a grade of nothing is not a grade")


def pytest_runtest_setup(item: pytest.Item) -> None:
    grader = item.config.stash[GRADER]
    if is_manual(item):
        pytest.skip("a person grades this")
    if is_check(item) and grader.scores[key(item.nodeid)].status in ("failed", "unwritten"):
        pytest.skip("the check has failed already, with other parameters")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    if not is_check(item):
        return report
    grader = item.config.stash[GRADER]
    grader.scores[key(item.nodeid)].seconds += round(call.duration, 4)
    if report.failed and call.excinfo is not None:
        error = call.excinfo.value
        grader.record(item, "failed", plain(str(report.longrepr)), getattr(error, "kind", ""))
    elif call.when == "call" and report.passed and not hasattr(report, "wasxfail"):
        grader.record(item, "passed")
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    path = session.config.getoption("report")
    if path is not None and session.config.stash[GRADER].scores:
        write_atomically(path, json.dumps(session.config.stash[GRADER].report(), indent=1))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    grader = config.stash[GRADER]
    if not grader.scores:
        return
    scores = list(grader.scores.values())
    width = max(len(score.name) for score in scores)
    name = grader.file.name if grader.file is not None else "nothing graded"
    total = f"points {sum(s.earned for s in scores)} of {sum(s.points for s in scores)}"
    terminalreporter.section(f"{name}: {total}")
    for score in scores:
        status = "not written yet" if score.status == "unwritten" else score.status
        terminalreporter.line(f"{score.earned:3d} of {score.points:2d}  {score.name:{width}}  {status}")
    waiting = [score for score in scores if score.status != "passed"]
    for allowed in sorted({grader.limits[score.name] for score in waiting if score.status == "failed"}):
        terminalreporter.line(f"Allowed: {allowed}.")
    if waiting:
        terminalreporter.line(f"Next: {waiting[0].name}, {waiting[0].points} point{'s' * (waiting[0].points > 1)}.")


# -- what the student reads ----------------------------------------------------------------------------------------------


def explain(item: pytest.Item, grader: Grader, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
    """Why a check failed: what is wrong, what was called, what the code printed, where to find help."""
    lines, error = [], excinfo.value
    student = grader.students.get(item.path.stem.removeprefix("check_"))
    if isinstance(error, (AssertionError, pytest.fail.Exception)):
        said = (str(error) or "the check failed").splitlines()[:16]
        ends = next((i for i, line in enumerate(said) if i and line.startswith("assert ")), len(said))
        lines.append("\n".join(said[:ends]))            # an author's own words need no account of the expression
    else:
        frames = traceback.extract_tb(error.__traceback__)
        line = next((frame.lineno for frame in reversed(frames) if frame.filename == str(item.path)), None)
        lines.append(f"The check could not work with what came back ({type(error).__name__}: {str(error)[:500]}), "
                     f"at line {line} of {item.path.name}.")
    brief = isinstance(error, StudentError) and error.kind in ("unwritten", "missing", "not callable", "file")
    if student is not None and student.calls and not brief:
        given = getattr(getattr(item, "callspec", None), "params", {})
        lines.append(f"Called: {student.calls[-1]}" + (
            f", with {', '.join(f'{name} = {describe(value)}' for name, value in given.items())}" if given else ""))
    if student is not None:
        if grader.fresh:
            student.close()                     # so that all it printed has arrived
        if printed := student.printed().strip():
            lines.append("Your code printed:\n" + "\n".join(f"  | {line[:200]}" for line in printed.splitlines()[:20]))
    mark = item.get_closest_marker("hint")
    if mark is not None:
        lines += [f"Hint {i + 1} of 3: {text}" for i, text in enumerate(mark.args[:grader.hints])]
        if grader.hints < 3:
            what = ("an idea", "the formula to use", "the first line")[grader.hints]
            lines.append(f"Stuck? Run this with --hints {grader.hints + 1} to see {what}.")
    return plain("\n".join(lines))


def write_atomically(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
