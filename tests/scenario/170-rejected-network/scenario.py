"""A network that ConnectionTable rejects hears 554 or 521 instead of the greeting, and the event log says so once (rejected-host-wrong-code)."""
from kit import *


def greeting(c, source):
    with socket.create_connection(("127.0.0.1", c.port), timeout=PATIENCE, source_address=(source, 0)) as s:
        s.settimeout(PATIENCE)
        reader = s.makefile("rb")
        first = reader.readline().decode().strip()
        s.sendall(b"QUIT\r\n")
        return first, reader.read().decode()


def run(folder):
    c = Connector(folder / "root")
    c.setup()
    # The catch-all stands first and last of all it decides: the longest prefix does, whatever the order.
    c.imc("reg", "add", "-v", "ConnectionTable", "-t", "MULTI_SZ", "-f", "-d",
          "0.0.0.0/0 accept\\0127.0.0.2 reject\\0127.0.0.3 reject 521 no mail from here\\0127.0.4.0/24 reject 421\\0127.0.4.7 accept")
    c.start()
    try:
        for _ in range(3):
            first, rest = greeting(c, "127.0.0.2")
            expect(first.startswith("554 5.7.1 [127.0.0.2] may not send mail here"), first)
            expect(rest == "", f"nothing may follow: {rest}")
        expect(greeting(c, "127.0.0.3")[0].startswith("521 5.7.1 no mail from here"), greeting(c, "127.0.0.3")[0])
        expect(greeting(c, "127.0.4.1")[0].startswith("421 4.7.1 "), greeting(c, "127.0.4.1")[0])
        expect(greeting(c, "127.0.4.7")[0].startswith("220 "), greeting(c, "127.0.4.7")[0])
        expect(c.greeting().startswith("220 "), c.greeting())
        told = [e for e in c.events(40700) if e["fields"]["peer"] == "[127.0.0.2]"]
        expect(len(told) == 1, f"one event when it begins, not one per connection: {told}")
        expect(told[0]["fields"]["rule"] == "ConnectionTable 127.0.0.2", told[0])
        code = re.search(r"\(([0-9A-Z]{8})\)$", first)
        expect(code, f"the reply carries the code of its record: {first}")
        wait_for(lambda: c.imc("explain", code[1], check=False).returncode == 0, "the record to be written")
        explained = c.imc("explain", code[1]).stdout
        expect("127.0.0.2" in explained and "ConnectionTable 127.0.0.2" in explained, explained)
        found = [json.loads(line) for line in c.imc("rejects", "--json").stdout.splitlines()]
        expect(sum(r["peer"] == "127.0.0.2" and r["stage"] == "connect" for r in found) == 3, found)
        stat = {json.loads(line)["name"]: json.loads(line)["value"] for line in c.imc("stat", "--json").stdout.splitlines()}
        expect(stat["refused_connection_table"] >= 5, stat.get("refused_connection_table"))
        # Who speaks before the greeting hears no greeting.
        c.imc("reg", "add", "-v", "GreetingDelay", "-t", "DWORD", "-d", "800", "-f")
        c.imc("reg", "delete", "-v", "ConnectionTable", "-f")
        wait_for(lambda: hasty(c).startswith("554 "), "the early talker to be refused")
        with c.smtp() as client:
            expect(client.ehlo("client.example.net")[0] == 250, "who waits is greeted")
    finally:
        c.stop()


def hasty(c):
    with socket.create_connection(("127.0.0.1", c.port), timeout=PATIENCE) as s:
        s.settimeout(PATIENCE)
        s.sendall(b"EHLO client.example.net\r\nMAIL FROM:<x@example.net>\r\nQUIT\r\n")
        lines = s.makefile("rb").read().decode().splitlines()
        return next((line for line in lines if not line.startswith("220")), "")
