"""The grader graded: every exercise in the repository is proven, and the proof itself catches what it should."""
import json
from pathlib import Path

import pytest

from edugen.grading.mistakes import answers_file
from edugen.grading.proof import TRIVIAL, Exercise, disagreements, exercises, inlined, prove, trivial

ROOT = Path(__file__).parents[2]
EXAMPLE = Path(__file__).with_name("example")
ALL = exercises(ROOT) + exercises(EXAMPLE)


@pytest.mark.parametrize("exercise", ALL, ids=str)
def test_every_exercise_is_proven(exercise):
    """Stub 0, solution everything on five seeds, each mutant loses the checks it names, nothing for knowing nothing."""
    problems = prove(exercise)
    assert not problems, "\n".join(problems)


@pytest.mark.slow
@pytest.mark.parametrize("exercise", ALL, ids=str)
def test_every_exercise_is_proven_on_twenty_seeds(exercise):
    problems = prove(exercise, [f"slow {i}" for i in range(20)], mutant_seeds=5)
    assert not problems, "\n".join(problems)


def test_every_check_file_is_found():
    """No exercise hides from the proof in a folder that it does not look into."""
    found = {exercise.check for exercise in ALL}
    assert {p for top in (ROOT / "exercises", EXAMPLE) for p in top.rglob("check_*.py")} == found


def test_what_the_mutants_of_every_exercise_answer_is_remembered():
    """That it is what they answer today is part of the proof, above."""
    found = {answers_file(exercise.check) for exercise in exercises(ROOT)}
    assert {*(ROOT / "exercises").rglob("mistakes_*.json")} == found, "`edugen prove . --name EXERCISE` writes one"


# -- the proof of the proof --------------------------------------------------------------------------------------------

STUB = '''"""Halves.     4 points"""


def half(x):
    """Half of `x`.   (3 points)"""
    raise NotImplementedError("half")


def sign(x):
    """Whether `x` is positive.   (1 point)"""
    raise NotImplementedError("sign")
'''
SOLUTION = "def half(x):\n    return x / 2\n\n\ndef sign(x):\n    return x > 0\n"
CHECK = '''
import numpy as np
import pytest
from edugen.grading import assert_close

@pytest.mark.points(3)
@pytest.mark.parametrize("shape", [(3,), (2, 2)])
def test_half(student, rng, shape):
    x = 3 + rng.random(shape)
    assert_close(student.call("half", x), x / 2)

@pytest.mark.points(1)
def test_sign(student, rng):
    x = np.array([1.0, -1.0, 2.0, -2.0, -3.0, 5.0, -6.0, 1.0])
    assert_close(student.call("sign", x), np.array([1, 0, 1, 0, 0, 1, 0, 1]) > 0)
'''
ALL_BUT = "from solution import *\nfrom solution import half as right\n\n\n"
MUTANTS = {
    "negative": f"# fails: test_half\n{ALL_BUT}def half(x):\n    return -right(x)\n",
    "third": f"# fails: test_half\n{ALL_BUT}def half(x):\n    return x / 3\n",
    "vectors": f"# fails: test_half\n{ALL_BUT}def half(x):\n    return right(x) if x.ndim == 1 else x\n",
    "not_sign": f"# fails: test_sign\n{ALL_BUT}def sign(x):\n    return x < 0\n",
    "both": "# fails: test_half test_sign\ndef half(x):\n    return x\n\n\ndef sign(x):\n    return 1\n"}


@pytest.fixture
def made(tmp_path):
    """Write a small exercise, with some of its parts replaced."""
    def made(stub=STUB, solution=SOLUTION, check=CHECK, mutants=MUTANTS):
        folder, proof = tmp_path / "exercises" / "9_x", tmp_path / "tests" / "exercises" / "x" / "halves"
        (proof / "mutants").mkdir(parents=True)
        folder.mkdir(parents=True)
        for path, text in [(folder / "halves.py", stub), (folder / "check_halves.py", check), (proof / "solution.py", solution),
                           *((proof / "mutants" / f"{name}.py", text) for name, text in mutants.items())]:
            path.write_text(text)
        found, = exercises(tmp_path)
        return found
    return made


