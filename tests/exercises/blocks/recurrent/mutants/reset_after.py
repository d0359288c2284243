# fails: test_gru_step
# says: the reset gate acts after the product: with one unit the same, with more another function
from solution import *


def gru_step(x, h, W, U, b):
    m = len(h)
    gates = sigma(x @ W[:, :2 * m] + h @ U[:, :2 * m] + b[:2 * m])
    r, u = gates[:m], gates[m:]
    return u * h + (1 - u) * np.tanh(x @ W[:, 2 * m:] + r * (h @ U[:, 2 * m:]) + b[2 * m:])
