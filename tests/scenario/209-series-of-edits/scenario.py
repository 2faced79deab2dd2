"""A series of ldapmodify on the objects of the configuration is one change: it is taken after two seconds of quiet, with all of it. A series
that does not end (people in the same tree are edited all day) is taken all the same."""
from kit import *
from kit_slapd import Slapd


def modify(slapd, text):
    subprocess.run(["ldapmodify", "-x", "-H", slapd.url, "-D", slapd.admin_dn, "-w", slapd.admin_password], input=text, text=True,
                   check=True, capture_output=True)


def add_value(slapd, dn, attribute, value):
    modify(slapd, f"dn: {dn}\nchangetype: modify\nadd: {attribute}\n{attribute}: {value}\n")


def series(slapd, dn, name):
    """Nine edits 0.7 s apart: more than the two seconds within which a look comes, and two of quiet. Returns their rows; None when this machine was too slow for it to be one series."""
    rows = [f"{name}{n}.example;reject;Moved" for n in range(9)]
    last = time.monotonic()
    for row in rows:
        add_value(slapd, dn, "imcRoutingRow", row)
        now = time.monotonic()
        if now - last > 1.8:
            return None
        last = now
        time.sleep(0.7)
    return rows


def generations(c):
    return [e["fields"]["detail"] for e in c.events(40113)]


def run(folder):
    slapd = Slapd(folder / "slapd").start()
    c = Connector(folder / "root", slapd.url)
    try:
        password = folder / "ldap-password"
        password.write_text(slapd.admin_password + "\n")
        password.chmod(0o600)
        give(password)
        c.setup("--base", slapd.suffix, "--bind-dn", slapd.admin_dn, "--password-file", str(password))
        c.start()
        story(c, slapd, "cn=Site Addressing,cn=Configuration,ou=Oslo,o=Contoso," + slapd.suffix)
    finally:
        if c.process:
            c.stop()
        slapd.stop()


def story(c, slapd, addressing):
    for attempt in range(5):
        before = len(generations(c))
        rows = series(slapd, addressing, f"a{attempt}-")
        if rows:
            break
    expect(rows, "nine edits took longer than a series may")
    wait_for(lambda: any(rows[-1] in one for one in generations(c)), "the last row to be in force")
    new = generations(c)[before:]
    expect(len(new) == 1 and all(row in new[0] for row in rows), f"one generation with all nine rows was expected: {new}")

    # Somebody edits without an end, and the change of the configuration is not kept waiting by it.
    row = "busy.example;reject;Moved"
    add_value(slapd, addressing, "imcRoutingRow", row)
    began = time.monotonic()
    number = 0

    def taken_meanwhile():
        nonlocal number
        number += 1
        modify(slapd, f"dn: {slapd.suffix}\nchangetype: modify\nreplace: description\ndescription: {number}\n")
        time.sleep(0.5)
        return any(row in one for one in generations(c))
    wait_for(taken_meanwhile, "a change to be taken while edits go on")
    expect(time.monotonic() - began < 40, "ten seconds were expected, and some more for a slow machine")
