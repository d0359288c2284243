"""The command line, from outside: what it prints, its exit codes, and no traceback for a mistake."""
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest
import websocket
from click.testing import CliRunner

import edugen.course.doctor
import edugen.course.errata
from edugen.course import checks, commands, course, lab, manifest, places
from edugen.course.commands import exercises, greeting, group
from edugen.course.workspace import STATE, Workspace

EDUGEN = [sys.executable, "-c", "from edugen.course.cli import main; main()"]
# A shell's background job, as tests may run in, passes on to its children that Ctrl-C is to be ignored.
INTERRUPTIBLE = ({"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if os.name == "nt" else
                 {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.default_int_handler)})
SECTION = """
[[chapter]]
number = 2
package = "classification"
title = "Classification"
lecture = "Cho"
[[chapter.section]]
number = "2.1"
stem = "losses"
title = "Losses on energies, with a title that is so long that it does not fit into eighty columns"
covers = ["2.1", "2.1.1"]
equations = ["2.1..2.3", "2.5"]
cited = { "2.4" = "gives the training set its name" }
minutes = 10
"""


@pytest.fixture
def run(monkeypatch):
    """Runs edugen in this process; gives its result, with exit code and output."""
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments):
        result = CliRunner().invoke(commands.edugen, arguments, prog_name="edugen")
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert "Traceback" not in result.output
        return result

    return run


@pytest.fixture
def small_course(tmp_path, monkeypatch, write_notebook):
    """A clone with one section, and a folder beside it where the student stands."""
    root, here = tmp_path / "clone", tmp_path / "here"
    monkeypatch.setattr(places, "PACKAGE", root / "edugen")
    places.write_atomically(root / "setup.cfg", "")
    places.write_atomically(root / "exercises/2_classification/losses.py", "def f():\n    raise NotImplementedError\n")
    places.write_atomically(root / "edugen/a.py", "x = 1    # (2.2)\n")
    places.write_atomically(root / "tests/test_a.py", "@pytest.mark.equation('2.1', '2.2')\ndef test_it(): ...\n")
    write_notebook("# Losses", "x = 1", name="clone/notebooks/2_classification/losses.ipynb")
    one = manifest.read(SECTION)
    monkeypatch.setattr(manifest, "course", lambda: one)
    here.mkdir()
    monkeypatch.chdir(here)
    return root


def with_course(root, arguments):
    """Code that runs a command over the course in `root`, for a process of its own."""
    return ("import pathlib, sys; from edugen.course import cli, manifest, places; "
            f"places.PACKAGE = pathlib.Path({str(root / 'edugen')!r}); one = manifest.read({SECTION!r}); "
            f"manifest.course = lambda: one; cli.main({arguments!r})")


@pytest.fixture
def served(monkeypatch):
    """What would be served by JupyterLab."""
    calls = []
    monkeypatch.setattr(lab, "address_of", lambda notebook: None)
    monkeypatch.setattr(lab, "serve", lambda root, notebook, browser, announce: calls.append((root, notebook, browser)))
    return calls


def one_section():
    return manifest.read(SECTION).sections[0]


def test_greeting_shows_progress_and_the_next_step(run, small_course, served):
    shown = run().output
    assert "losses" in shown and "10 min" in shown and "Next: edugen start" in shown and "0 of 1 solved" in shown
    assert max(map(len, shown.splitlines())) <= 80
    run("start")
    assert "Next: edugen open losses, about 10 minutes" in run().output
    workspace = Workspace.find(Path.cwd())
    workspace.record(one_section(), 3, 12)
    assert "3/12 points" in run().output and " 25%" in run().output
    workspace.exercise(one_section()).write_text("begun")
    assert "Next: edugen check losses" in run().output
    workspace.record(one_section(), 12, 12)
    shown = run().output
    assert "solved every exercise" in shown and "100%" in shown and "1 of 1 solved" in shown


def test_bar_is_full_only_when_all_is_done(run, small_course, served, monkeypatch):
    run("start")
    workspace = Workspace.find(Path.cwd())
    workspace.record(one_section(), 199, 200)
    assert greeting._bar(0.995).count("━[/green]") == 1 and " 99%" in run().output
    monkeypatch.setattr(type(greeting.Console().options), "ascii_only", True)
    assert "####" in greeting._bar(1.0) and greeting._bar(0.0).count("-") == greeting.WIDTH


def test_next_section_is_begun_then_core_then_optional(small_course, served, run, monkeypatch):
    extra = SECTION[SECTION.index("[[chapter.section]]"):].replace('"2.1..2.3", "2.5"', "").split("cited")[0] + "minutes = 5\n"
    two = SECTION + "core = false\n" + extra.replace('"2.1"', '"2.2"', 1).replace("losses", "other")
    monkeypatch.setattr(manifest, "course", lambda: manifest.read(two))
    run("start")
    workspace = Workspace.find(Path.cwd())
    assert greeting.next_section(workspace).stem == "other"
    workspace.exercise(one_section()).write_text("begun")
    assert greeting.next_section(workspace).stem == "losses"
    workspace.record(one_section(), 2, 2)
    assert greeting.next_section(workspace).stem == "other"
    workspace.record(manifest.read(two).sections[1], 2, 2)
    assert greeting.next_section(workspace) is None


