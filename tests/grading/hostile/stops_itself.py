# tier: process
# says: `double` did not return within 3 s
import os
import signal


def double(x):
    os.kill(os.getpid(), signal.SIGSTOP)
