"""A workspace holds no solution, takes in what is new, and never loses what the student wrote."""
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath, PureWindowsPath

import nbformat
import pytest

from edugen.course import places
from edugen.course.manifest import read
from edugen.course.strip import STUB, strip
from edugen.course.workspace import DEFAULT, STATE, NewerState, Progress, Workspace

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
    "", "{", "[]", "null", '{"files": 3, "points": {}}', '{"files": {}}',
    '{"files": {}, "points": {"losses": "all"}}', '{"files": {}, "points": {"losses": [1]}}', "\x00\xff",
    '{"version": 2, "files": {"a": 1}, "exercises": {}, "hints": {}}', '{"version": 2, "files": {}, "exercises": {}}',
    '{"version": 2, "files": {}, "exercises": {"losses": {"earned": 1}}, "hints": {}}',
    '{"version": 2, "files": {}, "exercises": {}, "hints": {"losses": {"f": "two"}}}', '{"version": "two"}',
    '{"version": 2, "files": ' + "[" * 100_000,
    *('{"version": 2, "files": {}, "hints": {}, "exercises": {"losses": {"passed": [], "versions": "", "solved": false, '
      f'"earned": {earned}, "points": {points}}}}}}}' for earned, points in ((5, 2), (-1, 2), (0, 0))),
], ids=lambda text: text[:60])
def test_damaged_state_is_repaired_with_a_message_and_nothing_lost(workspace, trees, text):
    (workspace.root / STATE).write_text(text, encoding="latin-1")
    workspace.exercise(LOSSES).write_text("mine")
    places.write_atomically(trees / EXERCISE, "newer\n")
    again = Workspace(workspace.root)
    report = again.fill(COURSE)
    assert "damaged" in report.messages[0] and "edugen check" in report.messages[0]
    assert (workspace.root / f"{STATE}.damaged").read_text(encoding="latin-1") == text
    assert workspace.exercise(LOSSES).read_text() == "mine" and report.unknown == [EXERCISE] and not report.kept
    assert report.unchanged == [NOTEBOOK], "what is the course's, byte for byte, was changed by nobody"
    assert Workspace(workspace.root).messages == []


def test_progress_is_remembered(workspace):
    assert workspace.progress(LOSSES) is None
    workspace.record(LOSSES, 3, 12, ("f",))
    again = Workspace(workspace.root)
    assert again.progress(LOSSES) == Progress(3, 12, ("f",), solved=False, current=False)
    again.fill(COURSE)
    again.record(LOSSES, 12, 12, ("f", "g"))
    assert Workspace(workspace.root).progress(LOSSES) == Progress(12, 12, ("f", "g"), solved=True, current=True)
    again.record(LOSSES, 3, 12)
    assert again.progress(LOSSES) == Progress(3, 12, (), solved=True, current=False)


def test_two_windows_do_not_undo_each_other(workspace):
    one, two = Workspace(workspace.root), Workspace(workspace.root)
    one.record(LOSSES, 3, 12)
    two.take_hint(BACKPROP, "f", 3)
    one.record(BACKPROP, 1, 2)
    again = Workspace(workspace.root)
    assert again.progress(LOSSES).earned == 3 and again.progress(BACKPROP).earned == 1 and again.hints(BACKPROP, "f") == 1


def test_hints_end(workspace):
    assert [workspace.take_hint(LOSSES, "f", 3) for _ in range(5)] == [1, 2, 3, 3, 3]


def test_an_exercise_is_begun_once_it_is_not_blank(workspace):
    assert not workspace.begun(LOSSES) and not workspace.begun(BACKPROP)
    workspace.exercise(LOSSES).write_text("mine")
    assert workspace.begun(LOSSES)
    workspace.exercise(LOSSES).unlink()
    assert not workspace.begun(LOSSES)


