# tier: process
# says: every entry is 0.5 times|it made more than 1,000 files
import os


def double(x):
    for _ in range(500):                        # a path of ten thousand letters, which no call can name
        os.mkdir("a" * 20)
        os.chdir("a" * 20)
    return x
