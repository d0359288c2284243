"""What students get holds no solution and no mutant: released, and in the wheel. They can work in a release at once."""
import ast
import configparser
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from edugen.course.manifest import course
from edugen.course.release import release
from edugen.course.workspace import STATE, Workspace
from edugen.grading.misconceptions import Misconceptions
from edugen.grading.mistakes import answers_file
from edugen.grading.proof import exercises
from edugen.grading.runner import Run, Session

ROOT = Path(__file__).parents[2]


def telling_lines(path: Path) -> set[str]:
    """Lines of a file that say how something is done: long enough to be nobody else's."""
    return {line.strip() for line in path.read_text().splitlines() if len(line.strip()) > 30 and not line.strip().startswith(
        ("#", "def ", "import ", "from "))}


def test_a_release_holds_no_solution_and_no_mutant(tmp_path):
    """Every telling line of a solution or mutant is looked for in what students get of its exercise."""
    files = release(tmp_path / "out", course().sections)
    names = {str(path.relative_to(tmp_path / "out")) for path in files}
    for section in course().sections:
        assert {f"exercises/{section.folder}/{section.stem}.py", f"exercises/{section.folder}/check_{section.stem}.py",
                f"notebooks/{section.folder}/{section.stem}.ipynb"} <= names
    text = {path: path.read_text() for path in files}
    for exercise in exercises(ROOT):
        given = [path for path in text if path.name in (exercise.stub.name, exercise.check.name)]
        assert len(given) == 2
        for source in (exercise.solution, *exercise.mutants):
            told = telling_lines(source)
            shared = {line for line in told if line in exercise.check.read_text()}     # a check's own oracle
            assert source != exercise.solution or len(shared) <= len(told) / 3, (source, shared)
            assert not [line for line in told - shared for path in given if line in text[path]], source
    for path in files:
        if path.suffix == ".ipynb":
            assert not [cell for cell in json.loads(text[path])["cells"] if "solution" in cell["metadata"].get("tags", [])]
        assert "solution" not in path.name and "mutants" not in path.parts


def test_what_is_remembered_of_a_mistake_is_its_name_and_fingerprints(tmp_path):
    for path in (path for path in release(tmp_path / "out", course().sections) if path.name.startswith("mistakes_")):
        for known in json.loads(path.read_text()).values():
            for one in known:
                assert set(one) == {"says", "item", "failure", "answers"} and re.fullmatch("[0-9a-f]{8}", one["failure"])
                for _, answer in one["answers"]:
                    assert set(answer) == {"form", "numbers", "sums"} and len(answer["numbers"]) <= 32


