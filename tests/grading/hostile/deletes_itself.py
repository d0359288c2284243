# tier: process
# says: `double` raised FileNotFoundError
import os


def double(x):
    os.unlink(__file__)
    return x
