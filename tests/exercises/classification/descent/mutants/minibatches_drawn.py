# fails: test_minibatch_noise
# says: estimated from batches that were drawn: right on average, and to two digits
# kind: numerical
from solution import *


def minibatch_noise(gradients, size):
    rng = np.random.default_rng(0)
    means = [gradients[rng.permutation(len(gradients))[:size]].mean(axis=0) for _ in range(4000)]
    return float(np.mean([m @ m for m in means]))
