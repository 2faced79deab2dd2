"""systemd opens the ports: the service takes over those of its rows, opens the others, and names a socket without a row."""
import pathlib
import sys

from kit import *

ACTIVATE = pathlib.Path(__file__).resolve().parent / "activate.py"


def run(folder):
    c = Connector(folder / "root")
    c.setup()
    given, own, unknown = c.port, free_port(), free_port()
    c.imc("reg", "add", "-v", "Listeners", "-t", "MULTI_SZ", "-d", f"127.0.0.1:{given}\\0127.0.0.1:{own}", "-f")
    # The service's user may not read this folder; the interpreter reads the text from its command line.
    wrapper = [sys.executable, "-c", ACTIVATE.read_text(), str(given), str(unknown), "--"]
    c.start(wrapper=wrapper)
    try:
        c.port = own
        wait_for(lambda: c.greeting().startswith("220 "), "a row without a socket to be opened as ever")
        said = wait_for(lambda: c.events(40605), "event 40605")
        expect(len(said) == 1 and f"127.0.0.1:{unknown}" in said[0]["description"], said)
        # Another generation keeps systemd's socket open.
        c.imc("reg", "add", "-v", "Listeners", "-t", "MULTI_SZ", "-d", f"127.0.0.1:{given} name=mx.contoso.example", "-f")
        wait_for(lambda: not c.greeting(), "the row that is gone to be closed")
        c.port = given
        expect(c.greeting().startswith("220 "), "the socket of a row that stays")
    finally:
        c.stop()
