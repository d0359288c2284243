# fails: test_own_frequencies
# says: the best of thirty draws, which is not good enough
from solution import *


def own_frequencies(K, T):
    rng, r = np.random.default_rng(K), np.arange(T // 8, T)
    draws = rng.uniform(0, 20 / T, size=(30, K))
    return min(draws, key=lambda w: np.abs(np.cos(r[:, None] * w).mean(axis=1)).max())
