# fails: test_d_separated
from solution import *


def d_separated(parents, a, b, given):
    reached, waiting = set(), [a]
    while waiting:
        i = waiting.pop()
        if i not in reached and i not in given:
            reached.add(i)
            waiting += [*parents[i], *(j for j, above in enumerate(parents) if i in above)]
    return b not in reached
