# fails: test_causal_attention
# says: products are set to 0, which is a product like another
from solution import *


def causal_attention(q, k, v):
    return softmax(q @ k.T * np.tri(len(q))) @ v