def test_sections(run, small_course, served):
    assert "Losses on energies" in run("sections").output
    (one,) = json.loads(run("sections", "--json").output)
    assert one["stem"] == "losses" and one["minutes"] == 10 and one["progress"] is None
    run("start")
    Workspace.find(Path.cwd()).record(one_section(), 3, 12, ("double",))
    (one,) = json.loads(run("sections", "--json").output)
    assert one["progress"]["earned"] == 3 and one["progress"]["passed"] == ["double"] and not one["progress"]["solved"]
    assert "3/12 points" in run("sections").output


def test_a_notebook_beside_the_chapters_is_handed_out_opened_run_and_begun_again(
        run, small_course, served, monkeypatch, write_notebook):
    beside = manifest.read(SECTION + '[[notebook]]\nstem = "aside"\ntitle = "Aside"\nminutes = 5\n')
    monkeypatch.setattr(manifest, "course", lambda: beside)
    write_notebook("# Aside", ("secret = 42", ["solution"]), "x = 1", name="clone/notebooks/aside.ipynb")
    run("start")
    mine = Workspace.find(Path.cwd()).root / "notebooks" / "aside.ipynb"
    handed_out = mine.read_text()
    assert "secret" not in handed_out and "x = 1" in handed_out
    shown = run("sections").output
    assert "Beside the chapters" in shown and "aside" in shown and "5 min" in shown
    assert run("open", "aside").exit_code == 0 and served[-1][1] == mine
    mine.write_text("mine")
    assert run("reset", "aside", "--yes").exit_code == 0 and mine.read_text() == handed_out
    refused = run("check", "aside")
    assert refused.exit_code == 2 and "without an exercise" in refused.output and "edugen open aside" in refused.output
    done = run("run", "all", "--out", "pages")
    assert done.exit_code == 0, done.output
    assert {path.name for path in Path("pages").iterdir()} == {"losses.html", "aside.html"}


def test_every_command_is_listed_under_a_heading():
    listed = [name for names in group.ORDER.values() for name in names]
    assert len(set(listed)) == len(listed) and set(commands.edugen.commands) <= set(listed)


@pytest.mark.parametrize("name", sorted(commands.edugen.commands))
def test_help_has_an_example_and_a_short_first_line(run, name):
    shown = run(name, "--help").output
    assert f"Examples:\n    edugen {name}" in shown
    assert max(map(len, shown.splitlines())) <= 80
    listed = next(line for line in run("--help").output.splitlines() if line.strip().startswith(f"{name} "))
    assert not listed.endswith("...")


@pytest.mark.parametrize("arguments, message", [
    (["run", "bakprop"], "Did you mean backprop (2.2)?"),
    (["run"], "Missing argument"),
    (["open", "all"], "there is no section 'all'"),
    (["check", "2.9"], "there is no section '2.9'"),
    (["run", "losses", "--limit", "0"], "--limit"),
    (["check", "losses", "--all"], "--all is for"),
    (["check", "--watch", "--json"], "--watch is for people"),
    (["reset"], "Missing argument"),
    (["runn"], "No such command 'runn'. Did you mean run?"),
    (["zzz"], "`edugen --help` lists them"),
    (["check", "all"], "`edugen check --all`"),
    (["equations", "9.99"], "no equation '9.99'. They look like 2.30, V-12"),
    (["equations", "2.152"], "no equation 2.152: there are 2.1 to 2.151"),
    (["equations", ""], "no equation ''"),
    (["errata", "9.99"], "9.99 is no label"),
])
def test_wrong_usage_is_told_in_a_line_and_exits_with_2(run, arguments, message):
    result = run(*arguments)
    assert result.exit_code == 2 and message in result.output


def test_start_makes_a_workspace_and_serves_it(run, small_course, served):
    result = run("start")
    assert result.exit_code == 0 and "2 added" in result.output
    root = Path.cwd() / "edugen-course"
    assert served == [(root, None, True)]
    assert "Your workspace is edugen-course" in run("start", "--no-lab").output and len(served) == 1
    os.chdir(root)
    assert f"Your workspace is {root}" in run("start", ".", "--no-lab").output
    assert "Nothing new" in run("start", "--no-browser").output and served[-1] == (root, None, False)
    run("start", "elsewhere")
    assert served[-1] == (Path.cwd() / "elsewhere", None, True)


def test_start_says_what_it_left_alone(run, small_course, served):
    run("start")
    mine = Path("edugen-course/exercises/2_classification/losses.py")
    mine.write_text("mine")
    assert "1 changed by you, left alone" in run("start").output
    places.write_atomically(small_course / "exercises/2_classification/losses.py", "newer")
    shown = run("start").output
    assert "exercises/2_classification/losses.py is changed by you, so it stays; the course has a newer one." in shown
    assert mine.read_text() == "mine"
    for arguments in (["start"], ["start", "edugen-course"], []):
        (Path("edugen-course") / STATE).write_text("{")
        assert run(*arguments).output.count("damaged;") == 1
        assert "damaged;" not in run().output
    (Path("edugen-course") / STATE).write_text("{")
    shown = run("start").output
    assert "1 unlike the course's, by you or by an upgrade" in shown and "changed by you" not in shown


def test_start_where_it_cannot(run, small_course, served):
    places.write_atomically(Path("file"), "")
    wrong = {"file": "is a file", "file/below": "cannot write the workspace", str(small_course): "Choose another folder"}
    result = run("release", "file/below/hw", "losses")
    assert result.exit_code == 2 and "cannot write file/below/hw: Not a directory" in result.output
    for folder, message in wrong.items():
        result = run("start", folder)
        assert result.exit_code == 2 and message in result.output
    assert not served


