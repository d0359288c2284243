# tier: process
# says: `double` did not return within 5 s. It was at line \d of answer.py, in `profile`
import sys


def profile(frame, event, arg):
    if frame.f_code.co_name == "_encode_array":     # of the answer, which is right
        while True:
            pass


def double(x):
    sys.setprofile(profile)
    return 2 * x
