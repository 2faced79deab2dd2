"""HTTP as no program should write it, to the Administrator's port: chunks, lengths that lie, requests that are too long, broken off, hidden in one another,
or no HTTP at all. Whoever sent a whole request has an answer of 4xx at most, what is behind a lie is never taken as a second request, and the service
answers the next one. Then requests with octets changed by chance, from one seed (IMC_SEED; run.py --seed N)."""
import random

from kit import *
from kit_http import Dropped, Wire

STATE = b"GET /api/v1/state HTTP/1.1\r\nHost: localhost\r\n%s\r\n"


class Port:
    def __init__(self, c, token):
        address, port = c.state()["admin"].removeprefix("http://").rsplit(":", 1)
        self.where, self.token = (address, int(port)), b"Authorization: Bearer " + token.encode() + b"\r\n"

    def open(self):
        return Wire(self.where)

    def state(self, more=b""):
        return STATE % (self.token + more)

    def put(self, more, body=b"", known=True):
        """A change that changes nothing."""
        return (b"PUT /api/v1/diagnostics?dry_run=true HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + (self.token if known else b"") +
                more + b"\r\n" + body)

    def statuses(self, octets, over=True):
        """Of all answers until the service closes. Nothing more is sent."""
        wire = self.open()
        wire.send(octets)
        if over:
            try:
                wire.over()
            except OSError:
                pass
        heard = wire.ends()
        wire.close()
        found = [int(status) for status in re.findall(rb"(?:^|\n|\})HTTP/1\.[01] (\d{3}) ", heard)]
        expect(all(s < 500 for s in found), f"{octets[:500]!r}\nanswered {heard[:2000]!r}")
        return found


BODY = b'{"category":"Message Transfer","level":"Medium"}'


def whole_requests(port):
    """However it comes, it is understood."""
    pieces = b"".join(b"1;x=y\r\n%c\r\n" % octet for octet in BODY) + b"0\r\nTrailer: x\r\n\r\n"
    wire = port.open()
    wire.send(port.put(b"Transfer-Encoding: chunked\r\n", pieces))
    expect(wire.answer().status == 200, "chunks of one octet, with an extension and a trailer")
    for octet in port.put(b"Content-Length: %d\r\n" % len(BODY), BODY):
        wire.send(bytes([octet]))
    expect(wire.answer().status == 200, "octet by octet, on the same connection")
    wire.send(port.put(b"Expect: 100-continue\r\nContent-Length: %d\r\n" % len(BODY)))
    expect(wire.until(b"\r\n\r\n").startswith(b"HTTP/1.1 100 "), "it is told to go on")
    wire.send(BODY)
    expect(wire.answer().status == 200, "after 100 Continue")
    wire.send(port.state().replace(b"GET", b"HEAD") + port.state() * 50)
    expect(wire.answer(head=True).status == 200, "HEAD has no body")
    expect([wire.answer().status for _ in range(50)] == [200] * 50, "50 in one piece, 50 answers")
    expect(port.statuses(port.state().replace(b"HTTP/1.1", b"HTTP/1.0"), over=False) == [200], "HTTP/1.0 closes")
    expect(port.statuses(port.state(b"Connection: close\r\n") + port.state(), over=False) == [200], "nothing is answered after close")


