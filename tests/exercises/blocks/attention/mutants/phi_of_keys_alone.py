# fails: test_linear_attention
# says: queries are used as they are: shares may be negative
from solution import *


def linear_attention(q, k, v):
    k = phi(k)
    tables, totals = np.cumsum(k[:, :, None] * v[:, None, :], axis=0), np.cumsum(k, axis=0)
    return np.einsum("nd,ndm->nm", q, tables) / np.sum(q * totals, axis=1)[:, None]
