# fails: test_whiten
# says: divides by N - 1, and (3.10) by N
from solution import *


def whiten(train, new):
    mean = train.mean(axis=0)
    variances, axes = np.linalg.eigh((train - mean).T @ (train - mean) / (len(train) - 1))
    return (new - mean) @ (axes / np.sqrt(variances)) @ axes.T
