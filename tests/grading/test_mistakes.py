"""What is remembered of a mistake: enough to know it again, nothing where the file is damaged."""
import json
from pathlib import Path

import numpy as np
import pytest

from edugen.grading.fingerprint import fingerprint
from edugen.grading.mistakes import alike, answers_file, as_text, in_words, mistake, mistakes, out_of_date, remembered

ROOT = Path(__file__).parents[2]
X = np.random.default_rng(0).normal(size=(4, 3))


def entry(answer, message="the answer: 3 of 4 entries are wrong", item="test_half[2]", name="test_half"):
    return {"name": name, "item": item, "message": message, "answers": [["half", fingerprint(answer)]]}


@pytest.mark.parametrize("other, same", [
    (entry(X * (1 + 1e-12)), True), (entry(X, "the answer: 2 of 9 entries are wrong\nmore"), True),
    (entry(X * (1 + 1e-3)), False), (entry(X.T), False), (entry(X[::-1]), False),
    (entry(X, item="test_half[3]"), False), (entry(X, "`half` raised ValueError"), False),
    ({**entry(X), "answers": []}, False), ({**entry(X), "answers": [["third", fingerprint(X)]]}, False)])
def test_the_same_failure_by_the_same_answer(other, same):
    """Numbers in the words may differ from machine to machine; which parameters, what kind, and the answers may not."""
    assert alike(mistake("one", entry(X)), mistake("other", other)) is same


def test_only_what_a_check_must_catch_is_kept(tmp_path):
    (tmp_path / "off_by_one.py").write_text("# fails: test_half\n# says: an end left out\n")
    (tmp_path / "wrong_sign.py").write_text("# fails: test_third\n")
    paths = [tmp_path / name for name in ("off_by_one.py", "wrong_sign.py")]
    assert [in_words(path) for path in paths] == ["an end left out", "wrong sign"]
    reports = {path: {"checks": [entry(X), {**entry(-X, name="test_third"), "answers": []}]} for path in paths}
    found = mistakes(reports, {paths[0]: frozenset({"test_half"}), paths[1]: frozenset({"test_third"})})
    assert {name: [one["says"] for one in known] for name, known in found.items()} == {"test_half": ["an end left out"]}


def test_written_and_read_it_is_known_again(tmp_path):
    file = answers_file(tmp_path / "check_halves.py")
    found = {"test_half": [mistake("doubled", entry(X / 3)), mistake("infinite", entry(np.array([np.inf, np.nan])))]}
    file.write_text(as_text(found))
    known = remembered(file)
    assert file.name == "mistakes_halves.json" and all(map(alike, known["test_half"], found["test_half"]))
    assert list(out_of_date(file, found)) == []
    changed = {"test_half": [mistake("doubled", entry(X / 2)), found["test_half"][1]]}
    assert "test_half" in next(out_of_date(file, changed)) and len(list(out_of_date(file, {}))) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"test_half": 5}', '{"test_half": [7]}', '{"test_half": [{"says": "x"}]}',
                                  '{"test_half": [{"says": "x", "item": "", "failure": "", "answers": [["half", 3]]}]}',
                                  "[" * 100_000])
def test_a_damaged_file_is_no_help_and_no_harm(tmp_path, text):
    (tmp_path / "mistakes_halves.json").write_text(text)
    assert remembered(tmp_path / "mistakes_halves.json") == {} == remembered(tmp_path / "none.json")


def test_all_that_is_shipped_is_read():
    files = sorted((ROOT / "exercises").rglob("mistakes_*.json"))
    assert files
    for file in files:
        assert {name: len(known) for name, known in remembered(file).items()} == {
            name: len(known) for name, known in json.loads(file.read_text()).items()}, file
