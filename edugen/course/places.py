"""Where the course lies: beside setup.cfg in a clone, inside the package in an installed wheel."""

import os
import time
from pathlib import Path

import edugen

__all__ = ["clone", "sweep", "tree", "write_atomically"]

PART = ".edugen-part"
PACKAGE = Path(edugen.__file__).resolve().parent


def clone() -> Path | None:
    """Root of the clone edugen is imported from; None when it was installed from a wheel."""
    root = PACKAGE.parent
    return root if (root / "setup.cfg").is_file() and (root / "notebooks").is_dir() else None


def tree(name: str) -> Path:
    """Folder of a tree of the course: "notebooks" or "exercises".

    Raises
    ------
    FileNotFoundError
        Where the tree is neither beside setup.cfg nor inside the package.

    Examples
    --------
    >>> tree("notebooks").is_dir()
    True
    """
    root = clone()
    found = root / name if root else PACKAGE / "course" / name      # the mapping of package_dir exists in a wheel alone
    if not found.is_dir():
        raise FileNotFoundError(f"the course has no folder {found}: install edugen again, or clone the whole of it")
    return found


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write `content` to `path`, or nothing at all: a reader, or Ctrl-C, never meets half a file.

    Text is written as UTF-8 with the line ends it has. Folders above are made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}{PART}")     # beside it: a rename stays in one file system
    try:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def sweep(*folders: Path) -> None:
    """Remove from folders what a process left that was killed in the middle of `write_atomically`, more than a minute ago."""
    for part in (part for folder in {*folders} for part in folder.glob(f".*{PART}")):
        try:
            if time.time() - part.stat().st_mtime > 60:
                part.unlink()
        except OSError:                                             # its process is at work after all
            pass
