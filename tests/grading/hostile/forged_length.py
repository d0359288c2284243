# tier: process
# says: `double` sent something that is not an answer \(a frame of 4294967295 \+ 18446744073709551615 bytes
import os
import stat
import struct


def wire():
    return next(n for n in range(3, 64) if stat.S_ISSOCK(os.fstat(n).st_mode))


def double(x):
    os.write(wire(), struct.pack("<4sIQ", b"edu\x01", 2**32 - 1, 2**64 - 1))
