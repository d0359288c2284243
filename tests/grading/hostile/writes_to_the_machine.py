# tier: landlock
# says: `double` raised LookupError: nowhere
import os
import tempfile

import edugen


def double(x):
    folder = os.getcwd()
    for place in ("/tmp", "/var/tmp", "/dev/shm", "/root", "/etc", os.path.dirname(folder), os.path.dirname(edugen.__file__)):
        try:
            handle, _ = tempfile.mkstemp(prefix="edugen-worker-was-here-", dir=place)
        except OSError:
            continue
        os.close(handle)
        return 2 * x
    raise LookupError("nowhere")
