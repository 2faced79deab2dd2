"""What scenarios share: a connector under a root of its own, started and stopped like an administrator would."""
import json
import os
import pathlib
import pwd
import re
import shlex
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
sys.path.insert(0, str(PROJECT / "tests"))

IMC = pathlib.Path(os.environ.get("IMC_EXECUTABLE", PROJECT / "build" / "imc")).resolve()
PLAIN = pathlib.Path(os.environ.get("IMC_PLAIN_EXECUTABLE", PROJECT / "build" / "dev" / "src" / "app" / "imc")).resolve()
PATIENCE = float(os.environ.get("IMC_PATIENCE", "60"))  # upper bound of any wait, seconds


class Failure(Exception):
    """An expectation that did not hold, in words."""


def expect(condition, message):
    if not condition:
        raise Failure(message)


def wait_for(condition, what, patience=None):
    """Polls until `condition()` is true; the bound only limits how long a failure takes."""
    end = time.monotonic() + (patience or PATIENCE)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"waited in vain for {what}")
        time.sleep(0.02)


_reserved = []


def free_port():
    """A port nobody listens on. The socket that found it stays bound (not listening) with SO_REUSEADDR."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", 0))
    port = s.getsockname()[1]
    s.close()
    if port in _reserved:
        return free_port()
    _reserved.append(port)
    return port


def unprivileged(command):
    """As root, the service is run as nobody: root sees no permission."""
    if os.geteuid() != 0:
        return command
    who = pwd.getpwnam("nobody")
    return ["setpriv", f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--clear-groups", "--inh-caps=-all", *command]


def give(path):
    """Hands a tree to the user the service runs as."""
    if os.geteuid() != 0:
        return
    who = pwd.getpwnam("nobody")
    subprocess.run(["chown", "-R", f"{who.pw_uid}:{who.pw_gid}", str(path)], check=True)


class Connector:
    """One root, one registry, one service."""

    def __init__(self, root, directory="embedded", extra_env=None):
        self.root = pathlib.Path(root)
        self.directory = directory
        self.executable = IMC
        self.port = None
        self.process = None
        self.output = self.root.parent / (self.root.name + ".out")
        self.env = dict(os.environ, IMC_ROOT=str(self.root), LC_ALL="C.UTF-8",
                        ASAN_OPTIONS="detect_leaks=0:abort_on_error=0:exitcode=99",
                        UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1")
        self.env["PATH"] = str(IMC.parent) + ":" + self.env["PATH"]
        self.env.pop("NOTIFY_SOCKET", None)
        self.env.update(extra_env or {})

    # -- commands ---------------------------------------------------------------------------------
    def imc(self, *words, check=True, stdin=None, wrapper=(), timeout=None):
        command = unprivileged([*wrapper, str(self.executable), *map(str, words)])
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, input=stdin or "",
                              timeout=timeout or PATIENCE, cwd="/")
        expect(done.returncode != 99 and "runtime error:" not in done.stderr,
               f"sanitizer report of imc {' '.join(map(str, words))}:\n{done.stderr}")
        if check and done.returncode != 0:
            raise Failure(f"imc {' '.join(map(str, words))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    def shell(self, line, check=True, root=False):
        """A line as the administrator would type it; `imc` is in the PATH, IMC_ROOT is set."""
        command = ["bash", "-c", line]
        done = subprocess.run(command if root else unprivileged(command), env=self.env, capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE, cwd=str(self.root))
        if check and done.returncode != 0:
            raise Failure(f"{line}\nended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    def setup(self, *more, org="Contoso", site="Oslo", server="MAIL1", domain="contoso.example"):
        self.port = free_port()
        self.root.mkdir(parents=True, exist_ok=True)
        give(self.root)
        return self.imc("setup", "--org", org, "--site", site, "--server", server, "--domain", domain,
                        "--host-name", "mail1.contoso.example", "--admin-mailbox", "administrator",
                        "--directory", self.directory, "--listen", f"127.0.0.1:{self.port}", "--yes",
                        *([] if "--admin-listen" in more else ["--admin-listen", "none"]), *more)

    # -- the service --------------------------------------------------------------------------------
    def start(self, *options, wrapper=(), wait=True):
        out = open(self.output, "wb")
        self.process = subprocess.Popen(unprivileged([*wrapper, str(self.executable), "serve", *options]), env=self.env,
                                        stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd="/")
        out.close()
        if wait:
            self.wait_ready()
        return self.process

    def said(self):
        return self.output.read_text(errors="replace") if self.output.exists() else ""

    def greeting(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as s:
                return s.makefile("rb").readline().decode(errors="replace").strip()
        except OSError:
            return ""

    def wait_ready(self, patience=None):
        def ready():
            expect(self.process.poll() is None,
                   f"the service ended with {self.process.returncode} instead of starting:\n{self.said()}")
            return self.greeting().startswith("220 ") and self.answers()
        wait_for(ready, "the 220 greeting and the control socket", patience)

    def answers(self):
        """The control socket comes after the listeners, and a crash leaves its file."""
        with socket.socket(socket.AF_UNIX) as s:
            try:
                s.connect(str(self.root / "run" / "admin.sock"))
                return True
            except OSError:
                return False

    def refused(self, *options, wrapper=()):
        """Starts the service and expects it to end by itself. Returns what it printed."""
        self.start(*options, wrapper=wrapper, wait=False)
        try:
            status = self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.stop()
            raise Failure(f"the service started although it had to refuse:\n{self.said()}") from None
        self.process = None
        expect(status not in (0, 99) and status > 0, f"exit status {status}, a refusal was expected:\n{self.said()}")
        return self.said()

    def stop(self, how=signal.SIGTERM):
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            status = self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failure(f"the service did not stop:\n{self.said()}") from None
        finally:
            self.process = None
        said = self.said()
        expect("ERROR: AddressSanitizer" not in said and "runtime error:" not in said, said)
        if how == signal.SIGTERM:
            expect(status == 0, f"the service stopped with {status}:\n{said}")
        return status

    # -- looking ------------------------------------------------------------------------------------
    def verdict(self):
        done = self.imc("check", "--json", check=False)
        try:
            return json.loads(done.stdout)
        except ValueError:
            raise Failure(f"imc check --json printed no JSON:\n{done.stdout}{done.stderr}") from None

    def base(self):
        """',dc=example,dc=org' or '': what follows o= in the names of this connector's directory."""
        done = self.imc("reg", "query", "-v", "DirectoryBase", "--json", check=False)
        found = re.search(r'"data":"([^"]+)"', done.stdout)
        return "," + found.group(1) if found else ""

    def connector_dn(self):
        return "cn=Internet Mail Connector (MAIL1),cn=Connections,cn=Configuration,ou=Oslo,o=Contoso" + self.base()

    def state(self):
        """GET /api/v1/state on the control socket, as `imc service status --json` prints it."""
        return json.loads(self.imc("service", "status", "--json", check=False).stdout)

    def ask(self, path):
        """GET on the control socket, without imc. Returns (status, body)."""
        import http.client
        connection = http.client.HTTPConnection("imc", timeout=PATIENCE)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(PATIENCE)
        connection.sock.connect(str(self.root / "run" / "admin.sock"))
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def events(self, number):
        done = self.imc("events", "--id", number, "--json", check=False)
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    def maildir(self, alias):
        folder = self.root / "mail" / alias / "Maildir" / "new"
        return sorted(folder.iterdir()) if folder.is_dir() else []

    def queue(self):
        done = self.imc("queue", "ls", "--json")
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    def smtp(self):
        return smtplib.SMTP("127.0.0.1", self.port, local_hostname="client.example.net", timeout=PATIENCE)

    def rcpt(self, recipient, sender="bob@example.net"):
        """The reply to RCPT TO: (code, text)."""
        with self.smtp() as client:
            client.ehlo("client.example.net")
            client.mail(sender)
            code, text = client.rcpt(recipient)
            return code, text.decode()

    def send(self, sender, recipients, text):
        """Sends one message; `text` is bytes with CRLF."""
        with self.smtp() as client:
            return client.sendmail(sender, recipients, text)


def below_trace(octets):
    """A delivered message without the lines we put in front: Return-Path, Delivered-To, our Received."""
    while True:
        line, rest = octets.split(b"\n", 1)
        if line.lower().startswith((b"return-path:", b"delivered-to:")):
            octets = rest
            continue
        break
    match = re.match(rb"received:[^\n]*\n(?:[ \t][^\n]*\n)*", octets, re.I)
    expect(match is not None, "no Received line of ours on top")
    return octets[match.end():]


def run(command, **how):
    return subprocess.run(command, check=True, capture_output=True, text=True, **how)


def tool(name):
    """A program of Postfix, unpacked by ./dev deps --test and not installed."""
    path = PROJECT / "build" / "tools" / "bin" / name
    expect(path.exists(), f"{path} is missing: run ./dev deps --test")
    return str(path)


__all__ = [name for name in dir() if not name.startswith("_")]
