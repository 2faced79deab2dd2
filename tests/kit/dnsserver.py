#!/usr/bin/python3
"""A small DNS server on a loopback port, for scenarios; the twin of tests/kit/dns_server.h.

    dnsserver.py RECORDS [PORT]      prints "127.0.0.1@PORT" and serves until it is killed

RECORDS is a file, read anew for each query. A line is `NAME TYPE DATA`:
    example.net MX 10 mx.example.net        mx.example.net A 127.0.0.1
or says how the server fails for that name, beside its records if it has any:
    NAME SERVFAIL   NAME SILENT   NAME REFUSED
    NAME SLOW SECONDS         the answer comes late; others are served meanwhile
    NAME LAME                 no answer, but a referral to the root: the server does not have the zone
    NAME WRONGID              the answer to some other question, as a forger's who guesses
    NAME OTHERNAME            records of a name that nobody asked for
    NAME CUT                  half of an answer
A name without a line does not exist.
"""
import ipaddress
import socket
import struct
import sys
import threading
import time

TYPES = {"A": 1, "CNAME": 5, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}


def wire(name):
    labels = [label.encode() for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def rdata(kind, data):
    if kind in ("A", "AAAA"):
        return ipaddress.ip_address(data[0]).packed
    if kind == "MX":
        return struct.pack(">H", int(data[0])) + wire(data[1] if len(data) > 1 else "")
    if kind == "TXT":
        text = " ".join(data).encode()
        return b"".join(bytes([len(text[i:i + 255])]) + text[i:i + 255]
                        for i in range(0, len(text), 255))
    return wire(data[0])


def read(path):
    table = {}
    with open(path) as lines:
        for line in lines:
            words = line.split("#")[0].split()
            if len(words) >= 2:
                table.setdefault(words[0].lower().rstrip("."), []).append((words[1].upper(), words[2:]))
    return table


def answer(table, query):
    """The reply to one packet; None for silence."""
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1").lower())
        at += query[at] + 1
    end = at + 5
    asked = struct.unpack(">H", query[at + 1:at + 3])[0]
    rows = table.get(".".join(labels))
    flaws = {kind: data for kind, data in rows or [] if kind not in TYPES}
    if "SILENT" in flaws:
        return None
    if "SLOW" in flaws:
        time.sleep(float(flaws["SLOW"][0]))
    code = 3 if rows is None else 2 if "SERVFAIL" in flaws else 5 if "REFUSED" in flaws else 0
    records, count, referrals = b"", 0, 0
    owner = wire("somebody.else.example") if "OTHERNAME" in flaws else b"\xc0\x0c"
    for kind, data in rows or []:
        if code == 0 and "LAME" not in flaws and TYPES.get(kind) in (asked, 5):
            value = rdata(kind, data)
            records += owner + struct.pack(">HHIH", TYPES[kind], 1, 1, len(value)) + value
            count += 1
    if "LAME" in flaws:
        value = wire("a.root-servers.net")
        records, referrals = b"\0" + struct.pack(">HHIH", 2, 1, 60, len(value)) + value, 1
    number = bytes([query[0] ^ 0x55, query[1]]) if "WRONGID" in flaws else query[:2]
    reply = (number + bytes([0x81, 0x80 | code]) + struct.pack(">HHHH", 1, count, referrals, 0)
             + query[12:end] + records)
    return reply[:len(reply) // 2] if "CUT" in flaws else reply


def serve(server, table, query, peer):
    try:
        reply = answer(table, query)
    except (IndexError, KeyError, ValueError, struct.error) as error:
        print(f"dnsserver: {error!r}", file=sys.stderr, flush=True)
        return
    if reply:
        server.sendto(reply, peer)


def main():
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", port))
        print(f"127.0.0.1@{server.getsockname()[1]}", flush=True)
        while True:
            query, peer = server.recvfrom(4096)
            threading.Thread(target=serve, args=(server, read(sys.argv[1]), query, peer), daemon=True).start()


if __name__ == "__main__":
    main()
