# tier: process
# says: every entry is 0.5 times what it should be
import os


def double(x):
    os.write(1, bytes(range(256)) * 20)
    return x
