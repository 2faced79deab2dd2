"""Certificates: a bad one is a warning, a renewal is taken at once, the set-up's own pair is made anew by check --fix."""
import os

from kit import *


def warning(c):
    return next(a for a in c.verdict()["assertions"] if a["id"] == "tls.certificate")


def new_pair(c, name):
    c.shell(f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN={name} "
            f"-keyout tls/{name}.key -out tls/{name}.crt 2>/dev/null && chmod 600 tls/{name}.key")


def run(folder):
    c = Connector(folder / "root")
    c.setup()
    expect(warning(c)["status"] == "passed", warning(c))

    key = c.root / "tls" / "imc.key"
    os.chmod(key, 0o644)
    said = warning(c)
    expect(said["status"] == "warning" and "mode 0644" in said["found"], said)
    c.shell(said["fix"])
    expect(warning(c)["status"] == "passed", warning(c))

    new_pair(c, "other")
    c.shell("mv tls/imc.key tls/kept && cp -p tls/other.key tls/imc.key")
    c.start()
    try:
        unusable = wait_for(lambda: c.events(40600), "event 40600")
        expect("a key that is not the certificate's" in unusable[0]["description"], unusable)
        expect(len(c.events(40603)) == 1, "without a certificate event 40603 says that TLS is not offered")
        c.shell("mv tls/kept tls/imc.key")
        wait_for(lambda: c.events(40601), "event 40601: the certificate works again")

        # A row for another name, taken without a restart; it ends within the days we ask to be warned of.
        c.imc("reg", "add", "-v", "TlsExpiryWarningDays", "-t", "DWORD", "-d", "60", "-f")
        c.imc("reg", "add", "-v", "TlsCertificates", "-t", "MULTI_SZ", "-d", "*;imc.crt;imc.key\\0other.example;other.crt;other.key", "-f")
        wait_for(lambda: c.events(40602), "event 40602: it ends soon")
        expect("CN=other" in c.events(40602)[0]["description"], c.events(40602))
        c.imc("reg", "delete", "-v", "TlsCertificates", "-f")
        wait_for(lambda: c.events(40113), "the generation without it")
    finally:
        c.stop()

    before = (c.root / "tls" / "imc.crt").read_text()
    c.shell("rm tls/imc.key")
    done = c.imc("check", "--fix")
    expect("made anew" in done.stdout and warning(c)["status"] == "passed", done.stdout)
    c.shell(done.stdout.strip().splitlines()[-1].removeprefix("Undo: "))
    expect((c.root / "tls" / "imc.crt").read_text() == before and not key.exists(), "the undo must bring back what was")

    c.imc("reg", "add", "-v", "Listeners", "-t", "MULTI_SZ", "-d", f"127.0.0.1:{c.port} tls=maybe", "-f")
    flawed = next(a for a in c.verdict()["assertions"] if a["id"] == "registry.value.Listeners")
    expect("row 1" in flawed["found"] and "tls=maybe" in flawed["found"], flawed)
