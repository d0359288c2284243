"""Every notebook on disk: its form, a run without a network, and a formula that no assertion lets pass when it is flipped."""
import ast
import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

from edugen.course import course
from edugen.course.errata import errata
from edugen.course.notebooks import NotebookFailed, execute, read, tags
from edugen.course.pages import write_html

ROOT = Path(__file__).parents[2]
NO_NETWORK = {"PYTHONPATH": str(Path(__file__).with_name("no_network"))}
PATHS = sorted((ROOT / "notebooks").rglob("*.ipynb"))
PATHS = [path for path in PATHS if ".ipynb_checkpoints" not in path.parts]
EVERY = pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])
SCREEN = 50                                     # lines


def code(notebook, tag=None):
    return [cell for cell in notebook.cells if cell.cell_type == "code" and (tag is None or tag in tags(cell))]


def text(notebook):
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


@EVERY
def test_file(path):
    notebook = read(path)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3" and notebook.metadata.kernelspec.language == "python"
    assert not [cell.id for cell in code(notebook) if cell.outputs or cell.execution_count is not None], "outputs are stripped"
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert not [i for i in ids if not re.fullmatch(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*", i)], "ids are words a person can read"
    assert not [i for i in ids if re.fullmatch(r"[0-9a-f]{8}", i)], "an id made by chance is another one tomorrow"
    long = [cell.id for cell in code(notebook) if len(cell.source.splitlines()) > SCREEN]
    assert not long, "at most a screen of code a cell"


@EVERY
def test_pattern(path):
    notebook, section = read(path), course().find(path.stem)
    first = notebook.cells[0]
    assert first.cell_type == "markdown" and first.source.splitlines()[0] == f"# {section.title}"
    for wanted in ("You will be able to", f"{section.minutes} min", f"§{section.covers[0]}", *section.before):
        assert wanted in first.source, f"the first cell says {wanted!r}"
    assert tags(code(notebook)[0]) == ["setup"] and "google.colab" in code(notebook)[0].source
    assert any(re.search(r"^\s*assert\b", cell.source, re.MULTILINE) for cell in code(notebook) if "solution" not in tags(cell))
    turns = [n for n, cell in enumerate(notebook.cells) if "solution" in tags(cell)]
    assert 3 <= len(turns) <= 6
    for n in turns:
        question = notebook.cells[n - 1]
        asks = question.cell_type == "markdown" and "Your turn" in question.source and "?" in question.source
        assert asks, notebook.cells[n].id


@EVERY
def test_labels(path):
    section = course().find(path.stem)
    words = text(read(path))
    tagged = re.findall(r"\\tag\{(.*?)\}", words)
    assert set(tagged) <= set(section.labels)
    repeated = {label for label in tagged if tagged.count(label) > 1}
    assert not repeated, "a label is shown once as an equation, and cited after that"
    met = [erratum.label for erratum in errata() if erratum.label in section.labels]
    assert not [label for label in met if f"edugen errata {label}" not in words], "an erratum is shown at its equation"


def names(source, kind):
    tree = ast.parse("\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines()))
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, kind)}
    if kind is ast.Store:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found |= {node.name, *(a.arg for a in ast.walk(node) if isinstance(a, ast.arg))}
            elif isinstance(node, ast.Import | ast.ImportFrom):
                found |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
            elif isinstance(node, ast.arg):
                found.add(node.arg)
    return found


@EVERY
def test_a_workspace_does_without_the_solutions(path):
    """A student's notebook has stubs there: no later cell may need a name that only a solution gives."""
    given, solved = set(), set()
    for cell in code(read(path)):
        own = names(cell.source, ast.Store)
        if "solution" in tags(cell):
            solved |= own
        else:
            needed = (names(cell.source, ast.Load) & solved) - given - own
            assert not needed, f"{cell.id} needs {needed}, which a solution alone defines"
            given |= own


class Images(HTMLParser):
    """The alt texts of a page's images."""

    def __init__(self):
        super().__init__()
        self.alts = []

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.alts.append(dict(attrs).get("alt"))


@pytest.mark.slow
@EVERY
def test_run(path, tmp_path):
    def stopwatch(notebook):
        """At most a minute on an idle machine: CPU seconds, for here other tests may run beside it."""
        notebook.cells.append(nbformat.v4.new_code_cell("import time; print(time.process_time())"))

    notebook = execute(path, limit=600, env=NO_NETWORK, edit=stopwatch)
    seconds = float(notebook.cells.pop().outputs[0].text)
    print(f"{path.stem}: {seconds:.1f} s")
    assert seconds < 60
    complaints = [output.text for cell in code(notebook) for output in cell.outputs
                  if output.output_type == "stream" and output.name == "stderr" and "Warning" in output.text]
    assert not complaints
    write_html(notebook, tmp_path / "page.html", path.stem)
    images = Images()
    images.feed((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert images.alts, "a notebook has pictures"
    assert not [alt for alt in images.alts if not alt or "No description" in alt], "a picture has alt text"


def flips():
    for path in PATHS:
        for cell in nbformat.read(path, as_version=4).cells:
            for n, (old, new) in enumerate(cell.metadata.get("edugen", {}).get("flip", [])):
                yield pytest.param(path, cell.id, old, new, id=f"{path.stem}-{cell.id}-{n}")


@EVERY
def test_formula_is_marked(path):
    cells = code(read(path), "formula")
    assert cells and all(cell.metadata.get("edugen", {}).get("flip") for cell in cells)


@pytest.mark.slow
@pytest.mark.parametrize("path, cell, old, new", list(flips()))
def test_flipped_formula_fails(path, cell, old, new):
    def flip(notebook):
        formula = next(c for c in notebook.cells if c.id == cell)
        assert "formula" in tags(formula) and old in formula.source
        formula.source = formula.source.replace(old, new)

    with pytest.raises(NotebookFailed) as failed:
        execute(path, limit=600, env=NO_NETWORK, edit=flip)
    assert failed.value.error == "AssertionError", failed.value
