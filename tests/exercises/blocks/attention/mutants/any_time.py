# fails: test_induction_head
# says: all the times are averaged, not the last one taken
from solution import *


def induction_head(symbols, length):
    S, T = symbols, length
    n = 3 * S + T
    symbol, place, third, fourth = np.split(np.eye(n), [S, S + T, 2 * S + T], axis=1)
    Q1, K1, V1 = 100 * place @ np.eye(T, k=-1), place, symbol @ third.T
    latest = place @ np.arange(T)[:, None]
    Q2 = np.concatenate([100 * T * symbol, 0 * place.sum(axis=1, keepdims=True)], axis=1)
    K2 = np.concatenate([third, latest], axis=1)
    return Q1, K1, V1, Q2, K2, symbol @ fourth.T
