"""The manifest of the course: chapters and sections in lecture order, read from course.toml."""

import difflib
import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from . import places

__all__ = ["Chapter", "Course", "Notebook", "Section", "UnknownSection", "course", "expand", "label_key"]


class UnknownSection(LookupError):
    """No section, or more than one, goes by that name. The message says which come near."""


@dataclass(frozen=True)
class Section:
    """One section of the course: a module, a notebook, an exercise with its checks, a test file.

    `equations` are the labels it computes; `cited` maps those that say nothing to compute to the reason why.
    """

    number: str
    stem: str
    title: str
    chapter: int
    package: str
    lecture: str
    covers: tuple[str, ...]
    equations: tuple[str, ...]
    minutes: int
    before: tuple[str, ...] = ()
    core: bool = True
    cited: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label of the section, computed or cited, in order."""
        return tuple(sorted({*self.equations, *self.cited}, key=label_key))

    @property
    def folder(self) -> str:
        """Its chapter's folder in notebooks and exercises, such as 2_classification."""
        return f"{self.chapter}_{self.package}"

    @property
    def notebook(self) -> Path:
        """The course's own notebook: in a clone with the solutions of its your-turn cells, in a wheel without."""
        return places.tree("notebooks") / self.folder / f"{self.stem}.ipynb"

    @property
    def exercise(self) -> Path:
        """The blank exercise."""
        return places.tree("exercises") / self.folder / f"{self.stem}.py"

    @property
    def checks(self) -> Path:
        """The checks of the exercise."""
        return places.tree("exercises") / self.folder / f"check_{self.stem}.py"

    @property
    def mistakes(self) -> Path:
        """What known mistakes answer to the checks: their names and fingerprints, and no code."""
        return places.tree("exercises") / self.folder / f"mistakes_{self.stem}.json"


@dataclass(frozen=True)
class Notebook:
    """A notebook beside the chapters: no section of a lecture, and without an exercise."""

    stem: str
    title: str
    minutes: int
    folder = ""

    @property
    def notebook(self) -> Path:
        """The course's own: in a clone with the solutions of its your-turn cells, in a wheel without."""
        return places.tree("notebooks") / f"{self.stem}.ipynb"


@dataclass(frozen=True)
class Chapter:
    """A chapter of the course and those of its sections that exist.

    `cited` are labels that say nothing to compute, of sections that do not exist yet.
    """

    number: int
    package: str
    title: str
    lecture: str
    sections: tuple[Section, ...]
    cited: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)

    @property
    def folder(self) -> str:
        """Its folder in notebooks and exercises, such as 2_classification."""
        return f"{self.number}_{self.package}"


@dataclass(frozen=True)
class Course:
    """All chapters, in lecture order, and the notebooks beside them."""

    chapters: tuple[Chapter, ...]
    notebooks: tuple[Notebook, ...] = ()

    @property
    def sections(self) -> tuple[Section, ...]:
        """All sections, in lecture order."""
        return tuple(section for chapter in self.chapters for section in chapter.sections)

    @property
    def cited(self) -> dict[str, str]:
        """Every label that says nothing to compute, and why."""
        parts = [part.cited for part in self.chapters] + [part.cited for part in self.sections]
        return {label: why for part in parts for label, why in part.items()}

    def find(self, name: str) -> Section:
        """The section of that number or stem, or the one that covers that section of the lecture alone ("2.1.1").

        Raises
        ------
        UnknownSection
            Where there is none, or more than one; the message says which come near.

        Examples
        --------
        >>> course().find("2.1.2").stem
        'cross_entropy'
        >>> course().find("crossentropy")
        Traceback (most recent call last):
        edugen.course.manifest.UnknownSection: there is no section 'crossentropy'. Did you mean cross_entropy (2.1.2)?
        """
        wanted = name.strip().removeprefix("§").rstrip(".").lower().replace("-", "_")
        exact = [s for s in self.sections if wanted in (s.number, s.stem)]
        covering = exact or [s for s in self.sections if wanted in s.covers]
        if len(covering) == 1:
            return covering[0]
        if covering:
            raise UnknownSection(f"the lecture's section {name!r} is treated in {_names(covering, 'and')}. Say which.")
        if wanted in [n.stem for n in self.notebooks]:
            raise UnknownSection(f"{wanted} is a notebook beside the chapters, without an exercise: `edugen open {wanted}`.")
        keys = {key: s for s in self.sections for key in (s.stem, s.stem.replace("_", ""), s.number)}
        near = list(dict.fromkeys(keys[key] for key in difflib.get_close_matches(wanted, keys, n=4, cutoff=0.6)))
        near = near or [s for s in self.sections if len(wanted) > 2 and wanted in s.title.lower().replace("-", "_")]
        hint = f"Did you mean {_names(near[:2], 'or')}?" if near else "`edugen sections` lists them all."
        raise UnknownSection(f"there is no section {name!r}. {hint}")

    def find_notebook(self, name: str) -> Section | Notebook:
        """The notebook beside the chapters that has that stem, or else the section, as `find`."""
        wanted = name.strip().lower()
        return next((n for n in self.notebooks if n.stem == wanted), None) or self.find(name)

    def owner(self, label: str) -> Section | None:
        """The section that label belongs to, None for a label of no section that exists."""
        return next((s for s in self.sections if label in s.equations or label in s.cited), None)


