# tier: process
# says: `apply` did not return within 5 s
def apply(f, x):
    while True:
        f(x)
