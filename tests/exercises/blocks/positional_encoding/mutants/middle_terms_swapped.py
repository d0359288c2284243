# fails: test_score_terms
# says: position with content and content with position are swapped
from solution import *


def score_terms(x, e, W_q, W_k):
    part = lambda a, b: (a @ W_q.T) @ (b @ W_k.T).T
    return part(x, x), part(x, e), part(e, x), part(e, e)
