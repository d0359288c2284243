"""A student's workspace: notebooks without their solutions, and blank exercises.

Made by `edugen start`. Made again, after an upgrade, it takes in what is new and leaves alone what the student changed. What
`edugen release` writes is a workspace, too, of some sections, with their checks.
"""

import hashlib
import json
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from .. import __version__
from . import places
from .manifest import Course, Notebook, Section
from .strip import strip

__all__ = ["NewerState", "Progress", "Report", "Workspace"]

STATE = ".edugen.json"
VERSION = 2
DEFAULT = "edugen-course"
BACKUPS = "backups"


class NewerState(RuntimeError):
    """The workspace was last used by an edugen newer than this one."""


@dataclass
class Report:
    """What filling a workspace did to each file, by its path in the workspace."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)        # untouched, and the course has a newer one
    kept: list[str] = field(default_factory=list)           # changed by the student
    superseded: list[str] = field(default_factory=list)     # changed by the student, and the course has a newer one
    unknown: list[str] = field(default_factory=list)        # differs, and nothing remembers who changed it; left alone
    unchanged: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)        # no longer in the course; left where they are
    messages: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Progress:
    """How far an exercise was at its last check.

    `passed` are the names of the checks that passed then. Once all have, the exercise is `solved`, and stays so; `current` says
    whether file and checks are still those that passed.
    """

    earned: int
    points: int
    passed: tuple[str, ...]
    solved: bool
    current: bool


class Workspace:
    """A folder with the student's notebooks and exercises, and one small file of state.

    The state remembers the fingerprints of what was handed out (so that a file the student changed is told from one the
    course changed), how far each exercise is, and how many hints were taken. It is read again before each change, so that
    `edugen check --watch` in one window and `edugen hint` in another do not undo each other.
    """

    def __init__(self, root: Path):
        self.root = root.absolute()
        self.messages: list[str] = []
        try:
            self.state = self._load()
            if self.messages:
                self._save()
        except OSError as error:                              # a folder that is not ours: what is there can be read all the same
            self.state = _empty()
            self.messages.append(f"{STATE} is damaged and can't be mended, or can't be read ({error.filename or self.root}: "
                                 f"{error.strerror or error}). Nothing is remembered there.")

    @classmethod
    def find(cls, start: Path) -> "Workspace | None":
        """The workspace that `start` lies in, or the one `edugen start` makes there; None where there is none."""
        for folder in (start, *start.parents, start / DEFAULT):
            if (folder / STATE).is_file():
                return cls(folder)
        return None

    def notebook(self, section: Section | Notebook) -> Path:
        """The student's copy of a notebook."""
        return self.root / "notebooks" / section.folder / f"{section.stem}.ipynb"

    def exercise(self, section: Section) -> Path:
        """The student's copy of an exercise."""
        return self.root / "exercises" / section.folder / f"{section.stem}.py"

    def checks(self, section: Section) -> Path:
        """The checks of an exercise: in a release those that came with it, elsewhere the course's."""
        mine = self.exercise(section).with_name(section.checks.name)
        return mine if section.stem in self.state["released"] and mine.is_file() else section.checks

    def sections(self, course: Course) -> tuple[Section, ...]:
        """What there is to work through: in a release what was released, elsewhere all."""
        return tuple(one for one in course.sections if not self.state["released"] or one.stem in self.state["released"])

    # How far the student is ---------------------------------------------------------------------------------------------

    def progress(self, section: Section) -> Progress | None:
        """How far an exercise was at its last check; None before the first."""
        record = self.state["exercises"].get(section.stem)
        if record is None:
            return None
        current = record["earned"] == record["points"] and record["versions"] == self._versions(section)
        return Progress(record["earned"], record["points"], tuple(record["passed"]), record["solved"], current)

    def record(self, section: Section, earned: int, points: int, passed: tuple[str, ...] = ()) -> None:
        """Remember the points of an exercise, and the checks that passed."""
        with self._change() as state:
            before = state["exercises"].get(section.stem, {"solved": False})
            state["exercises"][section.stem] = {
                "earned": earned, "points": points, "passed": [*passed], "versions": self._versions(section),
                "solved": before["solved"] or earned == points,
            }

    def begun(self, section: Section) -> bool:
        """Whether the student's exercise is there and no longer blank."""
        mine, blank = self.exercise(section), section.exercise
        if not mine.is_file():
            return False
        handed_out = [*self.state["files"].get(mine.relative_to(self.root).as_posix(), [])]
        if blank.is_file():
            handed_out.append(_fingerprint(blank.name, blank.read_bytes()))
        return _fingerprint(mine.name, mine.read_bytes()) not in handed_out

    def hints(self, section: Section, task: str) -> int:
        """How many hints of a task were taken."""
        return self.state["hints"].get(section.stem, {}).get(task, 0)

    def take_hint(self, section: Section, task: str, of: int) -> int:
        """Take one more hint of the `of` there are; gives how many are taken now."""
        with self._change() as state:
            taken = state["hints"].setdefault(section.stem, {})
            taken[task] = min(taken.get(task, 0) + 1, of)
        return self.hints(section, task)

    def _versions(self, section: Section) -> str:
        """Fingerprint of what a check depends on: the student's file, the checks, and edugen."""
        parts = [path.read_bytes().replace(b"\r\n", b"\n") if path.is_file() else b""
                 for path in (self.exercise(section), self.checks(section))]
        return hashlib.sha256(b"\0".join([*parts, __version__.encode()])).hexdigest()

    # Files --------------------------------------------------------------------------------------------------------------

    def fill(self, course: Course, only: Sequence[Section] = ()) -> Report:
        """Add what is not here yet, and bring up to date what the student left as it was.

        The state is written first: killed at any moment, the next call completes what this one began.

        Parameters
        ----------
        course : what to work through
        only : make this a release of these sections, with their checks and what known mistakes answer to them; by default it
            stays what it is

        Raises
        ------
        OSError
            Where the folder cannot be made or written to.
        """
        report, write = Report(messages=self.messages), {}
        self.root.mkdir(parents=True, exist_ok=True)
        with self._change() as state:
            state["released"] = [section.stem for section in only] or state["released"]
            files = dict(_course_files(course, self.sections(course), bool(state["released"])))
            handed_out: dict[str, list[str]] = state["files"]
            for name, content in files.items():
                path, new, old = self.root / name, _fingerprint(name, content), handed_out.get(name, [])
                mine = _fingerprint(name, path.read_bytes()) if path.exists() else None
                if mine == new:
                    report.unchanged.append(name)
                elif mine is None or mine in old:
                    (report.added if mine is None else report.updated).append(name)
                    write[path] = content
                else:
                    (report.unknown if not old else report.kept if old[-1] == new else report.superseded).append(name)
                    continue                                # the last one stays: the version the student's file began as
                handed_out[name] = [*(f for f in old if f != new), new]
            report.dropped = [name for name in handed_out if name not in files and (self.root / name).exists()]
        for path, content in write.items():
            places.write_atomically(path, content)
        places.sweep(self.root, *(path.parent for path in write))
        return report

    def begin_again(self, section: Section | Notebook, notebook: bool = False) -> Path | None:
        """Make an exercise blank again, or a notebook as it was handed out; gives the copy that was kept of what was there.

        An exercise's progress and hints are forgotten with it.
        """
        if notebook or isinstance(section, Notebook):
            mine, blank, notebook = self.notebook(section), _handed_out(section.notebook), True
        else:
            mine, blank = self.exercise(section), section.exercise.read_bytes()
        backup = None
        if mine.exists():
            backup = self.root / BACKUPS / f"{mine.stem}-{time.strftime('%Y%m%d-%H%M%S')}{mine.suffix}"
            n = 1
            while backup.exists():
                n += 1
                backup = backup.with_stem(f"{mine.stem}-{time.strftime('%Y%m%d-%H%M%S')}-{n}")
            places.write_atomically(backup, mine.read_bytes())
        name = mine.relative_to(self.root).as_posix()
        with self._change() as state:
            new = _fingerprint(name, blank)
            state["files"][name] = [*(f for f in state["files"].get(name, []) if f != new), new]
            if not notebook:
                state["exercises"].pop(section.stem, None)
                state["hints"].pop(section.stem, None)
        places.write_atomically(mine, blank)
        return backup

    # State --------------------------------------------------------------------------------------------------------------

    @contextmanager
    def _change(self) -> Iterator[dict[str, Any]]:
        """The state as it is on disk now, written when the block ends without an error."""
        self.state = self._load()
        yield self.state
        self._save()

    def _load(self) -> dict[str, Any]:
        path = self.root / STATE
        if not path.exists():
            return _empty()
        try:
            state = {"released": []} | json.loads(path.read_text(encoding="utf-8"))
            version = state.get("version", 1)
            if isinstance(version, int) and version > VERSION:
                raise NewerState(f"the workspace {self.root} was last used by a newer edugen than this one, {__version__}. "
                                 "Upgrade edugen, or make another workspace.")
            return _checked(_from_first_version(state) if version == 1 else state)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            damaged = path.with_name(f"{STATE}.damaged")
            shutil.copyfile(path, damaged)
            self.messages.append(
                f"{STATE} was damaged; it is begun anew, and kept as {damaged.name}. "
                "Your files are as they were; the points come back with `edugen check`."
            )
            return _empty() | {"released": sorted(path.stem[6:] for path in self.root.glob("exercises/*/check_*.py"))}

    def _save(self) -> None:
        places.write_atomically(self.root / STATE, json.dumps(self.state, indent=1, sort_keys=True) + "\n")


