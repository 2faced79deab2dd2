"""A change of registry or directory is tested, then taken without a restart; one that fails its checks leaves the running generation, and
the event says that the next start would refuse. A new listener is open before the old one is closed."""
import threading
import time

from kit import *

SITE = "/o=Contoso/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1"


class Knocking(threading.Thread):
    """Connects to any of `ports` again and again; counts the moments when none of them answered."""

    def __init__(self, ports):
        super().__init__(daemon=True)
        self.ports, self.unanswered, self.over = ports, 0, threading.Event()

    def run(self):
        while not self.over.is_set():
            if not any(self.answers(port) for port in self.ports):
                self.unanswered += 1
            time.sleep(0.005)

    @staticmethod
    def answers(port):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
            return True
        except OSError:
            return False


def taken(c, count):
    return wait_for(lambda: len(c.events(40113)) >= count and c.events(40113)[-1], f"generation number {count} to be taken, after " + c.imc("events").stdout)


def refused(c, count):
    record = wait_for(lambda: len(c.events(40114)) >= count and c.events(40114)[-1], f"event 40114, number {count}")
    expect("next start would refuse" in record["description"], record["description"])
    expect(c.state()["state"] == "running", "the running generation must stay in force")
    return record["description"]


def now(c):
    """SIGHUP: tested and taken without the two seconds of quiet."""
    c.process.send_signal(signal.SIGHUP)


def run(c, slapd):
    c.start()
    expect(c.rcpt("x@example.com")[0] == 550, "nobody may relay at first")
    expect(c.events(40201), "event 40201 expected")

    # The registry: a good change, then a bad one, then mended; the mend changes nothing that is in force.
    c.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
    taken(c, 1)
    expect(c.rcpt("x@example.com")[0] == 250, "the change must be in force")
    c.imc("reg", "add", "-v", "SiteDN", "-t", "SZ", "-d", SITE.replace("Contoso", "Contosa"), "-f")
    said = refused(c, 1)
    expect("4086" in said and "o=Contosa" in said, said)
    expect(c.rcpt("x@example.com")[0] == 250, "the running configuration must stay")
    expect(c.imc("check", check=False).returncode == 3, "the next start would refuse")
    c.imc("check", "--fix")

    # The directory: likewise.
    name = c.connector_dn()
    c.imc("dir", "modify", name, "--replace", "imcTransferMode=sideways")
    said = refused(c, 2)
    expect("connector.value.imcTransferMode" in said and "sideways" in said, said)
    expect(c.greeting().startswith("220 "), "it goes on taking mail")
    c.imc("dir", "modify", name, "--replace", "imcTransferMode=inbound", "--replace", "imcMaxMessageKB=9")
    now(c)
    taken(c, 2)
    with c.smtp() as client:
        client.ehlo("client.example.net")
        expect(client.esmtp_features.get("size") == "9216", f"SIZE 9216 expected: {client.esmtp_features}")

    # A listener: the new port is open before the old one is closed; a port that is taken is refused and the old one stays.
    first, second = c.port, free_port()
    knocking = Knocking([first, second])
    knocking.start()
    c.imc("reg", "add", "-v", "Listeners", "-t", "MULTI_SZ", "-d", f"127.0.0.1:{second}", "-f")
    now(c)
    taken(c, 3)
    c.port = second
    wait_for(lambda: c.greeting().startswith("220 "), "the new listener")
    wait_for(lambda: not Knocking.answers(first), "the old listener to be closed")
    knocking.over.set()
    knocking.join()
    expect(knocking.unanswered == 0, f"for {knocking.unanswered} moments neither listener answered")
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        c.imc("reg", "add", "-v", "Listeners", "-t", "MULTI_SZ", "-d", f"127.0.0.1:{stranger.getsockname()[1]}", "-f")
        now(c)
        said = refused(c, 3)
        expect("4007" in said and "has it" in said, said)
        expect(c.greeting().startswith("220 "), "the running listener must stay")
