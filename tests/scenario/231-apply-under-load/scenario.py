"""Configuration changes as one while mail comes in: each message is accepted, and each arrives."""
import threading

from kit import *

CLIENTS, CHANGES = 4, 6


class Client(threading.Thread):
    """Sends until it is told to stop; new connections and old ones."""

    def __init__(self, c, name):
        super().__init__(daemon=True)
        self.c, self.name_of, self.over, self.sent, self.failure = c, name, threading.Event(), [], None

    def run(self):
        try:
            while not self.over.is_set():
                with self.c.smtp() as client:
                    for _ in range(5):
                        self.send(client)
        except (OSError, smtplib.SMTPException) as e:
            self.failure = f"{self.name_of}, after {len(self.sent)} messages: {e!r}"

    def send(self, client):
        name = f"{self.name_of}-{len(self.sent)}"
        client.sendmail("bob@example.net", ["administrator@contoso.example"], f"Subject: {name}\r\n\r\nx\r\n".encode())
        self.sent.append(name)


def run(c, slapd):
    c.start()
    clients = [Client(c, f"client{i}") for i in range(CLIENTS)]
    for client in clients:
        client.start()
    for i in range(CHANGES):
        wanted = f"[registry]\nMaxHops = {30 + i}\n[connector]\nimcMaxMessageKB = {1000 + i}\n[domain d{i}.example]\nimcTls = verify\n"
        if i:
            wanted += f"[-domain d{i - 1}.example]\n"
        before = sum(len(client.sent) for client in clients)
        c.imc("config", "apply", "-", stdin=wanted)
        c.process.send_signal(signal.SIGHUP)  # without the two seconds of quiet
        wait_for(lambda i=i: len(c.events(40113)) > i, f"change {i} to be taken, after " + c.imc("events", check=False).stdout)
        wait_for(lambda: any(client.failure for client in clients) or sum(len(client.sent) for client in clients) > before + CLIENTS,
                 "mail to go on")
    for client in clients:
        client.over.set()
    for client in clients:
        client.join(PATIENCE)
        expect(client.failure is None, client.failure)
    expect(not c.events(40114), c.events(40114))
    sent = sorted(name for client in clients for name in client.sent)
    wait_for(lambda: len(c.maildir("administrator")) >= len(sent), f"{len(sent)} messages in the mailbox")
    found = sorted(re.search(rb"^Subject: (\S+)", path.read_bytes(), re.M).group(1).decode() for path in c.maildir("administrator"))
    expect(found == sent, f"sent and found differ: {set(sent) ^ set(found)}")
