"""Every numbered equation of the lectures, read from equations.csv: where it stands, and what it is in a line of our own."""

import csv
import functools
from dataclasses import dataclass, replace
from pathlib import Path

from . import manifest

__all__ = ["Label", "labels"]


@dataclass(frozen=True)
class Label:
    """A numbered equation.

    `lecture`, `section` and `title` say where it stands (only Cho numbers his sections), `kind` is one of definition, result,
    derivation-step, algorithm-update, example. Where it is not `computable` the manifest cites it with a word why. `chapter`
    is the chapter of the course that treats it.
    """

    label: str
    chapter: int
    lecture: str
    section: str
    title: str
    kind: str
    description: str
    computable: bool

    @property
    def place(self) -> str:
        """Where the lecture has it.

        >>> labels()["2.30"].place
        'Cho 2.1.2, Softmax and cross entropy loss'
        """
        return f"{self.lecture} {self.section}".strip() + f", {self.title}"


@functools.cache
def _listed() -> tuple[Label, ...]:
    with Path(__file__).with_name("equations.csv").open(encoding="utf-8", newline="") as file:
        rows = [row | {"chapter": int(row["chapter"]), "computable": row["computable"] == "yes"} for row in csv.DictReader(file)]
    return tuple(Label(**row) for row in rows)


def labels() -> dict[str, Label]:
    """All labels, in the order of the lectures. One that a section of the course computes or cites belongs to its chapter.

    >>> len(labels()), sum(label.computable for label in labels().values())
    (582, 550)
    """
    owners = {name: section.chapter for section in manifest.course().sections for name in section.labels}
    found = (replace(label, chapter=owners.get(label.label, label.chapter)) for label in _listed())
    return {label.label: label for label in found}
