"""The list of errata is whole, and each has the two tests that prove it."""
import ast
from pathlib import Path

import pytest

from edugen.course import course, show_erratum
from edugen.course import errata as errata_module
from edugen.course.equations import index
from edugen.course.errata import Erratum, errata, read
from edugen.course.pages import render

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


def test_an_erratum_in_a_notebook_shows_both_forms_and_the_proof(capsys, monkeypatch):
    monkeypatch.setattr(errata_module, "errata", lambda: read(ONE.replace('"why"', '"x_n * y < 1"')))
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda page: shown.append(page._repr_markdown_()))
    show_erratum("4.36")
    (text,) = shown
    assert "**Erratum (4.36).** The notes print\n\n$$\\mu = \\sum x$$" in text and "$$r$$" in text
    assert r"x\_n \* y \< 1" in text and "`test_4_36_printed` and `test_4_36_right`" in text
    with pytest.raises(ValueError, match=r"no erratum is known at '2\.1'"):
        show_erratum("4.36", "2.1")
    assert len(shown) == 1, "nothing is shown where a label is wrong"
    beside = read(ONE + 'where = "text"\n')[0].markdown
    assert "The equation is right. The text beside it says" in beside


def test_every_erratum_is_drawn_on_a_page():
    assert not [complaint for erratum in errata() for complaint in render(erratum.markdown)[1]]


def test_every_erratum_is_proven_and_at_a_label_of_the_course():
    """Both ways: two functions for each, none for one that is not listed. The label is a section's, or the source computes it."""
    path = ROOT / "tests" / "test_errata.py"
    body = ast.parse(path.read_text(encoding="utf-8")).body if path.exists() else []
    functions = {node.name for node in body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}
    assert functions == {name for erratum in errata() for name in erratum.tests}
    cited = {label for label, places in index(ROOT).items() if any(place.kind == "source" for place in places)}
    assert not [e.label for e in errata() if course().owner(e.label) is None and e.label not in cited]
