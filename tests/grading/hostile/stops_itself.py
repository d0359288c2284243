# tier: process
# says: `double` did not return within 5 s
import os
import signal


def double(x):
    while True:                                     # whoever wakes it
        os.kill(os.getpid(), signal.SIGSTOP)
