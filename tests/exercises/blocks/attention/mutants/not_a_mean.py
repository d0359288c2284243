# fails: test_linear_attention
# says: not divided by the sum of the shares
from solution import *


def linear_attention(q, k, v):
    q, k = phi(q), phi(k)
    tables = np.cumsum(k[:, :, None] * v[:, None, :], axis=0)
    return np.einsum("nd,ndm->nm", q, tables)
