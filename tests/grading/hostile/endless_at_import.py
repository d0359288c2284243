# tier: process
# says: `answer.py` did not return within 5 s
while True:
    pass
