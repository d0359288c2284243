# fails: test_examples_to_promise
# says: enough for the expected number of errors: it succeeds every second time
from solution import *


def examples_to_promise(risk, promise, level, power):
    n = 1
    while betaincinv(risk * n + 1, n - risk * n, (1 + level) / 2) >= promise:
        n += 1
    return n
