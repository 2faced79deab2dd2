#!/usr/bin/python3
"""activate.py PORT... -- COMMAND: what systemd does for imc.socket. The sockets become descriptors 3, 4, ..."""
import os
import socket
import sys

at = sys.argv.index("--")
ports, command = sys.argv[1:at], sys.argv[at + 1:]
sockets = []
for port in ports:
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", int(port)))
    s.listen(64)
    sockets.append(s)
held = [os.dup2(s.fileno(), 100 + i, inheritable=False) for i, s in enumerate(sockets)]
for i, fd in enumerate(held):
    os.dup2(fd, 3 + i, inheritable=True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(ports)))
os.execvp(command[0], command)
