"""What students get holds no solution and no mutant: released, and in the wheel."""
import ast
import configparser
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from edugen.course.commands import edugen
from edugen.course.manifest import course
from edugen.course.release import release
from edugen.grading.misconceptions import Misconceptions, answers_file
from edugen.grading.proof import exercises

ROOT = Path(__file__).parents[2]


def telling_lines(path: Path) -> set[str]:
    """Lines of a file that say how something is done: long enough to be nobody else's."""
    return {line.strip() for line in path.read_text().splitlines() if len(line.strip()) > 30 and not line.strip().startswith(
        ("#", "def ", "import ", "from "))}


def test_a_release_holds_no_solution_and_no_mutant(tmp_path):
    """Every telling line of a solution or mutant is looked for in what students get of its exercise."""
    files = release(tmp_path / "out", course().sections, mistakes=False)
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
        release(tmp_path / "full", course().sections[:1], mistakes=False)
    monkeypatch.setattr("edugen.course.release._write", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        release(tmp_path / "out", course().sections[:1], mistakes=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full"]


@pytest.mark.slow
def test_a_released_check_names_a_known_mistake_without_its_code(tmp_path):
    """From the numbers beside the checks alone: no mutant is there."""
    done = CliRunner().invoke(edugen, ["release", str(tmp_path / "out"), "losses"])
    assert done.exit_code == 0, done.output
    check = tmp_path / "out" / "exercises" / "2_classification" / "check_losses.py"
    known = json.loads(answers_file(check).read_text())
    assert {m["says"] for m in known["test_soft_margin_gradient"]} >= {"sum for mean", "finite differences"}
    from edugen.grading.runner import Run, Session
    wrong = next(e for e in exercises(ROOT) if str(e) == "losses").solution.read_text().replace("/ len(y)\n", "\n")
    (tmp_path / "mine.py").write_text(wrong)
    run = Run(str(tmp_path / "mine.py"), seed="another")
    with Session(check) as session:
        report = session.grade(run)
        Misconceptions(check).name(report, session, run)
    entry = next(c for c in report["checks"] if c["name"] == "test_soft_margin_gradient")
    assert entry["status"] == "failed" and entry["misconception"] == "sum for mean"
    assert "A known mistake gives the same answer: sum for mean." in entry["message"]
