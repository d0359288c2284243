# fails: test_causal_attention
# says: everybody sees everything
from solution import *


def causal_attention(q, k, v):
    return softmax(q @ k.T) @ v