def test_a_sound_exercise_has_no_problems(made):
    assert prove(made(), ["0", "1"]) == []


def test_unsound_checks_are_found(made):
    """A check that asks too little, one that no mutant fails, one that the solution fails, and points that do not add up."""
    lax = CHECK + '''
@pytest.mark.points(2)
def test_lax(student):
    assert student.call("half", np.ones(3)).shape == (3,)

@pytest.mark.points(1)
def test_idle(student):
    pass

@pytest.mark.points(1)
def test_wrong(student):
    assert_close(student.call("half", np.ones(3)), np.ones(3))

@pytest.mark.points(1)
def test_refuses(student):
    from edugen.grading import StudentRaised
    with pytest.raises(StudentRaised):
        student.call("half", "a string")
'''
    problems = "\n".join(prove(made(check=lax), ["0"]))
    for words in ("every answer zeros: test_lax should fail, and passes", "every answer echo: test_lax should fail",
                  "every answer nan: test_lax", "every answer random: test_lax", "every answer huge: test_lax",
                  "stub: test_idle should fail, and passes", "check_halves.py: no mutant fails test_lax",
                  "solution, seed 0: test_wrong should pass, and is failed:\n    the answer: 3 of 3",
                  "every answer raises: test_refuses should fail", "mutant both, seed 0: test_refuses should pass",
                  "its docstring should say '9 points' and says 4 points", "[3, 1], sum to 4, and its checks to 9"):
        assert words in problems, (words, problems)
    assert "every answer zeros: test_half" not in problems and "stub: test_half" not in problems


def test_what_mutants_answer_is_written_once_all_is_proven_and_found_out_of_date(made):
    exercise = made()
    file, proof = answers_file(exercise.check), exercise.solution.parent
    sound = exercise.check.read_text()
    exercise.check.write_text(sound.replace("x / 2)", "x / 3)"))
    assert prove(exercise, ["0"], remember=True) and not file.exists()
    exercise.check.write_text(sound)
    assert prove(exercise, ["1"], remember=True) == [] and not file.exists()            # other numbers than the visible ones
    assert prove(exercise, ["0", "1"], remember=True) == [] == prove(exercise, ["0"])
    known = json.loads(file.read_text())
    assert [one["says"] for one in known["test_half"]] == ["both", "negative", "third", "vectors"]
    command = f"`edugen prove {exercise.check.parents[2]} --name halves` writes it anew"

    def said():
        return [problem for problem in prove(exercise, ["0"]) if command in problem]
    third = (proof / "mutants" / "third.py").read_text()
    for changed in (third.replace("x / 3", "x / 4"), third.replace("\n", "\n# says: a third\n", 1)):
        (proof / "mutants" / "third.py").write_text(changed)
        assert said() == [f"mistakes_halves.json is not what the mutants answer to test_half: {command}"]
    (proof / "mutants" / "third.py").write_text(third)
    exercise.check.write_text(sound.replace("-1.0, 2.0", "-1.0, 2.5"))
    assert said() == []                                                                 # no answer is another one
    exercise.check.write_text(sound.replace("3 + rng", "4 + rng"))
    assert len(said()) == 1
    exercise.check.write_text(sound)
    file.write_text(file.read_text()[:100])
    assert len(said()) == 2
    assert prove(exercise, ["0"], remember=True) == [] and json.loads(file.read_text()) == known


def test_mutants_that_lose_other_checks_are_found(made):
    mutants = MUTANTS | {
        "harmless": "# fails: test_half\nfrom solution import *\n",
        "more": "# fails: test_half\ndef half(x): return 1\ndef sign(x): return 1\n",
        "misnamed": "# fails: test_halves\nfrom solution import *\n"}
    problems = prove(made(mutants=mutants), ["0"])
    assert sorted(p.partition("\n")[0] for p in problems) == [
        "mutant harmless, seed 0: test_half should fail, and passes", "mutant misnamed: there is no check test_halves",
        "mutant more, seed 0: test_sign should pass, and is failed:"]


