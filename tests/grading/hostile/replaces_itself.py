# tier: process
# says: `double` did not return: its process .*closed the descriptor
import os
import sys


def double(x):
    os.execv(sys.executable, [sys.executable, "-I", "-c", "import time; time.sleep(60)"])
