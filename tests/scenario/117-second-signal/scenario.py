"""SIGTERM waits for what is in flight, 30 seconds at most; a second one ends the service within a second or two. SIGQUIT drains. Nothing
that was answered 250 is lost, and a message in flight is whole or not there."""
import threading
import time

from kit import *
from sinks import Sink

TEXT = b"Subject: slow\r\n\r\nx\r\n"
NOW = 2 * float(os.environ.get("IMC_SLOW", "3"))


class Silence:
    """While it lasts, the host says nothing to MAIL."""

    def __init__(self, sink):
        self.sink, self.begun, self.over = sink, threading.Event(), threading.Event()
        sink.answers["MAIL"] = self.wait

    def wait(self, _):
        self.begun.set()
        self.over.wait(PATIENCE)

    def end(self):
        self.sink.answers.clear()
        self.over.set()


def begin_message(c):
    """A client in the middle of its message text."""
    client = c.smtp()
    client.ehlo("client.example.net")
    client.mail("bob@example.net")
    client.rcpt("alice@contoso.example")
    expect(client.docmd("DATA")[0] == 354, "354 expected")
    client.send(TEXT)
    return client


def stops_listening(c):
    wait_for(lambda: c.greeting() == "", "the listener to close")


def ends(c, within):
    begin = time.monotonic()
    status = c.process.wait(timeout=PATIENCE)
    took = time.monotonic() - begin
    c.process = None
    expect(status == 0, f"exit status {status}:\n{c.said()}")
    expect(took < within, f"it took {took:.1f} s to end")
    return c.events(1001)[-1]["description"]


def run(folder):
    sink = Sink()
    c = Connector(folder / "root")
    c.setup("--smart-host", f"127.0.0.1:{sink.port}")
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    c.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
    try:
        story(c, sink)
    finally:
        if c.process:
            c.process.kill()
            c.process.wait()
            c.process = None
        sink.stop()


def story(c, sink):
    # One signal: the client finishes its message and hears 250; then the service ends by itself.
    for signal_sent in (signal.SIGTERM, signal.SIGQUIT):
        before = len(c.maildir("alice"))
        c.start()
        client = begin_message(c)
        idle = socket.create_connection(("127.0.0.1", c.port))
        c.process.send_signal(signal_sent)
        stops_listening(c)
        expect(c.process.poll() is None, "the service must wait for the message")
        client.send(b".\r\n")
        code, text = client.getreply()
        expect(code == 250, f"250 expected for the message in flight, {code} {text} came")
        said = ends(c, 20)
        expect("everything in flight was finished" in said, said)
        client.close()
        idle.close()
        c.start()
        wait_for(lambda: len(c.maildir("alice")) == before + 1, "the message in the Maildir")
        c.stop()

    # Two signals: the message is not taken, the client keeps it; what was taken before is in the queue or delivered.
    before = len(c.maildir("alice"))
    c.start()
    silence = Silence(sink)
    c.send("alice@contoso.example", ["bob@example.net"], b"Subject: taken\r\n\r\nx\r\n")
    wait_for(silence.begun.is_set, "a delivery in flight")
    client = begin_message(c)
    c.process.send_signal(signal.SIGTERM)
    stops_listening(c)
    expect(c.process.poll() is None, "the service must wait for session and delivery")
    c.process.send_signal(signal.SIGINT)
    said = ends(c, NOW)
    expect("hurried" in said and "in the queue" in said, said)
    try:
        client.send(b".\r\n")
        code, _ = client.getreply()
    except (OSError, smtplib.SMTPException):
        code = None
    expect(code is None or code >= 400, f"the message in flight must not be taken: {code}")
    silence.end()
    c.start()
    wait_for(lambda: sink.taken(), "the message that was taken to go out")
    expect([m for m in sink.taken() if b"Subject: taken" in m[2]], "the message that was taken")
    wait_for(lambda: not c.queue(), "an empty queue")
    expect(len(c.maildir("alice")) == before, "no half message may arrive")

    # The command that does it, and a drain that is hurried twice.
    silence = Silence(sink)
    c.send("alice@contoso.example", ["bob@example.net"], b"Subject: again\r\n\r\nx\r\n")
    wait_for(silence.begun.is_set, "a delivery in flight")
    c.process.send_signal(signal.SIGQUIT)
    stops_listening(c)
    c.imc("service", "stop", "--now")
    said = ends(c, NOW)
    expect("hurried" in said, said)
    silence.end()
