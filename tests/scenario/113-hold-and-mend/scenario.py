"""--hold: a broken identity greets with 421 and the event's number, and the service starts by itself within 5 s of the mend."""
import time

from kit import *


def run(folder):
    c = Connector(folder / "root")
    c.setup()
    c.start()
    c.stop()
    c.imc("reg", "add", "-v", "SiteDN", "-t", "SZ", "-d", "/o=Contosa/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1", "-f")
    c.start("--hold", wait=False)
    try:
        wait_for(lambda: c.greeting().startswith("421 "), "a 421 greeting")
        expect("4086" in c.greeting(), f"the greeting must name the event: {c.greeting()}")
        expect(c.events(40115), "event 40115 expected")
        expect(c.imc("service", "status", check=False).stdout.find("held") > 0, "service status must say held")
        c.imc("check", "--fix")
        begin = time.monotonic()
        wait_for(lambda: c.greeting().startswith("220 "), "the 220 greeting", 15)
        took = time.monotonic() - begin
        expect(took < 5 * float(os.environ.get("IMC_SLOW", "3")), f"it took {took:.1f} s to start by itself")
    finally:
        c.stop()
