# tier: process
# says: sent something that is not an answer|is wrong|are wrong
import os


def double(x):
    return x * (os.fork() > 0)


def apply(f, x):
    return [f(x) for _ in range(3)] and x
