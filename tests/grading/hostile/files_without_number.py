# tier: process
# says: it made more than 1,000 files
import os


def double(x):
    for i in range(1500):
        os.mkdir(f"{i}")
    while True:
        pass
