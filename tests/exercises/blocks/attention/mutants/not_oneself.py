# fails: test_causal_attention
# says: an item does not see itself
from solution import *


def causal_attention(q, k, v):
    seen = np.tri(len(q), k=-1, dtype=bool)
    seen[0, 0] = True
    return softmax(np.where(seen, q @ k.T, -np.inf)) @ v
