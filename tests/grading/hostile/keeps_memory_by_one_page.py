# tier: process
# says: it wrote more than 16 MiB to files
import ctypes
import os
import time

libc = ctypes.CDLL(None)
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.mmap.restype = ctypes.c_void_p


def double(x):
    for _ in range(20):                             # in memory, and neither resident here nor open
        room = os.memfd_create("room")
        os.write(room, b"x" * (8 << 20))
        libc.mmap(None, 4096, 1, 1, room, 0)
        os.close(room)
    time.sleep(60)
    return x
