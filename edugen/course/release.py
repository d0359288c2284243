"""What students get: blank exercises, their checks, and notebooks without the solutions of their your-turn cells."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from .manifest import Section
from .workspace import strip

__all__ = ["release"]

README = """# {title}

You need Python 3.11 or later and edugen with its extra `course`.

- `notebooks/` derives the mathematics and runs it; open it with `jupyter lab`.
- `exercises/` is where you write: fill in the functions of {first}.py.
- `pytest exercises/{folder}/check_{first}.py` says how far you are; with `--hints 1` it shows a first hint, up to 3.

What you hand in are the files you filled in, under their own names. They are graded by the same checks, on other numbers.
"""


def release(folder: Path, sections: Sequence[Section], mistakes: bool = True,
            progress: Callable[[str], None] = lambda stem: None) -> list[Path]:
    """Write the parts of these sections that students get: no solution, and no mutant.

    Parameters
    ----------
    folder : where to; made, and whole or not there at all
    sections : which
    mistakes : whether to add what known mistakes answer, so that `check` can name them: numbers, and no code
    progress : called with each section's name

    Raises
    ------
    FileExistsError
        when the folder is there and holds something
    """
    folder = folder.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder} is there already, and not empty: a release goes into a new folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        for section in sections:
            progress(section.stem)
            _write(part, section, mistakes)
        first = sections[0]
        title = first.title if len(sections) == 1 else "Exercises"
        (part / "README.md").write_text(README.format(title=title, first=first.stem, folder=first.folder), encoding="utf-8")
        part.chmod(0o755)
        if folder.exists():
            folder.rmdir()
        os.replace(part, folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _write(top: Path, section: Section, mistakes: bool) -> None:
    exercises, notebooks = top / "exercises" / section.folder, top / "notebooks" / section.folder
    exercises.mkdir(parents=True, exist_ok=True)
    notebooks.mkdir(parents=True, exist_ok=True)
    for path in (section.exercise, section.checks):
        (exercises / path.name).write_bytes(path.read_bytes())
    (notebooks / section.notebook.name).write_text(strip(section.notebook.read_text(encoding="utf-8")), encoding="utf-8")
    if mistakes:
        from ..grading.misconceptions import Misconceptions, answers_file
        from ..grading.runner import Session

        known = Misconceptions(section.checks)
        if known:
            with Session(section.checks) as session:
                found = known.all(session)
            answers_file(exercises / section.checks.name).write_text(json.dumps(found), encoding="utf-8")
