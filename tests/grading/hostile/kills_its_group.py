# tier: process
# says: `double` did not return: its process crashed \(SIGTERM\)
import os
import signal


def double(x):
    os.killpg(0, signal.SIGTERM)
