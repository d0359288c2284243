"""The manifest: what it says, how it is searched, and that the four trees have the rooms it lists, and no other."""
import ast
import re
from pathlib import Path

import pytest

from edugen.course import UnknownSection, course, places
from edugen.course.labels import labels
from edugen.course.manifest import expand, read
from edugen.grading.process import Limits

ROOT = Path(__file__).parents[2]

ONE = """
[[chapter]]
number = 2
package = "classification"
title = "Classification"
lecture = "Cho"
[[chapter.section]]
number = "2.1"
stem = "losses"
title = "Losses"
covers = ["2.1", "2.1.1"]
equations = ["2.1..2.3"]
minutes = 10
"""


def test_chapters_are_those_of_the_course():
    packages = ["background", "energy", "classification", "blocks", "latent", "undirected", "further"]
    assert [(chapter.number, chapter.package) for chapter in course().chapters] == list(enumerate(packages))


@pytest.mark.parametrize("stem, count", [("losses", 14), ("cross_entropy", 23), ("backprop", 28), ("reverse_mode", 0)])
def test_equations_of_a_section(stem, count):
    assert len(course().find(stem).equations) == count


def test_every_label_that_says_nothing_to_compute_is_cited_with_a_word_why_and_no_other():
    assert set(course().cited) == {name for name, label in labels().items() if not label.computable}
    assert len(course().cited) == 32
    assert not [why for why in course().cited.values() if len(why.split()) < 2 or why.endswith(".")], "it ends `it ...`"


def test_a_section_has_labels_of_the_lectures_alone():
    assert not [name for section in course().sections for name in section.labels if name not in labels()]
    assert not [name for chapter in course().chapters for name in chapter.cited if labels()[name].chapter != chapter.number]


def test_lecture_sections_that_are_covered_leave_no_label_behind():
    """Where a section of ours covers a section of Cho's, that one's labels are its, or another's that covers it too."""
    covering = {}
    for section in course().sections:
        for number in section.covers:
            covering.setdefault(number, set()).update(section.labels)
    elsewhere = {"2.37", "2.38"}                # printed after 2.1.2, of the losses of 2.1.1 and of (2.30)
    forgotten = [label.label for label in labels().values() if label.lecture == "Cho" and label.section in covering
                 and label.label not in covering[label.section] | elsewhere]
    assert not forgotten


@pytest.mark.parametrize("name, stem", [
    ("backprop", "backprop"), ("2.2", "backprop"), ("2.2.1", "backprop"), ("§2.1.1", "losses"), ("2.1.2.", "cross_entropy"),
    ("Cross-Entropy", "cross_entropy"), (" reverse_mode ", "reverse_mode"),
])
def test_section_is_found(name, stem):
    assert course().find(name).stem == stem


@pytest.mark.parametrize("name, message", [
    ("bakprop", r"Did you mean backprop \(2\.2\)\?"),
    ("reversemode", r"Did you mean reverse_mode"),
    ("softmax", r"Did you mean cross_entropy"),
    ("xyzzy", r"lists them all"),
    ("", r"lists them all"),
    ("2.2.2", r"backprop \(2\.2\) and reverse_mode \(2\.2\.3\)\. Say which"),
])
def test_section_that_is_not_found_is_guessed(name, message):
    with pytest.raises(UnknownSection, match=message):
        course().find(name)


def test_owner_of_a_label():
    assert course().owner("2.37").stem == "losses"
    assert course().owner("2.61").stem == "backprop"
    assert course().owner("9.99") is None


@pytest.mark.parametrize("wrong, message", [
    (ONE.replace('stem = "losses"', ""), "chapter 2: .*stem"),
    (ONE.replace("minutes", "minuets"), "minuets"),
    (ONE.replace('"2.1..2.3"', '"2.1..2.3", "2.2"'), "label '2.2' stands twice"),
    (ONE.replace('"2.1..2.3"', '"2.3..2.1"'), "no range"),
    (ONE.replace('"2.1..2.3"', '"2.3..3.1"'), "no range"),
    (ONE + 'before = ["backprop"]', "builds on 'backprop', which no section before it is"),
    (ONE + ONE[ONE.index("[[chapter.section]]"):], "number '2.1' stands twice"),
    (ONE.replace('lecture = "Cho"', 'lecture = "Cho"\ncited = { "2.2" = "names it" }'), "label '2.2' stands twice"),
])
def test_manifest_that_is_wrong_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        read(wrong)


def test_a_notebook_beside_the_chapters():
    (kernels,) = course().notebooks
    assert course().find_notebook("kernels") == course().find_notebook(" Kernels ") == kernels
    assert course().find_notebook("losses") == course().find("losses") and course().find_notebook("2.2").stem == "backprop"
    with pytest.raises(UnknownSection, match=r"notebook beside the chapters, without an exercise: `edugen open kernels`"):
        course().find("kernels")
    with pytest.raises(UnknownSection, match="lists them all"):
        course().find_notebook("xyzzy")
    beside = '[[notebook]]\nstem = "{}"\ntitle = "Aside"\nminutes = 5\n'
    assert [n.stem for n in read(ONE + beside.format("aside")).notebooks] == ["aside"]
    with pytest.raises(ValueError, match="stem 'losses' stands twice"):
        read(ONE + beside.format("losses"))
    with pytest.raises(ValueError, match="notebook aside: .*minuets"):
        read(ONE + beside.format("aside").replace("minutes", "minuets"))