def _empty() -> dict[str, Any]:
    return {"version": VERSION, "files": {}, "exercises": {}, "hints": {}, "released": []}


def _from_first_version(state: dict[str, Any]) -> dict[str, Any]:
    """What edugen 0.1.0 wrote before it was released."""
    record = {"passed": [], "versions": ""}
    return _empty() | {
        "files": {name: [fingerprint] for name, fingerprint in state["files"].items()},
        "exercises": {stem: record | {"earned": earned, "points": points, "solved": earned == points}
                      for stem, (earned, points) in state["points"].items()},
    }


def _checked(state: dict[str, Any]) -> dict[str, Any]:
    """The state, or a ValueError where it is not one."""
    def strings(values: Any) -> bool:
        return isinstance(values, list) and all(isinstance(value, str) for value in values)

    kinds = {"earned": int, "points": int, "solved": bool, "versions": str}
    whole = (
        strings(state["released"]) and all(strings(fingerprints) for fingerprints in state["files"].values())
        and all(strings(record["passed"]) and all(type(record[key]) is kind for key, kind in kinds.items())
                and 0 <= record["earned"] <= record["points"] and (record["points"] or record["solved"])
                for record in state["exercises"].values())
        and all(type(taken) is int for tasks in state["hints"].values() for taken in tasks.values())
    )
    if not whole:
        raise ValueError("not a state")
    return {key: state[key] for key in _empty()}


