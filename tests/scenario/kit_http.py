"""HTTP with nothing in between: any octets go out, and what comes back is read as RFC 9112 says."""
import socket

from kit import PATIENCE


class Dropped(Exception):
    """The connection ended, and no whole answer had come."""


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def header(self, name):
        found = [value for key, value in self.headers if key == name]
        return found[0] if found else None

    def text(self):
        return self.body.decode("utf-8")


class Wire:
    """One connection. @param where  a path of a Unix socket, or (host, port)"""

    def __init__(self, where):
        self.socket = socket.socket(socket.AF_UNIX if isinstance(where, str) else socket.AF_INET)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(where)
        self.buffer = b""
        self.usable = True  # for another request

    def close(self):
        self.usable = False
        self.socket.close()

    def send(self, octets):
        """What the peer refused to read is no failure: its answer says why."""
        try:
            self.socket.sendall(octets)
        except OSError:
            pass

    def over(self):
        """Nothing more is sent."""
        self.socket.shutdown(socket.SHUT_WR)

    def more(self):
        try:
            came = self.socket.recv(65536)
        except OSError as e:
            raise Dropped(f"{e}; {self.buffer[:200]!r} had come") from None
        if not came:
            raise Dropped(f"closed; {self.buffer[:200]!r} had come")
        self.buffer += came

    def until(self, mark):
        while mark not in self.buffer:
            self.more()
        found, self.buffer = self.buffer.split(mark, 1)
        return found

    def exactly(self, count):
        while len(self.buffer) < count:
            self.more()
        found, self.buffer = self.buffer[:count], self.buffer[count:]
        return found

    def ends(self):
        """Until the peer closes. Returns what came."""
        try:
            while True:
                self.more()
        except Dropped:
            self.usable = False
            return self.buffer

    def answer(self, head=False):
        while True:
            line, *rest = self.until(b"\r\n\r\n").split(b"\r\n")
            if line.split(b" ")[1] != b"100":
                break
        version, status, _ = line.split(b" ", 2)
        if version not in (b"HTTP/1.1", b"HTTP/1.0"):
            raise Dropped(f"no status line: {line!r}")
        headers = []
        for field in rest:
            name, value = field.split(b":", 1)
            headers.append((name.decode("ascii").lower(), value.strip().decode("latin-1")))
        out = Answer(int(status), headers, b"")
        if (out.header("connection") or "").lower() == "close":
            self.usable = False
        if head or out.status in (204, 304):
            return out
        if (out.header("content-type") or "").startswith("text/event-stream"):
            out.body = self.until(b"\n\n")  # one event of a view that has no end
            self.close()
        elif out.header("transfer-encoding") == "chunked":
            while size := int(self.until(b"\r\n"), 16):
                out.body += self.exactly(size)
                self.until(b"\r\n")
            self.until(b"\r\n")
        else:
            out.body = self.exactly(int(out.header("content-length")))
        return out


def request(method, target, headers=(), body=b""):
    """The octets of a request; texts go out as UTF-8, octets as they are."""
    def octets(text):
        return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    out = octets(method) + b" " + octets(target) + b" HTTP/1.1\r\n"
    for name, value in headers:
        out += octets(name) + b": " + octets(value) + b"\r\n"
    if body or method not in ("GET", "HEAD", "DELETE"):
        out += b"Content-Length: %d\r\n" % len(body)
    return out + b"\r\n" + body