def test_open_prefers_the_workspace(run, small_course, served, monkeypatch):
    name = "notebooks/2_classification/losses.ipynb"
    assert run("open", "losses").exit_code == 0 and served[-1] == (small_course, small_course / name, True)
    run("start")
    run("open", "2.1", "--no-browser")
    root = Path.cwd() / "edugen-course"
    assert served[-1] == (root, root / name, False)
    (root / name).unlink()
    result = run("open", "losses")
    assert result.exit_code == 2 and "`edugen start" in result.output
    monkeypatch.setattr(lab, "address_of", lambda notebook: "http://localhost:1/lab")
    run("start", "--no-browser")
    assert "running here already:\n  http://localhost:1/lab" in run("open", "losses", "--no-browser").output


def test_open_from_a_wheel_without_a_workspace(run, small_course, served):
    (small_course / "setup.cfg").unlink()
    result = run("open", "losses")
    assert result.exit_code == 2 and "edugen start" in result.output and not served


def test_run_writes_a_page(run, small_course):
    result = run("run", "losses", "--out", "pages")
    assert result.exit_code == 0 and "losses  2 cells" in result.output
    assert "x</span>" in Path("pages/losses.html").read_text(encoding="utf-8")
    assert run("run", "all").exit_code == 0 and Path("edugen-pages/losses.html").is_file()


def test_run_of_a_failing_notebook_shows_the_cell_and_goes_on(run, small_course, write_notebook, monkeypatch):
    two = SECTION + SECTION[SECTION.index("[[chapter.section]]"):].replace("2.1", "2.2").replace("losses", "other")
    two = two.replace('equations = ["2.2..2.3", "2.5"]\ncited = { "2.4" = "gives the training set its name" }', "")
    monkeypatch.setattr(manifest, "course", lambda: manifest.read(two))
    write_notebook("assert 1 == 2, 'no'", name="clone/notebooks/2_classification/losses.ipynb")
    write_notebook("x = 1", name="clone/notebooks/2_classification/other.ipynb")
    result = run("run", "all")
    assert result.exit_code == 1
    assert ">   1 | assert 1 == 2, 'no'" in result.output and "AssertionError: no" in result.output
    assert "1 of 2 failed" in result.output
    assert [path.name for path in Path("edugen-pages").iterdir()] == ["other.html"]
    places.write_atomically(Path("broken/ipykernel_launcher.py"), "raise SystemExit(1)")
    monkeypatch.setenv("PYTHONPATH", str(Path("broken").absolute()))
    result = run("run", "all")
    assert result.exit_code == 1 and result.output.count("kernel did not start") == 1


def test_run_without_the_notebook_or_a_place_to_write(run, small_course):
    places.write_atomically(Path("file"), "")
    result = run("run", "losses", "--out", "file/below")
    assert result.exit_code == 2 and "cannot write file/below/losses.html" in result.output
    (small_course / "notebooks/2_classification/losses.ipynb").unlink()
    result = run("run", "losses")
    assert result.exit_code == 2 and "has no notebook" in result.output


CHECKS = """
import psutil
import pytest
from edugen.grading import assert_close

@pytest.mark.points(2)
@pytest.mark.hint("Twice.", "(2.1)", "return 2 * ...")
@pytest.mark.parametrize("x", [1.0, 3.0])
def test_double(student, x):
    assert_close(student.call("double", x), 2 * x)

@pytest.mark.points(3)
@pytest.mark.hint("Thrice.", "(2.1)", "return 3 * ...")
def test_triple(student):
    assert_close(student.call("triple", 2.0), 6.0)
"""
EXERCISE = "def double(x):\n    return 2 * x\n\n\ndef triple(x):\n    raise NotImplementedError('triple')\n"


@pytest.fixture
def exercise(small_course):
    places.write_atomically(small_course / "exercises/2_classification/check_losses.py", CHECKS)
    places.write_atomically(small_course / "exercises/2_classification/losses.py", EXERCISE)
    return small_course


def solve(path):
    path.write_text(path.read_text().replace("raise NotImplementedError('triple')", "return 3 * x"))


@pytest.fixture
def mine(run, exercise, served):
    """The student's exercise, in a workspace below the current folder."""
    run("start")
    return Path.cwd() / "edugen-course/exercises/2_classification/losses.py"


class Quick(checks.Checker):
    """Looks at the text instead of running it, for tests of what stands around a check."""

    def check(self, section, submission, *_):
        text = submission.read_text()
        found = [checks.Check("test_double", 2, 2, "passed", "") if "2 * x" in text
                 else checks.Check("test_double", 2, 0, "failed", "Wrong."),
                 checks.Check("test_triple", 3, 3, "passed", "") if "3 * x" in text
                 else checks.Check("test_triple", 3, 0, "unwritten", "Write it.")]
        return checks.Result(5, sum(check.earned for check in found), tuple(found))


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(exercises, "Checker", Quick)


