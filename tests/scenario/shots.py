#!/usr/bin/python3
"""Pictures of the Administrator's pages: tests/scenario/shots.py OUT-FOLDER [NAME...]    NAME is a page of web/e2e/paths.mjs, or the beginning of one.

A loopback organization as in the demo, with mail in it; each page light and dark, wide and on a phone. Then the service is held, for the verdict.
"""
import pathlib
import shutil
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from kit import *  # noqa: E402
from kit_pages import Organization  # noqa: E402

REPLIES = {"example.net": "451 4.7.1 Greylisted, try again in 300 seconds", "slow.example": "450 4.2.0 Mailbox is busy", "partner.example": "452 4.3.1 Insufficient system storage"}
SUBJECTS = ("Drawings for the bridge", "Order 4711", "Minutes of Monday", "Invoice 2026-118", "Visit in Oslo", "Re: Delivery dates")


def answer(who):
    return next((reply for domain, reply in REPLIES.items() if domain in who), None)


def message(sender, recipient, subject):
    return f"From: {sender}\r\nTo: {recipient}\r\nSubject: {subject}\r\nMessage-ID: <{abs(hash(subject + recipient))}@{sender.split('@')[1]}>\r\n\r\nAs discussed.\r\n".encode()


def people(c):
    for alias, given, surname in (("carol", "Carol", "Coulomb"), ("dan", "Dan", "Dalton"), ("erin", "Erin", "Eötvös")):
        c.imc("dir", "add", "mailbox", alias, "--given-name", given, "--surname", surname, "--display-name", f"{given} {surname}", "--address", f"{alias}@contoso.example")
    c.imc("dir", "add", "list", "engineers", "--display-name", "Engineers", "--address", "engineers@contoso.example", "--member", "alice", "--member", "carol")
    c.imc("dir", "add", "contact", "press", "--display-name", "Press agency", "--address", "press@contoso.example", "--target", "desk@example.org")
    c.imc("dir", "modify", c.connector_dn(), "--add", "imcAdministrator=operator bob", "--add", "imcAdministrator=view carol")


def traffic(o):
    c = o.c
    ours = ("alice", "bob", "carol", "dan", "erin")
    for i, subject in enumerate(SUBJECTS * 4):
        ours_, theirs = f"{ours[i % 5]}@contoso.example", ("ann@example.net", "info@example.org", "orders@slow.example", "sales@partner.example")[i % 4]
        c.send(ours_, [theirs], message(ours_, theirs, subject))
        c.send(theirs, [ours_], message(theirs, ours_, f"Re: {subject}"))
    for i in range(6):
        o.say(f"MAIL FROM:<promo{i}@aside.example>", f"RCPT TO:<{ours[i % 5]}@contoso.example>", text=message(f"promo{i}@aside.example", "x@contoso.example", "Buy now"))
        o.say("MAIL FROM:<ann@example.net>", f"RCPT TO:<nobody{i}@contoso.example>")
    wait_for(lambda: (rows := c.queue()) and all(r["attempts"] for m in rows for r in m["recipients"]), "all that waits to have been tried")
    c.imc("queue", "hold", "--domain", "partner.example", "--text", "Waits for the legal department")
    for name, data in (("MaxHops", 30), ("MaxInboundConnections", 500), ("MaxHops", 40)):
        c.imc("reg", "add", "-v", name, "-t", "DWORD", "-d", data, "-f")
        wait_for(lambda: any(f"{name}" in e["description"] and str(data) in e["description"] for e in c.events(40113)), "the new configuration")


def shoot(o, out, names, **more):
    for line in o.play("shots", out=str(out), names=names, **more).splitlines():
        if line.startswith("! "):
            print("   " + line.removeprefix("! "), flush=True)


def main():
    out, names = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:]
    out.mkdir(parents=True, exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix="imc-shots-"))
    os.chmod(work, 0o755)
    o = Organization(work, answer)
    try:
        people(o.c)
        o.c.imc("admin", "token", "add", "prometheus", "--role", "view")
        o.c.imc("admin", "password", "--password-file", "-", stdin="the axe behind glass")
        o.start()
        traffic(o)
        shoot(o, out, names)
        if not names or any(name.startswith("held") for name in names):
            o.c.stop()
            o.c.imc("reg", "add", "-v", "SiteDN", "-t", "SZ", "-d", "/o=contoso/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1", "-f")
            o.start("--hold")
            shoot(o, out, names, held=True)
        print(f"the pictures are in {out}")
    except Failure as e:
        sys.exit(str(e))
    finally:
        o.stop()
        shutil.rmtree(work, ignore_errors=True)


main()
