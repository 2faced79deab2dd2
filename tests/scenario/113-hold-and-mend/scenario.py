"""--hold: the control socket answers, clients hear 421 with the event's number on the listeners of the last good generation, nothing
is accepted, and the service starts by itself within 5 s of the mend. With no last good generation it says so."""
import time

from kit import *

BROKEN = "/o=Contosa/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1"
SLOW = float(os.environ.get("IMC_SLOW", "3"))


def held(c, event, deciding):
    def is_held():
        expect(c.process.poll() is None, f"the service ended with {c.process.returncode}:\n{c.said()}")
        return c.state().get("state") == "held"

    wait_for(is_held, "the state held")
    wait_for(lambda: c.state()["event"] == event, f"to be held by event {event}")
    status, body = c.ask("/api/v1/state")
    state = json.loads(body)
    expect(status == 200 and state["state"] == "held" and state["deciding"] == deciding, f"{status} {body}")
    failed = [a["id"] for a in state["verdict"]["assertions"] if a["status"] == "failed"]
    expect(deciding in failed, f"the verdict must name {deciding}: {failed}")
    said = c.imc("service", "status", check=False)
    expect(said.returncode == 3 and f"held by event {event} ({deciding})" in said.stdout, f"service status: {said.returncode} {said.stdout}")
    said = c.imc("stat", check=False)
    expect(said.returncode == 3 and f"held by event {event} ({deciding})" in said.stderr, f"stat: {said.returncode} {said.stderr}")
    said = c.imc("queue", "ls", check=False)
    expect(said.returncode != 0 and "held by event" in said.stderr, f"queue ls: {said.returncode} {said.stderr}")
    return state


def starts_by_itself(c, mend):
    mend()
    begin = time.monotonic()
    wait_for(lambda: c.greeting().startswith("220 "), "the 220 greeting")
    took = time.monotonic() - begin
    expect(took < 5 * SLOW, f"it took {took:.1f} s to start by itself")
    wait_for(lambda: c.state()["state"] == "running", "the state running")


def run(c, slapd):
    # No generation was ever in force: no listener, and the verdict says so.
    c.imc("reg", "add", "-v", "SiteDN", "-t", "SZ", "-d", BROKEN, "-f")
    c.start("--hold", wait=False)
    state = held(c, 4086, "identity.organization")
    notes = [a for a in state["verdict"]["assertions"] if a["id"] == "service.hold"]
    expect(notes and "no generation" in notes[0]["found"], f"the verdict must say that no listener is open: {notes}")
    expect("no listener is open" in c.said(), c.said())
    expect(c.greeting() == "", f"nobody may answer on the port: {c.greeting()}")
    starts_by_itself(c, lambda: c.imc("check", "--fix"))
    c.stop()

    # Now there is one. Held by one event, then by another, then mended.
    c.imc("reg", "add", "-v", "SiteDN", "-t", "SZ", "-d", BROKEN, "-f")
    c.start("--hold", wait=False)
    held(c, 4086, "identity.organization")
    wait_for(lambda: c.greeting().startswith("421 "), "a 421 greeting")
    expect("4086" in c.greeting(), f"the greeting must name the event: {c.greeting()}")
    with socket.create_connection(("127.0.0.1", c.port), timeout=PATIENCE) as client:
        client.sendall(b"EHLO client.example.net\r\nMAIL FROM:<bob@example.net>\r\n")
        heard = client.makefile("rb").read()
        expect(heard.startswith(b"421 ") and heard.count(b"\r\n") == 1, f"421 and the end expected: {heard}")
    wait_for(lambda: len(c.events(40115)) >= 2, "event 40115 of the second hold")
    expect(len(c.events(40115)) == 2, "one event 40115 for each time it is held")
    c.imc("reg", "add", "-v", "Hostname", "-t", "SZ", "-d", "mail1", "-f")
    c.imc("reg", "add", "-v", "SiteDN", "-t", "SZ", "-d", BROKEN.replace("Contosa", "Contoso"), "-f")
    held(c, 4067, "host.name")
    wait_for(lambda: "event 4067" in c.greeting(), "the greeting to name the other event")
    starts_by_itself(c, lambda: c.imc("check", "--fix"))
    c.stop()

    # A signal ends it while held.
    c.imc("reg", "add", "-v", "SiteDN", "-t", "SZ", "-d", BROKEN, "-f")
    c.start("--hold", wait=False)
    held(c, 4086, "identity.organization")
    c.stop()
    expect("while held" in c.events(1001)[-1]["description"], c.events(1001)[-1]["description"])
