# fails: test_topological_order
from solution import *


def topological_order(parents, output):
    seen, done = set(), []

    def visit(k):
        if k not in seen:
            seen.add(k)
            for p in parents[k]:
                visit(p)
            done.append(k)
    visit(output)
    return done[::-1]