def lies_about_length(port):
    hidden = port.state()
    for what, octets, wanted in (
        ("both lengths", port.put(b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + hidden), [400]),
        ("two lengths", port.put(b"Content-Length: 0\r\nContent-Length: %d\r\n" % len(hidden), hidden), [400]),
        ("a negative length", port.put(b"Content-Length: -1\r\n", hidden), [400]),
        ("a length of words", port.put(b"Content-Length: 0x10\r\n", hidden), [400]),
        ("a length beyond all", port.put(b"Content-Length: 99999999999999999999999\r\n", hidden), [400]),
        ("a coding nobody knows", port.put(b"Transfer-Encoding: gzip\r\n", hidden), [400]),
        ("two codings", port.put(b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n" + hidden), [400]),
        ("chunks that are none", port.put(b"Transfer-Encoding: chunked\r\n", b"zz\r\n" + hidden), [400]),
        ("a chunk beyond all", port.put(b"Transfer-Encoding: chunked\r\n", b"FFFFFFFFFFFFFFFFFF\r\nx"), [400]),
        ("a chunk over the limit", port.put(b"Transfer-Encoding: chunked\r\n", b"7FFFFFFF\r\nx"), [413]),
        ("a space before the colon", port.put(b"Content-Length : 5\r\n", hidden), [400]),
        ("a field that goes on", STATE % (port.token + b"X: a\r\n b\r\n"), None),
        ("a request in the body", port.put(b"Content-Length: %d\r\n" % len(hidden), hidden), [400]),
    ):
        found = port.statuses(octets)
        expect(found == wanted if wanted else len(found) == 1 and found[0] in (200, 400), f"{what}: answered {found}, {wanted or 'one answer'} expected")


def too_much(port):
    for what, octets, wanted in (
        ("a body over the limit", port.put(b"Content-Length: %d\r\n" % (5 << 20), b"x" * 100), 413),
        ("one of a stranger", port.put(b"Content-Length: %d\r\n" % (1 << 20), b"x" * (70 << 10), known=False), 401),
        ("a header over the limit", STATE % (port.token + b"X: " + b"x" * 9000 + b"\r\n"), 431),
        ("many fields", STATE % (port.token + b"X: y\r\n" * 2000), 431),
        ("a line without end", b"GET /" + b"x" * 40_000, 431),
        ("a trailer without end", port.put(b"Transfer-Encoding: chunked\r\n", b"0\r\n" + b"X: y\r\n" * 10_000), 431),
    ):
        found = port.statuses(octets, over=False)
        expect(found == [wanted], f"{what}: answered {found}, {wanted} expected")
    wire = port.open()
    wire.send(port.put(b"Content-Length: %d\r\n" % (4 << 20), b'"' + b"x" * ((4 << 20) - 2) + b'"'))
    expect(wire.answer().status == 400, "4 MiB are read, and are no object")


def no_http(port):
    for octets in (b"EHLO client.example.net\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) * 2, b"\x00" * 100,
                   b"\r\n\r\n\r\n\r\n" * 10, b"GET /\r\n\r\n", b"GET /api/v1/state HTTP/2.0\r\n\r\n", b"GET /api/v1/state HTTP/1.1 \r\n\r\n", b"GET  /api/v1/state HTTP/1.1\r\n\r\n",
                   b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET api/v1/state HTTP/1.1\r\nHost: localhost\r\n\r\n", STATE % b"A\x00: b\r\n",
                   STATE % b": b\r\n", STATE % b"X: \x01\r\n", STATE.replace(b"\r\n", b"\n") % b""):
        found = port.statuses(octets)
        expect(found in ([400], [401]), f"{octets[:100]!r}: answered {found}, 400 expected")
    for octets in (b"GET /api/v1/state HTTP/1.1\r\n\r\n", STATE % b"Host: localhost\r\n", (STATE % b"").replace(b"localhost", b"evil.example")):
        expect(port.statuses(octets) == [403], f"{octets!r}: a host that is ours is needed")


def broken_off(port):
    """Before the request is whole nothing is answered, and nothing is kept."""
    for octets in (b"", b"G", port.state()[:-1], port.put(b"Content-Length: 100\r\n", BODY), port.put(b"Transfer-Encoding: chunked\r\n", b"5\r\nab")):
        expect(port.statuses(octets) == [], f"{octets[:100]!r} is no whole request")
    for request in (port.state() * 20, b"GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\n" + port.token + b"\r\n"):
        wire = port.open()
        wire.send(request)
        wire.close()  # without hearing the answer
    waiting = [port.open() for _ in range(100)]
    for wire in waiting:
        wire.send(b"GET /api/v1/st")
    expect(port.statuses(port.state(b"Connection: close\r\n")) == [200], "a hundred that say half a word keep nobody out")
    for wire in waiting:
        wire.close()


def changed_by_chance(port, rng, count):
    originals = [port.state(), port.put(b"Content-Length: %d\r\n" % len(BODY), BODY),
                 port.put(b"Transfer-Encoding: chunked\r\n", b"10\r\n" + BODY[:16] + b"\r\n0\r\n\r\n")]
    for _ in range(count):
        octets = bytearray(rng.choice(originals))
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(octets))
            how = rng.randrange(4)
            if how == 0:
                octets[at] = rng.randrange(256)
            elif how == 1:
                del octets[at:at + rng.randint(1, 20)]
            elif how == 2:
                octets[at:at] = rng.choice([b"\r\n", b"\0", b" ", b":", b"%", b"\xff", b"Content-Length: 1\r\n", b"/", b"?", octets[:at]])
            else:
                octets[at:at] = octets[at:at + 30]
            if not octets:
                break
        found = port.statuses(bytes(octets))
        expect(all(200 <= s < 500 for s in found), f"{bytes(octets)!r}: answered {found}")


def too_slow(wire):
    """It began half a minute ago, and never came to its end."""
    expect(wire.answer().status == 408, "a request that does not come within 30 s")
    try:
        wire.more()
    except Dropped:
        return
    raise Failure("it stays open")


def run(folder):
    seed, more = os.environ.get("IMC_SEED", "1"), os.environ.get("IMC_KILLS") != "20"
    print(f"rest-on-the-wire: seed {seed}", flush=True)
    c = Connector(folder / "root")
    c.setup("--admin-listen", f"127.0.0.1:{free_port()}")
    token = c.imc("admin", "token", "add", "robot", "--role", "administrator").stdout.splitlines()[0]
    c.start()
    try:
        wait_for(lambda: c.state().get("admin"), "the pages")
        port = Port(c, token)
        slow = port.open()
        slow.send(b"GET /api/v1/state HTTP/1.1\r\nHo")
        whole_requests(port)
        lies_about_length(port)
        too_much(port)
        no_http(port)
        broken_off(port)
        levels = {row["level"] for row in map(json.loads, c.ask("/api/v1/diagnostics")[1].splitlines())}
        expect(levels == {0}, "nothing was changed")
        changed_by_chance(port, random.Random(seed), 3000 if more else 300)
        if more:
            too_slow(slow)
        slow.close()
        expect(port.statuses(port.state(b"Connection: close\r\n")) == [200] and c.state()["state"] == "running", "the next one is answered")
    finally:
        c.stop()
