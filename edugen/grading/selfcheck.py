"""A function that was just written, checked where it was written: in a notebook, in the student's own process, for no mark.

The checks are the exercise's own, with the numbers of the visible seed. Here nothing is kept apart: the function could see
what is expected, end the process, or never return. So what comes of it is advice to whoever asked, and counts nowhere.
"""
from __future__ import annotations

import ast
import copy
import importlib.util
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from edugen.grading.student import Call, StudentError, StudentRaised, last_call

__all__ = ["SelfCheck", "check"]


@dataclass(frozen=True)
class SelfCheck:
    """How far a function is: true where all its checks pass."""

    name: str
    passed: bool
    text: str

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        return self.text

    def _ipython_display_(self) -> None:
        """Nothing: it has been printed already, where the cell was run."""


def check(name: str, function: Callable[..., Any], /, **others: Callable[..., Any]) -> SelfCheck:
    """Run the checks of one task of an exercise on a function, here and now, and print what they say. Never a mark.

    Parameters
    ----------
    name : exercise and task, such as "losses.error_rate"
    function : yours
    others : more functions of the exercise, by name, where a check calls several

    Returns
    -------
    SelfCheck, true where everything passed

    Raises
    ------
    LookupError
        when there is no such exercise, or nothing checks such a task; the message says what there is
    ImportError
        without pytest, which the extra `course` brings

    Examples
    --------
    >>> def error_rate(energies, y):
    ...     return float(np.mean(np.argmin(energies, axis=1) != y))
    >>> done = check("losses.error_rate", error_rate)
    losses.error_rate: all of it passes (3 checks). This is a self-check in your own process, and no mark.
    """
    if importlib.util.find_spec("pytest") is None:
        raise ImportError('a self-check runs with pytest, which is missing: pip install "edugen[course]"')
    stem, _, task = name.partition(".")
    path, tests = _checks_of(stem, task)
    if not callable(function):
        raise TypeError(f"check({name!r}, ...) takes your function, not what it returns, and got {type(function).__name__}")
    report, n = _run(path, tests, Here({task: function, **others}))
    failed = [entry for entry in report["checks"] if entry["name"] in tests and entry["status"] != "passed"]
    if failed:
        message = re.sub(r"(\A|\n)Stuck\? Run this with --hints.*", "", failed[0]["message"])
        text = (f"{name}: not yet.\n{message}\nStuck? `edugen hint {stem}` has hints. This is a self-check in your own process, "
                "and no mark.")
    else:
        text = (f"{name}: all of it passes ({n} check{'s' * (n > 1)}). This is a self-check in your own process, and no mark.")
    print(text)
    return SelfCheck(name, not failed, text)


def _checks_of(stem: str, task: str) -> tuple[Path, frozenset[str]]:
    """The file of an exercise's checks, and those that call a task's function."""
    from edugen.course import places
    from edugen.grading.batch import find_checks

    known = find_checks(places.tree("exercises"))
    if stem not in known:
        raise LookupError(f"there is no exercise {stem!r}; there are {', '.join(known)}")
    tests = {node.name: {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
             for node in ast.parse(known[stem].read_text(encoding="utf-8")).body
             if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}
    found = frozenset(test for test, words in tests.items() if task in words)
    if not found:
        tasks = sorted(set().union(*tests.values()) & set(_functions(known[stem])))
        raise LookupError(f"{stem} has no task {task!r}; it has {', '.join(tasks)}: check(\"{stem}.{tasks[0]}\", ...)")
    return known[stem], found


def _functions(check: Path) -> list[str]:
    stub = check.with_name(check.name.removeprefix("check_"))
    return [node.name for node in ast.parse(stub.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)]


@dataclass
class Here:
    """What a check takes for a student, without a process of its own: it calls the functions that it was given."""

    functions: dict[str, Callable[..., Any]]
    calls: list[Call] = field(default_factory=list)
    over: str = ""

    def call(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
        """Call a function with copies, so that it cannot change what the check compares with."""
        call = Call(name, args, kwargs)
        self.calls = [*self.calls[-1:], call]
        last_call.set(call)
        args, kwargs = copied(args), copied(kwargs)
        try:
            call.result.append(self.get(name)(*args, **kwargs))
        except NotImplementedError:
            raise StudentError(f"`{name}` is not written yet.", "unwritten") from None
        except StudentError:
            raise
        except Exception as error:
            trace = error.__traceback__
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            where = f" (line {trace.tb_lineno} of {trace.tb_frame.f_code.co_name})" if trace is not None else ""
            kind = type(error).__name__
            raise StudentRaised(f"`{name}` raised {kind}: {error}{where}", kind, str(error)) from error
        return call.result[0]

    def get(self, name: str) -> Any:
        """A function that was given."""
        if name not in self.functions:
            raise StudentError(f"this check calls `{name}` too: give it as check(..., {name}={name})", "missing")
        return self.functions[name]

    def printed(self) -> str:
        """Nothing: it has been seen."""
        return ""

    def close(self) -> None:
        """There is no worker."""


def copied(value: Any) -> Any:
    """Arrays and containers anew, functions as they are."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, (list, tuple)):
        return type(value)(map(copied, value)) if type(value) in (list, tuple) else copy.copy(value)
    return {k: copied(v) for k, v in value.items()} if isinstance(value, dict) else value


def _run(path: Path, tests: frozenset[str], here: Here) -> tuple[dict[str, Any], int]:
    """The report of some checks, run by pytest in this process, and how many of them there are with all their parameters."""
    import pytest

    from edugen.grading.plugin import GRADER

    class Run:
        """A pytest plugin that puts `here` in the place of a submission."""

        report: dict[str, Any] | None = None
        items = 0

        def pytest_runtestloop(self, session: Any) -> bool:
            if session.testsfailed:
                raise session.Interrupted("the checks could not be collected")
            grader = session.config.stash[GRADER]
            grader.student = lambda item: here
            grader.students = {path.stem.removeprefix("check_"): here}
            items = [item for item in session.items if item.nodeid.partition("[")[0].rpartition("::")[2] in tests]
            for item, after in zip(items, [*items[1:], None]):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            self.report, self.items = grader.report(), len(items)
            return True

    run = Run()
    with tempfile.TemporaryDirectory(prefix="edugen-check-") as folder, _quiet():
        settings = Path(folder, "pytest.ini")
        settings.write_text("[pytest]\n")
        pytest.main([str(path), "-p", "edugen.grading.plugin", "-p", "no:cacheprovider", "-p", "no:terminal", "--noconftest",
                     "--import-mode=importlib", "-s", "-c", str(settings), "--rootdir", str(path.parent)], plugins=[run])
    if run.report is None:
        raise RuntimeError(f"the checks in {path} could not be run: try `edugen check {path.stem.removeprefix('check_')}`")
    return run.report, run.items


@contextmanager
def _quiet() -> Iterator[None]:
    """Without pytest's other plugins, options from the environment, or traces on disk; all as it was afterwards."""
    kept = {name: os.environ.pop(name, None) for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD")}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = written
        del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
        os.environ.update({name: value for name, value in kept.items() if value is not None})
