# tier: landlock
# says: `double` raised (PermissionError|FileNotFoundError)
import numpy as np


def double(x):
    return np.memmap("/etc/passwd", mode="r+")