def test_check_says_first_what_to_do_next(run, mine, exercise):
    result = run("check", "losses")
    lines = result.output.splitlines()
    assert result.exit_code == 1 and lines[0] == "Next: triple, 3 points"
    assert "Stuck? `edugen hint losses`: 3 of 3 hints left." in lines and "--hints" not in result.output
    at = next(n for n, line in enumerate(lines) if line.startswith("losses: 2 of 5 points"))
    assert [line.split() for line in lines[at + 1:at + 3]] == [
        ["2/2", "double", "passed"], ["0/3", "triple", "not", "written", "yet"]]
    assert "2/5 points" in run().output

    solve(mine)
    result = run("check", "losses")
    assert result.exit_code == 0 and "losses: 5 of 5 points" in result.output
    assert "solved every exercise" in result.output.splitlines()[0]
    assert "raise" in (exercise / "exercises/2_classification/losses.py").read_text(), "the course's own is another file"


def test_check_runs_only_what_changed_since_it_passed(run, mine, exercise, monkeypatch, quick):
    ran = []

    class Counted(exercises.Checker):
        def check(self, section, submission, *_):
            ran.append(section.stem)
            return super().check(section, submission)

    monkeypatch.setattr(exercises, "Checker", Counted)
    result = run("check")
    assert result.exit_code == 0 and "not begun: losses" in result.output and not ran
    solve(mine)
    assert run("check").exit_code == 0 and ran == ["losses"]
    result = run("check")
    assert result.exit_code == 0 and "solved, and unchanged since: losses" in result.output and ran == ["losses"]
    assert json.loads(run("check", "--json").output)[0]["status"] == "solved"
    run("check", "--all")
    run("check", "losses")
    assert len(ran) == 3
    mine.write_bytes(mine.read_bytes().replace(b"\n", b"\r\n"))            # an editor's line ends
    run("check")
    assert len(ran) == 3
    places.write_atomically(exercise / "exercises/2_classification/check_losses.py", CHECKS + "\n")
    run("check")
    assert len(ran) == 4, "the checks changed"


def test_solved_stays_solved(run, mine, quick):
    solve(mine)
    run("check")
    mine.write_text("def double(x):\n    return x\n")
    result = run("check")
    assert result.exit_code == 1 and "0 of 5 points" in result.output and "counts as solved" in result.output
    assert "1 of 1 solved" in run().output


def test_check_for_machines(run, mine, quick):
    result = run("check", "losses", "--json")
    (one,) = json.loads(result.stdout)
    assert result.exit_code == 1 and (one["earned"], one["points"], one["next"]) == (2, 5, "triple")
    assert [check["status"] for check in one["checks"]] == ["passed", "unwritten"]


def test_hints_come_one_at_a_time_and_are_remembered(run, mine, quick):
    shown = run("hint", "losses").output
    assert "losses, double\nHint 1 of 3: Twice." in shown and "(2.1)" not in shown
    run("check", "losses")
    shown = run("hint").output
    assert "losses, triple\nHint 1 of 3: Thrice." in shown
    shown = run("hint", "losses", "triple").output
    assert "Hint 1 of 3: Thrice." in shown and "Hint 2 of 3: (2.1)" in shown and "return" not in shown
    assert "`edugen hint losses`: 1 of 3 hints left." in run("check", "losses").output
    assert json.loads(run("hint", "2.1", "--json").output)["hints"] == ["Thrice.", "(2.1)", "return 3 * ..."]
    assert "you have seen all its hints" in run("check", "losses").output
    shown = run("hint").output
    assert "Hint 3 of 3: return 3 * ..." in shown and "There are no more." in shown and "`edugen equations 2.1`" in shown
    solve(mine)
    run("check")
    assert "solved every exercise" in run("hint").output
    assert "Every task of losses passes. To see a task's hints, name it: double, triple." in run("hint", "losses").output
    assert "Hint 2 of 3" in run("hint", "losses", "double").output


def test_hint_where_there_is_none(run, mine, exercise, quick):
    result = run("hint", "losses", "tripel")
    assert result.exit_code == 2 and "no task 'tripel'. Did you mean triple?" in result.output
    assert "It has double, triple." in run("hint", "losses", "xyzzy").output
    checks_file = exercise / "exercises/2_classification/check_losses.py"
    for text, message in ((CHECKS.replace('@pytest.mark.hint("Twice.", "(2.1)", "return 2 * ...")', ""), "double has no hints"),
                          ("def (", "cannot be read"), (CHECKS.replace("points(2)", "points(n)"), "cannot be read")):
        places.write_atomically(checks_file, text)
        result = run("hint", "losses")
        assert result.exit_code == 2 and message in result.output
    (mine.parents[2] / STATE).unlink()
    result = run("hint", "losses")
    assert result.exit_code == 2 and "no workspace here" in result.output


def test_reset_asks_first_and_keeps_a_copy(run, mine, exercise, quick):
    solve(mine)
    run("check")
    run("hint", "losses", "double")
    written = mine.read_text()
    result = CliRunner().invoke(commands.edugen, ["reset", "losses"], input="n\n")
    assert result.exit_code == 1 and mine.read_text() == written and "[y/N]" in result.output
    result = CliRunner().invoke(commands.edugen, ["reset", "losses"], input="y\n")
    assert result.exit_code == 0 and mine.read_text() == EXERCISE
    (backup,) = (mine.parents[2] / "backups").iterdir()
    assert backup.read_text() == written and backup.name in result.output and backup.suffix == ".py"
    workspace = Workspace.find(Path.cwd())
    assert workspace.progress(one_section()) is None and workspace.hints(one_section(), "double") == 0
    mine.write_text("again")
    for _ in range(2):
        assert run("reset", "2.1", "--yes").exit_code == 0
    assert sorted(path.read_text() for path in backup.parent.iterdir()) == sorted([written, "again", EXERCISE])
    mine.unlink()
    assert "Yours" not in run("reset", "losses").output and mine.read_text() == EXERCISE


