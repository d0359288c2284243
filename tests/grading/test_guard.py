"""The import guard: what a submission sees of edugen depends on its section, and a refusal says why."""
import ast
import re
from pathlib import Path

import pytest

from edugen.course.manifest import course
from edugen.grading import StudentError
from edugen.grading.guard import BUILDS_ENGINE, ENGINE, rules
from edugen.grading.proof import exercises, functions
from edugen.grading.runner import Run, grade
from edugen.grading.student import Student

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(tmp_path):
    """Import a file with these lines as the exercise of a section; returns its `out`."""
    def run(lines, stem="cross_entropy", **marks):
        path = tmp_path / f"{stem}.py"
        path.write_text("import sys\n" + lines.replace("; ", "\n"))
        with Student(path, guard=rules(stem, **marks)) as student:
            return student.get("out")
    return run


def refusal(run, lines, stem="cross_entropy", **marks):
    with pytest.raises(StudentError) as caught:
        run(lines, stem, **marks)
    assert "ImportError" in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("lines", [
    "import edugen.classification.cross_entropy", "from edugen.classification import cross_entropy",
    "from edugen.classification.cross_entropy import probabilities", "from edugen.classification import probabilities",
    "from edugen.classification import cross_entropy_loss as mine", "import edugen.classification as c; c.probabilities",
    "import edugen.classification as c; c.cross_entropy",
    "import importlib; importlib.import_module('edugen.classification.cross_entropy')",
    "__import__('edugen.classification.cross_entropy')", "exec('import edugen.classification.cross_entropy')",
    "import edugen.classification; getattr(edugen.classification, 'probabilities')",
    "import edugen.classification; edugen.classification.losses; edugen.classification.cross_entropy.probabilities"])
def test_the_section_that_is_asked_for_is_hidden_by_every_way_in(run, lines):
    text = refusal(run, lines)
    assert "edugen.classification.cross_entropy is hidden from this exercise: this exercise asks you to build it" in text
    assert "cross_entropy.py, line " in text                                    # the student's own line


@pytest.mark.parametrize("lines, words", [
    ("from edugen.classification import fit_mlp", "edugen.classification.backprop is hidden .*: it comes later, in section 2.2"),
    ("import edugen.blocks", "edugen.blocks is hidden .*: it comes later, in chapter 3"),
    ("from edugen import grad", "edugen.autodiff is hidden .*you build an engine of your own in section 2.2.3, reverse_mode"),
    ("import edugen; edugen.vjp", "edugen.autodiff is hidden"), ("import edugen.autodiff.ops", "edugen.autodiff is hidden"),
    ("import edugen.classification.losses as l; l.value_and_grad", "edugen.autodiff is hidden"),
    ("from edugen.training import train", "edugen.training is hidden"),
    ("from edugen.grading import proof", "edugen.grading is hidden .*it is the grader"),
    ("from edugen.course.manifest import course", "edugen.course is hidden"),
    ("import sklearn.svm", "sklearn is not for this exercise: it is to be done with NumPy"),
    ("import pytest", "pytest is not for this exercise")])
def test_what_comes_later_is_hidden(run, lines, words):
    assert re.search(words, refusal(run, lines).replace("\n", " "))


def test_what_is_there_already_works(run):
    """Also what is itself built on the engine, or handed on by a package that knows hidden sections."""
    assert run("from edugen.classification import margin_loss; import numpy as np; "
               "out = float(np.sum(margin_loss(np.array([[0.0, 0.2]]), np.array([0]), 1.0)))") == pytest.approx(0.8)
    assert run("from edugen.data import digits; import edugen; out = edugen.__version__")
    assert run("import scipy.special, math, collections.abc, json; out = scipy.special.expit(0.0)") == 0.5
    assert run("import cross_entropy; out = cross_entropy is sys.modules['cross_entropy']") is True
    assert run("from edugen import grad; out = grad(lambda x: x * x)(3.0)", "an_instructors_own") == 6.0


def test_what_is_not_installed_is_said_in_pythons_words(run):
    with pytest.raises(StudentError, match="ModuleNotFoundError: No module named 'nowhere'"):
        run("import nowhere")


def test_checks_can_allow_and_hide(run):
    assert run("import psutil; out = psutil.__name__", allow=["psutil"]) == "psutil"
    text = refusal(run, "import scipy.special", hide=["scipy"])
    assert "scipy is hidden from this exercise: this exercise is to be done without it" in text


