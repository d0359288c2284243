# says: `double` did not return within 1 s. It was at line 6 of answer.py, in `double`
import time


def double(x):
    while time: pass  # noqa: E701
