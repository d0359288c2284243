# tier: process
# says: `double` did not return within 5 s
import os
import stat
import struct
import time


def double(x):
    wire = next(n for n in range(3, 64) if stat.S_ISSOCK(os.fstat(n).st_mode))
    os.write(wire, struct.pack("<4sIQ", b"edu\x01", 1_000_000, 0))
    while True:
        os.write(wire, b" ")
        time.sleep(0.05)
