"""A private OpenLDAP server beside a scenario's connector; tests/kit/slapd.py does the work."""
import argparse
import importlib.util
import pathlib
import shutil
import socket
import subprocess
import time

_spec = importlib.util.spec_from_file_location("slapd_kit", pathlib.Path(__file__).resolve().parent.parent / "kit" / "slapd.py")
_kit = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_kit)


class Slapd:
    """In `folder`; with `moved_from`, the data of another one's folder in a server of its own."""

    def __init__(self, folder, moved_from=None, tls=False, schema=True, port=None):
        folder = self.folder = pathlib.Path(folder)
        if moved_from is not None:
            shutil.rmtree(folder, ignore_errors=True)
        options = argparse.Namespace(suffix="dc=example,dc=org", password="secret", tls=tls, schema=schema, syncprov=True,
                                     base=moved_from is None, ldif=None, port=port)
        self.facts, self.argv = _kit.prepare(folder, options)
        if moved_from is not None:
            subprocess.run(["cp", "-a", f"{moved_from}/data/.", f"{folder}/data/"], check=True)
        self.url, self.port = self.facts["url"], int(self.facts["port"])
        self.suffix, self.admin_dn, self.admin_password = self.facts["suffix"], self.facts["bind_dn"], "secret"
        self.process = None

    def start(self):
        if self.process is not None:
            return self
        self.process = subprocess.Popen(self.argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise RuntimeError("slapd does not start") from None
                time.sleep(0.01)

    def without_schema(self):
        """An empty server with the same base on the same port, which knows nothing of our schema; this one must be stopped."""
        bare = Slapd(self.folder.parent / "bare-slapd", schema=False, port=self.port)
        return bare.start()

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
            self.process = None
