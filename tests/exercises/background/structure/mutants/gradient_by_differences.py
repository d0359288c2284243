# fails: test_energy_gradient
import itertools

import numpy as np
from solution import *


def energy_gradient(b, J, x, h=1e-5):
    states = np.array(list(itertools.product((0, 1), repeat=len(b))))

    def average(b, J):
        minus_energy = lambda x: x @ b + 0.5 * np.sum((x @ J) * x, axis=1)
        return np.mean(minus_energy(x)) - np.log(np.sum(np.exp(minus_energy(states))))

    in_b, in_J = np.empty_like(b), np.empty_like(J)
    for i in range(len(b)):
        step = h * np.eye(len(b))[i]
        in_b[i] = (average(b + step, J) - average(b - step, J)) / (2 * h)
        for j in range(len(b)):
            step = h * np.outer(np.eye(len(b))[i], np.eye(len(b))[j])
            in_J[i, j] = (average(b, J + step) - average(b, J - step)) / (2 * h)
    return in_b, in_J
