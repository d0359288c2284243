# fails: test_peephole_lstm
# says: the state is the cell itself, without the tanh
from solution import *


def peephole_lstm(x, h, c, W, U, P, b):
    hs, cs = [], []
    for x_t in x:
        i, f, g, o = np.split(x_t @ W + h @ U + b, 4)
        c = sigma(f + P[1] * c) * c + sigma(i + P[0] * c) * np.tanh(g)
        h = sigma(o + P[2] * c) * c
        hs.append(h)
        cs.append(c)
    return np.array(hs), np.array(cs)
