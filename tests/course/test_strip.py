"""A stripped notebook: a stub for each answer, everything else as it was."""
import json

import pytest

from edugen.course.strip import STUB, strip


def cell(kind, source, *tags, **more):
    return {"cell_type": kind, "id": source[:4], "metadata": {"tags": list(tags)} if tags else {}, "source": [source], **more}


def test_only_answers_are_taken_out():
    kept = [cell("markdown", "$\\mu$ é"), cell("code", "x = 1", "formula", outputs=["1"], execution_count=3)]
    answer = cell("code", "secret = 42", "hard", "solution", outputs=["42"], execution_count=4)
    text = json.dumps({"cells": [kept[0], answer, kept[1]], "metadata": {"kernelspec": {"name": "python3"}}, "nbformat": 4})
    found = strip(text)
    assert "secret" not in found and "42" not in found and "solution" not in found
    stub = {**answer, "source": [STUB], "outputs": [], "execution_count": None, "metadata": {"tags": ["hard", "your-turn"]}}
    assert json.loads(found) == {**json.loads(text), "cells": [kept[0], stub, kept[1]]}
    assert strip(found) == found and "é" in found and found.endswith("\n")


@pytest.mark.parametrize("text", ["", "no notebook", "{", "[]", "{}", '{"cells": 1}', "null"])
def test_what_is_no_notebook_is_refused(text):
    with pytest.raises(ValueError):
        strip(text)
