"""Clients that mean harm or know no better, all at once; then a normal one is answered within a second, the service has
hardly grown, and nothing was taken that nobody sent."""
import itertools
import statistics
import struct
import threading

from kit import *

HELLO = b"EHLO client.example.net\r\n"
TO_ALICE = HELLO + b"MAIL FROM:<bob@example.net>\r\nRCPT TO:<alice@contoso.example>\r\n"
SECOND = b"MAIL FROM:<evil@example.net>\r\nRCPT TO:<alice@contoso.example>\r\nDATA\r\nSubject: smuggled\r\n\r\nsmuggled\r\n"

# What some server once took for CRLF . CRLF: all pairs of false line ends around the dot, and NULs beside it.
ENDS = [b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r\n", b"\r\n\0", b"\0\r\n", b"\n\r"]
FALSE_MARKS = [a + b"." + b for a, b in itertools.product(ENDS, ENDS)]
FALSE_MARKS = [mark for mark in FALSE_MARKS if b"\r\n.\r\n" not in mark] + [
    b"\r\n.\0\r\n", b"\r\n\0.\r\n", b"\r\n. \r\n", b"\r\n.\t\r\n", b"\r\n..\r\n", b"\r\n.\r\r\n", b"\r\n.\x0b\r\n", b"\x85.\x85",
    b"\r\n\xe2\x80\xa8.\xe2\x80\xa8"]


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.file = self.socket.makefile("rb")

    def line(self):
        return self.file.readline()

    def reply(self):
        """The last line of one reply; empty at the end of the stream."""
        while True:
            line = self.line()
            if len(line) < 4 or line[3:4] != b"-":
                return line

    def send(self, octets):
        self.socket.sendall(octets)

    def replies(self):
        """All that comes until the connection ends."""
        out = []
        while True:
            try:
                reply = self.reply()
            except ConnectionResetError:
                return out
            if not reply:
                return out
            out.append(reply)

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self):
        self.file.close()
        self.socket.close()


def resident(c):
    for line in pathlib.Path(f"/proc/{c.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise Failure("no VmRSS")


def normal(c):
    """How long it takes from connecting to the 250 of a message."""
    begin = time.monotonic()
    with c.smtp() as client:
        client.sendmail("bob@example.net", ["alice@contoso.example"], b"Subject: normal\r\n\r\nhello\r\n")
        return time.monotonic() - begin


def smuggling(c):
    for mark in FALSE_MARKS:
        client = Client(c.port)
        client.send(TO_ALICE + b"DATA\r\n")
        for _ in range(5):
            reply = client.reply()
        expect(reply.startswith(b"354"), f"{reply!r}")
        client.send(b"Subject: first\r\n\r\nfirst" + mark + SECOND + b".\r\nQUIT\r\n")
        heard = client.replies()
        client.close()
        expect(len(heard) == 2 and heard[1].startswith(b"221"), f"{mark!r} was taken for an end mark: {heard}")


def chunks(c):
    """RFC 3030 at its edges: what cannot be a length ends the session, what is refused is read."""
    for length in (b"-1", b"4294967296x", b"18446744073709551616", b"0x10", b" ", b"1 LAST LAST"):
        client = Client(c.port)
        client.send(TO_ALICE + b"BDAT " + length + b"\r\nQUIT\r\n")
        heard = client.replies()
        expect(heard[-1].startswith((b"501", b"421")), f"BDAT {length!r}: {heard}")
        client.close()
    for length in (2**31, 2**32, 2**63, 2**64 - 1):
        client = Client(c.port)
        client.send(TO_ALICE + b"BDAT %d\r\n" % length + b"QUIT\r\n" * 10000)
        client.reset()
    client = Client(c.port)
    client.send(TO_ALICE + b"BDAT 20\r\n\r\n.\r\nQUIT\r\n\r\n.\r\nab\r\nBDAT 2 LAST\r\n\r\nQUIT\r\n")
    heard = client.replies()
    expect([r[:3] for r in heard[4:]] == [b"250", b"250", b"221"], f"a chunk was not text: {heard}")
    client.close()


def floods(c):
    for command in (b"NOOP\r\n", b"RSET\r\n", b"EHLO x\r\n", b"VRFY x\r\n", b"BOO\r\n", b"\0\0\0\r\n", b"\r\n", b"HELP\r\n"):
        client = Client(c.port)
        try:
            client.send(command * 20000)
        except OSError:
            pass  # closed meanwhile, as it must be
        heard = client.replies()
        client.close()
        # The reset behind our last words may take them away; the session is over all the same.
        expect(len(heard) < 1000, f"{len(heard)} replies to {command!r}")
    for long_line in (b"x" * 65536, b"MAIL FROM:<" + b"a" * 65536 + b"@b>", b"EHLO " + b"x" * 20000, b"AUTH PLAIN " + b"A" * 65536):
        client = Client(c.port)
        client.send(long_line + b"\r\nNOOP\r\nQUIT\r\n")
        heard = client.replies()
        expect([r[:3] for r in heard] == [b"220", b"500", b"250", b"221"], f"{long_line[:12]!r}: {heard}")
        client.close()
    for foreign in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"PROXY TCP4 127.0.0.1 127.0.0.1 1 25\r\n", b"XCLIENT ADDR=127.0.0.1\r\n",
                    b"XEXCH50 8 2\r\n", b"X-LINK2STATE LAST CHUNK={x}\r\n", bytes.fromhex("16030100a5010000a10303") + b"\0" * 300 + b"\r\n"):
        client = Client(c.port)
        client.send(foreign + b"QUIT\r\n")
        heard = client.replies()
        expect(all(r[:3] in (b"220", b"221", b"421", b"500", b"501", b"550") for r in heard), f"{foreign[:12]!r}: {heard}")
        client.close()


