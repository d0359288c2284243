# tier: process
# says: bytes in all
import sys


def double(x):
    for _ in range(3000):
        sys.stdout.write("x" * 9999 + "\n")
    return x
