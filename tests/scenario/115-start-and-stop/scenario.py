"""The service is started and stopped again and again, idle, with clients connected, and with mail on its way."""
import socket

from kit import *


def run(folder):
    connector = Connector(folder / "root")
    connector.setup()
    connector.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    sent = 0
    for turn in range(30):
        connector.start()
        clients = []
        if turn % 3 == 1:
            clients = [socket.create_connection(("127.0.0.1", connector.port)) for _ in range(8)]
        if turn % 3 == 2:
            connector.send("ann@example.net", ["alice@contoso.example"], b"Subject: turn\r\n\r\nhello\r\n")
            sent += 1
        connector.stop()
        for client in clients:
            client.close()
    connector.start()
    wait_for(lambda: len(connector.maildir("alice")) == sent, f"{sent} messages in the Maildir")
    connector.stop()
