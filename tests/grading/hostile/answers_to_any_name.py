# tier: process
# says: `double` did not return within 5 s. It was at line \d of answer.py, in `__getattr__`
def __getattr__(name):
    while True:
        pass
