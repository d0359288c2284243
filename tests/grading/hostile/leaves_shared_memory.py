# tier: process
# says: `double` raised OSError: the kernel refuses
import ctypes


def double(x):
    libc = ctypes.CDLL(None)
    segment = libc.shmget(0, 1 << 20, 0o1600)       # it would be there until the machine is started anew
    if segment < 0:
        raise OSError("the kernel refuses")
    libc.shmctl(segment, 0, None)
    return x
