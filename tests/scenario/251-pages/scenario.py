"""A browser at the Administrator's pages, short: a one-time link signs in, the 4086 story goes from held to running by the Fix button, hostile values stay
text, axe finds nothing serious. 252 to 259 are the long form."""
from kit import *
from kit_pages import HOSTILE, Organization


def run(folder):
    o = Organization(folder, lambda who: f"451 4.7.1 {HOSTILE} come back")
    o.start()
    try:
        o.fill_hostile()
        o.c.stop()
        o.c.imc("reg", "add", "-v", "SiteDN", "-t", "SZ", "-d", "/o=contoso/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1", "-f")
        o.start("--hold")
        o.play("short.test", hostile=HOSTILE)
    finally:
        o.stop()
