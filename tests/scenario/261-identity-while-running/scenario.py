"""A name that changes in the directory while the connector runs raises 4086 and says that the next start would refuse; nothing stops. Put right,
it counts as no change."""
from kit import *


def said(c, count):
    records = wait_for(lambda: len(c.events(4086)) >= count and c.events(4086), f"event 4086, number {count}, after " + c.imc("events").stdout)
    text = records[-1]["description"]
    expect("stays in force" in text and "next start would refuse" in text, text)
    return text


def run(c, slapd):
    c.start()
    site = "/o=Contoso/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1"
    c.imc("reg", "add", "-v", "SiteDN", "-t", "SZ", "-d", site.replace("Oslo", "oslo"), "-f")
    text = said(c, 1)
    expect("identity.site" in text and "ou=oslo" in text and "ou=Oslo" in text, text)
    expect("The next start would refuse" in c.events(40114)[-1]["description"], c.events(40114))
    expect(c.rcpt("administrator@contoso.example")[0] == 250, "it goes on taking mail")
    expect(c.state()["state"] == "running", c.state())
    expect("differs" in c.imc("config", "show").stdout, "what is stored is not what runs")
    diff = c.imc("config", "diff").stdout
    expect(f"[registry] SiteDN: {site} -> " in diff, diff)
    done = c.imc("config", "rollback", "1", "--yes")
    expect("Undo: imc reg restore" in done.stdout, done.stdout)
    expect(c.imc("check").returncode == 0, "the way back mends it")
    expect(c.state()["generation"] == 1, "nothing else was ever in force")
    # A name that differs in the directory: likewise, and the service says it again.
    c.imc("reg", "add", "-v", "SiteDN", "-t", "SZ", "-d", site.replace("MAIL1", "MAIL2"), "-f")
    expect("identity.server" in said(c, 2), c.events(4086))
    c.stop()
    expect("4086" in c.refused(), "the next start refuses")
    c.imc("check", "--fix")
    c.start()
