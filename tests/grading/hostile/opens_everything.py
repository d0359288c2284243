# tier: process
# says: `double` raised OSError: .*Too many open files
import os


def double(x):
    kept = []
    while True:
        kept.append(os.open("/dev/null", os.O_RDONLY))
