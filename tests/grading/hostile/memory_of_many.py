# tier: process
# says: it used more than 256 MiB of memory
import os
import time


def double(x):
    [os.fork() for _ in range(2)]
    kept = b"x" * (100 << 20)
    time.sleep(60)
    return kept