def recipients(c):
    """Unknown ones end the session, known ones are bounded; the transaction goes on with those taken."""
    client = Client(c.port)
    try:
        client.send(HELLO + b"MAIL FROM:<bob@example.net>\r\n" + b"".join(
            b"RCPT TO:<n%d@contoso.example>\r\n" % i for i in range(50000)))
    except OSError:
        pass
    heard = client.replies()
    expect(len(heard) < 2000, f"{len(heard)} replies to 50,000 unknown recipients")
    client.close()

    # A million of them: 5,000 are taken (MaxRecipientsPerMessage), and who does not stop is stopped.
    client = Client(c.port)

    def pour():
        try:
            client.send(HELLO + b"MAIL FROM:<bob@example.net>\r\n")
            for _ in range(1000):
                client.send(b"RCPT TO:<alice@contoso.example>\r\n" * 1000)
        except OSError:
            pass  # closed meanwhile, as it must be
    pouring = threading.Thread(target=pour)
    pouring.start()
    heard = [reply[:3] for reply in client.replies()]
    client.close()
    pouring.join(PATIENCE)
    expect(heard[3:].count(b"250") == 5000, f"{heard[3:].count(b'250')} recipients of a million were taken, 5,000 expected")
    expect(len(heard) < 200_000, f"{len(heard)} replies to a million recipients")


def run_with(folder, executable):
    c = Connector(folder / "root")
    c.executable = executable
    c.setup()
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    # Who guesses is slowed down, here for a few seconds only.
    for name, value in {"UnknownRecipientLimit": 45, "UnknownRecipientDelay": 1}.items():
        c.imc("reg", "add", "-v", name, "-t", "DWORD", "-d", value, "-f")
    c.start()
    try:
        sent = 3
        for _ in range(sent):
            normal(c)
        wait_for(lambda: len(c.maildir("alice")) == sent, "the first messages")
        before = resident(c)
        held = []
        for _ in range(200):  # silent
            held.append(Client(c.port))
        for _ in range(50):  # slow: half a command, half a text
            slow = Client(c.port)
            slow.send(b"EHL")
            held.append(slow)
            slow = Client(c.port)
            slow.send(TO_ALICE + b"DATA\r\nSubject: slow\r\n")
            held.append(slow)
        for _ in range(20):  # asks and never reads
            deaf = Client(c.port)
            deaf.socket.setblocking(False)
            try:
                for _ in range(200):
                    deaf.socket.send(b"HELP\r\n" * 1000)
            except OSError:
                pass
            held.append(deaf)
        for _ in range(100):  # gone in the middle of a text
            gone = Client(c.port)
            gone.send(TO_ALICE + b"DATA\r\nSubject: gone\r\n\r\n" + b"x" * 70 + b"\r\n")
            gone.reset()
        smuggled_before = len(c.maildir("alice"))
        smuggling(c)
        expect(c.events(40270), "a text with lone line ends was refused, and no event 40270 says so")
        chunks(c)
        floods(c)
        recipients(c)

        times = sorted(normal(c) for _ in range(5))
        expect(statistics.median(times) < 1, f"normal clients waited {times} s")
        grown = resident(c) - before
        if executable == PLAIN:
            expect(grown < 64 << 20, f"the service has grown by {grown >> 20} MiB")
        for client in held:
            client.close()
        wait_for(lambda: not c.queue(), "an empty queue")
        subjects = [re.search(rb"^Subject: (\w+)", file.read_bytes(), re.M) for file in c.maildir("alice")[smuggled_before:]]
        names = {match.group(1) for match in subjects if match}
        expect(names <= {b"first", b"normal"}, f"messages nobody sent: {names}")
    finally:
        c.stop()


def run(folder):
    for name, executable in {"plain": PLAIN, "built": IMC}.items():
        if name == "built" and executable == PLAIN:
            continue
        place = folder / name
        place.mkdir()
        os.chmod(place, 0o755)
        run_with(place, executable)
