# fails: test_gru_step
# says: the columns of the two gates are exchanged
from solution import *


def gru_step(x, h, W, U, b):
    m = len(h)
    gates = sigma(x @ W[:, :2 * m] + h @ U[:, :2 * m] + b[:2 * m])
    u, r = gates[:m], gates[m:]
    return u * h + (1 - u) * np.tanh(x @ W[:, 2 * m:] + (r * h) @ U[:, 2 * m:] + b[2 * m:])
