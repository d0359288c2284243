import itertools
import math

import numpy as np


def parameter_count(parents, sizes):
    return sum((sizes[i] - 1) * math.prod(sizes[j] for j in above) for i, above in enumerate(parents))


def log_prob(x, parents, tables):
    return sum(np.log(tables[i][(*(x[:, j] for j in above), x[:, i])]) for i, above in enumerate(parents))


def fit_transition(x, size, smoothing):
    counts = np.full((size, size), float(smoothing))
    np.add.at(counts, (x[:, :-1], x[:, 1:]), 1)
    return counts / counts.sum(axis=1, keepdims=True)


def energy_gradient(b, J, x):
    states = np.array(list(itertools.product((0, 1), repeat=len(b))))
    minus_energy = states @ b + 0.5 * np.sum((states @ J) * states, axis=1)
    p = np.exp(minus_energy - minus_energy.max())
    p = p / p.sum()
    data, model = x.T @ x / len(x), (states.T * p) @ states
    return x.mean(axis=0) - p @ states, 0.5 * (data - model)


def d_separated(parents, a, b, given):
    children = [[j for j, above in enumerate(parents) if i in above] for i in range(len(parents))]
    known_below, waiting = set(), list(given)
    while waiting:
        i = waiting.pop()
        if i not in known_below:
            known_below.add(i)
            waiting += parents[i]
    seen, waiting = set(), [(a, "child")]                                   # as if we came to a from below
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
            if i not in given:
                waiting += [(j, "parent") for j in children[i]]
            if i in known_below:
                waiting += [(j, "child") for j in parents[i]]
    return True


def second_order(x, size):
    counts = np.full((size, size, size), 0.3)
    np.add.at(counts, (x[:-2], x[1:-1], x[2:]), 1)
    return counts / counts.sum(axis=2, keepdims=True)
