# says: `answer.py` did not return within 1 s
while True:
    pass
