"""Limits are named in the reply and told once; guessing recipients becomes slow, then ends the session; known ones stay free."""
import time

from kit import *


def set_value(c, name, kind, data):
    c.imc("reg", "add", "-v", name, "-t", kind, "-d", data, "-f")


def run(folder):
    c = Connector(folder / "root")
    c.setup()
    set_value(c, "InboundLimits", "MULTI_SZ", "host messages 3/hour\\0network connections 5")
    set_value(c, "UnknownRecipientLimit", "DWORD", "2")
    set_value(c, "UnknownRecipientClose", "DWORD", "4")
    set_value(c, "UnknownRecipientDelay", "DWORD", "1")
    c.start()
    try:
        messages(c)
        connections(c)
        guesses(c)
    finally:
        c.stop()


def messages(c):
    with c.smtp() as client:
        client.ehlo("client.example.net")
        for _ in range(3):
            expect(client.mail("bob@example.net")[0] == 250, "within the limit")
            client.rset()
        code, text = client.mail("bob@example.net")
        expect(code == 450 and b"host messages 3/hour" in text, (code, text))
        client.rset()
        expect(client.mail("bob@example.net")[0] == 450, "still")
    told = c.events(40701)
    expect(len(told) == 1 and "host messages 3/hour" in told[0]["description"], told)


def connections(c):
    set_value(c, "InboundLimits", "MULTI_SZ", "network connections 5")
    wait_for(lambda: c.rcpt("administrator@contoso.example")[0] == 250, "the new limits")
    opened = []
    try:
        first = ""
        for _ in range(6):
            s = socket.create_connection(("127.0.0.1", c.port), timeout=PATIENCE)
            opened.append(s)
            first = s.makefile("rb").readline().decode()
        expect(first.startswith("421 4.7.0 ") and "network connections 5" in first, first)
    finally:
        for s in opened:
            s.close()
    wait_for(lambda: c.greeting().startswith("220 "), "the places to be free again")


def guesses(c):
    with c.smtp() as client:
        client.ehlo("client.example.net")
        client.mail("bob@example.net")
        begun = time.monotonic()
        for name in ("a", "b"):
            expect(client.rcpt(f"{name}@contoso.example")[0] == 550, "unknown")
        quick = time.monotonic() - begun
        begun = time.monotonic()
        for name in ("c", "d"):
            expect(client.rcpt(f"{name}@contoso.example")[0] == 550, "unknown, slowly")
        slow = time.monotonic() - begun
        expect(slow >= 2.0, f"two refusals that wait one second each took {slow}, two before them {quick}")
        code, text = client.docmd("RCPT TO:<e@contoso.example>")
        expect(code == 421 and b"UnknownRecipientClose" in text, (code, text))
    expect(len(c.events(40702)) == 1, c.events(40702))
    code, _ = c.rcpt("administrator@contoso.example")
    expect(code == 250, "whoever shares the address reaches known recipients")