def test_reset_of_a_notebook(run, mine, quick):
    notebook = mine.parents[2] / "notebooks/2_classification/losses.ipynb"
    run("check", "losses")
    handed_out = notebook.read_bytes()
    notebook.write_text("mine")
    assert run("reset", "losses", "--notebook", "--yes").exit_code == 0 and notebook.read_bytes() == handed_out
    assert Workspace.find(Path.cwd()).progress(one_section()) is not None, "only an exercise has points"
    assert "changed by you" not in run("start").output


def test_solution_after_a_pass_and_from_a_clone_only(run, mine, exercise, quick):
    solution = exercise / "tests/exercises/classification/losses/solution.py"
    result = run("solution", "losses")
    assert result.exit_code == 2 and "you have not checked it yet" in result.output
    run("check", "losses")
    result = run("solution", "losses")
    assert result.exit_code == 2 and "you have 2 of 5 points" in result.output
    solve(mine)
    run("check")
    assert "not the whole repository" in run("solution", "losses").output
    places.write_atomically(solution, "# ours [bold]\n")
    result = run("solution", "losses")
    assert result.exit_code == 0 and result.output == "# ours [bold]\n"
    (exercise / "setup.cfg").unlink()
    result = run("solution", "losses")
    assert result.exit_code == 2 and "in the clone of the repository" in result.output


def test_watch_checks_what_is_saved(run, mine, monkeypatch, quick):
    def saves(*folders, recursive, force_polling, poll_delay_ms):
        assert folders == (mine.parent.resolve(),) and not force_polling
        yield {(1, str(mine.parent / "notes.txt"))}
        solve(mine)
        yield {(2, str(mine.parent / "notes.txt")), (2, str(mine))}
        raise KeyboardInterrupt

    monkeypatch.setattr(exercises, "_no_notices", str)
    monkeypatch.setattr("watchfiles.watch", saves)
    result = run("check", "losses", "--watch")
    assert result.exit_code == 0 and "polling" not in result.output and "instead" not in result.output
    points = [line.split("  ")[0] for line in result.output.splitlines() if " of 5 points" in line]
    assert points == ["losses: 2 of 5 points", "losses: 5 of 5 points"]


def test_watch_says_when_it_falls_back_to_polling(run, mine, monkeypatch, quick):
    asked = []

    def saves(*folders, recursive, force_polling, poll_delay_ms):
        asked.append(force_polling)
        if not force_polling:
            raise OSError(28, "inotify watch limit reached")
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(exercises, "_no_notices", str)
    monkeypatch.setattr("watchfiles.watch", saves)
    result = run("check", "losses", "--watch")
    assert result.exit_code == 0 and asked == [False, True]
    assert "watch limit reached" in result.output and "looking for changes every half second instead" in result.output
    monkeypatch.setattr(exercises, "_no_notices", lambda: "WSL gives no notice")
    assert "WSL gives no notice: looking" in run("check", "--watch").output and asked == [False, True, True]


def test_watch_with_nothing_to_watch(run, mine):
    mine.unlink()
    mine.parent.rmdir()
    result = run("check", "losses", "--watch")
    assert result.exit_code == 2 and "nothing to watch" in result.output


@pytest.mark.parametrize("polling", ["", "1"])
def test_watch_as_a_process(mine, exercise, polling, tmp_path):
    environment = os.environ | {"WATCHFILES_FORCE_POLLING": polling}
    code = with_course(exercise, ["check", "--watch"])
    watch = subprocess.Popen([sys.executable, "-u", "-c", code], env=environment, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, **INTERRUPTIBLE)
    try:
        for line in watch.stdout:
            if "Watching" in line:
                break
        if polling:
            assert "WATCHFILES_FORCE_POLLING is set: looking" in watch.stdout.readline()
        time.sleep(1)                               # until it listens, which it doesn't tell
        solve(mine)
        for line in watch.stdout:
            if "of 5 points" in line:
                break
        assert line.startswith("losses: 5 of 5 points")
        watch.send_signal(signal.CTRL_BREAK_EVENT if os.name == "nt" else signal.SIGINT)
        _, complaints = watch.communicate(timeout=30)
        assert watch.returncode == 0 and "Traceback" not in complaints
    finally:
        watch.kill()


def test_state_of_a_newer_edugen_is_left_alone(run, mine, quick):
    state = mine.parents[2] / STATE
    state.write_text('{"version": 99}')
    for arguments in ([], ["check"], ["start"]):
        result = run(*arguments)
        assert result.exit_code == 2 and "newer edugen" in result.output
    assert state.read_text() == '{"version": 99}'


def test_a_session_that_ended_is_begun_again(exercise):
    with checks.Checker() as checker:
        file = exercise / "exercises/2_classification/losses.py"
        assert checker.check(one_section(), file).earned == 2
        checker._sessions["losses"]._process.kill()
        with pytest.raises(checks.ChecksFailed, match="session ended"):
            checker.check(one_section(), file)
        assert checker.check(one_section(), file).passed == ("double",)


