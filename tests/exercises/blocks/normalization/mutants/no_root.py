# fails: test_whiten
# says: the inverse of the covariance, without the root
from solution import *


def whiten(train, new):
    mean = train.mean(axis=0)
    variances, axes = np.linalg.eigh((train - mean).T @ (train - mean) / len(train))
    return (new - mean) @ (axes / variances) @ axes.T
