"""A workspace holds no solution, takes in what is new, and never loses what the student wrote."""
import json
import shutil

import nbformat
import pytest

from edugen.course import places
from edugen.course.manifest import read
from edugen.course.workspace import DEFAULT, STATE, STUB, Workspace, strip

COURSE = read("""
[[chapter]]
number = 2
package = "classification"
title = "Classification"
lecture = "Cho"
[[chapter.section]]
number = "2.1"
stem = "losses"
title = "Losses"
minutes = 10
[[chapter.section]]
number = "2.2"
stem = "backprop"
title = "Backpropagation"
minutes = 10
""")
LOSSES, BACKPROP = COURSE.sections
EXERCISE = "exercises/2_classification/losses.py"
NOTEBOOK = "notebooks/2_classification/losses.ipynb"


@pytest.fixture
def trees(tmp_path, monkeypatch, write_notebook):
    """A course of one section; the other is still to be written."""
    root = tmp_path / "clone"
    monkeypatch.setattr(places, "PACKAGE", root / "edugen")
    places.write_atomically(root / "setup.cfg", "")
    places.write_atomically(root / EXERCISE, "def f():\n    raise NotImplementedError\n")
    places.write_atomically(root / EXERCISE.replace("losses.py", "check_losses.py"), "def test_f(student): ...\n")
    write_notebook("# Losses", ("secret = 42", ["solution"]), "x = 1", name=f"clone/{NOTEBOOK}")
    return root


@pytest.fixture
def workspace(trees, tmp_path):
    made = Workspace(tmp_path / "mine")
    made.fill(COURSE)
    return made


def edit_notebook(path, change):
    notebook = nbformat.read(path, as_version=4)
    change(notebook)
    nbformat.write(notebook, path)


def test_first_time_adds_all_but_checks_and_solutions(trees, tmp_path):
    made = Workspace(tmp_path / "mine")
    report = made.fill(COURSE)
    assert sorted(report.added) == [EXERCISE, NOTEBOOK]
    files = sorted(str(path.relative_to(made.root).as_posix()) for path in made.root.rglob("*") if path.is_file())
    assert files == [STATE, EXERCISE, NOTEBOOK]
    assert "secret" not in made.notebook(LOSSES).read_text()
    notebook = nbformat.read(made.notebook(LOSSES), as_version=4)
    nbformat.validate(notebook)
    assert [cell.source for cell in notebook.cells] == ["# Losses", STUB, "x = 1"]
    assert [cell.id for cell in notebook.cells] == ["cell-0", "cell-1", "cell-2"]


def test_stripped_notebook_keeps_its_mathematics():
    text = json.dumps({"cells": [{"cell_type": "markdown", "metadata": {}, "source": ["$\\mu$ é"]}], "metadata": {}})
    assert json.loads(strip(text)) == json.loads(text)


def test_again_changes_nothing(workspace):
    before = {path: path.read_bytes() for path in workspace.root.rglob("*") if path.is_file()}
    report = Workspace(workspace.root).fill(COURSE)
    assert sorted(report.unchanged) == [EXERCISE, NOTEBOOK]
    assert not (report.added or report.updated or report.kept or report.superseded)
    assert before == {path: path.read_bytes() for path in workspace.root.rglob("*") if path.is_file()}


def test_new_section_and_newer_files_come_in(workspace, trees, write_notebook):
    places.write_atomically(trees / EXERCISE, "def f():\n    raise NotImplementedError('f')\n")
    write_notebook("# Backpropagation", name="clone/notebooks/2_classification/backprop.ipynb")
    report = Workspace(workspace.root).fill(COURSE)
    assert report.added == ["notebooks/2_classification/backprop.ipynb"]
    assert report.updated == [EXERCISE] and report.unchanged == [NOTEBOOK]
    assert workspace.exercise(LOSSES).read_text().endswith("('f')\n")


