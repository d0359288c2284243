# tier: process
# says: `double` did not return: its process ended itself with exit code 0
import os


def double(x):
    os._exit(0)
