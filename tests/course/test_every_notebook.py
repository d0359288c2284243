"""Every notebook on disk: its form, a run without a network, and a formula that no assertion lets pass when it is flipped."""
import ast
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

from edugen.course import course
from edugen.course.errata import errata
from edugen.course.manifest import Section
from edugen.course.notebooks import SETUP, NotebookFailed, execute, read, tags
from edugen.course.pages import loads, render, write_html

ROOT = Path(__file__).parents[2]
NO_NETWORK = {"PYTHONPATH": str(Path(__file__).with_name("no_network"))}
PATHS = sorted((ROOT / "notebooks").rglob("*.ipynb"))
PATHS = [path for path in PATHS if ".ipynb_checkpoints" not in path.parts]
EVERY = pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])
SECTIONS = [path for path in PATHS if path.parent != ROOT / "notebooks"]                # outside the chapters lies no section
EVERY_SECTION = pytest.mark.parametrize("path", SECTIONS, ids=[path.stem for path in SECTIONS])
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
def test_setup(path):
    first = code(read(path))[0]
    assert tags(first) == ["setup"]
    assert first.source.startswith(SETUP), "its first code is edugen.course.notebooks.SETUP, as in every notebook"


@EVERY
def test_pattern(path):
    notebook, known = read(path), course().find_notebook(path.stem)
    first, last = notebook.cells[0], notebook.cells[-1]
    assert first.cell_type == "markdown" and first.source.splitlines()[0] == f"# {known.title}"
    lecture = (f"§{known.covers[0]}", *known.before) if isinstance(known, Section) else ()
    for wanted in ("You will be able to", f"{known.minutes} min", *lecture):
        assert wanted in first.source, f"the first cell says {wanted!r}"
    assert any(cell.cell_type == "markdown" and cell.source.startswith("**Notation.**") for cell in notebook.cells[:4])
    title, *summary = [line for line in last.source.splitlines() if line]
    assert title == "## Summary" and [line[:3] for line in summary] == ["1. ", "2. ", "3. ", "4. "], "a summary of four lines"
    assert any(re.search(r"^\s*assert\b", cell.source, re.MULTILINE) for cell in code(notebook) if "solution" not in tags(cell))
    turns = [n for n, cell in enumerate(notebook.cells) if "solution" in tags(cell)]
    assert 3 <= len(turns) <= 6
    for n in turns:
        question = notebook.cells[n - 1]
        asks = question.cell_type == "markdown" and "Your turn" in question.source and "?" in question.source
        assert asks, notebook.cells[n].id


@EVERY_SECTION
def test_labels(path):
    section = course().find(path.stem)
    words = text(read(path))
    tagged = re.findall(r"\\tag\{(.*?)\}", words)
    assert set(tagged) <= set(section.labels), "a tag is a label that the manifest gives this section"
    repeated = {label for label in tagged if tagged.count(label) > 1}
    assert not repeated, "a label is shown once as an equation, and cited after that"
    met = [erratum.label for erratum in errata() if erratum.label in section.labels]
    shown = [label for cell in code(read(path)) for line in re.findall(r"show_erratum\((.*?)\)", cell.source)
             for label in re.findall(r"\"(.*?)\"", line)]
    assert sorted(shown) == sorted(met), "an erratum is shown at its equation, by `show_erratum` of edugen.course"


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


class Page(HTMLParser):
    """What a reader meets on a page: words outside code, formulas, the alt texts of images."""

    def __init__(self, html):
        super().__init__()
        self.words, self.formulas, self.alts, self.open = "", 0, [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.formulas += tag == "math"
        if tag == "img":
            self.alts.append(dict(attrs).get("alt"))
        elif tag in ("style", "pre", "code", "annotation"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if self.open and tag == self.open[-1]:
            self.open.pop()

    def handle_data(self, data):
        self.words += "" if self.open else data


def formulas(notebook):
    """Each formula of the text, told apart from code by its dollars or its environment."""
    words = re.sub(r"```.*?```|`[^`\n]*`", "", text(notebook), flags=re.DOTALL)
    return re.findall(r"\$\$.+?\$\$|\\begin\{(?P<name>\w+\*?)\}.+?\\end\{(?P=name)\}|(?<!\\)\$[^$]+?\$", words, re.DOTALL)


@EVERY
def test_every_formula_becomes_mathematics(path):
    notebook = read(path)
    html, complaints = zip(*(render(cell.source) for cell in notebook.cells if cell.cell_type == "markdown"), strict=True)
    assert not sum(complaints, [])
    page = Page("\n".join(html))
    assert page.formulas == len(formulas(notebook)) > 0
    assert not re.findall(r"\$|\\[a-zA-Z(\[]+", page.words), "a dollar, or TeX, is left in the text"


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
    assert write_html(notebook, tmp_path / "page.html", path.stem) == []
    html = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert not loads(html), "a page opens without a network"
    page = Page(html)
    assert page.alts, "a notebook has pictures"
    assert not [alt for alt in page.alts if not alt or "No description" in alt], "a picture has alt text"


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


# The set-up cell ---------------------------------------------------------------------------------------------------------


def set_up(monkeypatch, installed):
    """Run the cell as IPython does; what it installs is there afterwards, and noted."""
    from IPython.core.inputtransformer2 import TransformerManager

    class Shell:
        def run_line_magic(self, name, line):
            installed.append((name, line))
            monkeypatch.delitem(sys.modules, "edugen")

    exec(TransformerManager().transform_cell(SETUP), {"get_ipython": Shell})


def test_set_up_does_nothing_where_edugen_is(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", sys)
    installed = []
    set_up(monkeypatch, installed)
    assert not installed


def test_set_up_in_colab_installs_the_wheel_that_was_uploaded(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in ("edugen-0.1.0-py3-none-any.whl", "edugen-0.2.0-py3-none-any.whl"):
        (tmp_path / name).touch()
    monkeypatch.setitem(sys.modules, "google.colab", sys)
    monkeypatch.setitem(sys.modules, "edugen", None)                    # importing it is an ImportError now
    installed = []
    set_up(monkeypatch, installed)
    assert installed == [("pip", "install -q {wheels[-1]}")]            # IPython fills in the name


@pytest.mark.parametrize("colab", [True, False])
def test_set_up_says_what_to_do(colab, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    if colab:
        monkeypatch.setitem(sys.modules, "google.colab", sys)
    else:
        (tmp_path / "edugen-0.1.0-py3-none-any.whl").touch()            # elsewhere nothing is installed behind one's back
    monkeypatch.setitem(sys.modules, "edugen", None)
    with pytest.raises(ImportError, match=r"pip install -e .* pip wheel --no-deps \. .*upload"):
        set_up(monkeypatch, [])
