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
from edugen.course import commands, course, lab, manifest, places
from edugen.course.commands import group
from edugen.course.workspace import STATE, Workspace

EDUGEN = [sys.executable, "-c", "from edugen.course.cli import main; main()"]
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


@pytest.fixture
def served(monkeypatch):
    """What would be served by JupyterLab."""
    calls = []
    monkeypatch.setattr(lab, "address_of", lambda notebook: None)
    monkeypatch.setattr(lab, "serve", lambda root, notebook, browser, announce: calls.append((root, notebook, browser)))
    return calls


def test_greeting_lists_the_sections_and_the_next_step(run, small_course, served):
    shown = run().output
    assert "losses" in shown and "10 min" in shown and "Next: edugen start" in shown
    assert max(map(len, shown.splitlines())) <= 90
    run("start")
    assert "Next: edugen open losses" in run().output
    workspace = Workspace.find(Path.cwd())
    workspace.record(manifest.read(SECTION).sections[0], 3, 12)
    shown = run().output
    assert "3/12 points" in shown and "Next: edugen check losses" in shown
    workspace.record(manifest.read(SECTION).sections[0], 12, 12)
    assert "every point" in run().output


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
    (["runn"], "No such command"),
    (["equations", "9.99"], "no equation '9.99'. They look like 2.30, V-12"),
    (["equations", "2.152"], "no equation 2.152: there are 2.1 to 2.151"),
    (["equations", ""], "no equation ''"),
    (["errata", "9.99"], "no erratum is known at 9.99"),
])
def test_wrong_usage_is_told_in_a_line_and_exits_with_2(run, arguments, message):
    result = run(*arguments)
    assert result.exit_code == 2 and message in result.output


def test_start_makes_a_workspace_and_serves_it(run, small_course, served):
    result = run("start")
    assert result.exit_code == 0 and "2 added" in result.output
    root = Path.cwd() / "edugen-course"
    assert served == [(root, None, True)]
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


def test_start_where_it_cannot(run, small_course, served):
    places.write_atomically(Path("file"), "")
    wrong = {"file": "is a file", "file/below": "cannot write the workspace", str(small_course): "Choose another folder"}
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


def test_check_shows_points_and_the_next_task(run, exercise, served):
    run("start")
    result = run("check", "losses")
    lines = result.output.splitlines()
    assert result.exit_code == 1 and lines[0].startswith("losses: 2 of 5 points")
    assert [line.split() for line in lines[1:3]] == [["2/2", "double", "passed"], ["0/3", "triple", "not", "written", "yet"]]
    assert lines[4] == "Next: triple, 3 points" and "Thrice" not in result.output
    assert "Hint 1 of 3: Thrice." in run("check", "losses", "--hints", "1").output
    assert "2/5 points" in run().output

    mine = Path("edugen-course/exercises/2_classification/losses.py")
    mine.write_text(mine.read_text().replace("raise NotImplementedError('triple')", "return 3 * x"))
    result = run("check")
    assert result.exit_code == 0 and "losses: 5 of 5 points" in result.output and "Next" not in result.output
    assert "every point" in run().output
    assert "raise" in (exercise / "exercises/2_classification/losses.py").read_text(), "the course's own is another file"


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
    assert "losses: 0 of 5" in shown and "Next: double, 2 points" in shown
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
    assert max(map(len, done.stdout.splitlines())) <= 90
    for section in course().sections:
        assert f"{section.stem} " in done.stdout


def test_pipe_that_does_not_know_a_character(tmp_path):
    assert process(folder=tmp_path, PYTHONIOENCODING="ascii").returncode == 0
    assert process("errata", folder=tmp_path, PYTHONIOENCODING="ascii").returncode == 0


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


# A shell's background job, as tests may run in, passes on to its children that Ctrl-C is to be ignored.
INTERRUPTIBLE = ({"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if os.name == "nt" else
                 {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.default_int_handler)})


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
    code = (
        "import pathlib, sys; from edugen.course import cli, manifest, places; "
        f"places.PACKAGE = pathlib.Path({str(small_course / 'edugen')!r}); one = manifest.read({SECTION!r}); "
        "manifest.course = lambda: one; cli.main(['run', 'losses'])"
    )
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
    assert run.returncode == 1 and complaints.strip() == "Aborted!"
    assert not psutil.pid_exists(kernel)
    assert not Path("edugen-pages").exists()