def test_the_wheel_takes_no_solution_and_no_mutant():
    """Packages and package data, by setup.cfg, against where solutions and mutants are."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    packages = config["options"]["packages"].split()
    assert not [name for name in packages if name.startswith("tests") or "solution" in name or "mutant" in name]
    mapped = dict(line.split(" = ") for line in config["options"]["package_dir"].strip().splitlines())
    data = config["options.package_data"]
    taken = [path for name, folder in mapped.items() for pattern in data[name].split(", ")
             for path in (ROOT / folder).glob(pattern)]
    assert taken and not [path for path in taken if "solution" in path.name or "mutants" in path.parts]
    bodies = {ast.dump(ast.parse(path.read_text())) for e in exercises(ROOT) for path in (e.solution, *e.mutants)}
    assert not [path for path in taken if path.suffix == ".py" and ast.dump(ast.parse(path.read_text())) in bodies]


def test_a_release_is_whole_or_not_there(tmp_path, monkeypatch):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    with pytest.raises(FileExistsError, match="goes into a new folder"):
        release(tmp_path / "full", course().sections[:1])
    monkeypatch.setattr("edugen.course.release._readme", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        release(tmp_path / "out", course().sections[:1])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full"]


WRONG = next(e for e in exercises(ROOT) if str(e) == "losses").solution.read_text().replace("/ len(y)\n", "\n")


def test_a_released_check_names_a_known_mistake_without_its_code(tmp_path):
    """From the numbers beside the checks alone: no mutant is there. On official numbers, too."""
    release(tmp_path / "out", [course().find("losses")])
    check = tmp_path / "out" / "exercises" / "2_classification" / "check_losses.py"
    known = json.loads(answers_file(check).read_text())
    assert {m["says"] for m in known["test_soft_margin_gradient"]} >= {"sum for mean", "finite differences"}
    (tmp_path / "mine.py").write_text(WRONG)
    run = Run(str(tmp_path / "mine.py"), seed="another")
    with Session(check) as session:
        report = session.grade(run)
        Misconceptions(check).name(report, session, run)
    entry = next(c for c in report["checks"] if c["name"] == "test_soft_margin_gradient")
    assert entry["status"] == "failed" and entry["misconception"] == "sum for mean"
    assert "A known mistake gives the same answer: sum for mean." in entry["message"]


def edugen(*arguments, folder, code=0):
    done = subprocess.run([sys.executable, "-c", "from edugen.course.cli import main; main()", *arguments], cwd=folder, text=True,
                          capture_output=True, env=os.environ | {"NO_COLOR": "1", "PYTHONPATH": str(ROOT)}, encoding="utf-8")
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
def test_a_student_works_in_a_release_at_once(tmp_path):
    """The commands that its README says, in a process of their own; nothing is asked for but what was released."""
    said = edugen("release", "hw2", "losses", "cross_entropy", folder=tmp_path)
    assert "2 sections" in said and "edugen open, check, hint losses" in said
    mine = tmp_path / "hw2"
    told = re.findall(r"^\d\. `edugen (.*?)`", (mine / "README.md").read_text(), re.MULTILINE)
    assert told == ["open losses", "check losses", "hint losses"]
    assert "Next: error_rate" in edugen("check", "losses", folder=mine, code=1)
    assert "Hint 1 of 3" in edugen("hint", "losses", folder=mine)
    shown = edugen(folder=mine)
    assert "Next: edugen open losses" in shown and "0 of 2 solved" in shown and "backprop" not in shown and "planned" not in shown
    (mine / "exercises" / "2_classification" / "losses.py").write_text(WRONG)
    failed = edugen("check", folder=mine, code=1)
    assert "known mistake gives the same answer: sum for mean" in failed and "not begun: cross_entropy\n" in failed
    for asked in (["check", "backprop"], ["open", "backprop"], ["open", "kernels"]):
        assert f"{asked[1]} is not in the release" in edugen(*asked, folder=mine, code=2)
    before = {path for path in mine.rglob("*")}
    assert "1 changed by you, left alone" in edugen("start", "--no-lab", folder=mine)
    assert {path for path in mine.rglob("*")} == before


def test_a_release_of_what_this_edugen_lacks_is_not_called_solved(tmp_path):
    """A student's edugen may be older than the instructor's."""
    release(tmp_path / "hw", [course().find("losses"), course().find("backprop")])
    state = tmp_path / "hw" / STATE
    state.write_text(state.read_text().replace('"backprop"', '"contrastive_divergence"'))
    shown = edugen(folder=tmp_path / "hw")
    assert "This release has contrastive_divergence, which edugen" in shown and "Next: edugen open losses" in shown
    state.write_text(state.read_text().replace('"losses"', '"kmeans"'))
    shown = edugen(folder=tmp_path / "hw")
    assert "has kmeans, contrastive_divergence" in shown and "nothing here that this edugen knows" in shown


def test_a_release_is_checked_by_its_own_checks_and_stays_a_release(tmp_path):
    """Which the instructor may have mended since, or before the students' edugen was made; damage to the state undoes neither."""
    sections = [course().find("losses"), course().find("backprop")]
    release(tmp_path / "hw", sections)
    workspace = Workspace(tmp_path / "hw")
    assert workspace.sections(course()) == tuple(sections) and not workspace.begun(sections[0])
    theirs = tmp_path / "hw" / "exercises" / "2_classification" / "check_losses.py"
    assert workspace.checks(sections[0]) == theirs
    assert workspace.checks(course().find("descent")) == course().find("descent").checks
    workspace.record(sections[0], 20, 20)
    assert workspace.progress(sections[0]).current
    theirs.write_text(theirs.read_text() + "# mended\n")
    assert not workspace.progress(sections[0]).current
    (tmp_path / "hw" / STATE).write_text("{")
    again = Workspace(tmp_path / "hw")
    assert "damaged" in again.messages[0] and again.sections(course()) == tuple(sections)
    assert sorted(again.fill(course()).unknown) == ["exercises/2_classification/check_losses.py"]
    plain = Workspace(tmp_path / "plain")
    plain.fill(course())
    assert plain.sections(course()) == course().sections and plain.checks(sections[0]) == sections[0].checks


def test_a_blank_exercise_of_another_version_is_not_begun(tmp_path, monkeypatch):
    release(tmp_path / "hw", [course().find("losses")])
    other = tmp_path / "other.py"
    other.write_text("def error_rate(energies, y):\n    raise NotImplementedError\n")
    monkeypatch.setattr("edugen.course.manifest.Section.exercise", other)
    workspace = Workspace(tmp_path / "hw")
    assert not workspace.begun(course().find("losses"))
    workspace.exercise(course().find("losses")).write_text("mine")
    assert workspace.begun(course().find("losses"))
