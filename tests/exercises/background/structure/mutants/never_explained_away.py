# fails: test_d_separated
from solution import *


def d_separated(parents, a, b, given):
    children = [[j for j, above in enumerate(parents) if i in above] for i in range(len(parents))]
    seen, waiting = set(), [(a, "child")]
    while waiting:
        i, came_from = waiting.pop()
        if (i, came_from) in seen:
            continue
        seen.add((i, came_from))
        if i == b:
            return False
        if came_from == "child" and i not in given:
            waiting += [(j, "child") for j in parents[i]] + [(j, "parent") for j in children[i]]
        if came_from == "parent":
            if i not in given:                              # a known variable blocks, also where two arrows meet
                waiting += [(j, "parent") for j in children[i]]
    return True