def test_the_rules_follow_the_lecture():
    stems = [section.stem for section in course().sections]
    seen = {section.stem: rules(section.stem)["hidden"] for section in course().sections}
    for place, section in enumerate(course().sections):
        name = f"edugen.{section.package}.{section.stem}"
        for other in stems[place:]:
            assert name in seen[section.stem] and (place >= stems.index(other) or name not in seen[other])
        assert (ENGINE[0] in seen[section.stem]) == (place <= stems.index(BUILDS_ENGINE))
    assert rules("nobody's") == rules("somebody_elses") and ENGINE[0] not in rules("nobody's")["hidden"]


def test_a_check_file_says_what_it_allows(tmp_path):
    (tmp_path / "task.py").write_text("import psutil\ndef f(): return 1.0\n")
    check = tmp_path / "check_task.py"
    body = "@pytest.mark.points(1)\ndef test_f(student):\n    assert student.call('f') == 1.0\n"

    def graded(mark):
        check.write_text(f"import pytest\n{mark}\n{body}")
        report, = grade(check, [Run(str(tmp_path / "task.py"))])
        return report["checks"][0]
    assert "psutil is not for this exercise" in graded("")["message"]
    assert graded("pytestmark = pytest.mark.imports(allow=['psutil'])")["earned"] == 1
    with pytest.raises(RuntimeError, match="imports takes"):
        graded("pytestmark = pytest.mark.imports(forbid=['psutil'])")


# -- derived by hand -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lines", [
    "from edugen import grad", "from edugen.classification.reverse_mode import Variable", "import edugen.training",
    "from scipy.differentiate import derivative"])
def test_what_differentiates_is_no_derivation(run, lines):
    assert "scipy" in lines or run(lines + "; out = 1", "attention") == 1         # the oldest SciPy that we support has none
    assert "this task is to be derived by hand" in refusal(run, lines, "attention", by_hand=True)


def test_a_section_says_why_it_is_hidden_by_hand_or_not():
    assert rules("losses", by_hand=True)["hidden"]["edugen.autodiff"].startswith("you build an engine of your own")


@pytest.mark.parametrize("exercise", exercises(ROOT), ids=lambda exercise: exercise.stub.stem)
def test_every_task_by_hand_is_checked_as_one(exercise):
    by_hand = {name for name, node in functions(exercise.stub).items()
               if re.search(r"\(\d+ points?, by hand\)", ast.get_docstring(node) or "")}
    for test in ast.parse(exercise.check.read_text(encoding="utf-8")).body:
        if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
            asked = {node.value for node in ast.walk(test) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
            marks = [ast.unparse(mark) for mark in test.decorator_list]
            assert ("pytest.mark.imports(by_hand=True)" in marks) == bool(asked & by_hand), test.name


ENTROPY = """
def entropy(row, beta):
    p = np.exp(beta * row) / np.sum(np.exp(beta * row))
    return -np.sum(p * np.log(p))

def entropy_slope(s, beta):
    return np.array([derivative(lambda b, row=row: entropy(row, b), beta) for row in s])
"""
AUTODIFF = "import numpy as np\nfrom edugen import grad\ndef derivative(f, x): return grad(f)(x)\n"
COMPLEX = "import numpy as np\ndef derivative(f, x): return f(x + 1e-30j).imag / 1e-30\n"
GELU = """
from scipy.special import erf

def gelu_slopes(x):
    first = lambda x: derivative(lambda x: x * (1 + erf(x / np.sqrt(2))) / 2, x)
    return first(x), (first(x + 1e-3) - first(x - 1e-3)) / 2e-3
"""


@pytest.mark.slow
def test_what_a_check_of_values_can_tell_and_what_not(tmp_path):
    """The engine is refused. A complex step has all digits of a first derivative, as the guide says, and not of a second."""
    def earned(stem, name, source):
        (tmp_path / f"{stem}.py").write_text(source)
        report, = grade(ROOT / "exercises" / "3_blocks" / f"check_{stem}.py", [Run(str(tmp_path / f"{stem}.py"), only=(name,))])
        return next((check["earned"], check["message"]) for check in report["checks"] if check["name"] == name)
    points, words = earned("attention", "test_entropy_slope", AUTODIFF + ENTROPY)
    assert points == 0 and "edugen.autodiff is hidden from this exercise: this task is to be derived by hand" in words
    assert earned("attention", "test_entropy_slope", COMPLEX + ENTROPY) == (3, "")
    points, words = earned("linear", "test_gelu_slopes", COMPLEX + GELU)
    assert points == 0 and "the answer['second']" in words
