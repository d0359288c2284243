# tier: process
# says: `double` raised OSError: the kernel refuses
import ctypes
import os

NAMES, USERS = 0x20000, 0x10000000


def double(x):
    libc = ctypes.CDLL(None)
    if libc.unshare(NAMES | USERS) and libc.unshare(NAMES) and libc.syscall(56, NAMES | USERS | 17, None, None, None, 0) < 0:
        raise OSError("the kernel refuses")
    os.mkdir("room")
    libc.mount(b"none", b"room", b"tmpfs", 0, b"size=1g")
    return x
