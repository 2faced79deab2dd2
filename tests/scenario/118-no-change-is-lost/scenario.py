"""Each setting counts as a change, and a change that could not be judged while the directory was silent is judged when it is back."""
from kit import *


def taken(c, count):
    return wait_for(lambda: len(c.events(40113)) >= count, f"generation number {count} to be taken, after " + c.imc("events").stdout)


def silence(c, slapd):
    """The directory does not answer until the returned call is made."""
    if slapd:
        slapd.stop()
        return slapd.start
    database = c.root / "directory.db"
    database.rename(c.root / "elsewhere")
    return lambda: (c.root / "elsewhere").rename(database)


def run(c, slapd):
    c.start()
    # One that only sessions know, and nothing else of the configuration.
    c.imc("reg", "add", "-v", "AnswerVrfy", "-t", "SZ", "-d", "on", "-f")
    taken(c, 1)
    with c.smtp() as client:
        client.ehlo("client.example.net")
        expect(client.vrfy("nobody@contoso.example")[0] == 550, "VRFY must ask the directory now")

    back = silence(c, slapd)
    c.imc("reg", "add", "-v", "AnswerVrfy", "-t", "SZ", "-d", "off", "-f")
    wait_for(lambda: c.events(40114), "event 40114: not taken while the directory is silent")
    back()
    taken(c, 2)
    with c.smtp() as client:
        client.ehlo("client.example.net")
        expect(client.vrfy("nobody@contoso.example")[0] == 252, "the change must be in force")
    c.stop()
