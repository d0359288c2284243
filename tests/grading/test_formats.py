"""Every format, written from records made here: what it holds, what it never holds, and that its readers take it."""
import csv
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest

from edugen.grading.batch import Store
from edugen.grading.formats import FORMATS, write
from edugen.grading.formats.gradescope import LIMIT, results
from edugen.grading.gradebook import Gradebook, pseudonym, read_roster
from edugen.grading.isolation import NOTHING
from edugen.grading.manual import Mark, answer_in, read_marks, write_marks
from edugen.grading.results import hand_over

SECRET = b"0123456789abcdef"
TASK = {"name": "test_proof", "rubric": {"says why": 2, "draws it": 1}, "about": "Prove it."}
NASTY = "=cmd()|<script>alert(1)</script>\x00\x1b[31m```\n# heading"


def check(name, points, earned, status="", message="", **more):
    return {"name": name, "points": points, "earned": earned, "status": status or ("passed" if earned else "failed"),
            "message": message, "kind": "" if earned else "wrong answer", "seconds": 0.25, "item": name, "answers": [], **more}


def record(student, exercise="losses", earned=(2, 3), sha="a" * 64, problem="", message=NASTY, manual=()):
    checks = [check("test_one", 2, earned[0], message="" if earned[0] else message),
              check("test_two", 3, earned[1], message="" if earned[1] else message, misconception="" if earned[1] else "sign")]
    return {"student": student, "exercise": exercise, "file": f"{student}/{exercise}.py", "problem": problem, "check": "c" * 64,
            "graded": "2026-01-02T03:04:05Z", "sha256": sha, "edugen": "0.1", "seed": "5eed" * 16,
            "isolation": "process" if sha else NOTHING, "limits": {"test_one": "10 s a call", "test_two": "99 s a call"},
            "seconds": 1.5, "points": 5, "earned": sum(earned), "checks": checks, "manual": list(manual), "submission": ""}


@pytest.fixture
def store(tmp_path):
    """Ada has everything and a proof, Bob half, Cyd nothing, and one has a name that is an attack."""
    made = Store(tmp_path / "out")
    for one in (record("ada", manual=[TASK]), record("bob", earned=(2, 0), manual=[TASK]),
                record("cyd", earned=(0, 0), sha=None, problem="cyd.zip: nothing was handed in", manual=[TASK]),
                record("=1+<b>&", earned=(0, 3), manual=[TASK])):
        made.key(one["student"])
        made.write(one)
        if one["sha256"]:
            made.source("losses", one["student"]).parent.mkdir(parents=True, exist_ok=True)
            made.source("losses", one["student"]).write_text("proof = '=because'\n")
    made.state["notes"] = ["readme.txt was left out"]
    made.save()
    return made


@pytest.fixture
def book(store):
    return Gradebook.of(store, SECRET, marks={("ada", "losses", "test_proof", "says why"): Mark(1.5, "nearly"),
                                              ("ada", "losses", "test_proof", "draws it"): Mark(1.0)})


