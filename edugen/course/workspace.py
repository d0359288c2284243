"""A student's workspace: notebooks without their solutions, and blank exercises.

Made by `edugen start`. Made again, after an upgrade, it takes in what is new and leaves alone what the student changed.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import places
from .manifest import Course, Section

__all__ = ["STUB", "Report", "Workspace", "strip"]

STATE = ".edugen.json"
DEFAULT = "edugen-course"
STUB = "# Your turn. Write down your prediction first, then your code here."


@dataclass
class Report:
    """What filling a workspace did to each file, by its path in the workspace."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)        # untouched, and the course has a newer one
    kept: list[str] = field(default_factory=list)           # changed by the student
    superseded: list[str] = field(default_factory=list)     # changed by the student, and the course has a newer one
    unchanged: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


class Workspace:
    """A folder with the student's notebooks and exercises, and one small file of state.

    The state remembers the fingerprint of every file as it was handed out (so that a file the student changed is told
    from one the course changed), and the points of each exercise.
    """

    def __init__(self, root: Path):
        self.root = root.absolute()
        self.messages: list[str] = []
        self.state = self._load()
        if self.messages:
            self._save()

    @classmethod
    def find(cls, start: Path) -> "Workspace | None":
        """The workspace that `start` lies in, or the one `edugen start` makes there; None where there is none."""
        for folder in (start, *start.parents, start / DEFAULT):
            if (folder / STATE).is_file():
                return cls(folder)
        return None

    def notebook(self, section: Section) -> Path:
        """The student's copy of a notebook."""
        return self.root / "notebooks" / section.folder / f"{section.stem}.ipynb"

    def exercise(self, section: Section) -> Path:
        """The student's copy of an exercise."""
        return self.root / "exercises" / section.folder / f"{section.stem}.py"

    def points(self, section: Section) -> tuple[int, int] | None:
        """Points the exercise last had, and how many there are; None before its first check."""
        record = self.state["points"].get(section.stem)
        return (record[0], record[1]) if record else None

    def record(self, section: Section, points: int, of: int) -> None:
        """Remember the points of an exercise."""
        self.state["points"][section.stem] = [points, of]
        self._save()

    def fill(self, course: Course) -> Report:
        """Add what is not here yet, and bring up to date what the student left as it was.

        Raises
        ------
        OSError
            Where the folder cannot be made or written to.
        """
        report = Report(messages=self.messages)
        self.root.mkdir(parents=True, exist_ok=True)
        handed_out: dict[str, str] = self.state["files"]
        for name, content in _course_files(course):
            path, new, old = self.root / name, _fingerprint(name, content), handed_out.get(name)
            mine = _fingerprint(name, path.read_bytes()) if path.exists() else None
            if mine is None:
                places.write_atomically(path, content)
                report.added.append(name)
            elif mine == new:
                report.unchanged.append(name)
            elif mine == old:
                places.write_atomically(path, content)
                report.updated.append(name)
            else:
                (report.kept if old in (new, None) else report.superseded).append(name)
                continue                                    # `old` stays: the version the student's file began as
            handed_out[name] = new
        self._save()
        return report

    def _load(self) -> dict[str, Any]:
        path = self.root / STATE
        empty: dict[str, Any] = {"version": 1, "files": {}, "points": {}}
        if not path.exists():
            return empty
        try:
            state = json.loads(path.read_text(encoding="utf-8"))
            whole = isinstance(state, dict) and all(isinstance(v, str) for v in state["files"].values()) and all(
                len(pair) == 2 and all(isinstance(n, int) for n in pair) for pair in state["points"].values()
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            whole = False
        if whole:
            return empty | state
        damaged = path.with_name(f"{STATE}.damaged")
        shutil.copyfile(path, damaged)
        self.messages.append(
            f"{STATE} was damaged; it is begun anew, and kept as {damaged.name}. "
            "Your files are as they were; the points come back with `edugen check`."
        )
        return empty

    def _save(self) -> None:
        places.write_atomically(self.root / STATE, json.dumps(self.state, indent=1, sort_keys=True) + "\n")


def _course_files(course: Course) -> Iterator[tuple[str, bytes]]:
    for section in course.sections:
        if section.notebook.is_file():
            blank = strip(section.notebook.read_text(encoding="utf-8"))
            yield f"notebooks/{section.folder}/{section.stem}.ipynb", blank.encode()
        if section.exercise.is_file():
            yield f"exercises/{section.folder}/{section.stem}.py", section.exercise.read_bytes()


def strip(text: str) -> str:
    """A notebook, as text, with a stub in each of its cells tagged `solution`.

    Raises
    ------
    ValueError
        Where the text is not a notebook.
    """
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        if "solution" in cell["metadata"].get("tags", []):
            cell["source"] = [STUB]
            cell["outputs"], cell["execution_count"] = [], None
            cell["metadata"]["tags"] = ["your-turn" if tag == "solution" else tag for tag in cell["metadata"]["tags"]]
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


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
