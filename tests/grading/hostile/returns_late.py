# tier: process
# says: `double` did not return within 3 s
import time


def double(x):
    time.sleep(3.3)
    return 2 * x
