# fails: test_best_noisy_step
# says: the best of many steps that were tried: some digits, and nothing derived
# kind: numerical
from solution import *


def best_noisy_step(gradients, L):
    alphas = np.linspace(0, 1.5 / L, 20_000)
    gains = [a - b for a, b in (sgd_terms(gradients, alpha, L) for alpha in alphas)]
    return alphas[np.argmax(gains)]
