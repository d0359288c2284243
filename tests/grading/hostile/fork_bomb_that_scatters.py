# tier: process
# says: it started more than 8 processes
import os
import time

END = time.monotonic() + 20                     # for the sake of whoever runs this, should it not be stopped


def double(x):
    while time.monotonic() < END:
        if os.fork() == 0:
            os.setsid()                         # out of reach of a signal to the group
