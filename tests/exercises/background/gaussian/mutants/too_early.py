# fails: test_student_fit
import numpy as np
from solution import *


def student_fit(x, dof):
    mu, S = x.mean(axis=0), np.atleast_2d(np.cov(x.T, bias=True))
    for _ in range(3):
        d = x - mu
        w = (dof + x.shape[1]) / (dof + np.sum(d * np.linalg.solve(S, d.T).T, axis=1))
        mu = w @ x / w.sum()
        S = (w[:, None] * (x - mu)).T @ (x - mu) / len(x)
    return mu, S
