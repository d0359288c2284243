# tier: process
# says: `double` did not return within 5 s. It was at line 7 of answer.py, in `double`
import time


def double(x):
    while time: pass  # noqa: E701