def test_tasks_that_a_person_grades_are_named(run, mine, exercise):
    manual = "\n@pytest.mark.manual({'clear': 2})\ndef test_essay():\n    'Say why.'\n"
    places.write_atomically(exercise / "exercises/2_classification/check_losses.py", CHECKS + manual)
    shown = run("check", "losses").output
    assert "2 of 5 points" in shown and "A person grades: essay." in shown


def test_check_in_a_clone_checks_the_clones_own(run, exercise):
    result = run("check", "losses")
    assert result.exit_code == 1 and str(exercise / "exercises/2_classification/losses.py") in result.output.replace("\n", "")


def test_check_does_not_depend_on_the_place(run, exercise, monkeypatch):
    places.write_atomically(Path("conftest.py"), "raise SystemExit('conftest')")
    places.write_atomically(Path("pytest.ini"), "[pytest]\naddopts = --no-such-option\n")
    places.write_atomically(exercise / "exercises/2_classification/conftest.py", "raise SystemExit('conftest')")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    assert "losses: 2 of 5 points" in run("check", "losses").output


def test_check_with_a_wrong_answer_says_why(run, exercise):
    wrong = EXERCISE.replace("2 * x", "print('was here') or -2 * x")
    places.write_atomically(exercise / "exercises/2_classification/losses.py", wrong)
    shown = run("check", "losses").output
    assert "losses: 0 of 5" in shown and shown.splitlines()[0] == "Next: double, 2 points, failed"
    assert "sign" in shown and "was here" in shown


@pytest.mark.parametrize("source", ["def double(:", "import os\nos._exit(0)", "raise SystemExit", "x = [" * 300])
def test_check_of_a_file_that_cannot_be_imported(run, exercise, source):
    places.write_atomically(exercise / "exercises/2_classification/losses.py", source)
    result = run("check", "losses")
    assert result.exit_code == 1 and "losses: 0 of 5" in result.output


def test_check_where_it_cannot(run, exercise, served):
    places.write_atomically(exercise / "exercises/2_classification/check_losses.py", "import no_such_module")
    result = run("check", "losses")
    assert result.exit_code == 2 and "check_losses.py could not be run" in result.output and "no_such_module" in result.output
    run("start")
    Path("edugen-course/exercises/2_classification/losses.py").unlink()
    result = run("check")
    assert result.exit_code == 1 and "`edugen start` adds what is missing" in result.output
    result = run("check", "losses")
    assert result.exit_code == 2 and "`edugen start` adds what is missing" in result.output
    (exercise / "setup.cfg").unlink()
    for path in Path("edugen-course").glob(".*"):
        path.unlink()
    result = run("check")
    assert result.exit_code == 2 and "no workspace here" in result.output


def test_equations(run, small_course):
    shown = run("equations").output
    rows = {line.split()[1]: line.split() for line in shown.splitlines() if len(line.split()) > 6}
    assert rows["losses"] == ["2.1", "losses", "5", "4", "2", "1", "0", "0"]
    assert rows["classification"] == ["2", "classification", "151", "139", "2", "1", "0", "0"]
    assert next(line.split() for line in shown.splitlines() if "not built" in line)[3:] == ["146", "135", "0", "0", "0", "0"]
    assert next(line.split() for line in shown.splitlines() if line.split()[:1] == ["all"])[1:3] == ["582", "550"]
    assert "  2: 2.3, 2.5 to 2.60, 2.62" in shown
    assert max(map(len, shown.partition("Labels")[0].splitlines())) <= 80


def test_one_equation(run, small_course):
    shown = run("equations", "(2.2)").output
    assert "tests/test_a.py:2  test_it" in shown and "edugen/a.py:1" in shown and "losses (2.1)" in shown
    assert "Nothing to compute: it gives the training set its name." in run("equations", "2.4").output
    shown = run("equations", "v-36").output
    assert "(V-36)" in shown and "Vidal, Learning Criterion" in shown
    shown = run("equations", "2.30").output
    assert "Cross-entropy loss as energy plus log-sum-exp" in shown and "planned, in chapter 2" in shown


def test_equations_for_machines(run, small_course):
    found = json.loads(run("equations", "2.2", "--json").output)
    assert [(place["kind"], place["line"]) for place in found["2.2"]["places"]] == [("test", 2), ("source", 1)]
    everything = json.loads(run("equations", "--json").output)
    assert len(everything) == 582 and everything["2.4"]["why"] == "gives the training set its name"
    assert everything["V-2"]["places"] == [] and everything["V-2"]["stem"] is None


def test_places_are_as_short_as_can_be(run, small_course, monkeypatch):
    monkeypatch.chdir(small_course)
    assert " tests/test_a.py:2 " in run("equations", "2.2").output
    monkeypatch.chdir(small_course / "tests")
    shown = run("equations", "2.2").output
    assert " test_a.py:2 " in shown and f" {small_course / 'edugen' / 'a.py'}:1" in shown.replace("\n", "")


def test_equations_of_a_file_in_the_middle_of_an_edit(run, small_course):
    places.write_atomically(small_course / "edugen/b.py", "# (2.30)\nif:\n")
    result = run("equations")
    assert result.exit_code == 2 and "b.py is not Python" in result.output


