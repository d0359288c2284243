# tier: process
# says: `answer.py` did not return within 3 s
while True:
    pass
