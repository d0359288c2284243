"""The wheel, built and installed where there is no clone: the whole course is in it, works from it, and nothing else is in it."""
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from edugen.course import course

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
# With the clone on PYTHONPATH, pip would find edugen installed already, and the clone would be what is tested.
BARE = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
JUNK = (                                            # what working in a clone leaves behind
    "edugen/__pycache__/losses.cpython-311.pyc", "edugen/course/__pycache__/cli.cpython-311.pyc",
    "notebooks/2_classification/.ipynb_checkpoints/losses-checkpoint.ipynb", "notebooks/.ipynb_checkpoints/losses.ipynb",
    "exercises/2_classification/__pycache__/losses.cpython-311.pyc", "exercises/.ipynb_checkpoints/losses.py",
    "notebooks/2_classification/losses.html", "exercises/2_classification/notes.txt",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of a copy of the clone, in which somebody has worked."""
    copy, out = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("wheel")
    for name in ("edugen", "notebooks", "exercises", "tests/exercises"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
    for name in ("setup.cfg", "setup.py", "edugen_main.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    for name in JUNK:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text("{}")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index", "-w", out, copy]
    done = subprocess.run(command, capture_output=True, text=True, env=BARE | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    (file,) = out.iterdir()
    shutil.rmtree(copy)
    return file


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """Python of an environment with the wheel and, beside it, the packages that run us; edugen's clone is not among them."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    done = subprocess.run([sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index", wheel],
                          capture_output=True, text=True, env=BARE | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = subprocess.run([python, "-c", where], capture_output=True, text=True, check=True, env=BARE).stdout.strip()
    ours = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    Path(site, "packages-of-the-tests.pth").write_text("\n".join(ours) + "\n")
    return python


@pytest.fixture(scope="module")
def run(python, tmp_path_factory):
    """Runs Python there, in a folder of a student's, with nothing of ours in its environment."""
    home = tmp_path_factory.mktemp("student")
    environment = BARE | {"JUPYTER_PATH": os.path.join(sys.prefix, "share", "jupyter")}    # where nbconvert's templates lie

    def run(*arguments, code=0, folder="."):
        done = subprocess.run([python, *arguments], cwd=home / folder, capture_output=True, text=True, encoding="utf-8",
                              env=environment | {"NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"})
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    run.home = home
    return run


def edugen(run, *arguments, **options):
    return run("-c", "from edugen.course.cli import main; main()", *arguments, **options)


def test_everything_is_inside_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
        entries = archive.read(next(n for n in archive.namelist() if n.endswith("entry_points.txt"))).decode()
    expected = {path.relative_to(ROOT).as_posix() for path in (ROOT / "edugen").rglob("*")
                if path.is_file() and "__pycache__" not in path.parts}
    for tree, patterns in (("notebooks", ("*.md", "*.ipynb", "*/*.ipynb")), ("exercises", ("*/*.py", "*/mistakes_*.json"))):
        expected |= {f"edugen/course/{path.relative_to(ROOT).as_posix()}" for pattern in patterns
                     for path in (ROOT / tree).glob(pattern) if not {"__pycache__", ".ipynb_checkpoints"} & {*path.parts}}
    assert set(names) == expected | {"edugen_main.py"}
    assert "edugen = edugen_main:main" in entries
    assert not [name for name in names if any(word in name for word in ("pycache", "checkpoint", "solution", "mutant", ".pyc"))]


def test_no_solution_is_inside(wheel):
    with zipfile.ZipFile(wheel) as archive:
        for section in course().sections:
            blank = archive.read(f"edugen/course/exercises/{section.folder}/{section.stem}.py").decode()
            solution = ROOT / "tests" / "exercises" / section.package / section.stem / "solution.py"
            assert "raise NotImplementedError" in blank
            assert "raise NotImplementedError" not in solution.read_text(encoding="utf-8")
        for one in (*course().sections, *course().notebooks):
            name = one.notebook.relative_to(ROOT).as_posix()
            ours, theirs = json.loads(one.notebook.read_text(encoding="utf-8")), json.loads(archive.read(f"edugen/course/{name}"))
            solved = [cell for cell in ours["cells"] if "solution" in cell["metadata"].get("tags", [])]
            told = "".join("".join(cell["source"]) for cell in theirs["cells"])
            assert solved and [cell["id"] for cell in ours["cells"]] == [cell["id"] for cell in theirs["cells"]]
            assert not [cell["id"] for cell in solved if "".join(cell["source"]) in told]
            assert not [cell["id"] for cell in theirs["cells"] if "solution" in cell["metadata"].get("tags", [])]


def test_no_clone_is_near(run):
    code = "import edugen; from edugen.course import places; print(edugen.__file__, places.clone(), places.tree('notebooks'))"
    file, clone, _ = run("-c", code).split(maxsplit=2)
    assert clone == "None" and not Path(file).is_relative_to(ROOT)


def test_a_student_works_through_a_section(run):
    assert f"{2 * len(course().sections) + len(course().notebooks)} added" in edugen(run, "start", "mine", "--no-lab")
    first, mine = course().sections[0], {"folder": "mine"}
    assert "not begun: " in edugen(run, "check", **mine)
    assert "Hint 1 of 3" in edugen(run, "hint", first.stem, **mine)
    solution = ROOT / "tests" / "exercises" / first.package / first.stem / "solution.py"
    shutil.copy(solution, run.home / "mine" / "exercises" / first.folder / f"{first.stem}.py")
    assert json.loads(edugen(run, "check", first.stem, "--json", **mine))[0]["next"] is None
    assert f"1 of {sum(s.chapter == first.chapter for s in course().sections)} solved" in edugen(run, **mine)
    assert "in the clone of the repository" in edugen(run, "solution", first.stem, code=2, **mine)
    assert first.stem in edugen(run, "run", first.stem, "--out", "pages", **mine)
    assert (run.home / "mine" / "pages" / f"{first.stem}.html").is_file()


def test_a_known_mistake_is_named_where_no_mutant_is(run):
    """In a workspace, and in a release that was made where there is no clone."""
    losses = course().find("losses")
    right = (ROOT / "tests" / "exercises" / losses.package / losses.stem / "solution.py").read_text(encoding="utf-8")
    wrong = right.replace("/ len(y)\n", "\n")
    assert wrong != right
    edugen(run, "start", "other", "--no-lab")
    edugen(run, "release", "hw", "losses")
    for folder in ("other", "hw"):
        (run.home / folder / "exercises" / losses.folder / "losses.py").write_text(wrong, encoding="utf-8")
        assert "A known mistake gives the same answer: sum for mean." in edugen(run, "check", folder=folder, code=1)


def test_what_can_be_looked_up(run):
    shown = edugen(run, "equations", "2.30")
    assert "Cross-entropy loss" in shown and "source" in shown and "notebook" in shown
    assert "in the clone" in edugen(run, "equations") and "2.64" in edugen(run, "errata")
    assert '"name": "course"' in edugen(run, "doctor", "--json")
    assert "1797" in run("-c", "from edugen import data; print(len(data.digits().x))").replace(",", "")
