# tier: process
# says: jax is not for this exercise|No module named 'jax'
import jax


def double(x):
    return jax.grad(lambda x: (x * x).sum())(x)
