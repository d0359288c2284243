"""Two checks that every hostile submission wants to pass without doing what they ask."""
import numpy as np
import pytest

from edugen.grading import assert_close

pytestmark = [pytest.mark.imports(hide=["edugen.autodiff"]),
              pytest.mark.limits(seconds=5.0, memory=256 << 20, disk=16 << 20, processes=8, tasks=32)]


@pytest.mark.points(1)
def test_double(student, rng):
    x = rng.normal(size=5)
    assert_close(student.call("double", x), 2 * x)


@pytest.mark.points(1)
def test_apply(student, rng):
    x = rng.normal(size=5)
    assert_close(student.call("apply", np.exp, x), np.exp(x))
