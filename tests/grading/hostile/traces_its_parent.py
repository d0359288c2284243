# tier: landlock
# says: `double` raised PermissionError: untraceable
import ctypes
import os


def double(x):
    if ctypes.CDLL(None, use_errno=True).ptrace(16, os.getppid(), None, None):          # PTRACE_ATTACH
        raise PermissionError("untraceable")
    return 2 * x