def test_errata(run, monkeypatch):
    one = edugen.course.errata.read('[[erratum]]\nlabel = "2.2"\nprinted = \'a [b]\'\nright = "c"\nreason = "It is c."')
    monkeypatch.setattr(edugen.course.errata, "errata", lambda: one)
    assert "It is c." in run("errata").output
    shown = run("errata", "2.2").output
    assert "printed  a [b]" in shown and "test_2_2_printed  test_2_2_right" in shown
    assert json.loads(run("errata", "--json").output)[0]["tests"] == ["test_2_2_printed", "test_2_2_right"]
    assert "Misprinted: It is c. `edugen errata 2.2`" in run("equations", "2.2").output
    monkeypatch.setattr(edugen.course.errata, "errata", tuple)
    assert "No misprint is known" in run("errata").output


def test_doctor_finds_nothing_or_says_the_way_out(run, small_course, monkeypatch):
    monkeypatch.setenv("OPENBLAS_THREAD_TIMEOUT", "4")                      # as the command sets it where it is not set
    result = run("doctor")
    assert result.exit_code == 0 and "Nothing to mend" in result.output and "numpy" in result.output
    (small_course / "exercises/2_classification/losses.py").unlink()
    wanted = ["numpy>=99", "no-such-package>=1; extra == 'course'", "torch; extra == 'bench'"]
    monkeypatch.setattr(edugen.course.doctor.importlib.metadata, "requires", lambda name: wanted)
    result = run("doctor")
    assert result.exit_code == 1 and "no notebook or no exercise of losses" in result.output
    assert 'pip install "numpy>=99"' in result.output and 'pip install "no-such-package>=1"' in result.output
    assert "torch" not in result.output


def test_doctor_sees_a_kernel_of_another_python(run, small_course, monkeypatch, tmp_path):
    spec = {"argv": ["/elsewhere/python3", "-m", "ipykernel_launcher"], "display_name": "Python 3", "language": "python"}
    places.write_atomically(tmp_path / "kernels" / "python3" / "kernel.json", json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    result = run("doctor")
    assert result.exit_code == 1 and "python3 is /elsewhere/python3" in result.output and "ipykernel install" in result.output


# As a process of its own.

def process(*arguments, folder, **environment):
    environment = os.environ | environment
    return subprocess.run([*EDUGEN, *arguments], cwd=folder, capture_output=True, text=True, encoding="utf-8", env=environment)


def test_piped_without_color(tmp_path):
    done = process(folder=tmp_path, NO_COLOR="1", COLUMNS="80")
    assert done.returncode == 0 and "\x1b" not in done.stdout and not done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80 and "Next: edugen start" in done.stdout
    done = process("sections", folder=tmp_path, NO_COLOR="1", COLUMNS="80")
    assert max(map(len, done.stdout.splitlines())) <= 80
    for section in course().sections:
        assert f"{section.stem} " in done.stdout


def test_pipe_that_does_not_know_a_character(tmp_path):
    assert process(folder=tmp_path, PYTHONIOENCODING="ascii").returncode == 0
    assert process("errata", folder=tmp_path, PYTHONIOENCODING="ascii").returncode == 0


def test_ctrl_c_while_the_commands_are_imported(tmp_path):
    code = """if True:
        import sys
        class Interrupted:
            def find_spec(self, name, path=None, target=None):
                if name == "edugen.course.commands":
                    raise KeyboardInterrupt
        sys.meta_path.insert(0, Interrupted())
        from edugen.course import cli
        cli.main([])"""
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert (run.returncode, run.stdout, run.stderr.strip()) == (130, "", "Aborted!")


def test_ctrl_c_while_numpy_is_imported(tmp_path):
    """The first import of `import edugen`, before any line of ours can run inside the package."""
    as_numpy_does = "import signal\ntry: signal.raise_signal(signal.SIGINT)\nexcept KeyboardInterrupt: raise ImportError"
    (tmp_path / "numpy.py").write_text(as_numpy_does)
    code = f"import sys; sys.path[:0] = {[str(tmp_path), str(Path(__file__).parents[2])]!r}; from edugen_main import main; main()"
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, **INTERRUPTIBLE)
    assert (run.returncode, run.stdout, run.stderr.strip()) == (130, "", "Aborted!")


@pytest.mark.parametrize("package, arguments", [
    ("click", []), ("rich", []), ("nbclient", ["run", "losses"]), ("pytest", ["check", "losses"]), ("jupyterlab", ["start"]),
])
def test_missing_package_is_told_in_one_line(package, arguments, tmp_path):
    code = f"import sys; sys.modules[{package!r}] = None; from edugen.course.cli import main; main({arguments})"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == f'edugen: this needs {package}, which is not installed. pip install "edugen[course]"\n'


