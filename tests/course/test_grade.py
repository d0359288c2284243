"""`edugen grade` and `regrade` as an instructor types them."""
import csv
from pathlib import Path

import pytest
from click.testing import CliRunner

from edugen.course.commands import edugen
from edugen.course.commands.grade import _bar
from edugen.grading.scaffold import SOLUTION, new_task


def invoke(*arguments):
    done = CliRunner().invoke(edugen, [str(a) for a in arguments])
    return done.exit_code, done.output


@pytest.fixture
def place(tmp_path):
    """An exercise of one's own, and three who handed in."""
    new_task(tmp_path / "tasks", "line")
    for student, source in (("ada", SOLUTION), ("bob", SOLUTION.replace("/ len(y)", "")), ("cyd", "def (:\n")):
        (tmp_path / "in" / student).mkdir(parents=True)
        (tmp_path / "in" / student / "line.py").write_text(source + "\nwhy_robust = 'The slope is bounded.'\n")
    (tmp_path / "roster.csv").write_text("login,group\nada,A\nbob,A\ncyd,B\ndan,B\n")
    return tmp_path


def totals(place):
    with open(place / "out" / "scores.csv", encoding="utf-8", newline="") as stream:
        return {row["student"]: (row["total"], row["of"], row["waiting"], row["group"]) for row in csv.DictReader(stream)}


@pytest.mark.slow
def test_from_submissions_to_marks_and_back(place):
    """Graded; again, with a person's marks; a check mended, looked at, published."""
    tasks, out, roster = place / "tasks", place / "out", place / "roster.csv"
    command = ("grade", place / "in", "--out", out, "--exercises", tasks, "--roster", roster, "--format", "csv,html,feedback")
    code, text = invoke(*command)
    assert code == 0 and "4 graded now, 0 before" in text and "6 criteria wait for a person" in text, text
    assert "keep it from students" in text and (out / "secret").exists()
    assert totals(place) == {"ada": ("6", "8", "2", "A"), "bob": ("2", "8", "2", "A"), "cyd": ("0", "8", "2", "B"),
                             "dan": ("0", "8", "0", "B")}
    feedback = (out / "feedback" / "bob.md").read_text()
    assert "A known mistake gives the same answer: the sum over the points where their mean is asked." in feedback
    table = (out / "manual.csv").read_text()
    (out / "manual.csv").write_text("\n".join(line.replace(",1,,", ",1,1,") if line.startswith("ada,") else line
                                              for line in table.splitlines()))
    assert "not in the roster" not in text
    roster.write_text("login,group\nada,A\nbob,A\ndan,B\n")
    code, text = invoke(*command)
    assert code == 0 and "0 graded now, 4 before" in text and "4 criteria wait" in text and totals(place)["ada"][0] == "8"
    assert "not in the roster, whose columns stay empty for them: cyd" in text and totals(place)["cyd"][3] == ""
    check = tasks / "exercises" / "own" / "check_line.py"
    check.write_text(check.read_text().replace("@pytest.mark.points(2)", "@pytest.mark.points(3)"))
    shorter = ("grade", place / "in", "--out", out, "--exercises", tasks, "--format", "canvas")        # no roster, other formats
    code, text = invoke(*shorter)
    assert code == 2 and "edugen regrade" in text
    code, text = invoke("regrade", out)
    assert code == 0 and "Nothing has been changed" in text and "robust_loss 2 to 3" in text and totals(place)["ada"][0] == "8"
    code, text = invoke("regrade", out, "--publish")
    assert code == 0 and totals(place)["ada"] == ("9", "9", "0", "A") and totals(place)["bob"][:2] == ("3", "9")
    code, text = invoke(*shorter)
    assert code == 0 and totals(place)["ada"] == ("9", "9", "0", "A") and "report.html" in text         # all that stands there
    assert "ada,ada,,,,9" in (out / "canvas.csv").read_text()                 # a roster that isn't Canvas's names nobody there
    code, text = invoke("regrade", out)
    assert code == 0 and "No check has changed" in text


@pytest.mark.parametrize("options, words", [
    (["--format", "word"], "there is no format word; there are feedback, csv"),
    (["--section", "nothing"], "there is no exercise nothing; there are line"),
    (["--secret", "SHORT"], "needs at least 16"), (["--roster", "SHORT"], "is empty"),
    (["--require-isolation", "moon"], "'moon' is not one of")])
def test_what_cannot_be_is_refused(place, options, words):
    short = place / "short"
    short.write_text("" if "--roster" in options else "abc")
    options = [str(short) if option == "SHORT" else option for option in options]
    code, text = invoke("grade", place / "in", "--out", place / "out", "--exercises", place / "tasks", *options)
    assert code == 2 and words in " ".join(text.split()), text


def test_a_folder_without_submissions_says_how_they_look(place):
    (place / "none").mkdir()
    (place / "none" / "readme.txt").write_text("hello")
    code, text = invoke("grade", place / "none", "--out", place / "out")
    assert code == 2 and "STUDENT_EXERCISE.py" in text and "readme.txt was left out" in text
    code, text = invoke("regrade", place / "none")
    assert code == 2 and "is not what `edugen grade` wrote" in text


def test_stopped_it_says_what_is_kept(place, monkeypatch):
    from edugen.grading import batch

    def stopped(*_, progress, **__):
        progress(3, 7, "ada")
        raise KeyboardInterrupt

    monkeypatch.setattr(batch, "grade_all", stopped)
    code, text = invoke("grade", place / "in", "--out", place / "out", "--exercises", place / "tasks")
    assert code == 130 and "Stopped after 3 of 7: what is graded is kept, and the same command goes on." in text
    assert not (place / "out" / ".lock").exists()


def test_a_log_gets_a_line_from_time_to_time(capsys):
    for every in (0.0, 3600.0):
        with _bar(every) as progress:
            progress(1, 5, "ada")
            progress(2, 5, "bob")
    assert capsys.readouterr().err == "1 of 5 graded\n2 of 5 graded\n"


def test_a_tier_that_this_machine_lacks_is_refused(place, monkeypatch):
    from edugen.grading import isolation

    monkeypatch.setattr(isolation, "best", lambda: "process")
    code, text = invoke("grade", place / "in", "--out", place / "out", "--exercises", place / "tasks",
                        "--require-isolation", "bubblewrap")
    assert code == 2 and "isolation 'bubblewrap' is required, and this machine offers 'process'" in " ".join(text.split())
    assert not Path(place / "out").exists()
