"""A change is tested, then taken without a restart; one that fails its checks leaves the running one."""
from kit import *


def may_relay(c):
    with c.smtp() as client:
        client.ehlo("client.example.net")
        client.mail("bob@example.net")
        return client.rcpt("x@example.com")[0] == 250


def run(folder):
    c = Connector(folder / "root")
    c.setup()
    c.start()
    try:
        expect(not may_relay(c), "nobody may relay at first")
        c.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
        wait_for(lambda: may_relay(c), "the change to be taken")
        wait_for(lambda: c.events(40113), "event 40113")
        c.imc("reg", "add", "-v", "SiteDN", "-t", "SZ", "-d", "/o=Contosa/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1", "-f")
        wait_for(lambda: c.events(40114), "event 40114")
        expect("4086" in c.events(40114)[0]["description"], c.events(40114)[0]["description"])
        expect(may_relay(c), "the running configuration must stay")
        c.imc("check", "--fix")
        second = free_port()
        c.imc("reg", "add", "-v", "Listeners", "-t", "MULTI_SZ", "-d", f"127.0.0.1:{c.port}\\0127.0.0.1:{second}", "-f")
        first, c.port = c.port, second
        wait_for(lambda: c.greeting().startswith("220 "), "the new listener")
        c.port = first
        expect(c.greeting().startswith("220 "), "the old listener must stay")
    finally:
        c.stop()