def rows(path):
    with open(path, encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_points_of_people_count_in_the_total(book):
    ada, bob, cyd = (next(r for r in book.rows if r.student == s) for s in ("ada", "bob", "cyd"))
    assert (ada.earned(), ada.pending(), book.points()) == (7.5, 0, 8)
    assert (bob.earned(), bob.pending()) == (2, 3) and (cyd.earned(), cyd.pending()) == (0, 0)      # nothing to read of Cyd's


def test_csv(book, tmp_path):
    write(book, tmp_path, ["csv"])
    found = {r["student"]: r for r in rows(tmp_path / "scores.csv")}
    assert (found["ada"]["total"], found["ada"]["of"], found["bob"]["waiting"]) == ("7.5", "8", "3")
    assert found["cyd"]["losses: note"] == "cyd.zip: nothing was handed in" and found["ada"]["losses: sha256"] == "a" * 64
    assert "'=1+<b>&" in found and not any(cell.startswith(("=", "+", "@")) for r in found.values() for cell in r.values())
    checks = rows(tmp_path / "checks.csv")
    assert len(checks) == 12 and {r["status"] for r in checks if r["check"] == "test_proof"} == {"graded", "waiting"}
    assert next(r for r in checks if (r["student"], r["check"]) == ("bob", "test_two"))["known mistake"] == "sign"


CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Quiz (7),Losses (4711)
    Points Possible,,,,,10,8
"Lovelace, Ada",101,s1,ada,S1,9,
"Builder, Bob",102,s2,bob,S1,8,
"Gone, Guy",103,s3,guy,S1,,
"""


def test_canvas(store, tmp_path):
    """The columns that Canvas's import asks for, in order, its own assignment's header, and its second line."""
    (tmp_path / "roster.csv").write_text("\ufeff" + CANVAS, encoding="utf-8")
    roster = read_roster(tmp_path / "roster.csv", list(store.state["students"]))
    assert set(roster.rows) == {"ada", "bob", "guy"}                    # by SIS Login ID, the column that matches
    write(Gradebook.of(store, SECRET, roster), tmp_path, ["canvas"])
    with open(tmp_path / "canvas.csv", newline="") as stream:
        table = list(csv.reader(stream))
    assert table[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Losses (4711)"]
    assert table[1] == ["    Points Possible", "", "", "", "", "8"]
    assert ["Lovelace, Ada", "101", "s1", "ada", "S1", "5"] in table and ["Builder, Bob", "102", "s2", "bob", "S1", "2"] in table


WORKSHEET = """Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,Feedback comments
Participant 21,Ada L,ada@x.org,Submitted,,8.00,Yes,
Participant 22,Bob B,bob@x.org,Submitted,,8.00,Yes,
"""


def test_moodle_worksheet_is_filled_in(tmp_path):
    """The same columns in the same order, with Grade and Feedback comments; only those who are in it."""
    store = Store(tmp_path / "out")
    for one in (record("21"), record("22", earned=(2, 0))):
        store.key(one["student"])
        store.write(one)
    (tmp_path / "worksheet.csv").write_text(WORKSHEET)
    roster = read_roster(tmp_path / "worksheet.csv", ["21", "22"])
    write(Gradebook.of(store, SECRET, roster), tmp_path, ["moodle"])
    found = rows(tmp_path / "moodle.csv")
    assert list(found[0]) == WORKSHEET.partition("\n")[0].split(",")
    assert [(r["Identifier"], r["Grade"]) for r in found] == [("Participant 21", "5"), ("Participant 22", "2")]
    assert found[1]["Feedback comments"] == "losses 2/5 (not yet: two)"


def test_moodle_gradebook(store, tmp_path):
    (tmp_path / "roster.csv").write_text("First name,Last name,Email address\nAda,L,ada\nBob,B,bob\n")
    roster = read_roster(tmp_path / "roster.csv", ["ada", "bob"])
    write(Gradebook.of(store, SECRET, roster), tmp_path, ["moodle"])
    found = {r["Email address"]: r for r in rows(tmp_path / "moodle.csv")}
    assert found["ada"]["First name"] == "Ada" and found["ada"]["Total"] == found["ada"]["losses"] == "5"


def test_gradescope(book, tmp_path):
    """The keys, and the values they may have, of Gradescope's autograder specification."""
    write(book, tmp_path, ["gradescope"])
    for path in (tmp_path / "gradescope").glob("*/results.json"):
        text = path.read_text()
        found = json.loads(text)
        assert len(text) <= LIMIT and "5eed" not in text                # no official seed reaches a student
        assert found["score"] == sum(test["score"] for test in found["tests"])
        assert found["visibility"] in ("hidden", "after_due_date", "after_published", "visible") and found["execution_time"] >= 0
        for test in found["tests"]:
            assert set(test) <= {"score", "max_score", "status", "name", "name_format", "number", "output", "output_format",
                                 "tags", "visibility", "extra_data"}
            assert test.get("status", "passed") in ("passed", "failed") and 0 <= test["score"] <= test["max_score"]
            assert test["output_format"] in ("text", "html", "simple_format", "md", "ansi")
            assert re.fullmatch(r"\d+\.\d+", test["number"]) and all(isinstance(tag, str) for tag in test["tags"])
    ada = json.loads((tmp_path / "gradescope" / "ada" / "results.json").read_text())
    assert ada["score"] == 7.5 and [t["max_score"] for t in ada["tests"]] == [2, 3, 3]
    assert ada["output"].endswith("isolation: process. Allowed: 10 s a call; two: 99 s a call.")
    assert json.loads((tmp_path / "gradescope" / "cyd" / "results.json").read_text())["output"] == "losses: nothing was run."


def test_gradescope_fits_whatever_students_print():
    long = record("ada", earned=(0, 0), message="\N{SNOWMAN}" * 90_000)
    found = results([long, {**long, "exercise": "other"}])
    assert len(json.dumps(found)) <= LIMIT and found["tests"][0]["output"].endswith("... (cut)") and len(found["tests"]) == 4


def test_junit(book, tmp_path):
    """Well-formed whatever students wrote, with the counts that readers sum; elements and attributes of Jenkins's schema."""
    write(book, tmp_path, ["junit"])
    top = ET.parse(tmp_path / "junit.xml").getroot()
    allowed = {"testsuites": {"name", "tests", "failures", "errors", "time", "disabled"},
               "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname", "id", "package"},
               "properties": set(), "property": {"name", "value"},
               "testcase": {"name", "classname", "time", "status", "assertions"},
               "failure": {"message", "type"}, "error": {"message", "type"}}
    for element in top.iter():
        assert set(element.attrib) <= allowed[element.tag]
    suites = top.findall("testsuite")
    assert len(suites) == 4 and top.get("tests") == "8" and int(top.get("failures")) == len(top.findall(".//failure")) == 4
    for suite in suites:
        assert int(suite.get("tests")) == len(suite.findall("testcase"))
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp"))
        facts = {p.get("name"): p.get("value") for p in suite.iter("property")}
        cyd = suite.get("name") == "cyd.losses"
        assert (facts["isolation"], facts["sha256"]) == (("nothing was run", "") if cyd else ("process", "a" * 64))
        assert facts["limits"] == "10 s a call; two: 99 s a call" and facts["earned"] in ("0", "2", "3", "5")


