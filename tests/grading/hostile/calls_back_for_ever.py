# says: `apply` did not return within 1 s
def apply(f, x):
    while True:
        f(x)
