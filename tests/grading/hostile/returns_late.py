# tier: process
# says: `double` did not return within 5 s
import time


def double(x):
    time.sleep(5.5)
    return 2 * x
