"""Two checks that every hostile submission wants to pass without doing what they ask."""
import numpy as np
import pytest

from edugen.grading import assert_close


@pytest.mark.points(1)
@pytest.mark.timeout(1)
def test_double(student, rng):
    x = rng.normal(size=5)
    assert_close(student.call("double", x), 2 * x)


@pytest.mark.points(1)
@pytest.mark.timeout(1)
def test_apply(student, rng):
    x = rng.normal(size=5)
    assert_close(student.call("apply", np.exp, x), np.exp(x))
