"""Where the course lies: beside setup.cfg in a clone, inside the package in an installed wheel."""

import os
from pathlib import Path

import edugen

__all__ = ["clone", "tree", "write_atomically"]

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
    temporary = path.with_name(f".{path.name}.{os.getpid()}")       # beside it: a rename stays in one file system
    try:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
