# fails: test_whiten
# says: the new inputs are centered on their own mean
from solution import *


def whiten(train, new):
    apart = train - train.mean(axis=0)
    variances, axes = np.linalg.eigh(apart.T @ apart / len(train))
    return (new - new.mean(axis=0)) @ (axes / np.sqrt(variances)) @ axes.T