def test_what_the_student_wrote_is_never_overwritten(workspace, trees, write_notebook):
    workspace.exercise(LOSSES).write_text("mine")
    edit_notebook(workspace.notebook(LOSSES), lambda notebook: notebook.cells[1].update(source="my answer"))
    report = Workspace(workspace.root).fill(COURSE)
    assert sorted(report.kept) == [EXERCISE, NOTEBOOK]

    places.write_atomically(trees / EXERCISE, "newer\n")
    write_notebook("# Losses, better", name=f"clone/{NOTEBOOK}")
    for _ in range(2):                                      # as often as it is asked
        report = Workspace(workspace.root).fill(COURSE)
        assert sorted(report.superseded) == [EXERCISE, NOTEBOOK] and not report.updated
        assert workspace.exercise(LOSSES).read_text() == "mine"
        assert "my answer" in workspace.notebook(LOSSES).read_text()

    workspace.exercise(LOSSES).rename(workspace.root / "old.py")        # the way out that the command names
    assert Workspace(workspace.root).fill(COURSE).added == [EXERCISE]
    assert workspace.exercise(LOSSES).read_text() == "newer\n"


def test_a_notebook_that_was_only_run_is_brought_up_to_date(workspace, write_notebook):
    def run(notebook):
        notebook.cells[2].outputs = [nbformat.v4.new_output("stream", text="1")]
        notebook.cells[2].execution_count = 1
        notebook.metadata["language_info"] = {"name": "python", "version": "3.13"}

    edit_notebook(workspace.notebook(LOSSES), run)
    assert NOTEBOOK in Workspace(workspace.root).fill(COURSE).unchanged
    write_notebook("# Losses, better", name=f"clone/{NOTEBOOK}")
    assert Workspace(workspace.root).fill(COURSE).updated == [NOTEBOOK]


def test_notebook_that_the_student_broke_is_the_students(workspace, trees):
    workspace.notebook(LOSSES).write_text("<<<<<<< not json")
    assert NOTEBOOK in Workspace(workspace.root).fill(COURSE).kept


def test_student_may_change_line_ends_and_course_bytes_are_kept(workspace):
    path = workspace.exercise(LOSSES)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert EXERCISE in Workspace(workspace.root).fill(COURSE).unchanged


@pytest.mark.parametrize("text", [
    "", "{", "[]", "null", '{"files": 3, "points": {}}', '{"files": {}}', '{"files": {"a": 1}, "points": {}}',
    '{"files": {}, "points": {"losses": "all"}}', '{"files": {}, "points": {"losses": [1]}}', "\x00\xff",
])
def test_damaged_state_is_repaired_with_a_message_and_nothing_lost(workspace, trees, text):
    (workspace.root / STATE).write_text(text, encoding="latin-1")
    workspace.exercise(LOSSES).write_text("mine")
    places.write_atomically(trees / EXERCISE, "newer\n")
    again = Workspace(workspace.root)
    report = again.fill(COURSE)
    assert "damaged" in report.messages[0] and "edugen check" in report.messages[0]
    assert (workspace.root / f"{STATE}.damaged").read_text(encoding="latin-1") == text
    assert workspace.exercise(LOSSES).read_text() == "mine" and report.kept == [EXERCISE]
    assert Workspace(workspace.root).messages == []


def test_points_are_remembered(workspace):
    assert workspace.points(LOSSES) is None
    workspace.record(LOSSES, 3, 12)
    assert Workspace(workspace.root).points(LOSSES) == (3, 12)
    Workspace(workspace.root).fill(COURSE)
    assert Workspace(workspace.root).points(LOSSES) == (3, 12)


def test_workspace_is_found_from_within_and_from_where_it_was_made(workspace, tmp_path):
    assert Workspace.find(workspace.exercise(LOSSES).parent).root == workspace.root
    assert Workspace.find(tmp_path) is None
    shutil.move(workspace.root, tmp_path / DEFAULT)
    assert Workspace.find(tmp_path).root == tmp_path / DEFAULT


def test_interrupted_state_is_the_state_before(workspace, monkeypatch):
    before = (workspace.root / STATE).read_text()

    def never(source, target):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", never)
    with pytest.raises(KeyboardInterrupt):
        workspace.record(LOSSES, 1, 2)
    assert (workspace.root / STATE).read_text() == before
    assert [path.name for path in workspace.root.glob(".*")] == [STATE]
