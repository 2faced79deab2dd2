"""A real NSD with one zone, on a loopback port of its own."""
from kit import *

CONFIG = """\
server:
  ip-address: 127.0.0.1
  port: {port}
  username: ""
  zonesdir: "{folder}"
  pidfile: "{folder}/nsd.pid"
  xfrdfile: ""
  zonelistfile: "{folder}/zone.list"
  database: ""
  server-count: 1
  hide-version: yes
remote-control:
  control-enable: no
zone:
  name: {zone}
  zonefile: zone
"""
HEAD = "$ORIGIN {zone}.\n$TTL 60\n@ SOA ns admin 1 3600 600 86400 60\n@ NS ns\nns A 127.0.0.1\n"


class Nsd:
    def __init__(self, folder, zone, records):
        self.folder, self.port = pathlib.Path(folder), free_port()
        self.folder.mkdir()
        (self.folder / "zone").write_text(HEAD.format(zone=zone) + records)
        (self.folder / "nsd.conf").write_text(CONFIG.format(port=self.port, folder=self.folder, zone=zone))
        self.log = open(self.folder / "log", "wb")
        self.process = subprocess.Popen(["/usr/sbin/nsd", "-d", "-c", str(self.folder / "nsd.conf")],
                                        stdout=self.log, stderr=subprocess.STDOUT)
        wait_for(self.answers, f"NSD to answer; its log: {self.folder}/log")

    def answers(self):
        expect(self.process.poll() is None, f"NSD ended:\n{(self.folder / 'log').read_text()}")
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=PATIENCE)
        self.log.close()


__all__ = [name for name in dir() if not name.startswith("_")]
