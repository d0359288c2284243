"""The list of errata is whole, and each has the two tests that prove it."""
import ast
from pathlib import Path

import pytest

from edugen.course import course
from edugen.course.equations import index
from edugen.course.errata import Erratum, errata, read

ROOT = Path(__file__).parents[2]
ONE = '[[erratum]]\nlabel = "4.36"\nprinted = \'\\mu = \\sum x\'\nright = "r"\nreason = "why"\n'


def test_errata_are_read_and_sorted():
    found = read(ONE + ONE.replace("4.36", "V-2") + ONE.replace("4.36", "4.9"))
    assert [erratum.label for erratum in found] == ["4.9", "4.36", "V-2"]
    assert found[1].printed == r"\mu = \sum x"


@pytest.mark.parametrize("wrong, message", [
    (ONE.replace("reason", "because"), r"4\.36 has a missing, empty or unknown key: because, reason"),
    (ONE.replace('"why"', '" "'), r"4\.36 .*: reason"),
    (ONE + ONE, r"4\.36 stands twice"),
    (ONE + 'where = "margin"\n', r'4\.36: where must be "equation" or "text", got \'margin\''),
    (ONE.replace("label", "number"), r"\? has .*label, number"),
])
def test_wrong_entry_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        read(wrong)


def test_an_erratum_of_the_text_beside_an_equation():
    assert [read(ONE + line)[0].where for line in ("", 'where = "text"\n')] == ["equation", "text"]


def test_names_of_the_two_tests():
    assert Erratum("V-12", "p", "r", "why").tests == ("test_V_12_printed", "test_V_12_right")


def test_every_erratum_is_proven_and_at_a_label_of_the_course():
    """Both ways: two functions for each, none for one that is not listed. The label is a section's, or the source computes it."""
    path = ROOT / "tests" / "test_errata.py"
    body = ast.parse(path.read_text(encoding="utf-8")).body if path.exists() else []
    functions = {node.name for node in body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}
    assert functions == {name for erratum in errata() for name in erratum.tests}
    cited = {label for label, places in index(ROOT).items() if any(place.kind == "source" for place in places)}
    assert not [e.label for e in errata() if course().owner(e.label) is None and e.label not in cited]