def test_range_of_labels():
    assert expand(["2.9..2.11", "V-1", "V-8..V-9"]) == ("2.9", "2.10", "2.11", "V-1", "V-8", "V-9")


# The four trees, both ways.

SECTIONS = pytest.mark.parametrize("section", course().sections, ids=lambda section: section.stem)


@SECTIONS
def test_section_has_every_room(section):
    rooms = [
        ROOT / "edugen" / section.package / f"{section.stem}.py",
        ROOT / "notebooks" / section.folder / f"{section.stem}.ipynb",
        ROOT / "exercises" / section.folder / f"{section.stem}.py",
        ROOT / "exercises" / section.folder / f"check_{section.stem}.py",
        ROOT / "tests" / section.package / f"test_{section.stem}.py",
        ROOT / "tests" / "exercises" / section.package / section.stem / "solution.py",
    ]
    assert not [str(room.relative_to(ROOT)) for room in rooms if not room.is_file()]


@SECTIONS
def test_a_blank_exercise_imports_what_its_hints_use(section):
    """A student who types a hint's line meets no NameError; nor does one who writes `np.` by habit."""
    blank: dict[str, object] = {}
    exec(compile(section.exercise.read_text(encoding="utf-8"), section.exercise, "exec"), blank)
    strings = [node.value for node in ast.walk(ast.parse(section.checks.read_text(encoding="utf-8")))
               if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    used = {name for text in strings for name in re.findall(r"(?<![\w.])(np|math|itertools|heapq)\.\w", text)}
    assert used | {"np"} <= blank.keys()


def test_every_notebook_and_exercise_is_in_the_manifest():
    listed = {path for s in course().sections for path in (s.notebook, s.exercise, s.checks)}
    on_disk = {
        path for tree in ("notebooks", "exercises") for chapter in course().chapters
        for path in (ROOT / tree / chapter.folder).glob("*") if path.suffix in (".ipynb", ".py")
    }
    assert on_disk <= listed
    strays = [path for tree in ("notebooks", "exercises") for path in (ROOT / tree).rglob("*")
              if path.suffix in (".ipynb", ".py") and path.parent.parent != ROOT / tree]
    assert sorted(strays) == sorted(n.notebook for n in course().notebooks), "all others lie in the folder of their chapter"


# Modules that other sections use, and that have no section of their own.
HELPERS = {"background": {"classifiers"}, "classification": {"online", "pac_bayes", "search", "smbo"}}


def test_every_module_of_a_chapter_is_in_the_manifest():
    for chapter in course().chapters:
        modules = {path.stem for path in (ROOT / "edugen" / chapter.package).glob("*.py")} - {"__init__"}
        assert modules - HELPERS.get(chapter.package, set()) <= {section.stem for section in chapter.sections}
        proven = {re.sub("^test_", "", path.stem) for path in (ROOT / "tests" / chapter.package).glob("test_*.py")}
        assert proven - modules == set(), f"tests/{chapter.package} tests modules that do not exist"


def test_the_syllabus_for_instructors_names_every_section_once_and_calls_none_here_that_is_not():
    text = (ROOT / "notebooks" / "instructor.md").read_text(encoding="utf-8")
    weeks = re.findall(r"^\| \d+ \|.*$", text, re.MULTILINE)
    here, planned = ([name for week in weeks for name in re.findall(pattern, week)] for pattern in (r"`(\w+)`", r"\*(\w+)\*"))
    stems = {section.stem for section in course().sections}
    assert len(weeks) == 14 and len({*here, *planned}) == len(here + planned)
    assert not set(here) - stems, "in italics: planned"
    assert not stems - {*here, *planned}, "a section has its week; once it is built it stands in `code`"
    optional = {name for week in weeks for name in re.findall(r"`(\w+)`", week.split("|")[3])}
    assert optional == {section.stem for section in course().sections if not section.core}
    assert not stems & {*re.findall(r"(?<!\*)\*(\w+)\*(?!\*)", text)}, "what is built is not in italics anywhere"


def test_what_is_core_needs_nothing_optional():
    """"Sections that are not core can be left out without a gap", as instructor.md says."""
    core = {section.stem for section in course().sections if section.core}
    assert not [(section.stem, *gap) for section in course().sections if section.core and (gap := {*section.before} - core)]


def test_course_is_found_in_this_clone():
    assert places.clone() == ROOT
    assert places.tree("notebooks") == ROOT / "notebooks"


def test_every_exercise_states_its_limits():
    limits = Limits()
    assert (limits.seconds, limits.total, limits.memory) == (10, 60, 1 << 30)
    for section in course().sections:
        text = section.exercise.read_text(encoding="utf-8")
        assert "A call may take 10 seconds and 1 GiB of memory, all calls of a task a minute" in text, section.stem
