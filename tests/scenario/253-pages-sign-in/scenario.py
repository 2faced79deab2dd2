"""Signing in with a browser: a one-time link, the emergency account, accounts of the directory with their roles, and six wrong passwords."""
from kit import *
from kit_pages import Organization

CI = False  # 251 is the short form of these


def run(folder):
    o = Organization(folder)
    c = o.c
    c.imc("dir", "add", "mailbox", "eve", "--address", "eve@contoso.example")
    for alias in ("administrator", "bob", "eve"):
        c.imc("dir", "passwd", alias, "--password-file", "-", stdin=f"{alias}'s pencil")
    c.imc("dir", "modify", c.connector_dn(), "--add", "imcAdministrator=operator bob")
    for value, milliseconds in (("AuthBackoff", 10), ("AuthBackoffMost", 20)):
        c.imc("reg", "add", "-v", value, "-t", "DWORD", "-d", milliseconds, "-f")
    c.imc("admin", "password", "--password-file", "-", stdin="the axe behind glass")
    o.start()
    try:
        o.play("sign_in.test")
    finally:
        o.stop()
