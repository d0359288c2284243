# tier: process
# says: `double` sent something that is not an answer \(the header is not JSON
import os
import stat
import struct


def double(x):
    wire = next(n for n in range(3, 64) if stat.S_ISSOCK(os.fstat(n).st_mode))
    raw = b"[" * 1_000_000
    os.write(wire, struct.pack("<4sIQ", b"edu\x01", len(raw), 0))
    while raw:
        raw = raw[os.write(wire, raw):]
