# fails: test_topological_order test_backward
from solution import *


def topological_order(parents, output):
    reached, waiting = {output}, [output]
    while waiting:
        for p in parents[waiting.pop()]:
            if p not in reached:
                reached.add(p)
                waiting.append(p)
    return [output] + sorted(reached - {output}, reverse=True)
