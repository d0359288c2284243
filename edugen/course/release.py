"""What students get: a workspace of some sections, with their checks, and without a solution or a mutant."""

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .. import __version__
from .manifest import Section, course
from .workspace import Workspace

__all__ = ["release"]

README = """# {title}

You need Python 3.11 or later and edugen {version} with its extra `course`; `edugen doctor` says whether this machine is ready.
In a terminal, in this folder:

1. `edugen open {first}` opens the notebook: it derives the mathematics, and runs it.
2. `edugen check {first}` says how far your exercise is, and what to do next. Again after each function you write.
3. `edugen hint {first}` gives a hint for the task you are at: three a task, one at a time.

`edugen` alone shows your progress. You write in, and hand in under {their_name}:

{files}

The numbers on which it is graded are others than those of `edugen check`.
"""


def release(folder: Path, sections: Sequence[Section]) -> list[Path]:
    """Write the parts of these sections that students get: no solution, and no mutant.

    Beside the checks is what known mistakes answer (fingerprints, and no code), so that `edugen check` can name them.

    Parameters
    ----------
    folder : where to; made, and whole or not there at all
    sections : which

    Returns
    -------
    the files

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
        Workspace(part).fill(course(), sections)
        (part / "README.md").write_text(_readme(sections), encoding="utf-8")
        part.chmod(0o755)
        if folder.exists():
            folder.rmdir()
        os.replace(part, folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _readme(sections: Sequence[Section]) -> str:
    one = len(sections) == 1
    return README.format(
        title=sections[0].title if one else "Exercises", first=sections[0].stem, version=__version__,
        their_name="its name" if one else "their names",
        files="\n".join(f"- `exercises/{section.folder}/{section.exercise.name}`" for section in sections))
