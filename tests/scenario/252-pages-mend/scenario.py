"""The 4086 story in a browser: held, the verdict with the letters that differ, Fix, running, and the undo."""
from kit import *
from kit_pages import Organization

CI = False  # 251 is the short form of these


def run(folder):
    o = Organization(folder)
    o.c.imc("reg", "add", "-v", "SiteDN", "-t", "SZ", "-d", "/o=contoso/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1", "-f")
    o.start("--hold")
    try:
        o.play("mend.test")
    finally:
        o.stop()
