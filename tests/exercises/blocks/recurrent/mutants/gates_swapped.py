# fails: test_gru_step
# says: the update gate says how much is written, not kept
from solution import *


def gru_step(x, h, W, U, b):
    m = len(h)
    gates = sigma(x @ W[:, :2 * m] + h @ U[:, :2 * m] + b[:2 * m])
    r, u = gates[:m], gates[m:]
    return (1 - u) * h + u * np.tanh(x @ W[:, 2 * m:] + (r * h) @ U[:, 2 * m:] + b[2 * m:])
