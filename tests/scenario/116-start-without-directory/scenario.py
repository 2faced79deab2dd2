"""StartWithoutDirectory = last-good: a directory that does not answer is bridged by the last good generation. Our own recipients are
deferred (451), queued mail for others goes on, an event says it and another when the directory is back. A directory that answers and
disagrees is never bridged."""
from kit import *
from sinks import Sink


def run(c, slapd):
    sink = Sink()
    try:
        story(c, slapd, sink)
    finally:
        sink.stop()


def story(c, slapd, sink):
    def away():
        if slapd:
            slapd.stop()
        else:
            for file in c.root.glob("directory.db*"):
                file.rename(c.root / ("away." + file.name))

    def back():
        if slapd:
            slapd.start()
        else:
            for file in c.root.glob("away.directory.db*"):
                file.rename(c.root / file.name.removeprefix("away."))

    name = c.connector_dn()
    organization = "o=Contoso" + c.base()
    c.imc("dir", "modify", name, "--replace", f"imcSmartHost=127.0.0.1:{sink.port}", "--replace", "imcRetryHours=0.0003")
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    c.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
    c.imc("reg", "add", "-v", "StartWithoutDirectory", "-t", "SZ", "-d", "last-good", "-f")

    # Without a last good generation there is nothing to start from.
    away()
    said = c.refused()
    expect("no generation was ever in force" in said, said)
    back()
    # A message that waits in the queue for its next attempt.
    sink.answers["RCPT"] = lambda _: "451 4.3.2 later"
    c.start()
    c.send("alice@contoso.example", ["bob@example.net"], b"Subject: queued\r\n\r\nx\r\n")
    c.stop()
    sink.answers.clear()
    expect(not sink.taken(), "the message must still be in the queue")

    away()
    c.start()
    wait_for(lambda: c.events(40117), "event 40117")
    for recipient in ("alice@contoso.example", "nobody@contoso.example"):
        code, text = c.rcpt(recipient)
        expect(code == 451 and "4.3.0" in text, f"451 4.3.0 expected for {recipient}, {code} {text} came")
    wait_for(lambda: sink.taken(), "the queued message to go on")
    expect(c.rcpt("bob@example.net")[0] == 250, "mail for others needs no directory")
    expect(len(c.events(40117)) == 1, "one event 40117 for each start")
    expect(c.state().get("bridged"), f"the state must say that a generation stands in: {c.state()}")
    expect("stands in" in c.imc("service", "status").stdout, "service status must say so, too")
    # A restart with a registry that disagrees with what the directory said last is refused.
    c.stop()
    site = c.imc("reg", "query", "-v", "SiteDN", "--json").stdout
    c.imc("reg", "add", "-v", "SiteDN", "-t", "SZ", "-d", "/o=Contosa/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1", "-f")
    said = c.refused()
    expect("identity.organization" in said and "directory.reachable" in said, said)
    c.imc("reg", "restore", "latest")
    expect(c.imc("reg", "query", "-v", "SiteDN", "--json").stdout == site, "the registry must be as before")

    # It comes back and agrees.
    c.start()
    back()
    wait_for(lambda: c.events(40118), "event 40118")
    wait_for(lambda: c.rcpt("alice@contoso.example")[0] == 250, "alice to be taken")
    expect(c.rcpt("nobody@contoso.example")[0] == 550, "nobody must be refused again")
    wait_for(lambda: "bridged" not in c.state(), "the state to say that nothing stands in any more")
    c.stop()

    # It comes back and disagrees: what the bridge let run does not run on.
    c.imc("dir", "rename", organization, "o=Fabrikam")
    away()
    c.start()
    back()
    status = c.process.wait(timeout=PATIENCE)
    c.process = None
    expect(status == 3 and "identity.organization" in c.said(), f"a refusal was expected, not {status}:\n{c.said()}")
    away()
    c.start("--hold")
    back()
    wait_for(lambda: c.greeting().startswith("421 ") and "4086" in c.greeting(), "421 with event 4086")
    c.imc("check", "--fix")
    wait_for(lambda: c.greeting().startswith("220 "), "the 220 greeting")
