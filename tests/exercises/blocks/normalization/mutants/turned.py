# fails: test_whiten
# says: white, but turned into the axes of the covariance: not the symmetric root
from solution import *


def whiten(train, new):
    mean = train.mean(axis=0)
    variances, axes = np.linalg.eigh((train - mean).T @ (train - mean) / len(train))
    return (new - mean) @ axes / np.sqrt(variances)
