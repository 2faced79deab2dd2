"""One script of mail, in and out, with a failure report; the service is killed before its n-th system call that changes a file or sends
something, and started again. Whatever n is, what was answered 250 is there: once in a Maildir, at a remote host at most twice.

IMC_KILLS=N tries N / 2 of the calls, spread over all; IMC_EVERY_CALL=1, as ./dev test --all says, tries every one."""
import concurrent.futures
import os
import random
import shutil
import subprocess

from kit import *
from sinks import Sink

KILL_AT = IMC.parent.parent.parent / "tests" / "kill_at"
LARGE = 400_000  # goes to a file of its own


class Script:
    """What the administrator's users do: five messages, some to several people."""

    def __init__(self):
        self.acknowledged = []

    def run(self, c):
        self.send(c, "alice-1", ["alice@contoso.example"])
        self.send(c, "both-2", ["alice@contoso.example", "bob@example.net"])
        self.send(c, "large-3", ["alice@contoso.example", "bob@example.net"], LARGE)
        self.send(c, "unknown-4", ["nobody@example.net", "bob@example.net"])
        self.send(c, "bob-5", ["bob@example.net"])

    def send(self, c, token, recipients, octets=3000):
        text = f"Subject: {token}\r\n\r\n".encode() + b"x" * octets + b"\r\n"
        try:
            c.send("alice@contoso.example", recipients, text)
        except (OSError, smtplib.SMTPException):
            return
        self.acknowledged.append((token, recipients))


def count(texts, token):
    return sum(f"Subject: {token}\r\n".encode() in t.split(b"\r\n\r\n", 1)[0] + b"\r\n" for t in texts)


def is_over(c):
    if c.process.poll() is not None:
        return True
    try:
        return not c.queue()
    except Failure:
        return c.process.poll() is not None


def attempt(template, folder, n):
    """@return how many calls there were, and whether the service was killed"""
    answers = {"RCPT": lambda argument: "550 5.1.1 nobody of that name" if "nobody@" in argument else None}
    sink, told = Sink(answers), folder / "told"
    c = Connector(folder / "root", extra_env={"KILL_AT_TELLS": str(told)})
    subprocess.run(["cp", "-a", str(template.root), str(c.root)], check=True)
    c.port = free_port()
    c.imc("reg", "add", "-v", "Listeners", "-t", "MULTI_SZ", "-d", f"127.0.0.1:{c.port}", "-f")
    c.imc("dir", "modify", c.connector_dn(), "--replace", f"imcSmartHost=127.0.0.1:{sink.port}")
    script = Script()
    c.start(wrapper=[str(KILL_AT), str(n)], wait=False)
    wait_for(lambda: c.process.poll() is not None or c.greeting().startswith("220 "), "the greeting, or the end")
    script.run(c)
    wait_for(lambda: is_over(c), "an empty queue, or the end")
    if c.process.poll() is None:
        c.process.send_signal(signal.SIGTERM)
    killed = c.process.wait(timeout=PATIENCE) == 137
    calls, last = told.read_text().split()
    c.process = None

    def says(condition, message):
        expect(condition, f"killed at call {n} ({last}): {message}\n{c.said()}")

    c.start()
    wait_for(lambda: is_over(c), f"an empty queue after call {n} ({last})")
    c.stop()
    here = [p.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for p in c.maildir("alice")]
    there = [m[2] for m in sink.taken()]
    for token, recipients in script.acknowledged:
        if "alice@contoso.example" in recipients:
            says(count(here, token) == 1, f"{token} is {count(here, token)} times in the Maildir")
        if "bob@example.net" in recipients:
            says(1 <= count(there, token) <= 2, f"{token} went out {count(there, token)} times")
    if any(token == "unknown-4" for token, _ in script.acknowledged):
        reports = sum(b"nobody@example.net" in t and b"report-type=delivery-status" in t for t in here)
        says(reports == 1, f"{reports} reports of the failure")
    for token in ("alice-1", "both-2", "large-3"):  # not acknowledged: at most once
        says(count(here, token) <= 1, f"{token} is {count(here, token)} times in the Maildir")
    left = [f.name for f in (c.root / "spool").rglob("*") if f.is_file() and "large" in f.parts]
    says(not left, f"left in the spool: {left}")
    sink.stop()
    shutil.rmtree(folder)
    return int(calls), killed


def run(folder):
    template = Connector(folder / "template")
    template.setup("--smart-host", "127.0.0.1:9")
    template.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    template.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
    give(template.root)

    def tried(n):
        place = folder / f"call-{n}"
        place.mkdir()
        give(place)
        return attempt(template, place, n)

    calls, killed = tried(0)
    expect(not killed and calls > 50, f"{calls} calls, killed: {killed}")
    if os.environ.get("IMC_EVERY_CALL") == "1":
        chosen = range(1, calls + 20)
    else:
        seed = int(os.environ.get("IMC_SEED", random.randrange(1 << 30)))
        kills = max(1, int(os.environ.get("IMC_KILLS", "20")) // 2)
        chosen = sorted(random.Random(seed).sample(range(1, calls + 1), min(kills, calls)))
        print(f"    {len(chosen)} of {calls} calls, IMC_SEED={seed}", flush=True)
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("IMC_AT_ONCE", "3"))) as pool:  # they wait more than they work
        done = sum(killed for _, killed in pool.map(tried, chosen))
    expect(done > len(chosen) // 2, f"only {done} of {len(chosen)} kills were in time")
    print(f"    killed at {done} of {calls} calls", flush=True)