def _course_files(course: Course, sections: Sequence[Section], release: bool) -> Iterator[tuple[str, bytes]]:
    with_notebook: tuple[Section | Notebook, ...] = (*sections, *(() if release else course.notebooks))
    for one in with_notebook:
        if one.notebook.is_file():
            yield (PurePosixPath("notebooks") / one.folder / f"{one.stem}.ipynb").as_posix(), _handed_out(one.notebook)
    for section in sections:
        for path in (section.exercise, *((section.checks, section.mistakes) if release else ())):
            if path.is_file():
                yield f"exercises/{section.folder}/{path.name}", path.read_bytes()


def _handed_out(notebook: Path) -> bytes:
    return strip(notebook.read_text(encoding="utf-8")).encode()


def _fingerprint(name: str, content: bytes) -> str:
    """Of what a student writes: a notebook that was run, or saved again by Jupyter, is not changed by that."""
    if name.endswith(".ipynb"):
        try:
            cells = [(cell["cell_type"], "".join(cell["source"])) for cell in json.loads(content)["cells"]]
            content = json.dumps(cells).encode()
        except (ValueError, TypeError, KeyError):
            pass                                            # no notebook any more: changed, whatever it is
    else:
        content = content.replace(b"\r\n", b"\n")           # an editor's choice
    return hashlib.sha256(content).hexdigest()
