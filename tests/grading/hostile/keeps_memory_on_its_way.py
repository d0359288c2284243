# tier: process
# says: `double` raised PermissionError
import os
import socket


def double(x):
    here, there = socket.socketpair()
    for _ in range(64):                             # open in no process, while they wait to be received
        room = os.memfd_create("room")
        os.write(room, b"x" * (8 << 20))
        socket.send_fds(here, [b"x"], [room])
        os.close(room)
    return x
