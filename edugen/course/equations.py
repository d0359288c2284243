"""The equation index: where each label of the lectures lives, found by reading files."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import places
from .manifest import expand, label_key

__all__ = ["KINDS", "Place", "UnreadableFile", "base", "index"]

KINDS = ("test", "source", "notebook", "exercise")

HIDDEN = {"__pycache__", ".ipynb_checkpoints"}
NOT_SOURCE = {("course",), ("grading",)}            # they speak of labels, and compute none

LABEL = r"(?:[1-6]\.\d{1,3}|[VGE]-\d{1,3})"
BETWEEN = r"(?:, | and |, and |\)?(?:–|-|\.\.| to )\(?)"
CITATION = re.compile(rf"(?<![\w)\]])\(({LABEL}(?:{BETWEEN}{LABEL})*)\)")     # (2.30), (2.15, 2.18-2.20), (2.42)-(2.46)
WORDS = re.compile(             # the comments and strings of a file that parses, as tokenize has them, at a tenth of its time
    r"""#[^\n]*|(\"\"\"|\'\'\')(?:\\.|.)*?\1|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL)
TAG = re.compile(rf"\\\\tag\{{({LABEL})\}}")                               # in JSON the backslash is doubled


class UnreadableFile(ValueError):
    """A file of the course is not Python. The message names it and the line."""


@dataclass(frozen=True)
class Place:
    """One place where a label lives: a test that proves it, or a line that cites it.

    `path` is relative to the root that was read; `what` names the test, the cell or the enclosing function.
    """

    label: str
    kind: str
    path: str
    line: int
    what: str


def index(root: Path | None = None) -> dict[str, list[Place]]:
    """Every label with its places, in the order of the lectures.

    A test proves a label by carrying ``pytest.mark.equation``; source and exercises cite it in a comment or a
    docstring, as in ``# (2.30)``; a notebook by ``\\tag{2.30}``. An installed wheel has no tests to read.

    Parameters
    ----------
    root : folder with edugen, tests, notebooks and exercises; the clone where there is one, else the installed package

    Raises
    ------
    UnreadableFile
        Where a file with labels does not parse.

    Examples
    --------
    >>> sorted({place.kind for places in index().values() for place in places} - set(KINDS))
    []
    """
    found: list[Place] = []
    for kind, folder, base in _trees(root):
        for path in sorted(folder.rglob({"notebook": "*.ipynb", "test": "test_*.py"}.get(kind, "*.py"))):
            parts = path.relative_to(folder).parts[:-1]
            if HIDDEN & set(parts) or kind == "source" and parts[:1] in NOT_SOURCE:
                continue
            name, text = path.relative_to(base).as_posix(), path.read_text(encoding="utf-8")
            read = {"test": _proofs, "notebook": _tags}.get(kind, _citations)
            try:
                found += [Place(label, kind, name, line, what) for label, line, what in read(text)]
            except SyntaxError as error:
                raise UnreadableFile(f"{path} is not Python: {error}") from error
    labels: dict[str, list[Place]] = {}
    for place in sorted(found, key=lambda p: (label_key(p.label), KINDS.index(p.kind), p.path, p.line)):
        labels.setdefault(place.label, []).append(place)
    return labels


def base() -> Path:
    """The folder that the paths of the index start from: the clone, or the one that the package is installed in."""
    return places.clone() or places.PACKAGE.parent


def _trees(root: Path | None) -> Iterator[tuple[str, Path, Path]]:
    root = root or places.clone()
    if root:
        yield from (("test", root / "tests", root), ("source", root / "edugen", root))
        yield from (("notebook", root / "notebooks", root), ("exercise", root / "exercises", root))
    else:
        package = places.PACKAGE
        yield "source", package, package.parent
        yield "notebook", places.tree("notebooks"), package.parent
        yield "exercise", places.tree("exercises"), package.parent


def _proofs(text: str) -> Iterator[tuple[str, int, str]]:
    """Labels in the mark `equation` of test functions and classes."""
    if "mark.equation" not in text:
        return
    for node in _definitions(ast.parse(text)):
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and ast.unparse(mark.func).endswith("mark.equation"):
                for argument in mark.args:
                    if isinstance(argument, ast.Constant):
                        yield str(argument.value), node.lineno, node.name


def _tags(text: str) -> Iterator[tuple[str, int, str]]:
    """Labels in \\tag{} of a notebook, with the id of the cell."""
    cell = ""
    for number, line in enumerate(text.splitlines(), 1):
        if found := re.match(r'\s*"id": "(.+?)"', line):            # keys are sorted: it precedes the source
            cell = found[1]
        for label in TAG.findall(line):
            yield label, number, f"cell {cell}"


def _citations(text: str) -> Iterator[tuple[str, int, str]]:
    """Labels in the comments, docstrings and other strings of a module, with the function or class around them."""
    if not CITATION.search(text):
        return
    scopes = sorted((node.lineno, node.end_lineno or node.lineno, node.name) for node in _definitions(ast.parse(text)))
    for words in WORDS.finditer(text):
        for found in CITATION.finditer(words[0]):
            line = text.count("\n", 0, words.start() + found.start()) + 1
            around = [name for first, last, name in scopes if first <= line <= last]
            for label in _spelled_out(found[1]):
                yield label, line, around[-1] if around else ""


def _definitions(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Functions and classes at any depth. Only statements are looked into: `ast.walk` takes ten times as long."""
    for name in ("body", "orelse", "finalbody", "handlers", "cases"):
        for child in getattr(node, name, ()):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield child
            yield from _definitions(child)


def _spelled_out(citation: str) -> tuple[str, ...]:
    """The labels of a citation.

    >>> _spelled_out("2.15, 2.18-2.20")
    ('2.15', '2.18', '2.19', '2.20')
    """
    parts = re.split(r", and |, | and ", citation)
    return expand(["..".join(re.findall(LABEL, part)) for part in parts])
