# fails: test_score_terms
# says: W_q makes the keys, too
from solution import *


def score_terms(x, e, W_q, W_k):
    part = lambda a, b: (a @ W_q.T) @ (b @ W_q.T).T
    return part(x, x), part(e, x), part(x, e), part(e, e)
