#!/usr/bin/python3
"""What live views cost: bench/live_views.py [--views 200] [--rounds 5] [--seconds 5]

Acceptance of 4 KiB messages over 100 sessions that are kept, delivery held, in turns without and with views of
GET /api/v1/live on the control socket, each read by one thread of this process. Prints messages/s of both and the difference.
Needs: ./dev build release, and bench_load built in it.
"""
import argparse
import os
import pathlib
import selectors
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading

from peers import IMC, Imc

LOAD = IMC.parent.parent.parent / "bench" / "bench_load"


class Views:
    """Browsers that look on: read what comes, and throw it away."""

    def __init__(self, path, count):
        self.selector, self.octets, self.ended = selectors.DefaultSelector(), 0, False
        for _ in range(count):
            s = socket.socket(socket.AF_UNIX)
            s.connect(str(path))
            s.sendall(b"GET /api/v1/live HTTP/1.1\r\nHost: imc\r\n\r\n")
            s.setblocking(False)
            self.selector.register(s, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.ended:
            for key, _ in self.selector.select(timeout=0.2):
                octets = key.fileobj.recv(1 << 20)
                self.octets += len(octets)
                if not octets:
                    sys.exit("a view was closed")

    def close(self):
        self.ended = True
        self.thread.join()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()


def accepted(mta, seconds):
    words = [str(LOAD), str(mta.port), "--sessions", "100", "--size", "4096", "--warm", "1", "--seconds", str(seconds), "--per-connection", "0"]
    done = subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()[-1].split()
    return int(done[1]) / float(done[2])


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--views", type=int, default=200)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=int, default=5)
    o = options.parse_args()
    place = pathlib.Path(tempfile.mkdtemp())
    os.chmod(place, 0o755)
    imc = Imc(place, "hold", None)
    without, with_views, octets = [], [], 0
    try:
        for number in range(o.rounds):
            for looked_at in (False, True) if number % 2 == 0 else (True, False):
                views = Views(imc.root / "run" / "admin.sock", o.views) if looked_at else None
                (with_views if looked_at else without).append(accepted(imc, o.seconds))
                if views:
                    views.close()
                    octets += views.octets
    finally:
        imc.stop()
        shutil.rmtree(place, ignore_errors=True)
    a, b = statistics.median(without), statistics.median(with_views)
    print(f"without {a:.0f} messages/s, with {o.views} views {b:.0f} messages/s: {100 * (b - a) / a:+.1f} %; {octets} octets to the views")


main()
