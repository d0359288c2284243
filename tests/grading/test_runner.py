"""Many submissions through one session: each with its own seed, in order, and none the worse for its neighbors."""
import pytest

from edugen.grading.runner import Run, Session, SessionEnded, grade

CHECK = '''
import pytest

@pytest.mark.points(1)
@pytest.mark.hint("one", "two", "three")
def test_number(student, rng):
    raise AssertionError(f"{student.call('number')} {rng.random()}")

@pytest.mark.points(1)
def test_count(student):
    assert student.call("count") == 1
'''
SOURCE = '''
calls = []

def number():
    calls.append(0)
    return {n}

def count():
    calls.append(0)
    return len(calls)
'''


@pytest.fixture
def files(tmp_path):
    (tmp_path / "check_task.py").write_text(CHECK)
    for n in range(5):
        (tmp_path / f"s{n}.py").write_text(SOURCE.format(n=n))
    return tmp_path


def test_reports_come_in_the_order_of_the_runs(files):
    runs = [Run(str(files / f"s{n}.py"), seed, fresh) for n in range(5) for seed, fresh in (("0", True), ("1", False))]
    reports = grade(files / "check_task.py", runs, jobs=2)
    words = [report["checks"][0]["message"].splitlines()[0].split() for report in reports]
    assert [word[0] for word in words] == [str(n) for n in range(5) for _ in range(2)]
    assert [report["seed"] for report in reports] == ["0", "1"] * 5
    assert len({word[1] for word in words[::2]}) == len({word[1] for word in words[1::2]}) == 1     # the seed alone decides
    assert words[0][1] != words[1][1]
    assert [report["earned"] for report in reports] == [1, 0] * 5           # fresh workers have not counted before
    assert [report["submission"] for report in reports] == [run.submission for run in runs]


def test_the_same_runs_give_the_same_reports(files):
    runs = [Run(str(files / "s1.py"), "a"), Run(str(files / "s2.py"))]
    once, again = ([[{**c, "seconds": 0} for c in report["checks"]] for report in grade(files / "check_task.py", runs)]
                   for _ in range(2))
    assert once == again


def test_hints_are_a_runs_own(files):
    reports = grade(files / "check_task.py", [Run(str(files / "s0.py"), hints=n) for n in range(4)])
    assert [report["checks"][0]["message"].count("of 3: ") for report in reports] == [0, 1, 2, 3]


def test_a_session_has_a_manifest_and_grades_on_demand(files):
    with Session(files / "check_task.py") as session:
        assert [(c["name"], c["points"], c["earned"], c["status"]) for c in session.manifest["checks"]] == [
            ("test_number", 1, 0, "not run"), ("test_count", 1, 0, "not run")]
        one = session.grade(Run(str(files / "s0.py"), only=("test_count",)))
        assert [c["status"] for c in one["checks"]] == ["not run", "failed" if one["earned"] == 0 else "passed"]
        two = session.grade(Run(str(files / "s1.py"), only=("test_count",)))
        assert one["earned"] == two["earned"] == 1 and one["sha256"] != two["sha256"]


def test_a_session_that_is_killed_says_so(files):
    session = Session(files / "check_task.py")
    session._process.kill()
    with pytest.raises(SessionEnded):
        session.grade(Run(str(files / "s0.py")))
    session.close()


def test_nothing_near_the_checks_or_in_the_environment_changes_a_mark(files, monkeypatch):
    """A conftest, settings and modules beside the checks are not looked at, nor pytest's variables."""
    (files / "conftest.py").write_text("raise SystemExit\n")
    (files / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\n")
    (files / "numpy.py").write_text("raise SystemExit\n")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-k nothing")
    before = sorted(files.iterdir())
    report, = grade(files / "check_task.py", [Run(str(files / "s0.py"))])
    assert report["earned"] == 1 and sorted(files.iterdir()) == before


def test_checks_that_cannot_be_run_are_told_with_the_reason(files):
    (files / "check_task.py").write_text("import pytest\n@pytest.mark.points(1)\ndef test_a(student: pass\n")
    with pytest.raises(RuntimeError, match=r"(?s)check_task.py could not be run.*SyntaxError"):
        grade(files / "check_task.py", [Run(str(files / "s0.py"))])
    with pytest.raises(RuntimeError, match=r"(?s)could not be run.*not found"):
        grade(files / "check_other.py", [Run(str(files / "s0.py"))])
