# tier: process
# says: `double` raised EOFError
def double(x):
    return float(input("the answer? "))
