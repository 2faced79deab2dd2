"""Pretend Internet hosts: SMTP servers that record what they take, and answer as they are told."""
import socketserver
import threading


class Sink:
    """`answers` maps a verb ("RCPT", "DATA", "GREETING") to a function(argument) -> reply line or None for the usual one."""

    def __init__(self, answers=None):
        self.messages, self.lock, self.answers, self.connections, self.open = [], threading.Lock(), answers or {}, 0, 0
        outer = self

        class Session(socketserver.StreamRequestHandler):
            timeout = 120

            def say(self, line):
                self.wfile.write(line.encode() + b"\r\n")

            def reply(self, verb, argument, usual):
                told = outer.answers.get(verb)
                line = told(argument) if told else None
                self.say(line or usual)
                return (line or usual)[0] in "23"

            def handle(self):
                with outer.lock:
                    outer.connections += 1
                    outer.open += 1
                try:
                    self.talk()
                finally:
                    with outer.lock:
                        outer.open -= 1

            def talk(self):
                if not self.reply("GREETING", "", "220 mx.example.net ESMTP sink"):
                    return
                sender, recipients = None, []
                for raw in self.rfile:
                    line = raw.rstrip(b"\r\n").decode("utf-8", "replace")
                    verb, _, argument = line.partition(" ")
                    verb = verb.upper()
                    if verb == "EHLO":
                        self.say("250-mx.example.net\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8")
                    elif verb == "MAIL":
                        sender, recipients = argument, []
                        self.reply(verb, argument, "250 2.1.0 ok")
                    elif verb == "RCPT":
                        if self.reply(verb, argument, "250 2.1.5 ok"):
                            recipients.append(argument)
                    elif verb == "DATA":
                        if not recipients:
                            self.say("554 5.5.1 no valid recipients")
                            continue
                        self.say("354 go on")
                        lines = []
                        for text in self.rfile:
                            if text == b".\r\n":
                                break
                            lines.append(text[1:] if text.startswith(b".") else text)
                        else:
                            return
                        # Recorded before it is answered, as a durable host does.
                        told = outer.answers.get("END")
                        reply = (told("") if told else None) or "250 2.0.0 taken"
                        if reply.startswith("2"):
                            with outer.lock:
                                outer.messages.append((sender, recipients, b"".join(lines)))
                        self.say(reply)
                    elif verb == "QUIT":
                        self.say("221 bye")
                        return
                    else:
                        self.say("250 2.0.0 ok")

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 200

            def handle_error(self, request, address):
                """A client that was killed has nothing to tell us."""

        self.server = Server(("127.0.0.1", 0), Session)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def taken(self):
        with self.lock:
            return list(self.messages)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
