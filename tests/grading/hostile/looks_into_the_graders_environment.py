# tier: landlock
# says: `double` raised (PermissionError|FileNotFoundError)
import os


def double(x):
    with open(f"/proc/{os.getppid()}/environ", "rb") as stream:
        secret = stream.read()
    return 2 * x if secret else x
