# says: `double` did not return within 1 s
import os
import signal


def double(x):
    os.kill(os.getpid(), signal.SIGSTOP)
