"""The equation index finds what it should, nothing else, and every equation of the course proven."""
import ast
import io
import time
import tokenize
from pathlib import Path

import pytest

from edugen.course import course, places
from edugen.course.equations import WORDS, UnreadableFile, _definitions, index

ROOT = Path(__file__).parents[2]


@pytest.fixture
def clone(tmp_path):
    for name, text in {
        "tests/test_a.py": (
            "import pytest\n\n@pytest.mark.equation('2.30', \"2.31\")\n@pytest.mark.slow\n"
            "def test_gradient():\n    assert 2.5\n\n"
            "@pytest.mark.equation('V-4')\nclass TestIt:\n    '''It uses (2.29).'''\n"
        ),
        "edugen/a.py": (
            '"""Softmax.  Cho (2.29), (2.15-2.17) and (2.42)-(2.44)."""\n\n\n'
            'def f(a):\n    """Cho (V-3).\n\n    As (2.30).\n    """\n'
            "    return g(2.11) + a[0](2.12)   # (2.31), not f(2.13) nor (0.5) nor 2.14\n\n\ndef g(a):\n    return (2.18)\n"
        ),
        "edugen/course/b.py": "# (2.99)\n",
        "notebooks/2_x/a.ipynb": (
            '{"cells": [\n {"cell_type": "markdown",\n   "id": "law",\n  "source": [\n   "$$ a \\\\tag{2.30} $$ (2.32)"\n]}]}'
        ),
        "exercises/2_x/a.py": 'def f():\n    """Write (2.30).\n    """\n',
    }.items():
        places.write_atomically(tmp_path / name, text)
    return tmp_path


def test_each_label_is_found_where_it_stands(clone):
    found = {label: [(p.kind, p.path, p.line, p.what) for p in places] for label, places in index(clone).items()}
    assert found["2.30"] == [
        ("test", "tests/test_a.py", 5, "test_gradient"),
        ("source", "edugen/a.py", 7, "f"),
        ("notebook", "notebooks/2_x/a.ipynb", 5, "cell law"),
        ("exercise", "exercises/2_x/a.py", 2, "f"),
    ]
    assert [place[:3] for place in found["2.31"]] == [("test", "tests/test_a.py", 5), ("source", "edugen/a.py", 9)]
    assert found["V-4"] == [("test", "tests/test_a.py", 9, "TestIt")]


def test_nothing_else_is_found_and_labels_are_in_order(clone):
    assert list(index(clone)) == ["2.15", "2.16", "2.17", "2.29", "2.30", "2.31", "2.42", "2.43", "2.44", "V-3", "V-4"]


def test_file_that_does_not_parse_is_named(clone):
    places.write_atomically(clone / "edugen" / "broken.py", "# (2.30)\ndef f(:\n")
    with pytest.raises(UnreadableFile, match=r"broken\.py is not Python: .*line 2"):
        index(clone)


def test_index_of_an_installed_package_has_no_tests(tmp_path, monkeypatch):
    package = tmp_path / "edugen"
    monkeypatch.setattr(places, "PACKAGE", package)
    places.write_atomically(package / "a.py", "x = 1   # (2.30)\n")
    places.write_atomically(package / "course" / "notebooks" / "2_x" / "a.ipynb", '"\\\\tag{2.30}"')
    places.write_atomically(package / "course" / "exercises" / "2_x" / "a.py", "# (2.30)")
    assert [(p.kind, p.path) for p in index()["2.30"]] == [
        ("source", "edugen/a.py"),
        ("notebook", "edugen/course/notebooks/2_x/a.ipynb"),
        ("exercise", "edugen/course/exercises/2_x/a.py"),
    ]


HARD = r'''a = "it\"s # no" + r'\\' '(2.1)'   # don't "stop
b = """x "" ' # \""" """ + f"{1 + 1} (2.2)" + 'one \
two' + '' + "" # """
'''


def test_words_are_those_of_the_tokenizer():
    """On every file of the package, and on what is hard; since Python 3.12 the tokenizer has f-strings in pieces."""
    compared = 0
    for text in (HARD, *(path.read_text(encoding="utf-8") for path in (ROOT / "edugen").rglob("*.py"))):
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
        if any(tokenize.tok_name[token.type] == "FSTRING_START" for token in tokens):
            continue
        expected = [token.string.lstrip("rRbBfFuU") for token in tokens if token.type in (tokenize.COMMENT, tokenize.STRING)]
        assert [words[0] for words in WORDS.finditer(text)] == expected
        compared += len(expected)
    assert compared > 1000


def test_definitions_are_those_of_a_whole_walk():
    for path in (ROOT / "edugen").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        assert {*_definitions(tree)} == {node for node in ast.walk(tree) if isinstance(node, kinds)}


def test_index_is_fast():
    began = time.process_time()
    index()
    assert time.process_time() - began < 2


@pytest.mark.parametrize("section", course().sections, ids=lambda section: section.stem)
def test_every_equation_of_a_section_is_proven_and_cited(section):
    found = index()
    kinds = {label: {place.kind for place in found.get(label, ())} for label in section.equations}
    assert not [label for label in kinds if "test" not in kinds[label]], "proven by no test"
    assert not [label for label in kinds if "notebook" not in kinds[label]], "derived in no notebook"
