# fails: test_score_terms
# says: transposed: queries stand in the columns
from solution import *


def score_terms(x, e, W_q, W_k):
    part = lambda a, b: (b @ W_k.T) @ (a @ W_q.T).T
    return part(x, x), part(e, x), part(x, e), part(e, e)
