"""An instructor's own exercise: begun, proven, found wrong when it is."""
import pytest
from click.testing import CliRunner

from edugen.course.commands import edugen
from edugen.grading.batch import find_checks
from edugen.grading.proof import exercises, prove
from edugen.grading.scaffold import new_task
from edugen.grading.similarity import SOLUTION, alike


def invoke(*arguments):
    return CliRunner().invoke(edugen, [str(a) for a in arguments])


@pytest.mark.slow
def test_what_is_begun_is_proven(tmp_path):
    done = invoke("new-task", tmp_path, "--name", "line")
    assert done.exit_code == 0 and "edugen prove" in done.output
    exercise, = exercises(tmp_path)
    assert len(exercise.mutants) == 5 and set(find_checks(tmp_path)) == {"line"}
    done = invoke("prove", tmp_path, "--seeds", "2")
    assert done.exit_code == 0 and "line: 5 mutants, 2 seeds" in done.output
    exercise.solution.write_text(exercise.solution.read_text().replace("/ len(y)", "/ (len(y) + 1)"))
    done = invoke("prove", tmp_path, "--seeds", "1")
    assert done.exit_code == 1 and "not proven" in done.output
    assert "test_robust_gradient should pass, and is failed" in done.output


def test_nothing_is_overwritten_and_names_are_names(tmp_path):
    files = new_task(tmp_path, "line")
    files[0].write_text("mine")
    with pytest.raises(FileExistsError):
        new_task(tmp_path, "line")
    assert files[0].read_text() == "mine"
    for name in ("a-b", "class", "../x", "", "größe"):
        done = invoke("new-task", tmp_path, "--name", name)
        assert done.exit_code == 2 and "cannot be the name" in done.output
    assert invoke("prove", tmp_path, "--name", "other").exit_code == 2
    (tmp_path / "empty").mkdir()
    assert "there are no exercises" in invoke("prove", tmp_path / "empty").output


@pytest.mark.parametrize("mutant, words", [
    ("finite_differences", "robust_gradient is a task of the kind 'by hand': one of the mutants"),
    ("uphill", "there are 4 mutants")])
def test_a_mutant_that_every_exercise_needs_is_missed(tmp_path, mutant, words):
    new_task(tmp_path, "line")
    exercise, = exercises(tmp_path)
    next(path for path in exercise.mutants if path.stem == mutant).unlink()
    exercise, = exercises(tmp_path)
    assert any(words in problem for problem in prove(exercise, ["0"]))


def test_an_experiment_needs_a_blind_answer(tmp_path):
    """By its name or by its word; and it must fail the check of that very task."""
    new_task(tmp_path, "line")
    exercise, = exercises(tmp_path)
    exercise.stub.write_text(exercise.stub.read_text().replace("(2 points, core)", "(2 points, experiment)"))

    def missed():
        found, = exercises(tmp_path)
        return [p for p in prove(found, ["0"]) if "robust_loss is a task of the kind 'experiment'" in p]
    assert missed()
    mutants = exercise.solution.parent / "mutants"
    (mutants / "constant.py").write_text("# fails: test_robust_gradient\n")
    assert missed()
    (mutants / "constant.py").unlink()
    overflows = mutants / "overflows.py"
    overflows.write_text("# fails: test_robust_loss\n# kind: input-independent\n" + overflows.read_text().partition("\n")[2])
    from edugen.grading.proof import disagreements
    found, = exercises(tmp_path)
    assert not list(disagreements(found))


# -- likeness ----------------------------------------------------------------------------------------------------------

CODE = '''
def gradient(w, x, y):
    """Of the loss."""
    residual = x @ w - y
    weights = np.where(np.abs(residual) < 1, residual, np.sign(residual))
    return x.T @ weights / len(y)
'''
OTHER = '''
def gradient(w, x, y):
    total = np.zeros_like(w)
    for row, target in zip(x, y):
        error = float(row @ w) - target
        while abs(error) > 1:
            error /= 2
        total += error * row
    return total / x.shape[0]
'''


def test_renaming_hides_nothing_and_two_ways_are_two_ways():
    renamed = CODE.replace("residual", "r").replace("weights", "g").replace('"""Of the loss."""', '"""My own words."""')
    pairs = alike("f", {"ada": CODE.encode(), "bob": renamed.encode(), "cyd": OTHER.encode()}, solution=CODE.encode())
    assert {(p.first, p.second) for p in pairs} == {("ada", "bob"), ("ada", SOLUTION), ("bob", SOLUTION)}
    assert all(p.of_first > 0.9 for p in pairs)


def test_what_the_stub_gave_everyone_is_nobodys():
    stub = (CODE + OTHER).encode()
    mine = stub + b"\ndef mine(a):\n    return [v**3 - 2 * v for v in reversed(a) if v > 0 or v < -7]\n"
    yours = stub + b"\ndef yours(q):\n    k = {q: 2}\n    k[q] = k.get(q, 0) + 1\n    k.update(a=1)\n    return list(k)\n"
    assert not alike("f", {"ada": mine, "bob": yours}, stub) and alike("f", {"ada": mine, "bob": yours})


def test_files_that_are_no_python_or_empty_are_compared_with_nothing():
    assert alike("f", {"a": b"", "b": b"", "c": b"\xff\x00", "d": b"x" * 200_000, "e": b"def ("}) == []
