# tier: process
# says: `double` did not return: its process was killed .* or closed
import os
import time


def double(x):
    os.closerange(3, 64)
    time.sleep(9)
