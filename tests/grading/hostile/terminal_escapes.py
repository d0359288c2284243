# tier: process
# says: `double` raised ValueError: .\[2J.\[31mPASSED
def double(x):
    raise ValueError("\x1b[2J\x1b[31mPASSED \ud800\x00")
