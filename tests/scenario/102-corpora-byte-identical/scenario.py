"""Every message a conforming client may send arrives octet for octet: those of tests/data/corpora, and generated ones.

Those of corpora/regressions are named after the bugs of the regression list that they once showed. What is nested too deeply has one more line of
ours on top (X-IMC-Limits), and is as it was below it.

IMC_GENERATED is the number of generated ones; IMC_SEED repeats a run that failed.
"""
import collections
import random
import threading

from kit import *

CORPORA = PROJECT / "tests" / "data" / "corpora"
GENERATED = int(os.environ.get("IMC_GENERATED", "300" if int(os.environ.get("IMC_KILLS", "50")) <= 20 else "10000"))
SESSIONS = 4
TRACE = re.compile(rb"Return-Path: <m(\d+)@example\.net>\r\nDelivered-To: [^\r\n]*\r\nReceived: [^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*")

# How many files of each folder a client may send: less would be mail that is not tried any more without a word.
COUNTS = {"chasquid-dkim": 8, "enmime": 112, "flanker-bounce": 98, "ldaptive-ldif": 72, "mail-auth": 12, "mail-parser": 33,
          "mail-rb": 104, "mime4j-testmsgs": 51, "mimekit-tnef": 9, "mox-testdata": 9, "openldap-ldif": 52, "parsedmarc-samples": 9, "regressions": 58}

DEEP = ("mime-nesting-700.eml", "cascading-embedded-messages.eml")
TAG = b"X-IMC-Limits: mime-depth\r\n"


def conforming(octets):
    """With CRLF line ends; None when RFC 5321 and 6152 forbid to send it (NUL, a line of more than 998 octets)."""
    text = re.sub(rb"\r\n|\r|\n", b"\r\n", octets)
    if not text.endswith(b"\r\n"):
        text += b"\r\n"
    return None if b"\0" in text or max(map(len, text.split(b"\r\n"))) > 998 else text


def of_corpora():
    found = [(f, conforming(f.read_bytes())) for f in sorted(CORPORA.rglob("*"))
             if f.is_file() and f.name != "SOURCE" and not f.name.endswith(".upstream")]
    counts = collections.Counter(f.relative_to(CORPORA).parts[0] for f, m in found if m)
    expect(counts == COUNTS, f"messages of each folder: {dict(counts)} found, {COUNTS} expected")
    left_out = [f.name for f, m in found if not m and f.parent.name == "regressions"]
    expect(not left_out, f"no client may send {left_out}")
    return [m for _, m in found if m], {m for f, m in found if f.name in DEEP}


def generated(rng):
    """Lines chosen for what transport may spoil: dots, blanks at the end, length limits, octets above 127, controls."""
    octets = bytes(b for b in range(1, 256) if b not in (10, 13))

    def line():
        kind = rng.randrange(8)
        if kind < 2:
            return b"." * rng.randrange(5)
        if kind == 2:
            return b"x" * rng.choice((76, 509, 510, 511, 512, 996, 997, 998))
        if kind == 3:
            return b"." + b"y" * rng.choice((996, 997))
        if kind == 4:
            return b"text" + b" \t" * rng.randrange(4)
        return bytes(rng.choices(octets, k=rng.randrange(200)))
    header = b"From: a@example.net\r\nSubject: generated\r\n\r\n" if rng.randrange(10) else b""
    return header + b"".join(line() + b"\r\n" for _ in range(rng.randrange(1, 40)))


def send(c, messages, numbers, failures):
    try:
        with c.smtp() as client:
            client.ehlo("client.example.net")
            for n in numbers:
                client.mail(f"m{n}@example.net", ["BODY=8BITMIME", f"SIZE={len(messages[n])}"])
                expect(client.rcpt("alice@contoso.example")[0] == 250, "alice must be taken")
                code, text = client.data(messages[n])
                expect(code == 250, f"message {n} was answered {code} {text}: {messages[n][:200]!r}")
    except Exception as e:  # noqa: BLE001 - told by the main thread
        failures.append(f"{type(e).__name__}: {e}")


def run(folder):
    seed = int(os.environ.get("IMC_SEED", random.randrange(1 << 32)))
    rng = random.Random(seed)
    messages, deep = of_corpora()
    expect(len(deep) == len(DEEP), "two messages are nested too deeply")
    # Depth is seen in what goes to the disk while it comes (over 256 KiB), too.
    head, nested = (CORPORA / "regressions" / DEEP[0]).read_bytes().split(b"\n\n", 1)
    streamed = conforming(head + b"\n\n" + (b"preamble " * 7 + b"\n") * 6000 + nested)
    messages.append(streamed)
    deep.add(streamed)
    messages += [generated(rng) for _ in range(GENERATED)]
    c = Connector(folder / "root")
    c.setup()
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    c.start()
    try:
        failures = []
        threads = [threading.Thread(target=send, args=(c, messages, range(i, len(messages), SESSIONS), failures))
                   for i in range(SESSIONS)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        expect(not failures, f"seed {seed}: " + "; ".join(failures))
        wait_for(lambda: len(c.maildir("alice")) >= len(messages), f"{len(messages)} messages in the Maildir")
        seen = set()
        for file in c.maildir("alice"):
            octets = file.read_bytes()
            named = re.match(rb"Return-Path: <m(\d+)@", octets)
            expect(named, f"no Return-Path of ours on top: {octets[:100]!r}")
            n = int(named[1])
            expect(n not in seen, f"message {n} came twice")
            seen.add(n)
            expect(octets.endswith(messages[n]), f"seed {seed}: message {n} differs from what was sent")
            head = octets[:len(octets) - len(messages[n])]
            expect(head.endswith(TAG) == (messages[n] in deep), f"message {n}: tagged when it is too deep, and not otherwise: {head!r}")
            expect(TRACE.fullmatch(head.removesuffix(TAG)), f"seed {seed}: message {n} has more on top than our trace lines: {head!r}")
    finally:
        c.stop()