def test_stub_that_is_not_blank_is_found(made):
    problems = prove(made(stub=STUB.replace('raise NotImplementedError("sign")', "return x > 0")), ["0"])
    assert problems == ["stub: test_sign should fail, and passes"]


@pytest.mark.parametrize("change, words", [
    ({"stub": STUB.replace("half(x)", "half(y)")}, "half: the stub's signature is (y), the solution's (x)"),
    ({"stub": STUB.replace("half(x)", "half(x=2)")}, "half: the stub's signature is (x=2), the solution's (x)"),
    ({"stub": STUB.replace('    """Half of `x`.   (3 points)"""\n', "")}, "half: the stub needs a docstring"),
    ({"solution": SOLUTION.replace("def half(x):\n", 'def half(x):\n    """Third."""\n')}, "docstring is not the stub's"),
    ({"solution": SOLUTION.replace("sign", "signs")}, "sign: it is in the stub and not in the solution"),
    ({"mutants": {k: MUTANTS[k] for k in list(MUTANTS)[:4]}}, "halves: there are 4 mutants; at least 5 are needed"),
    ({"mutants": MUTANTS | {"third": "# breaks: test_half\n"}}, "mutant third: its first line should be '# fails: '")])
def test_disagreements_are_found(made, change, words):
    problems = list(disagreements(made(**change)))
    assert len(problems) == 1 and words in problems[0]


def test_missing_parts_are_found(tmp_path):
    exercise = Exercise(tmp_path / "a.py", tmp_path / "check_a.py", tmp_path / "solution.py", ())
    assert "are both needed" in next(disagreements(exercise))


def test_checks_that_cannot_run_stop_the_proof(made):
    with pytest.raises(RuntimeError, match="no checks were found"):
        prove(made(check="import pytest\n"), ["0"])


# -- submissions that the proof makes ----------------------------------------------------------------------------------


def run(source):
    scope: dict = {"__name__": "made"}
    exec(source, scope)
    return scope


def test_a_mutant_is_the_solution_with_one_definition_changed():
    solution = "import math\n_two = 2\ndef f(x):\n    return g(x) + 1\ndef g(x):\n    return _two * x\n"
    mutant = """# fails: a
from solution import *
from solution import (
    g as right,
    f as whole)

def g(x):
    return -right(x)
"""
    made = run(inlined(mutant, solution))
    assert made["g"](3) == -6 and made["right"](3) == 6 and made["f"](3) == made["whole"](3) == -5 and made["math"]
    assert run(inlined("from solution import f as right\ndef f(x): return right(x)", solution))["f"](1) == 3
    assert inlined("def f(x): return x\n", solution) == "def f(x): return x"


@pytest.mark.parametrize("kind", TRIVIAL)
def test_answers_that_know_nothing_have_the_right_shape(kind):
    import numpy as np
    solution = """
import numpy as np
def f(x):
    return {'a': (np.ones((2, 3)), [4.0, True, 5]), 'b': np.arange(3), 'c': 's', 'd': lambda: 7.0}
"""
    f = run(trivial(solution, ["f"], kind))["f"]
    x = np.zeros(4)
    if kind == "raises":
        with pytest.raises(ValueError, match="bad input"):
            f(x)
    elif kind in ("none", "echo"):
        assert f(x) is (None if kind == "none" else x)
    else:
        out = f(x)
        (a, (b, c, d)), e = out["a"], out["b"]
        assert a.shape == (2, 3) and a.dtype == float and e.shape == (3,) and type(out["a"]) is tuple
        constant = {"zeros": 0, "ones": 1, "nan": np.nan, "inf": np.inf, "huge": 1e300, "minus_huge": -1e300}.get(kind)
        if constant is not None:
            np.testing.assert_array_equal(a, np.full((2, 3), constant))
            np.testing.assert_equal([b, float(out["d"]())], [constant, constant])
        if kind in ("zeros", "ones", "random"):
            assert type(c) is bool and type(d) is int and e.dtype.kind == "i"
        assert out["c"] != "s"
