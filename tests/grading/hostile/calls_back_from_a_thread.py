# tier: process
# says: expected floating numbers of shape \(5,\), got None
import threading


def apply(f, x):
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(f(x))) for _ in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    return answers[0] if answers else None
