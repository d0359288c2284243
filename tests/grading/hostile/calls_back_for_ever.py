# tier: process
# says: `apply` did not return within 3 s
def apply(f, x):
    while True:
        f(x)
