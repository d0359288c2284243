# fails: test_peephole_lstm
# says: a plain LSTM: no gate looks at the cell
from solution import *


def peephole_lstm(x, h, c, W, U, P, b):
    hs, cs = [], []
    for x_t in x:
        i, f, g, o = np.split(x_t @ W + h @ U + b, 4)
        c = sigma(f) * c + sigma(i) * np.tanh(g)
        h = sigma(o) * np.tanh(c)
        hs.append(h)
        cs.append(c)
    return np.array(hs), np.array(cs)
