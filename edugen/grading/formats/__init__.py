"""What a graded class is written as, by name: each takes a gradebook and a folder, and says what it wrote."""
from collections.abc import Callable
from pathlib import Path

from edugen.grading.formats import feedback, gradescope, junit, page, spreadsheets
from edugen.grading.gradebook import Gradebook

__all__ = ["FORMATS", "write"]

FORMATS: dict[str, Callable[[Gradebook, Path], list[Path]]] = {
    "feedback": feedback.write,
    "csv": spreadsheets.write_csv,
    "canvas": spreadsheets.write_canvas,
    "moodle": spreadsheets.write_moodle,
    "gradescope": gradescope.write,
    "junit": junit.write,
    "html": page.write,
}


def write(book: Gradebook, folder: Path, formats: list[str]) -> list[Path]:
    """Write a gradebook in each of these formats; ValueError where one cannot hold it."""
    return [path for name in formats for path in FORMATS[name](book, folder)]