def _names(sections: list[Section], word: str) -> str:
    return f" {word} ".join(f"{s.stem} ({s.number})" for s in sections)


def label_key(label: str) -> tuple[str, tuple[int, ...]]:
    """Sorts labels as the lectures count them.

    >>> sorted(["V-2", "2.10", "2.9"], key=label_key)
    ['2.9', '2.10', 'V-2']
    """
    return re.match(r"\D*", label)[0], tuple(map(int, re.findall(r"\d+", label)))      # type: ignore[index]


def expand(labels: list[str]) -> tuple[str, ...]:
    """Labels with their ranges written out.

    >>> expand(["2.1..2.3", "2.37", "V-9..V-10"])
    ('2.1', '2.2', '2.3', '2.37', 'V-9', 'V-10')
    """
    found = []
    for item in labels:
        match = re.fullmatch(r"(.*?)(\d+)\.\.(.*?)(\d+)", item)
        if match is None:
            found.append(item)
        elif match[1] != match[3] or int(match[2]) > int(match[4]):
            raise ValueError(f"equations: {item!r} is no range; write the same chapter twice, the smaller number first")
        else:
            found += [f"{match[1]}{n}" for n in range(int(match[2]), int(match[4]) + 1)]
    return tuple(found)


def read(text: str) -> Course:
    """The course that a manifest in TOML describes.

    Raises
    ------
    ValueError
        Where a key is missing, unknown or repeated, or a label stands twice.
    """
    entries = tomllib.loads(text)
    chapters = tuple(_chapter(dict(entry)) for entry in entries.get("chapter", []))
    course = Course(chapters, tuple(_notebook(entry) for entry in entries.get("notebook", [])))
    for name, values in (
        ("number", [s.number for s in course.sections]),
        ("stem", [s.stem for s in course.sections] + [n.stem for n in course.notebooks]),
        ("label", [label for s in course.sections for label in (*s.equations, *s.cited)]
                  + [label for chapter in chapters for label in chapter.cited]),
    ):
        repeated = sorted({value for value in values if values.count(value) > 1})
        if repeated:
            raise ValueError(f"course.toml: the {name} {repeated[0]!r} stands twice")
    stems: set[str] = set()
    for section in course.sections:
        if missing := sorted(set(section.before) - stems):
            raise ValueError(f"course.toml: {section.stem} builds on {missing[0]!r}, which no section before it is")
        stems.add(section.stem)
    return course


def _chapter(entry: dict[str, Any]) -> Chapter:
    sections, cited = entry.pop("section", []), MappingProxyType(entry.pop("cited", {}))
    try:
        common = {"chapter": entry["number"], "package": entry["package"], "lecture": entry["lecture"]}
        return Chapter(sections=tuple(_section(common | item) for item in sections), cited=cited, **entry)
    except (KeyError, TypeError) as error:
        raise ValueError(f"course.toml: chapter {entry.get('number', '?')}: {error}") from error


def _notebook(entry: dict[str, Any]) -> Notebook:
    try:
        return Notebook(**entry)
    except TypeError as error:
        raise ValueError(f"course.toml: notebook {entry.get('stem', '?')}: {error}") from error


def _section(entry: dict[str, Any]) -> Section:
    entry["equations"] = expand(entry.get("equations", []))
    entry["cited"] = MappingProxyType(entry.get("cited", {}))
    for name in ("covers", "before"):
        entry[name] = tuple(entry.get(name, ()))
    return Section(**entry)


@functools.cache
def course() -> Course:
    """The course as it stands, read once.

    >>> [chapter.package for chapter in course().chapters][:3]
    ['background', 'energy', 'classification']
    """
    return read(Path(__file__).with_name("course.toml").read_text(encoding="utf-8"))
