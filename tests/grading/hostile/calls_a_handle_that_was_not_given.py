# tier: process
# says: `double` sent something that is not an answer \(a handle that was never given out\)
import json
import os
import stat
import struct


def double(x):
    wire = next(n for n in range(3, 64) if stat.S_ISSOCK(os.fstat(n).st_mode))
    raw = json.dumps({"op": "call", "id": 1, "number": 0, "value": {"t": [{"t": []}, {"d": []}]}}).encode()
    os.write(wire, struct.pack("<4sIQ", b"edu\x01", len(raw), 0) + raw)
