"""The check of a function in a notebook: right, wrong, absent; and that it leaves the process as it was."""
import os
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

from edugen.grading import check
from edugen.grading.selfcheck import copied

ROOT = Path(__file__).parents[2]
SOLUTION = runpy.run_path(str(ROOT / "tests/exercises/classification/losses/solution.py"))


def test_right_and_wrong(capsys):
    def state():        # the variable that pytest itself keeps is this test's own affair
        return {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"}, sys.dont_write_bytecode, sys.stdout
    before = state()
    good = check("losses.margin_loss", SOLUTION["margin_loss"])
    assert good and "all of it passes (3 checks)" in repr(good) and "no mark" in capsys.readouterr().out
    bad = check("losses.margin_loss", lambda energies, y, m: -SOLUTION["margin_loss"](energies, y, m))
    assert not bad and "every entry has the wrong sign" in bad.text
    assert "Called: margin_loss(" in bad.text and "edugen hint losses" in bad.text
    assert state() == before


def test_functions_go_both_ways():
    assert check("losses.black_box", SOLUTION["black_box"])


@pytest.mark.parametrize("function, words", [
    (lambda *_: 1 / 0, "raised ZeroDivisionError: division by zero"), (lambda *_: None, "Was `return` forgotten?")])
def test_what_a_function_does_wrong_is_told(function, words):
    assert words in check("losses.error_rate", function).text


def test_a_stub_is_not_written_yet():
    def error_rate(energies, y):
        raise NotImplementedError
    assert "`error_rate` is not written yet" in check("losses.error_rate", error_rate).text


def test_what_is_changed_in_place_is_a_copy():
    """A function that empties its argument changes nothing of what it is compared with."""
    def error_rate(energies, y):
        energies[:], y[:] = 0, 0
        return 0.0
    assert not check("losses.error_rate", error_rate)
    x = {"a": [np.ones(2), (np.ones(1),)]}
    y = copied(x)
    y["a"][0][:] = y["a"][1][0][:] = 5
    assert x["a"][0].sum() == 2 and x["a"][1][0].sum() == 1


def test_names_that_are_none():
    with pytest.raises(LookupError, match="no exercise 'nothing'; there are .*losses"):
        check("nothing.at_all", len)
    with pytest.raises(LookupError, match="losses has no task 'at_all'; it has averaged_perceptron"):
        check("losses.at_all", len)
    with pytest.raises(TypeError, match="takes your function, not what it returns"):
        check("losses.error_rate", 0.5)         # type: ignore[arg-type]


def test_without_pytest_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r'pytest, which is missing: pip install "edugen\[course\]"'):
        check("losses.error_rate", abs)
