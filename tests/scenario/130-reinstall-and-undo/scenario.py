"""--reinstall rewrites the identity in directory and registry together; its dry run changes nothing, its undo brings everything back.
Setup never overwrites, and a server that exists is named."""
from kit import *


def run(folder):
    c = Connector(folder / "root")
    c.setup()
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    again = c.imc("setup", "--org", "X", "--site", "Y", "--domain", "x.example", "--yes", check=False)
    expect(again.returncode != 0 and "never overwrites" in again.stderr, again.stderr)
    before, registry = c.imc("dir", "export").stdout, (c.root / "registry.reg").read_text()
    words = ["setup", "--org", "Fabrikam", "--site", "Bergen", "--server", "MAIL2", "--domain", "contoso.example", "--reinstall"]
    expect("nothing was changed" in c.imc(*words).stdout, "the dry run must say so")
    expect(c.imc("dir", "export").stdout == before, "the dry run changed the directory")
    done = c.imc(*words, "--yes")
    c.imc("check")
    c.start()
    c.stop()
    expect("/o=Fabrikam/ou=Bergen/cn=Configuration/cn=Servers/cn=MAIL2" in c.imc("reg", "query", "-v", "SiteDN").stdout, "SiteDN")
    expect("cn=alice" in c.imc("explain", "rcpt", "alice@contoso.example").stdout, "recipients must stay")
    undo = done.stdout.strip().splitlines()[-1]
    expect(undo.startswith("Undo: "), undo)
    c.shell(undo[len("Undo: "):])
    expect(c.imc("dir", "export").stdout == before, "the undo left a difference in the directory")
    expect((c.root / "registry.reg").read_text() == registry, "the undo left a difference in the registry")
    c.imc("check")
    c.start()
    c.stop()
