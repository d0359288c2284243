# tier: process
# says: `double` did not return: its process (crashed|was killed)|did not return within
import sys

sys.setrecursionlimit(10**9)


def double(x):
    return sorted([x, x], key=lambda y: double(y))
