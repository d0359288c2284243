# fails: test_causal_attention
# says: weights are set to zero afterwards, and the rest does not sum to one
from solution import *


def causal_attention(q, k, v):
    return (softmax(q @ k.T) * np.tri(len(q))) @ v
