"""The Administrator's pages in a real browser: an organization with mail to look at, and one file of web/e2e/ played on it."""
import shutil

from kit import *
from sinks import Sink

E2E = PROJECT / "web" / "e2e"
CHROMIUM = os.environ.get("IMC_CHROMIUM", "/usr/bin/chromium")


def need(condition, what):
    expect(condition, f"{what}; mend: ./dev deps --test")


def node():
    """The Node that ./dev brings, or one that is new enough."""
    ours = PROJECT / "build" / "tools" / "node" / "node_modules" / "node" / "bin" / "node"
    found = str(ours) if ours.exists() else shutil.which("node")
    need(found, "node is not there, and the pages are tested with Node 20.19 or newer")
    version = run([found, "--version"]).stdout.strip()
    numbers = tuple(int(n) for n in version.lstrip("v").split(".")[:2])
    need(numbers >= (20, 19), f"Node 20.19 or newer expected, {version} found as {found}")
    return found


def play(name, c=None, time=600, **values):
    """Runs web/e2e/NAME.mjs. What it must know of the service, and how it calls imc, is in IMC_E2E."""
    program = node()
    need(os.access(CHROMIUM, os.X_OK), f"{CHROMIUM} is not there; the Debian package is chromium")
    for package in ("playwright-core", "axe-core"):
        need((E2E / "node_modules" / package).is_dir(), f"{package} of web/e2e/package.json is not installed")
    world = {"chromium": CHROMIUM, "pictures": str(PROJECT / "build" / "e2e"), "patience": PATIENCE, **values}
    env = dict(os.environ)
    if c is not None:
        world |= {"imc": unprivileged([str(c.executable)]), "root": str(c.root), "connector": c.connector_dn()}
        env = dict(c.env)
    only = [f"--test-name-pattern={os.environ['IMC_FLOW']}"] if "IMC_FLOW" in os.environ else []  # one of its tests, for who writes it
    done = subprocess.run([program, *only, str(E2E / f"{name}.mjs")], env=dict(env, IMC_E2E=json.dumps(world)), cwd=str(E2E),
                          capture_output=True, text=True, timeout=time)
    expect(done.returncode == 0, f"web/e2e/{name}.mjs ended with {done.returncode}:\n{done.stdout[-12000:]}{done.stderr[-4000:]}")
    return done.stdout


HOSTILE = "<img/class='xss'/src='x'/onerror='alert(1)'>"  # becomes an element wherever text is taken for a page; no space, for addresses


class Organization:
    """A connector with pages, people, and a host outside that answers RCPT as `answer` says (default: not now)."""

    def __init__(self, folder, answer=lambda who: "451 4.7.1 Greylisted, come back in an hour"):
        self.sink = Sink({"RCPT": answer})
        self.c = Connector(folder / "root")
        self.c.setup("--admin-listen", f"127.0.0.1:{free_port()}", "--smart-host", f"127.0.0.1:{self.sink.port}")
        for alias, name in (("alice", "Alice Ampere"), ("bob", "Bob Becquerel")):
            self.c.imc("dir", "add", "mailbox", alias, "--address", f"{alias}@contoso.example", "--display-name", name)
        self.c.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
        self.c.imc("reg", "add", "-v", "TurfTable", "-t", "MULTI_SZ", "-d", "@aside.example quarantine", "-f")

    def start(self, *options):
        self.c.start(*options, wait=not options)
        self.url = wait_for(lambda: self.c.state().get("admin"), "the pages")

    def say(self, *lines, text=None, helo="client.example.net"):
        """One session of SMTP, line by line."""
        with self.c.smtp() as client:
            client.docmd(f"EHLO {helo}")
            for line in lines:
                client.docmd(line)
            if text is not None:
                client.data(text)

    def fill(self):
        """A little of all that the pages show: delivered, waiting, refused, set aside."""
        out = (("alice", "ann@example.net", "Drawings for the bridge"), ("bob", "orders@supplier.example", "Order 4711"), ("alice", "press@example.org", "Interview on Monday"))
        for alias, recipient, subject in out:
            self.c.send(f"{alias}@contoso.example", [recipient], f"From: {alias}@contoso.example\r\nTo: {recipient}\r\nSubject: {subject}\r\n\r\nAs discussed.\r\n".encode())
        self.c.send("ann@example.net", ["alice@contoso.example", "bob@contoso.example"], b"From: ann@example.net\r\nSubject: Meeting\r\n\r\nAt ten.\r\n")
        self.say("MAIL FROM:<ann@example.net>", "RCPT TO:<nobody@contoso.example>")
        self.say("MAIL FROM:<promo@aside.example>", "RCPT TO:<alice@contoso.example>", text=b"From: promo@aside.example\r\nSubject: Buy now\r\n\r\nCheap.\r\n")
        wait_for(lambda: sum(r["attempts"] > 0 for m in self.c.queue() for r in m["recipients"]) == len(out), "three that were tried, and wait")
        wait_for(lambda: len(self.c.maildir("bob")) == 1, "what was delivered")

    def fill_hostile(self):
        """The same with values of somebody who means harm, wherever the service takes them."""
        c, x = self.c, HOSTILE
        escaped = x.replace("<", "\\<").replace(">", "\\>").replace("=", "\\=")
        c.imc("dir", "add", "mailbox", "mallory", "--display-name", x, "--address", "mallory@contoso.example")
        c.imc("dir", "add", f"cn={escaped},cn=Recipients,ou=Oslo,o=Contoso", "objectClass=imcContact", "mailNickname=evil", f"displayName={x}", "targetAddress=SMTP:x@evil.example")
        c.imc("reg", "add", "-v", x, "-t", "SZ", "-d", x, "-f")
        text = f"Subject: {x}\r\n{x}: {x}\r\nMessage-ID: <{x}@evil.example>\r\nX-Link: javascript:alert(1)\r\n\r\n{x}\r\n".encode()
        self.say(f'MAIL FROM:<"{x}"@evil.example>', f'RCPT TO:<"{x}"@other.example>', text=text, helo=x)
        self.say(f'MAIL FROM:<"{x}"@evil.example>', f'RCPT TO:<"{x}"@contoso.example>', helo=x)
        self.say(f'MAIL FROM:<"{x}"@aside.example>', "RCPT TO:<alice@contoso.example>", text=text, helo=x)
        wait_for(lambda: any(x in r["last_reply"] for m in c.queue() for r in m["recipients"]), "the hostile reply of the other host")
        c.imc("queue", "hold", "--all", "--text", x)

    def play(self, name, **values):
        return play(name, self.c, url=self.url, smtp=self.c.port, **values)

    def stop(self):
        self.c.stop()
        self.sink.stop()
