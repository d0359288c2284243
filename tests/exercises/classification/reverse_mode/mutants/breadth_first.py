# fails: test_topological_order test_backward
from solution import *


def topological_order(parents, output):
    order = [output]
    for k in order:
        order.extend(p for p in dict.fromkeys(parents[k]) if p not in order)
    return order
