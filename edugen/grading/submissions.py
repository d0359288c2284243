"""What students handed in: a folder of folders, of files, or zips, read without running or unpacking any of it.

Only the files of the exercises are read, each capped; a zip is never extracted, so no path in it leads anywhere, and links
are not followed. What cannot be read is that student's problem alone, told in words.
"""
from __future__ import annotations

import os
import re
import stat
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from edugen.grading.process import Limits

__all__ = ["Handed", "Submission", "collect", "file_name", "read_folder"]

ENTRIES = 5_000         # files that are looked at in one submission
DEPTH = 6               # folders below one another
CANVAS = re.compile(r"(?P<name>[^_]+)(?:_LATE)?_(?P<id>\d+)_(?P<attempt>\d+)_(?P<file>.+)")
MOODLE = re.compile(r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_file_?(?P<file>.*)")
VERSION = re.compile(r"(-\d+| ?\(\d+\))$")          # losses-1.py, losses (2).py: a second upload


@dataclass
class Handed:
    """One file of an exercise, as it was handed in: its bytes, or why there are none."""

    name: str
    source: bytes | None = None
    problem: str = ""


@dataclass
class Submission:
    """What one student handed in: a file for each exercise that was found."""

    student: str
    files: dict[str, Handed] = field(default_factory=dict)
    name: str = ""              # the person's, where the learning platform put it in the file's name
    problem: str = ""           # of all of it: a broken zip
    when: float = 0.0


def collect(place: Path, stems: Sequence[str], section: str | None = None) -> tuple[list[Submission], list[str]]:
    """Every student's submission, sorted by student, and what was left out and why.

    In `place`, a folder or a zip, each folder or zip is a student's, and holds `<stem>.py` for each exercise, at any depth.
    A single file belongs to the student in its name, `ada_losses.py`; with `section`, `ada.py` will do. The names that Canvas
    and Moodle give to what they pack (`lovelaceada_12_345_losses.py`, `Ada Lovelace_12_assignsubmission_file_`) are understood:
    the student is the platform's number, by which its gradebook knows them.

    Parameters
    ----------
    place : folder of submissions, or one zip of it
    stems : names of the exercises
    section : the exercise that all single files belong to, whatever they are called

    Raises
    ------
    FileNotFoundError, zipfile.BadZipFile
        when `place` itself cannot be read
    """
    found: dict[str, Submission] = {}
    notes: list[str] = []
    tree = _Zip(zipfile.ZipFile(place)) if place.is_file() else _Folder(place)
    for entry in tree.top():
        submission, note = _read(tree, entry, stems, section)
        if note:
            notes.append(note)
        if submission is None:
            continue
        known = found.setdefault(submission.student, submission)
        if known is submission:
            continue
        twice = known.problem or submission.problem or set(known.files) & set(submission.files)
        if twice:
            older, newer = sorted((known, submission), key=lambda s: s.when)
            notes.append(f"{submission.student} handed in twice; the newer counts: {_names(newer)}, not {_names(older)}")
            newer.files = {**older.files, **newer.files}
            found[submission.student] = newer
        else:                                                           # a file an exercise
            known.files |= submission.files
    return [found[student] for student in sorted(found)], notes


def read_folder(folder: Path, stems: Sequence[str], student: str) -> Submission:
    """What one student handed in: a folder with their files."""
    submission = Submission(student)
    try:
        submission.files = dict(_exercises(_Folder(folder), stems))
    except (OSError, ValueError) as error:
        submission.problem = f"the submission could not be read: {error}"
    return submission


def file_name(student: str, taken: set[str] | frozenset[str] = frozenset()) -> str:
    """A student as the name of a file, on every system, and unlike those that are taken.

    Examples
    --------
    >>> file_name("ada"), file_name("a/../b"), file_name("Ada", {"ada"}), file_name("nul")
    ('ada', 'a_.._b-2', 'Ada-2', 'nul-2')
    """
    name = re.sub(r"[^\w.-]", "_", student)[:60].strip(".") or "_"
    reserved = re.fullmatch(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", name.casefold())
    if name == student and not reserved and name.casefold() not in taken:
        return name
    return next(f"{name}-{n}" for n in range(2, len(taken) + 3) if f"{name}-{n}".casefold() not in taken)


def _names(submission: Submission) -> str:
    return ", ".join(handed.name for handed in submission.files.values()) or submission.problem or "nothing"


def _read(tree: _Folder | _Zip, entry: _Entry, stems: Sequence[str], section: str | None) -> tuple[Submission | None, str]:
    """The submission at one entry of the top, or why it is none."""
    canvas, moodle = CANVAS.fullmatch(entry.name), MOODLE.fullmatch(entry.name)
    platform = canvas or moodle
    name, file = (platform["name"], platform["file"]) if platform else ("", entry.name)
    path = PurePosixPath(file)
    if entry.problem:
        return None, f"{entry.name} was left out: {entry.problem}"
    if entry.is_folder or path.suffix.lower() == ".zip":
        student = platform["id"] if platform else (entry.name if entry.is_folder else PurePosixPath(entry.name).stem)
        submission = Submission(student, name=name, when=entry.when)
        try:
            inner: _Folder | _Zip = tree.inside(entry)
            submission.files = dict(_exercises(inner, stems))
        except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
            submission.problem = f"{entry.name} could not be read: {error}"
        note = "" if submission.files or submission.problem else f"{entry.name} holds no file of an exercise"
        return submission, note
    if path.suffix.lower() != ".py":
        return None, "" if entry.name.startswith(".") else f"{entry.name} was left out: not a folder, a zip or a .py file"
    stem = VERSION.sub("", path.stem)
    named = [s for s in sorted(stems, key=len, reverse=True) if stem == s or stem.endswith((f"_{s}", f"-{s}"))]
    exercise = section or (named[0] if named else None)
    if exercise is None:
        return None, f"{entry.name} was left out: its name ends with none of {', '.join(stems)} (say --section SECTION?)"
    student = platform["id"] if platform else re.sub(rf"[_-]?{re.escape(exercise)}$", "", stem)
    if not student:
        return None, f"{entry.name} was left out: whose is it? Call it STUDENT_{exercise}.py, or put it into a folder STUDENT"
    return Submission(student, {exercise: tree.read(entry)}, name, when=entry.when), ""


def _exercises(tree: _Folder | _Zip, stems: Sequence[str]) -> Iterator[tuple[str, Handed]]:
    """The file of each exercise inside one submission: the least deep; of two, the newer."""
    best: dict[str, _Entry] = {}
    for entry in tree.files():
        path = PurePosixPath(entry.name)
        if path.suffix != ".py" or "__MACOSX" in path.parts:
            continue
        match = CANVAS.fullmatch(path.name)
        stem = VERSION.sub("", PurePosixPath(match["file"] if match else path.name).stem)
        if stem in stems:
            known = best.get(stem)
            if known is None or (-len(path.parts), entry.when) > (-len(PurePosixPath(known.name).parts), known.when):
                best[stem] = entry
    for stem, entry in best.items():
        yield stem, tree.read(entry)


# -- two kinds of place ------------------------------------------------------------------------------------------------


@dataclass
class _Entry:
    """A file or folder: its name in the place it was found in, with forward slashes."""

    name: str
    is_folder: bool
    when: float
    problem: str = ""


CAP = Limits().source


def _handed(name: str, source: bytes) -> Handed:
    if len(source) > CAP:
        return Handed(name, problem=f"{name} has more than {CAP:,} bytes")
    return Handed(name, source)


class _Folder:
    """A folder of the file system."""

    def __init__(self, root: Path, label: str = "") -> None:
        self.root, self.label = root, label
        if not root.is_dir():
            raise FileNotFoundError(f"there is no folder {root}")

    def top(self) -> list[_Entry]:
        return list(self._list(self.root, ""))

    def _list(self, folder: Path, prefix: str) -> Iterator[_Entry]:
        with os.scandir(folder) as found:
            for entry in sorted(found, key=lambda e: e.name):
                info = entry.stat(follow_symlinks=False)
                kind = info.st_mode
                problem = "" if stat.S_ISDIR(kind) or stat.S_ISREG(kind) else (
                    "a link, and links are not followed" if stat.S_ISLNK(kind) else "not a file")
                name = os.fsencode(entry.name).decode("utf-8", "replace")
                if name == entry.name or problem:
                    yield _Entry(f"{prefix}{name}", stat.S_ISDIR(kind), info.st_mtime, problem)
                else:
                    yield _Entry(f"{prefix}{name}", False, info.st_mtime, "its name is not UTF-8")

    def files(self) -> Iterator[_Entry]:
        waiting, seen = [""], 0
        while waiting:
            prefix = waiting.pop(0)
            for entry in self._list(self.root / prefix, prefix):
                seen += 1
                if seen > ENTRIES:
                    raise ValueError(f"it holds more than {ENTRIES:,} files")
                if entry.is_folder and not entry.problem and entry.name.count("/") < DEPTH:
                    waiting.append(f"{entry.name}/")
                elif not entry.is_folder:
                    yield entry

    def inside(self, entry: _Entry) -> _Folder | _Zip:
        path = self.root / entry.name
        return _Folder(path, f"{entry.name}/") if entry.is_folder else _Zip(zipfile.ZipFile(path), f"{entry.name}/")

    def read(self, entry: _Entry) -> Handed:
        name = f"{self.label}{entry.name}"
        if entry.problem:
            return Handed(name, problem=f"{name} is {entry.problem}")
        try:                                    # a file that became a link since it was listed is not followed either
            with open(os.open(self.root / entry.name, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)),
                      "rb") as stream:
                return _handed(name, stream.read(CAP + 1))
        except OSError as error:
            return Handed(name, problem=f"{name} could not be read: {error.strerror}")


class _Zip:
    """A zip, which stays packed. A name in it is only a name."""

    def __init__(self, archive: zipfile.ZipFile, label: str = "", prefix: str = "") -> None:
        self.archive, self.label, self.prefix = archive, label, prefix
        if len(archive.infolist()) > ENTRIES:
            raise ValueError(f"it holds more than {ENTRIES:,} files")

    def _entries(self) -> Iterator[tuple[_Entry, zipfile.ZipInfo]]:
        for info in self.archive.infolist():
            if not info.filename.startswith(self.prefix) or info.is_dir():
                continue
            kind = info.external_attr >> 16
            problem = ""
            if stat.S_ISLNK(kind):
                problem = "a link, and links are not followed"
            elif info.filename.startswith(("/", "\\")) or ".." in PurePosixPath(info.filename.replace("\\", "/")).parts:
                problem = "a path that leads out of the zip"
            yield _Entry(info.filename.removeprefix(self.prefix), False, _time(info), problem), info

    def top(self) -> list[_Entry]:
        tops: dict[str, _Entry] = {}
        for entry, _ in self._entries():
            first, slash, _ = entry.name.partition("/")
            if first != "__MACOSX":
                kept = tops.setdefault(first, _Entry(first, bool(slash), entry.when, entry.problem))
                kept.when = max(kept.when, entry.when)
        only = next(iter(tops.values())) if len(tops) == 1 and not self.prefix else None
        if only is not None and only.is_folder:                         # the zip of one folder of submissions?
            inner = _Zip(self.archive, prefix=f"{only.name}/")
            if sum(entry.is_folder or entry.name.lower().endswith(".zip") for entry in inner.top()) > 1:
                self.prefix = inner.prefix
                return inner.top()
        return [tops[name] for name in sorted(tops)]

    def files(self) -> Iterator[_Entry]:
        return (entry for entry, _ in self._entries())

    def inside(self, entry: _Entry) -> _Folder | _Zip:
        if entry.is_folder:
            return _Zip(self.archive, f"{entry.name}/", f"{self.prefix}{entry.name}/")
        info = self.archive.getinfo(f"{self.prefix}{entry.name}")
        if info.file_size > 64 * CAP:
            raise ValueError(f"a zip in the zip, of more than {64 * CAP:,} bytes")
        stream = self.archive.open(info)                                # seekable: it is read where it lies
        return _Zip(zipfile.ZipFile(stream), f"{entry.name}/")

    def read(self, entry: _Entry) -> Handed:
        name = f"{self.label}{entry.name}"
        if entry.problem:
            return Handed(name, problem=f"{name} is {entry.problem}")
        try:
            with self.archive.open(f"{self.prefix}{entry.name}") as stream:
                return _handed(name, stream.read(CAP + 1))              # however large it says it is
        except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
            return Handed(name, problem=f"{name} could not be read: {error}")


def _time(info: zipfile.ZipInfo) -> float:
    """When a file in a zip was changed, for comparison only."""
    year, month, day, hour, minute, second = info.date_time
    return ((((year * 12 + month) * 31 + day) * 24 + hour) * 60 + minute) * 60.0 + second