class Page(HTMLParser):
    """Tags that are open, addresses that are fetched, and what is written."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.addresses, self.text = [], set(), [], []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href", "srcset", "action", "data", "xlink:href")]
        if tag not in ("meta", "line", "rect"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_report_is_one_page_that_fetches_nothing(book, tmp_path):
    write(book, tmp_path, ["html"])
    text = (tmp_path / "report.html").read_text()
    page = Page()
    page.feed(text)
    said = " ".join(page.text)
    assert not page.open and not page.addresses and not page.tags & {"script", "link", "iframe", "img", "b>&"}
    assert "http" not in text and "url(" not in text and "@import" not in text
    for words in ("students", "=1+<b>&", "1 × sign", "readme.txt was left out",
                  "wrong answer", "losses: checks", "3 graded by edugen 0.1, isolation: process", "Slowest checks",
                  "nothing was handed in", "which allow 10 s a call; two: 99 s a call",
                  "1 without a file that could be read: nothing was run"):
        assert words in said, words


def test_feedback_is_readable_and_harmless(book, tmp_path):
    write(book, tmp_path, ["feedback"])
    files = {path.name: path.read_text() for path in (tmp_path / "feedback").iterdir()}
    assert len(files) == 4 and "# ada: 7.5 of 8 points" in files["ada.md"] and "- 1.5 of 2: says why. nearly" in files["ada.md"]
    assert "3 of these points are still with the person" in files["bob.md"] and "SHA-256 aaaa" in files["bob.md"]
    assert "Not graded: cyd.zip: nothing was handed in." in files["cyd.md"] and "graded by a person" not in files["cyd.md"]
    assert files["cyd.md"].endswith("\nNothing was run.\n")
    bob = files["bob.md"]
    assert "isolation: process. Allowed: 10 s a call; two: 99 s a call." in bob
    assert "\x1b" not in bob and "\x00" not in bob and "5eed" not in bob
    fence = next(line for line in bob.splitlines() if line.startswith("```"))
    assert len(fence) == 4 and bob.count(f"{fence}\n") == 2             # longer than the one inside, so it stays closed
    write(Gradebook.of(Store(tmp_path / "none"), SECRET), tmp_path, ["feedback"])
    assert not list((tmp_path / "feedback").iterdir())                  # pages of those who are gone go


def test_anonymous(store, tmp_path):
    """No name and no id in anything that is written, except in the list of who is who."""
    done = hand_over(store, SECRET, {}, ["feedback", "csv", "gradescope", "junit", "html"], anonymous=True)
    shown = [path for top in done.paths for path in ([top] if top.is_file() else top.rglob("*")) if path.is_file()]
    for path in shown:
        words = path.read_text() + path.name
        if path.name == "pseudonyms.csv":
            assert "ada" in words and pseudonym(SECRET, "ada") in words
        else:
            assert not re.search(r"\b(ada|bob|cyd)\b|readme", words), path
    with pytest.raises(ValueError, match="--anonymous hides them"):
        hand_over(store, SECRET, {}, ["canvas"], anonymous=True)
    assert [row["student"] for row in rows(store.folder / "pseudonyms.csv")] == ["'=1+<b>&", "ada", "bob", "cyd"]


def test_anonymous_without_the_names_that_platforms_put_into_file_names(store):
    """Moodle's folders and Canvas's files are called by the person, and the student is a number."""
    for student, name, file in (("12", "Grace Hopper", "Grace Hopper_12_assignsubmission_file_/losses.py"),
                                ("77", "lovelaceada", "lovelaceada_77_345_losses.py"), ("li", "", "li.zip")):
        store.key(student)
        store.state["students"][student]["name"] = name
        store.write(record(student) | {"file": "" if student == "li" else file})
        store.write(record(student, "descent", sha=None, problem=f"{file} is a link") | {"file": file if name else ""})
    store.save()
    book = Gradebook.of(store, SECRET, anonymous=True)
    found = {row.student: row for row in book.rows}
    for student, label in ((student, pseudonym(SECRET, student)) for student in ("12", "77")):
        assert found[student].results["losses"]["file"] == f"{label}/losses.py"
        assert found[student].results["descent"]["problem"] == f"{label}/descent.py is a link"
    assert found["li"].results["descent"]["problem"] == f"{pseudonym(SECRET, 'li')}.zip is a link"
    for path in write(book, store.folder, ["feedback", "csv", "gradescope", "junit", "html"]):
        for file in [path] if path.is_file() else path.rglob("*.*"):
            assert not re.search("hopper|grace|lovelace", file.read_text() if file.is_file() else "", re.IGNORECASE), file


def test_marks_go_out_and_come_back(store, tmp_path):
    """The table asks once for each criterion; what is filled in stays, whatever is written again, and counts."""
    table = store.folder / "manual.csv"
    assert hand_over(store, SECRET, {}, ["csv"]).waiting == 6           # three who handed in, two criteria each
    found = rows(table)
    assert [r["student"] for r in found] == ["=1+<b>&"] * 2 + ["ada"] * 2 + ["bob"] * 2 and found[2]["asked"] == "Prove it."
    assert found[2]["answer"] == "'=because"                           # read from the file, and no formula
    found[2]["points"], found[2]["comment"] = "1,5", "nearly"
    with open(table, "w", newline="") as stream:
        writer = csv.DictWriter(stream, list(found[0]), delimiter=";")          # as a German Excel saves it
        writer.writeheader()
        writer.writerows(found)
    done = hand_over(store, SECRET, {}, ["csv"])
    assert done.waiting == 5 and rows(table)[2]["points"] == "1.5" and rows(table)[2]["comment"] == "nearly"
    assert next(r for r in rows(store.folder / "scores.csv") if r["student"] == "ada")["total"] == "6.5"
    done = hand_over(store, SECRET, {}, ["csv"], anonymous=True)        # and pseudonyms find their way back
    assert pseudonym(SECRET, "ada") in {r["student"] for r in rows(table)} and done.waiting == 5
    assert hand_over(store, SECRET, {}, ["csv"]).waiting == 5


@pytest.mark.parametrize("cell, words", [
    ("3", "from 0 to 2, got '3'"), ("-1", "got '-1'"), ("lots", "got 'lots'"), ("nan", "got 'nan'")])
def test_a_mark_that_is_none_is_told_with_its_line(tmp_path, cell, words):
    path = tmp_path / "manual.csv"
    path.write_text(f"student,exercise,task,criterion,max,points,comment\nada,losses,test_proof,says why,2,{cell},\n")
    with pytest.raises(ValueError, match="line 2") as error:
        read_marks(path)
    assert words in str(error.value)


def test_a_table_that_lacks_a_column_or_says_a_thing_twice(tmp_path):
    path = tmp_path / "manual.csv"
    path.write_text("student,exercise\n")
    with pytest.raises(ValueError, match="lacks the columns task, criterion, max, points"):
        read_marks(path)
    path.write_text("student,exercise,task,criterion,max,points\n" + "a,b,c,d,2,1\n" * 2)
    with pytest.raises(ValueError, match="a / b / c / d is there twice"):
        read_marks(path)
    assert read_marks(tmp_path / "none.csv") == {}
    assert write_marks(tmp_path / "none.csv", [record("ada")], {("losses", "ada"): b""}, {}) == 0
    assert not (tmp_path / "none.csv").exists()


@pytest.mark.parametrize("source, answer", [
    (b"proof = 'by symmetry'", "by symmetry"), (b'x = 1\nproof = """\n a\n"""', "a"), (b"def (", ""), (b"proof = f()", ""),
    (b"\x00", ""), (b"proof = 1", ""), (b"(" * 5000, "")])
def test_answers_are_read_and_never_run(source, answer):
    assert answer_in(source, "test_proof") == answer


def test_rosters_that_do_not_fit_are_refused(tmp_path):
    path = tmp_path / "roster.csv"
    for text, words in (("", "is empty"), ("id,name\n7,x\n", "no column of the roster"), ("id\nada\nada\n", "'ada' twice")):
        path.write_text(text)
        with pytest.raises(ValueError, match=words):
            read_roster(path, ["ada"])
    with pytest.raises(ValueError, match="no column 'mail'"):
        read_roster(path, ["ada"], "mail")


def test_every_format_takes_an_empty_class(tmp_path):
    book = Gradebook.of(Store(tmp_path / "out"), SECRET)
    assert write(book, tmp_path, list(FORMATS))
