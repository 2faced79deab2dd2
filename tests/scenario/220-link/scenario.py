"""A link that is opened on demand: mail for other hosts waits and says so, local mail does not; hooks are run, one that fails keeps it closed; the
schedule is taken while the service runs, and a broken row refuses the start with the command that mends it."""
from kit import *
from sinks import Sink


def link(c, *words, check=True):
    done = c.imc("link", *words, "--json", check=check)
    return json.loads(done.stdout)


def run(folder):
    sink = Sink()
    c = Connector(folder / "root")
    c.setup("--smart-host", f"127.0.0.1:{sink.port}")
    c.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
    name = c.connector_dn()
    hook = c.root / "hook"
    hook.write_text("#!/bin/sh\necho \"line $1\"\ntest \"$1\" != up || test ! -e " + str(c.root / "broken") + "\n")
    hook.chmod(0o755)
    give(c.root)
    c.imc("reg", "add", "-v", "LinkHooks", "-t", "MULTI_SZ", "-d", f"open;{hook} up;20\\0close;{hook} down;20", "-f")

    # A row that cannot be read refuses, and is mended by the command that it names.
    c.imc("dir", "modify", name, "--replace", "imcSchedule=daily 25:00-26:00")
    refused = c.imc("check", check=False)
    expect(refused.returncode == 3 and "connector.link.imcSchedule" in refused.stdout + refused.stderr, refused.stdout + refused.stderr)
    c.imc("check", "--fix")
    expect(c.imc("check").returncode == 0, "the fix must mend it")

    # A program that others can write is not run: the start is refused.
    hook.chmod(0o777)
    open_to_all = c.imc("check", check=False)
    expect(open_to_all.returncode == 3 and "others can write it" in open_to_all.stdout, open_to_all.stdout)
    hook.chmod(0o755)

    c.imc("dir", "modify", name, "--replace", "imcSchedule=on-demand")
    c.start()

    def send(recipient):
        c.send("bob@example.net", [recipient], b"Subject: x\r\n\r\nx\r\n")

    try:
        expect(link(c, "status")["state"] == "closed", "on-demand begins closed")
        send("first@example.org")
        send("administrator@contoso.example")
        wait_for(lambda: len(c.maildir("administrator")) == 1, "local mail, which waits for no link")
        row = wait_for(lambda: c.queue() and c.queue()[0]["recipients"][0], "the message for the other host")
        expect(row["reason"] == "outside_window" and "by imc link open" in row["why"], str(row))
        expect(row["attempts"] == 0 and not sink.taken(), "nothing may have been tried")
        expect(link(c, "status")["waiting"] == 1, "it counts what waits")

        # The hook fails: it stays closed, with an event and exit status 1.
        (c.root / "broken").touch()
        failed = c.imc("link", "open", check=False)
        expect(failed.returncode == 1 and "exit status 1" in failed.stdout + failed.stderr, failed.stdout + failed.stderr)
        expect(len(c.events(40662)) == 1 and "line up" in c.events(40662)[0]["fields"]["output"], str(c.events(40662)))
        expect(not sink.taken(), "a failing hook keeps it closed")

        (c.root / "broken").unlink()
        expect(link(c, "open", "--for", "30")["state"] == "open", "opened for half an hour")
        wait_for(lambda: len(sink.taken()) == 1, "what waited")
        send("second@example.org")
        wait_for(lambda: len(sink.taken()) == 2, "what came meanwhile, in the same session")
        expect("line up" in c.events(40660)[0]["fields"]["output"], str(c.events(40660)))

        expect(link(c, "close")["state"] == "closed", "closed")
        expect("line down" in c.events(40661)[0]["fields"]["output"], str(c.events(40661)))
        send("third@example.org")
        wait_for(lambda: c.queue() and c.queue()[0]["recipients"][0]["reason"] == "outside_window", "the third to wait")

        # Another schedule is taken at once.
        c.imc("dir", "modify", name, "--replace", "imcSchedule=always")
        wait_for(lambda: len(sink.taken()) == 3, "all of it by the new schedule")
        expect(link(c, "status")["why"] == "its schedule is always", str(link(c, "status")))
    finally:
        c.stop()
        sink.stop()
