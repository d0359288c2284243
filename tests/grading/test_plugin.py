"""The pytest plugin: whose points, which numbers, what is written, what is refused."""
import hashlib
import json
import textwrap
from pathlib import Path

import pytest

import edugen

pytest_plugins = ["pytester"]
CHECK = '''
import numpy as np
import pytest
from edugen.grading import assert_close

@pytest.mark.points(2)
@pytest.mark.hint("Add it to itself.", "2x", "return ...")
@pytest.mark.parametrize("scale", [1.0, 10.0, 100.0])
def test_double(student, rng, scale):
    x = scale * rng.normal(size=4)
    assert_close(student.call("double", x), 2 * x)

@pytest.mark.points(3)
def test_half(student, rng):
    x = rng.normal(size=4)
    assert_close(student.call("half", x), x / 2)
'''
RIGHT = "def double(x): return 2 * x\ndef half(x): return x / 2\n"


@pytest.fixture
def tmp_path(pytester):
    return pytester.path


@pytest.fixture
def run(pytester, monkeypatch):
    """Run checks in a pytest of their own; its exit code, what it printed, and the report."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(Path(edugen.__file__).parent.parent))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)

    def run(check=CHECK, submission=RIGHT, *options, start=pytester.runpytest_inprocess):
        (pytester.path / "check_task.py").write_text(textwrap.dedent(check))
        if submission is not None:
            (pytester.path / "task.py").write_text(submission)
        report = pytester.path / "report.json"
        report.unlink(missing_ok=True)
        done = start("-p", "edugen.grading.plugin", "-p", "no:cacheprovider", "check_task.py", "--report", str(report), *options)
        return done.ret, f"{done.stdout}\n{done.stderr}", json.loads(report.read_text()) if report.exists() else None
    return run


def test_everything_right(run, tmp_path):
    code, text, report = run()
    assert code == 0 and "task.py: points 5 of 5" in text and "Next:" not in text
    assert (report["earned"], report["points"], report["seed"], report["isolation"]) == (5, 5, "0", "process")
    assert report["edugen"] == edugen.__version__ and len(report["sha256"]) == 64
    assert [(c["name"], c["points"], c["earned"], c["status"], c["message"]) for c in report["checks"]] == [
        ("test_double", 2, 2, "passed", ""), ("test_half", 3, 3, "passed", "")]
    assert sorted(p.name for p in tmp_path.iterdir() if p.suffix == ".part") == []


def test_points_belong_to_all_parameters_together(run):
    code, text, report = run(submission=RIGHT + "def double(x): return 2 * x if abs(x).max() < 50 else x")
    first = report["checks"][0]
    assert code == 1 and report["earned"] == 3 and (first["earned"], first["status"]) == (0, "failed")
    assert "every entry is 0.5 times" in first["message"] and "with scale = 100.0" in first["message"]
    assert "task.py: points 3 of 5" in text and "Next: test_double, 2 points." in text


def test_the_stub_is_told_kindly(run):
    code, text, report = run(submission='def double(x):\n    raise NotImplementedError("double")\n')
    assert [c["status"] for c in report["checks"]] == ["unwritten", "failed"] and report["earned"] == 0
    assert "`double` is not written yet. In task.py, replace" in text and "task.py has no `half`" in text
    assert "Traceback" not in text and "plugin.py" not in text and "check_task.py:" not in text.replace("check_task.py::", "")


@pytest.mark.parametrize("options, shown, not_shown", [
    ((), ["Run this with --hints 1 to see an idea"], ["Add it to itself"]),
    (("--hints", "1"), ["Hint 1 of 3: Add it to itself.", "--hints 2 to see the formula"], ["Hint 2"]),
    (("--hints", "3"), ["Hint 3 of 3: return ..."], ["Stuck?"])])
def test_hints_come_one_at_a_time(run, options, shown, not_shown):
    text = run(CHECK, "def double(x): return x", *options)[1]
    assert all(words in text for words in shown) and not any(words in text for words in not_shown)


def test_another_file_can_be_graded(run, tmp_path):
    (tmp_path / "alice.py").write_text(RIGHT)
    code, text, report = run(CHECK, "broken(", "--submission", "alice.py")
    assert code == 0 and "alice.py: points 5 of 5" in text and report["submission"] == "alice.py"


def test_a_file_that_is_not_there_earns_nothing(run):
    code, _, report = run(submission=None)
    assert code == 1 and report["earned"] == 0 and report["sha256"] is None and report["isolation"] == "nothing was run"
    assert "task.py could not be read: No such file" in report["checks"][0]["message"]


def test_every_check_grades_the_same_bytes(run, tmp_path):
    """A submission that finds its own file cannot change what the next check reads, nor what the report says was graded."""
    source = f"def double(x):\n    open({str(tmp_path / 'task.py')!r}, 'w').write({RIGHT!r})\n    return x\n"
    _, _, report = run(CHECK, source)
    assert (tmp_path / "task.py").read_text() == RIGHT
    assert report["earned"] == 0 and report["sha256"] == hashlib.sha256(source.encode()).hexdigest()


NUMBERS = '''
import pytest

@pytest.mark.points(1)
@pytest.mark.parametrize("k", [0, 1])
def test_a(student, rng, k):
    print("drawn", "a", k, rng.random())

@pytest.mark.points(1)
def test_b(student, rng):
    print("drawn", "b", rng.random())
'''


def test_numbers_depend_on_seed_check_and_parameters_alone(run):
    def drawn(*options):
        return [line for line in run(NUMBERS, RIGHT, "-s", *options)[1].splitlines() if "drawn" in line]
    lines = drawn()
    assert len({line.split()[-1] for line in lines}) == 3
    assert lines == drawn() and lines[-1].split()[-1] == drawn("-k", "test_b")[0].split()[-1]
    assert not {line.split()[-1] for line in lines} & {line.split()[-1] for line in drawn("--seed", "another")}


def test_what_was_left_out_has_not_passed(run):
    code, _, report = run(CHECK, RIGHT, "-k", "test_half or 10.0")
    assert report["points"] == 5 and report["earned"] == 3
    assert [(c["earned"], c["status"]) for c in report["checks"]] == [(0, "not run"), (3, "passed")]


@pytest.mark.parametrize("body", ["pytest.skip('no')", "pytest.xfail('no')", "pytest.exit('no')", "raise KeyboardInterrupt"])
def test_only_passing_earns(run, pytester, body):
    check = f"import pytest\n@pytest.mark.points(1)\ndef test_a(student):\n    {body}"
    ends = "exit" in body or "Keyboard" in body                         # this test's own session too, were it in there
    _, _, report = run(check, start=pytester.runpytest_subprocess if ends else pytester.runpytest_inprocess)
    assert report["earned"] == 0 and report["checks"][0]["status"] == "not run"


def test_a_check_that_is_expected_to_fail_and_passes_earns_nothing(run):
    _, _, report = run("import pytest\n@pytest.mark.xfail\n@pytest.mark.points(1)\ndef test_a(student): pass")
    assert report["earned"] == 0 and report["checks"][0]["status"] == "not run"


def test_a_failing_teardown_takes_the_points_back(run):
    _, _, report = run("""
        import pytest
        @pytest.fixture
        def late():
            yield
            assert False
        @pytest.mark.points(1)
        def test_a(student, late): pass
    """)
    assert report["earned"] == 0 and report["checks"][0]["status"] == "failed"


@pytest.mark.parametrize("check, words", [
    ("def helper(): pass", "no checks were found"),
    ("def test_a(student): pass", "test_a needs the mark pytest.mark.points(n)"),
    ("@pytest.mark.points(0)\ndef test_a(student): pass", "a whole number above 0"),
    ("@pytest.mark.points(1.5)\ndef test_a(student): pass", "a whole number above 0"),
    ("@pytest.mark.points(1)\n@pytest.mark.hint('one')\ndef test_a(student): pass", "three strings"),
    ("@pytest.mark.points(1)\n@pytest.mark.timeout(0)\ndef test_a(student): pass", "pytest.mark.timeout(seconds)"),
    ("def test_a(student:", "no checks were found"), ("import nowhere", "no checks were found")])
def test_checks_that_are_no_checks_are_refused(run, check, words):
    code, text, report = run(f"import pytest\n{check}")
    assert code not in (0, 1) and words in text and report is None, text


def test_where_the_report_goes_must_exist(run):
    code, text, _ = run(CHECK, RIGHT, "--report", "nowhere/report.json")
    assert code == 4 and "there is no folder nowhere" in text


def test_a_check_that_stumbles_over_the_answer_is_explained(run):
    _, _, report = run("""
        import pytest
        @pytest.mark.points(1)
        def test_a(student):
            out = student.call("f", 2)
            assert out.shape == (2,)
        @pytest.mark.points(1)
        def test_b(student):
            out = student.call("g")
            assert out == 3, "three is asked"
        @pytest.mark.points(1)
        def test_c(student):
            assert student.call("g") == 5
    """, "def f(n): pass\ndef g(): return 4\n")
    first, second, third = (c["message"] for c in report["checks"])
    assert first.startswith("The check could not work with what came back (AttributeError: 'NoneType' object has no attribute")
    assert "at line 6 of check_task.py" in first and "Called: f(2) -> None" in first
    assert second == "three is asked\nCalled: g() -> 4" and third.startswith("assert 4 == 5\n")
    assert "object at 0x" not in third and report["earned"] == 0


def test_what_the_code_prints_is_in_the_message(run):
    _, _, report = run(submission="print('loaded')\ndef double(x):\n    print('x is', x.shape)\n    return x\n")
    assert "Your code printed:\n  | loaded\n  | x is (4,)" in report["checks"][0]["message"]


def test_a_time_limit_of_a_check(run):
    _, _, report = run("""
        import pytest
        @pytest.mark.points(1)
        @pytest.mark.timeout(2)
        def test_a(student):
            student.call("f")
    """, "def f():\n    while True: pass\n")
    assert "`f` did not return within 2 s. It was at line 2 of task.py" in report["checks"][0]["message"]


def test_each_check_has_a_worker_of_its_own(run):
    _, _, report = run("""
        import pytest
        @pytest.mark.points(1)
        @pytest.mark.parametrize("k", [0, 1])
        def test_a(student, k):
            assert student.call("count") == 2 * k + 1 and student.call("count") == 2 * k + 2
        @pytest.mark.points(1)
        def test_b(student):
            assert student.call("count") == 1
    """, "calls = []\ndef count():\n    calls.append(1)\n    return len(calls)\n")
    assert report["earned"] == 2                # all parameters of a check share one


def test_a_failed_check_keeps_what_was_answered(run):
    _, _, report = run(submission="def double(x): return x\ndef half(x): raise ValueError\n")
    double, half = report["checks"]
    assert double["item"] == "test_double[1.0]" and double["seconds"] > 0
    (name, answer), = double["answers"]
    assert name == "double" and answer["form"] == ["(4,) f"] and len(answer["numbers"]) == 4
    assert half["answers"] == [] and half["item"] == "test_half"


MANUAL = CHECK + '''
@pytest.mark.manual({"names the assumption": 1, "draws the conclusion": 2})
def test_proof():
    """Why is double linear?"""
    raise AssertionError
'''


def test_a_manual_task_is_listed_and_never_run(run):
    code, text, report = run(MANUAL)
    assert code == 0 and (report["earned"], report["points"]) == (5, 5)
    assert report["manual"] == [{"name": "test_proof", "rubric": {"names the assumption": 1, "draws the conclusion": 2},
                                 "about": "Why is double linear?"}]


@pytest.mark.parametrize("mark", ['manual("a")', "manual({})", 'manual({"a": 0})', 'manual({"a": 1.5})', "manual"])
def test_a_malformed_rubric_is_its_authors_mistake(run, mark):
    code, text, report = run(CHECK + f"\n@pytest.mark.{mark}\ndef test_proof(): pass\n")
    assert code == 4 and "test_proof needs the mark pytest.mark.manual" in text and report is None


def test_one_submission_takes_the_checks_of_one_exercise(run, tmp_path):
    (tmp_path / "check_other.py").write_text(CHECK)
    code, text, _ = run(CHECK, RIGHT, "check_other.py", "--submission", "task.py")
    assert code == 4 and "takes the checks of one exercise" in text
    code, text, report = run(CHECK, RIGHT, "check_other.py", "-k", "task")
    assert report["points"] == 10 and report["earned"] == 5


def test_other_tests_are_left_alone(pytester, monkeypatch):
    """Loaded in a project that has nothing to do with it, the plugin does nothing."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (pytester.path / "check_things.py").write_text("def test_a(): pass\n")
    (pytester.path / "test_things.py").write_text("def test_b(): assert 1 == 2\n")
    done = pytester.runpytest_inprocess("-p", "edugen.grading.plugin", "check_things.py", "test_things.py")
    text = str(done.stdout)
    assert done.ret == 1 and "1 failed, 1 passed" in text and "assert 1 == 2" in text
    assert "points 0 of" not in text and "Next:" not in text
