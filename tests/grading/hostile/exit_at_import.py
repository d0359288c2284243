# tier: process
# says: `answer.py` did not return: its process ended itself with exit code 1
import os

os._exit(1)
