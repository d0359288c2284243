# tier: process
# says: `double` did not return within 5 s
import os
import signal


def double(x):
    os.kill(os.getpid(), signal.SIGSTOP)