def test_bare_command_imports_neither_jupyter_nor_matplotlib(tmp_path):
    code = (
        "import sys; from edugen.course.commands import edugen; edugen([], standalone_mode=False); "
        "print([m for m in ('nbclient', 'jupyterlab', 'matplotlib', 'numba', 'scipy', 'pytest') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True).stdout.endswith("[]\n")


def run_in_kernel(address, code):
    """What code prints in a new kernel of the server, asked for as the browser asks."""
    base, token = address.partition("lab?token=")[::2]
    order = urllib.request.Request(f"{base}api/kernels?token={token}", data=b'{"name": "python3"}', method="POST")
    order.add_header("Authorization", f"token {token}")
    kernel = json.load(urllib.request.urlopen(order, timeout=20))["id"]
    socket = websocket.create_connection(f"{base.replace('http', 'ws')}api/kernels/{kernel}/channels?token={token}", timeout=30)
    header = {"msg_id": "1", "session": "s", "username": "", "msg_type": "execute_request", "version": "5.3"}
    content = {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}
    socket.send(json.dumps({"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}))
    while (message := json.loads(socket.recv()))["msg_type"] != "stream":
        pass
    socket.close()
    return message["content"]["text"].strip()


def test_jupyterlab_is_served_and_ends_with_ctrl_c(tmp_path):
    environment = os.environ | {f"JUPYTER_{name}_DIR": str(tmp_path / name) for name in ("RUNTIME", "CONFIG", "DATA")}
    server = subprocess.Popen(
        [*EDUGEN, "start", "mine", "--no-browser"], cwd=tmp_path, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **INTERRUPTIBLE,
    )
    try:
        for line in server.stdout:
            if "http" in line:
                break
        address = line.strip()
        page = urllib.request.urlopen(address, timeout=20).read().decode()
        assert "JupyterLab" in page
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(address.partition("lab?")[0] + "api/contents", timeout=20)
        assert (tmp_path / "mine" / STATE).is_file()
        assert os.path.realpath(run_in_kernel(address, "import sys; print(sys.executable)")) == os.path.realpath(sys.executable)
        server.send_signal(signal.CTRL_BREAK_EVENT if os.name == "nt" else signal.SIGINT)
        _, complaints = server.communicate(timeout=20)
        assert server.returncode == 0 and "Traceback" not in complaints and "eavesdrop" not in complaints
    finally:
        server.kill()


def test_ctrl_c_in_a_run_leaves_no_page_no_kernel_and_no_traceback(small_course, tmp_path, write_notebook):
    started = tmp_path / "started"
    cell = f"import os, time, pathlib\npathlib.Path({str(started)!r}).write_text(str(os.getpid()))\ntime.sleep(60)"
    write_notebook(cell, name="clone/notebooks/2_classification/losses.ipynb")
    code = with_course(small_course, ["run", "losses"])
    run = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                           **INTERRUPTIBLE)
    try:
        deadline = time.monotonic() + 60
        while not (started.exists() and started.read_text()) and time.monotonic() < deadline:
            time.sleep(0.05)
        kernel = int(started.read_text())
        run.send_signal(signal.CTRL_BREAK_EVENT if os.name == "nt" else signal.SIGINT)
        _, complaints = run.communicate(timeout=30)
    finally:
        run.kill()
    assert run.returncode == 130 and complaints.strip() == "Aborted!"
    assert not psutil.pid_exists(kernel)
    assert not Path("edugen-pages").exists()


def test_a_folder_that_cannot_be_written_costs_the_memory_alone(run, mine, quick, monkeypatch):
    def refused(path, text):
        raise OSError(30, "Read-only file system", str(path))
    monkeypatch.setattr(places, "write_atomically", refused)
    result = run("check", "losses")
    assert "Not remembered" in result.output and "Next: " in result.output
    result = run("hint", "losses")
    assert result.exit_code == 0 and "Hint 1 of 3" in result.output and "Read-only file system" in result.output
    (mine.parents[2] / STATE).write_text("{")
    assert "Nothing is remembered there" in run("hint", "losses").output.replace("\n", " ")


@pytest.mark.parametrize("arguments", [["sections"], ["--help"], ["check"]])
def test_what_the_system_refuses_is_told_in_a_line(mine, exercise, arguments):
    """A disk that is full, and a file that nobody may read: whoever runs the tests may be root, so the system's no is our own."""
    solve(mine)
    code = with_course(exercise, arguments).replace("cli.main", """
class Full:
    encoding = "utf-8"
    def write(self, text):
        raise OSError(28, "No space left on device")
    flush = isatty = lambda self: False
def refused(path, read=pathlib.Path.read_bytes):
    if path.name == "losses.py" and "edugen-course" in path.parts:
        raise PermissionError(13, "Permission denied", str(path))
    return read(path)
pathlib.Path.read_bytes = refused
if "check" not in sys.argv:
    sys.stdout = Full()
cli.main""")
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True)
    expected = f"{mine}: Permission denied" if "check" in arguments else "No space left on device"
    assert done.returncode == 2 and done.stderr == f"edugen: {expected}\n", done.stderr


@pytest.mark.parametrize("text", ["{", '{"argv": [], "display_name": "x", "language": "python"}'])
def test_doctor_lives_through_what_is_broken(run, small_course, monkeypatch, tmp_path, text):
    places.write_atomically(tmp_path / "kernels" / "python3" / "kernel.json", text)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setattr(edugen.course.doctor, "_fonts", lambda: 1 / 0)
    result = run("doctor")
    told = result.output.replace("\n", " ")
    assert result.exit_code == 1 and "can't be read" in told and "ZeroDivisionError" in told and "disk" in told


def test_an_erratum_is_found_as_people_type_it_and_a_right_equation_is_said_to_be_right(run):
    assert run("errata", "v-61").output == run("errata", "(V-61)").output
    result = run("errata", "2.3")
    assert result.exit_code == 2 and "(2.3) is right as printed" in result.output
    assert "nobody has looked at (4.57) yet" in run("errata", "4.57").output.replace("\n", " ")
    assert "9.99 is no label" in run("errata", "9.99").output
