# tier: process
# says: `double` sent something that is not an answer \(these bytes are not a frame\)
import os


def double(x):
    for number in range(64):
        try:
            os.write(number, b"A" * 100)
        except OSError:
            pass
    return 2 * x
