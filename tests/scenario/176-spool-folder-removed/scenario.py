"""The spool's folder is taken away or closed while the service runs (spool-folder-removed-while-running): nothing is accepted that
would not be there after a crash, sessions go on, the service can be stopped, and with the folder back mail flows again."""
# out-folder-removed-while-running (Q146950)
from kit import *

TEXT = b"Subject: %s\r\n\r\n" + b"x" * 70 + b"\r\n"


def answer(c, subject):
    with c.smtp() as client:
        client.ehlo("client.example.net")
        client.mail("bob@example.net")
        client.rcpt("alice@contoso.example")
        code, text = client.docmd("DATA")
        if code == 354:
            client.send(TEXT % subject + b".\r\n")
            code, text = client.getreply()
        expect(client.noop()[0] == 250, "the session goes on")
        return code, text.decode()


def subjects(c):
    return {re.search(rb"^Subject: (\w+)", f.read_bytes(), re.M).group(1) for f in c.maildir("alice")}


def run(folder):
    c = Connector(folder / "root")
    c.setup()
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    spool, away = c.root / "spool", c.root / "spool-away"
    c.start()
    try:
        expect(answer(c, b"before")[0] == 250, "mail is taken")
        spool.rename(away)
        code, text = wait_for(lambda: (a := answer(c, b"away"))[0] != 250 and a, "a refusal without the folder")
        expect(code in (451, 452), f"{code} {text}")
        away.rename(spool)
        wait_for(lambda: answer(c, b"back")[0] == 250, "mail to be taken again")

        # Closed: what is open stays open, so mail may be taken; then it must be there after a kill.
        spool.chmod(0)
        taken = answer(c, b"closed")[0] == 250
        spool.chmod(0o700)
        c.stop(signal.SIGKILL)
        c.start()
        wait_for(lambda: answer(c, b"after")[0] == 250, "mail to be taken after a restart")
        wait_for(lambda: {b"before", b"back", b"after"} <= subjects(c), "the messages")
        expect(not taken or wait_for(lambda: b"closed" in subjects(c), "the message taken while the folder was closed"), "lost")

        shutil.rmtree(spool)
        code, text = wait_for(lambda: (a := answer(c, b"gone"))[0] != 250 and a, "a refusal without the folder")
        expect(code in (451, 452), f"{code} {text}")
    finally:
        c.stop()
