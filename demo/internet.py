#!/usr/bin/python3
"""A pretend Internet host: takes any mail on 127.0.0.1:PORT and appends it to FILE."""
import socketserver
import sys


class Session(socketserver.StreamRequestHandler):
    timeout = 60

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        self.say("220 mx.example.net ESMTP a pretend Internet host")
        for raw in self.rfile:
            verb = raw.split()[0].upper() if raw.split() else b""
            if verb in (b"EHLO", b"HELO"):
                self.say("250 mx.example.net")
            elif verb == b"DATA":
                self.say("354 go on")
                with open(sys.argv[2], "ab") as out:
                    for line in self.rfile:
                        if line == b".\r\n":
                            break
                        out.write(line[1:] if line.startswith(b".") else line)
                self.say("250 2.0.0 taken")
            elif verb == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 2.0.0 ok")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


Server(("127.0.0.1", int(sys.argv[1])), Session).serve_forever()
