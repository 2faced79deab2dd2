"""10,000 sessions that say nothing, and 2,000 that send their message an octet at a time: all of them stay, a normal client is
answered within a second, what trickles in arrives, and one session more than MaxInboundConnections allows is told so."""
import os
import resource
import time

from kit import *

IDLE, TRICKLING, SPARE = 10_000, 2_000, 1_000
ENVELOPE = b"EHLO client.example.net\r\nMAIL FROM:<bob@example.net>\r\nRCPT TO:<alice@contoso.example>\r\nDATA\r\n"
TEXT = b"Subject: slow\r\n\r\nx\r\n.\r\n"


def dial(c):
    """From many addresses of the loopback network, so that no limit per host is met."""
    dial.count += 1
    s = socket.socket()
    s.settimeout(PATIENCE)
    s.bind((f"127.1.{dial.count // 200}.{dial.count % 200 + 1}", 0))
    s.connect(("127.0.0.1", c.port))
    return s


dial.count = 0


def read_until(s, mark, seen=b""):
    while mark not in seen:
        more = s.recv(65536)
        expect(more, f"closed after {seen[-200:]!r}")
        seen += more
    return seen


def normal(c):
    begin = time.monotonic()
    with c.smtp() as client:
        client.sendmail("bob@example.net", ["alice@contoso.example"], b"Subject: normal\r\n\r\nhello\r\n")
    took = time.monotonic() - begin
    expect(took < 1, f"a normal client waited {took:.2f} s")


def run(folder):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    hard = 2 * IDLE if hard == resource.RLIM_INFINITY else hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    # Other scenarios run in this process, too.
    left = hard - len(os.listdir("/proc/self/fd")) - SPARE
    trickling = min(TRICKLING, left // 3)
    idle = min(IDLE, left - trickling)
    if idle < IDLE:
        print(f"    {idle} idle, {trickling} trickling: {hard} open files are allowed here (ulimit -Hn)", flush=True)
    expect(trickling > 0, f"no more than {hard} open files are allowed here (ulimit -Hn)")
    c = Connector(folder / "root")
    c.executable = PLAIN  # 12,000 sessions are too many for what the sanitizers add to each
    c.setup()
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    c.imc("reg", "add", "-v", "MaxInboundConnections", "-t", "DWORD", "-d", str(idle + trickling + 1), "-f")
    c.start()
    sessions = []
    try:
        for _ in range(idle):
            sessions.append(dial(c))
        slow = [dial(c) for _ in range(trickling)]
        sessions += slow
        for s in slow:
            s.sendall(ENVELOPE)
        for s in slow:
            read_until(s, b"\r\n354 ")
        normal(c)
        for at in range(len(TEXT)):
            for s in slow:
                s.sendall(TEXT[at:at + 1])
            if at % 5 == 0:
                normal(c)
        for s in slow:
            read_until(s, b"Queued as")
        wait_for(lambda: len(c.maildir("alice")) >= trickling + 6, "what came an octet at a time")
        # All of the silent ones are still listened to.
        for s in sessions[:idle]:
            s.sendall(b"NOOP\r\n")
        for s in sessions[:idle]:
            read_until(s, b"250 2.0.0 Ok")
        # Two threads accept, so either of the two may be the one too many.
        with dial(c) as one, dial(c) as another:
            greetings = sorted(read_until(s, b"\r\n")[:4] for s in (one, another))
            expect(greetings == [b"220 ", b"421 "], f"one more than MaxInboundConnections must be told, not {greetings}")
    finally:
        for s in sessions:
            s.close()
        c.stop()
