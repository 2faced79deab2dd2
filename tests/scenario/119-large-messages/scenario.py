"""Messages of 20 MB, eight at once, in to a mail store and out to a host: octet for octet, and the service does not grow by what
they weigh. What a killed service had begun to take is gone after the start, and what it had acknowledged is not."""
import signal
import threading

from kit import *
from sinks import Sink

LINE = b".a line that begins with a dot, and is like all the others of its message, number %08d\r\n"


def text_of(number, octets):
    lines = octets // len(LINE % 0)
    return b"Subject: large %d\r\n\r\n" % number + b"".join(LINE % i for i in range(number, number + lines))


def peak(c):
    for line in pathlib.Path(f"/proc/{c.process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise Failure("no VmHWM")


def all_at_once(work, count):
    threads = [threading.Thread(target=work, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def run(folder):
    sink = Sink()
    c = Connector(folder / "root")
    # The sanitizers keep freed memory for a while: what a service weighs is asked of the plain one.
    c.executable = PLAIN
    c.setup("--smart-host", f"127.0.0.1:{sink.port}")
    c.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    c.start()
    large = c.root / "spool" / "large"
    try:
        texts = [text_of(i, 20_000_000) for i in range(8)]
        c.send("bob@example.net", ["alice@contoso.example"], texts[0][:1000] + b"\r\n")
        before = peak(c)
        failures = []

        def send(i):
            try:
                c.send("carol@contoso.example", ["alice@contoso.example", "bob@example.net"], texts[i])
            except Exception as error:
                failures.append(error)

        all_at_once(send, len(texts))
        expect(not failures, f"not taken: {failures}")
        wait_for(lambda: not c.queue(), "an empty queue")
        grown = peak(c) - before
        expect(grown < 64 << 20, f"the service grew by {grown >> 20} MiB")
        kept = [below_trace(path.read_bytes()) for path in c.maildir("alice")]
        expect(sorted(kept)[-len(texts):] == sorted(texts), "the mail store has other octets than were sent")
        sent = [below_trace(octets) for _, _, octets in sink.taken()]
        expect(sorted(sent) == sorted(texts), "the host got other octets than were sent")
        wait_for(lambda: not list(large.iterdir()), "an empty folder of large texts")

        # Half a message, and one that waits for its host; then the power goes.
        sink.answers["MAIL"] = lambda argument: "451 4.3.0 later"
        c.send("carol@contoso.example", ["bob@example.net"], texts[0])
        with socket.create_connection(("127.0.0.1", c.port), timeout=PATIENCE) as half:
            half.sendall(b"EHLO client.example.net\r\nMAIL FROM:<carol@contoso.example>\r\nRCPT TO:<bob@example.net>\r\nDATA\r\n")
            half.sendall(texts[1][:5_000_000])
            wait_for(lambda: len(list(large.iterdir())) == 2, "the half of a message on the disk")
            c.stop(signal.SIGKILL)
        c.start()
        expect(len(list(large.iterdir())) == 1, "what was never acknowledged is still there")
        del sink.answers["MAIL"]
        c.imc("queue", "retry", "--all")
        wait_for(lambda: not c.queue(), "an empty queue")
        expect(below_trace(sink.taken()[-1][2]) == texts[0], "the host got other octets than were sent")
        wait_for(lambda: not list(large.iterdir()), "an empty folder of large texts")

        # One who goes away leaves nothing behind.
        with socket.create_connection(("127.0.0.1", c.port), timeout=PATIENCE) as half:
            half.sendall(b"EHLO client.example.net\r\nMAIL FROM:<carol@contoso.example>\r\nRCPT TO:<bob@example.net>\r\nDATA\r\n")
            half.sendall(texts[1][:5_000_000])
            wait_for(lambda: list(large.iterdir()), "the half of a message on the disk")
        wait_for(lambda: not list(large.iterdir()), "the half of a message to be gone")
    finally:
        c.stop()
        sink.stop()