def test_state_of_the_first_version_is_taken_over(workspace, trees):
    state = json.loads((workspace.root / STATE).read_text())
    old = {"version": 1, "files": {name: prints[-1] for name, prints in state["files"].items()}, "points": {"losses": [12, 12]}}
    (workspace.root / STATE).write_text(json.dumps(old))
    again = Workspace(workspace.root)
    assert not again.messages and again.progress(LOSSES).solved and not again.progress(LOSSES).current
    places.write_atomically(trees / EXERCISE, "newer\n")
    assert again.fill(COURSE).updated == [EXERCISE]


def test_state_of_a_newer_version_is_refused_and_left_alone(workspace):
    text = json.dumps({"version": 3, "files": []})
    (workspace.root / STATE).write_text(text)
    with pytest.raises(NewerState, match="newer edugen"):
        Workspace(workspace.root)
    assert (workspace.root / STATE).read_text() == text
    assert not (workspace.root / f"{STATE}.damaged").exists()


def test_what_is_no_longer_in_the_course_is_said_and_left(workspace, trees):
    (trees / EXERCISE).unlink()
    report = Workspace(workspace.root).fill(COURSE)
    assert report.dropped == [EXERCISE] and workspace.exercise(LOSSES).is_file()


KILLED = """
import os, pathlib, sys
sys.path.insert(0, {here!r})
from edugen.course import places
from edugen.course.workspace import Workspace
import test_workspace
places.PACKAGE = pathlib.Path({root!r}) / "edugen"
writes, whole = 0, places.write_atomically
replace = os.replace
def die(*arguments):
    global writes
    writes += 1
    if writes == {nth}:
        os._exit(9)                                         # the temporary file is written, and no `finally` runs
    return replace(*arguments)
os.replace = die
Workspace(pathlib.Path({mine!r})).fill(test_workspace.COURSE)
"""


@pytest.mark.parametrize("first", [True, False], ids=["new", "upgrade"])
def test_killed_at_any_write_the_next_time_completes_it(trees, tmp_path, first, write_notebook):
    """Whatever was written, nothing is half a file, and nothing that the student left alone is taken for the student's."""
    for nth in range(1, 6):
        mine = tmp_path / f"mine-{nth}"
        places.write_atomically(trees / EXERCISE, "old\n")
        if not first:
            Workspace(mine).fill(COURSE)
        places.write_atomically(trees / EXERCISE, "new\n")
        write_notebook(f"# Losses, {nth}", name=f"clone/{NOTEBOOK}")
        code = KILLED.format(here=str(Path(__file__).parent), root=str(trees), mine=str(mine), nth=nth)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.returncode == (9 if nth <= 3 else 0), done.stderr           # the state and two files
        for path in mine.rglob("*.*"):
            if path.suffix in (".json", ".ipynb"):
                json.loads(path.read_text())
            assert path.suffix != ".py" or path.read_text() in ("old\n", "new\n")
        places.write_atomically(trees / EXERCISE, "newer still\n")             # an upgrade meanwhile
        report = Workspace(mine).fill(COURSE)
        assert not report.kept and not report.superseded and not report.messages
        assert (mine / EXERCISE).read_text() == "newer still\n" and f"Losses, {nth}" in (mine / NOTEBOOK).read_text()


def test_leftovers_of_a_killed_write_are_swept_once_they_are_old(tmp_path):
    old, young, other = (tmp_path / name for name in (f".a.1{places.PART}", f".b.2{places.PART}", ".c"))
    for path in (old, young, other):
        path.write_text("half")
    os.utime(old, (0, 0))
    places.sweep(tmp_path)
    assert sorted(tmp_path.iterdir()) == [young, other]


@pytest.mark.parametrize("flavor", [PurePosixPath, PureWindowsPath])
def test_names_in_the_state_are_the_same_on_every_system(flavor):
    root = flavor("C:/Users/Zoë M/ml")
    path = root / "exercises" / LOSSES.folder / f"{LOSSES.stem}.py"
    assert path.relative_to(root).as_posix() == EXERCISE


def test_names_of_copies_are_allowed_on_windows(workspace):
    workspace.exercise(LOSSES).write_text("mine")
    name = workspace.begin_again(LOSSES).name
    assert not set(name) & set('<>:"/\\|?*') and PureWindowsPath(name).name == name


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
