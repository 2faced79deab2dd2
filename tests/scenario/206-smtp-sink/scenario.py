"""Postfix's smtp-sink is the next host: what it writes down is what was sent, octet for octet, each message once."""
from kit import *

MESSAGES = 60


def start(folder, name):
    port = free_port()
    dumps = folder / name
    dumps.mkdir()
    give(dumps)
    process = subprocess.Popen(unprivileged([tool("smtp-sink"), "-4", "-d", str(dumps) + "/m.", f"127.0.0.1:{port}", "50"]),
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=str(dumps))

    def listens():
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", port)) == 0
    wait_for(listens, "smtp-sink to listen")
    return port, dumps, process


def texts(dumps):
    """Behind smtp-sink's own X- lines and our trace: what the client sent."""
    out = []
    for file in dumps.iterdir():
        octets = file.read_bytes()
        at = octets.find(b"Subject: number ")
        if at >= 0 and octets.endswith(b"\nend\n\n"):  # the last line is smtp-sink's
            out.append(octets[at:-1])
    return out


def run(folder):
    port, dumps, sink = start(folder, "dumps")
    c = Connector(folder / "root")
    try:
        c.setup("--smart-host", f"127.0.0.1:{port}")
        c.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
        c.start()
        sent = []
        for n in range(MESSAGES):
            text = f"Subject: number {n}\r\n\r\n.begins with a dot\r\n..two\r\n" + f"line {n} of {'x' * (n * 17 % 900)}\r\n" * (n % 40) + "end\r\n"
            c.send("alice@contoso.example", [f"bob{n}@example.net"], text.encode())
            sent.append(text.replace("\r\n", "\n").encode())
        wait_for(lambda: not c.queue(), "an empty queue")
        wait_for(lambda: len(texts(dumps)) >= MESSAGES, "all messages in smtp-sink's files")
        expect(sorted(texts(dumps)) == sorted(sent), "what smtp-sink wrote down is not what was sent, each once")
    finally:
        c.stop()
        sink.terminate()
        sink.wait()
