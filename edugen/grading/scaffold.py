"""A new exercise, whole and proven as it stands: to be rewritten piece by piece, with `edugen prove` after each."""
from __future__ import annotations

import keyword
from pathlib import Path

from edugen.grading.plugin import write_atomically

__all__ = ["new_task"]

STUB = '''"""Fitting a line when some points are far off.     8 points

Fill in the functions; `edugen prove` shows that this exercise can be trusted. This docstring promises all the points there
are, and each function's its own.
"""


def robust_loss(w, x, y, penalty):
    r"""Mean of log cosh of the residuals, and a penalty on the weights.   (2 points, core)

    .. math:: L(w) = \\frac1N \\sum_n \\log\\cosh(x_n^\\top w - y_n) + \\frac\\lambda2 \\|w\\|^2

    Keep it finite for residuals in the thousands.

    Parameters
    ----------
    w : array (D,)
    x : array (N, D)
    y : array (N,)
    penalty : float, lambda

    Returns
    -------
    float
    """
    raise NotImplementedError("robust_loss")


def robust_gradient(w, x, y, penalty):
    """Gradient of `robust_loss` in w.   (4 points, by hand)

    Parameters
    ----------
    w : array (D,)
    x : array (N, D)
    y : array (N,)
    penalty : float

    Returns
    -------
    array (D,)
    """
    raise NotImplementedError("robust_gradient")


why_robust = """
Why does one point far off move this fit less than the least-squares fit? Two sentences.   (2 points, graded by a person)
"""
'''

CHECK = '''"""Checks of {name}. The student's code runs in a worker; what is expected is computed here, afterwards."""
import numpy as np
import pytest

from edugen.grading import assert_close


@pytest.mark.points(2)
@pytest.mark.hint("For a large r, cosh(r) is exp(|r|) / 2.", "log cosh r = |r| + log(1 + exp(-2|r|)) - log 2",
                  "r = np.abs(x @ w - y)")
@pytest.mark.parametrize("scale", [1.0, 2000.0])
def test_robust_loss(student, rng, scale):
    w, x, y = rng.normal(size=3), rng.normal(size=(8, 3)), scale * rng.normal(size=8)
    expected = np.mean([np.logaddexp(r, -r) - np.log(2) for r in x @ w - y]) + 0.7 / 2 * sum(w**2)
    assert_close(student.call("robust_loss", w, x, y, 0.7), expected, rtol=1e-10)


@pytest.mark.points(4)
@pytest.mark.hint("The derivative of log cosh is a function you know.", "d/dr log cosh r = tanh r", "r = x @ w - y")
@pytest.mark.parametrize("n, d", [(8, 3), (1, 2), (5, 1)])
@pytest.mark.imports(by_hand=True)
def test_robust_gradient(student, rng, n, d):
    w, x, y = rng.normal(size=d), rng.normal(size=(n, d)), rng.normal(size=n)

    def loss(w):
        return np.mean(np.log(np.cosh(x @ w - y))) + 0.7 / 2 * np.sum(w * w)

    expected = np.array([loss(w + 1e-30j * step).imag / 1e-30 for step in np.eye(d)])     # exact, so differences do not pass
    assert_close(student.call("robust_gradient", w, x, y, 0.7), expected, rtol=1e-12, atol=1e-14)


@pytest.mark.manual({{"says that the slope of log cosh is bounded": 1, "compares it with the slope of the square": 1}})
def test_why_robust():
    """Why does one point far off move this fit less than the least-squares fit?"""
'''

SOLUTION = '''import numpy as np


def robust_loss(w, x, y, penalty):
    r = np.abs(x @ w - y)
    return float(np.mean(r + np.log1p(np.exp(-2 * r)) - np.log(2)) + penalty / 2 * np.sum(w**2))


def robust_gradient(w, x, y, penalty):
    return x.T @ np.tanh(x @ w - y) / len(y) + penalty * w
'''

MUTANTS = {
    "sum_for_mean": '''# fails: test_robust_gradient
# says: the sum over the points where their mean is asked
import numpy as np
from solution import *


def robust_gradient(w, x, y, penalty):
    return x.T @ np.tanh(x @ w - y) + penalty * w
''',
    "uphill": '''# fails: test_robust_gradient
# says: the gradient has the wrong sign
from solution import *
from solution import robust_gradient as right


def robust_gradient(w, x, y, penalty):
    return -right(w, x, y, penalty)
''',
    "finite_differences": '''# fails: test_robust_gradient
# kind: numerical
# says: finite differences in place of a derivation
import numpy as np
from solution import *


def robust_gradient(w, x, y, penalty, h=1e-5):
    steps = h * np.eye(len(w))
    return np.array([(robust_loss(w + s, x, y, penalty) - robust_loss(w - s, x, y, penalty)) / (2 * h) for s in steps])
''',
    "no_penalty": '''# fails: test_robust_loss test_robust_gradient
# says: the penalty is forgotten
import numpy as np
from solution import *
from solution import robust_loss as right


def robust_loss(w, x, y, penalty):
    return right(w, x, y, 0.0)


def robust_gradient(w, x, y, penalty):
    return x.T @ np.tanh(x @ w - y) / len(y)
''',
    "overflows": '''# fails: test_robust_loss
# says: cosh of a large residual is infinite
import numpy as np
from solution import *


def robust_loss(w, x, y, penalty):
    return float(np.mean(np.log(np.cosh(x @ w - y))) + penalty / 2 * np.sum(w**2))
'''}


def new_task(root: Path, name: str, chapter: str = "own") -> list[Path]:
    """Write an exercise called `name`: stub, checks, solution and five mutants. The files, in the order to read them in.

    Raises
    ------
    ValueError
        when the name cannot be a module's
    FileExistsError
        when there is a file of that name, which is left alone
    """
    for what, text in (("exercise", name), ("chapter", chapter)):
        if not text.isidentifier() or keyword.iskeyword(text) or not text.isascii():
            raise ValueError(f"{text!r} cannot be the name of the {what}: letters, digits and _, such as ridge_regression")
    tasks, proof = root / "exercises" / chapter, root / "tests" / "exercises" / chapter / name
    files = {tasks / f"{name}.py": STUB, tasks / f"check_{name}.py": CHECK.format(name=name), proof / "solution.py": SOLUTION,
             **{proof / "mutants" / f"{mutant}.py": source for mutant, source in MUTANTS.items()}}
    known = [path for path in files if path.exists()]
    if known:
        raise FileExistsError(f"{known[0]} is there already; choose another name")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text)
    return list(files)
