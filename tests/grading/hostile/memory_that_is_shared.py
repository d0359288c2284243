# tier: process
# says: it used more than 256 MiB of memory
import mmap


def double(x):
    room = mmap.mmap(-1, 1 << 30)
    while room.tell() < 1 << 30:
        room.write(b"x" * (1 << 20))
