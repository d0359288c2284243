# tier: process
# says: `double` sent something that is not an answer \(an array with fewer bytes than its shape says\)
import json
import os
import stat
import struct


def double(x):
    wire = next(n for n in range(3, 64) if stat.S_ISSOCK(os.fstat(n).st_mode))
    raw = json.dumps({"op": "return", "id": 3, "value": {"a": ["float64", [10**6]]}}).encode()
    os.write(wire, struct.pack("<4sIQ", b"edu\x01", len(raw), 8) + raw + bytes(8))
