# says: `double` did not return within 1 s
import time


def double(x):
    time.sleep(1.3)
    return 2 * x
