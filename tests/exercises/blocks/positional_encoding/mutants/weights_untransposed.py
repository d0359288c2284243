# fails: test_score_terms
# says: multiplies by the transpose of each matrix
from solution import *


def score_terms(x, e, W_q, W_k):
    n, d = x.shape[1], len(W_q)
    Q, K = np.zeros((2, n, n))
    Q[:min(n, d)], K[:min(n, d)] = W_q[:n], W_k[:n]
    part = lambda a, b: (a @ Q) @ (b @ K).T
    return part(x, x), part(e, x), part(x, e), part(e, e)
