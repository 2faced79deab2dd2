"""The service is killed with SIGKILL at random moments while mail flows in and out. Every message that was answered 250 is there,
and goes out at most once in each life of the service; few of them are sent again after a kill."""
import bisect
import collections
import os
import random
import signal
import smtplib
import struct
import threading
import time

from kit import *
from sinks import Sink


class Sender(threading.Thread):
    def __init__(self, c, number, acknowledged, lock, stop):
        super().__init__(daemon=True)
        self.c, self.number, self.acknowledged, self.lock, self.stopped = c, number, acknowledged, lock, stop
        self.count = 0

    def run(self):
        while not self.stopped.is_set():
            try:
                with smtplib.SMTP("127.0.0.1", self.c.port, local_hostname="client.example.net", timeout=20) as client:
                    for _ in range(20):
                        if self.stopped.is_set():
                            return
                        self.count += 1
                        token = f"t{self.number}x{self.count}x"
                        local = self.count % 2 == 0
                        recipient = "alice@contoso.example" if local else "bob@example.net"
                        size = random.choice((100, 100, 3000, 3000, 60000, 60000, 400000))
                        client.sendmail("carol@contoso.example", [recipient], f"Subject: {token}\r\n\r\n".encode() + b"x" * size + b"\r\n")
                        with self.lock:
                            self.acknowledged[token] = local
            except (OSError, smtplib.SMTPException):
                time.sleep(0.02)


def token_of(octets):
    return octets.split(b"Subject: ", 1)[1].split(b"\r\n", 1)[0].decode()


def tokens_of(texts):
    return collections.Counter(map(token_of, texts))


def at_work(c):
    """Ids of messages that the process works on, or had worked on when it died (src/spool/working.h)."""
    octets = (c.root / "spool" / "working").read_bytes()
    return {number for (number,) in struct.iter_unpack("=Q", octets) if number}


def kill(c, hits):
    """At a moment when no message is worked on that a kill has hit before: two would be a poisoned one, and rightly set aside (scenario 122)."""
    def stopped_well():
        c.process.send_signal(signal.SIGSTOP)
        _, status = os.waitpid(c.process.pid, os.WUNTRACED)
        expect(os.WIFSTOPPED(status), f"the service had ended by itself, with {status}:\n{c.said()}")
        if not at_work(c) & hits.keys():
            return True
        c.process.send_signal(signal.SIGCONT)
        return False

    wait_for(stopped_well, "no message to be worked on that a kill has hit")
    c.stop(signal.SIGKILL)
    for number in at_work(c):
        hits[number] = hits.get(number, 0) + 1


def run(folder):
    kills = int(os.environ.get("IMC_KILLS", "20"))
    seed = int(os.environ.get("IMC_SEED", random.randrange(1 << 30)))
    print(f"    {kills} kills, IMC_SEED={seed}", flush=True)
    chance = random.Random(seed)
    sink = Sink()
    c = Connector(folder / "root")
    c.setup("--smart-host", f"127.0.0.1:{sink.port}")
    c.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    connector = "cn=Internet Mail Connector (MAIL1),cn=Connections,cn=Configuration,ou=Oslo,o=Contoso"
    c.imc("dir", "modify", connector, "--replace", "imcRetryHours=0.0003")
    acknowledged, hits, lock, stop = {}, {}, threading.Lock(), threading.Event()
    taken_by = []  # how many the sink had taken when each life of the service was over
    c.start()
    senders = [Sender(c, i, acknowledged, lock, stop) for i in range(6)]
    for s in senders:
        s.start()
    for _ in range(kills):
        have = len(acknowledged)
        wait_for(lambda: len(acknowledged) > have + 3, "mail to flow")
        time.sleep(chance.random() * 0.4)
        kill(c, hits)
        wait_for(lambda: sink.open == 0, "the sink to have read what the dead service had sent")
        taken_by.append(len(sink.taken()))
        c.start()
    stop.set()
    for s in senders:
        s.join(60)
    wait_for(lambda: not c.queue(), "an empty queue", 120)
    # The kills count against messages that were being worked on, never twice against the same.
    expect(all(n == 1 for n in hits.values()), f"hit twice: {hits}")
    aside = [json.loads(line)["id"] for line in c.imc("badmail", "ls", "--json").stdout.splitlines()]
    expect(len(aside) <= kills // 50, f"{len(aside)} messages were set aside")
    if aside:
        c.imc("badmail", "release", *aside)
        wait_for(lambda: not c.queue(), "an empty queue", 120)
    c.stop()
    # session-aborted-temp-files: texts that were broken off by the kills leave nothing behind.
    orphans = [f.name for f in (c.root / "spool").rglob("*") if f.is_file() and not re.fullmatch(r"\d{8}\.(seg|idx)|lock|working|pickup-working", f.name)]
    expect(not orphans, f"left in the spool: {orphans}")
    local = tokens_of(p.read_bytes() for p in c.maildir("alice"))
    taken = [token_of(m[2]) for m in sink.taken()]
    remote = collections.Counter(taken)
    lives = collections.Counter((token, bisect.bisect_right(taken_by, n)) for n, token in enumerate(taken))
    sink.stop()
    lost = [t for t, here in acknowledged.items() if t not in (local if here else remote)]
    expect(not lost, f"{len(lost)} of {len(acknowledged)} acknowledged messages are lost: {lost[:5]}")
    twice_local = {t: n for t, n in local.items() if n > 1 and t in acknowledged}
    twice = {t: n for t, n in remote.items() if n > 1}
    expect(not twice_local, f"Maildir deliveries repeated: {twice_local}")
    # So no message has more copies than one and the kills that it lived through.
    again = {token: life for (token, life), n in lives.items() if n > 1}
    expect(not again, f"sent twice, and nobody was killed between: {again}")
    copies = sum(n - 1 for n in twice.values())
    expect(copies <= 25 * kills, f"{copies} copies of messages that were in flight at {kills} kills")
    print(f"    {len(acknowledged)} acknowledged, 0 lost, {len(twice)} relayed twice, {len(hits)} hit at work, {len(aside)} set aside and released", flush=True)
