"""Every counter of the golden list is at /metrics, says what happened, and a real Prometheus reads it and answers a query."""
import json
import shutil
import subprocess
import urllib.parse
import urllib.request

from kit import *
from sinks import Sink

GOLDEN = [line.split(" | ") for line in (PROJECT / "tests" / "data" / "counters.txt").read_text().splitlines() if not line.startswith("#")]


def values(c):
    """/metrics as {name: value}; each family has HELP and TYPE, and the text ends as OpenMetrics says."""
    status, text = c.ask("/metrics")
    expect(status == 200 and text.endswith("# EOF\n"), f"/metrics: {status} {text[-200:]}")
    lines = text.splitlines()
    kinds = {line.split()[2]: line.split()[3] for line in lines if line.startswith("# TYPE ")}
    helped = {line.split()[2] for line in lines if line.startswith("# HELP ")}
    expect(set(kinds) == helped, f"HELP and TYPE go together: {set(kinds) ^ helped}")
    return {line.split()[0]: int(line.split()[1]) for line in lines if not line.startswith("#")}, kinds


class Prometheus:
    def __init__(self, folder, target, token):
        self.port = free_port()
        self.folder = folder / "prometheus"
        self.folder.mkdir()
        (self.folder / "token").write_text(token)
        (self.folder / "prometheus.yml").write_text(
            "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
            "scrape_configs:\n"
            f"  - job_name: imc\n    authorization: {{credentials_file: {self.folder}/token}}\n"
            f"    static_configs: [{{targets: ['127.0.0.1:{target}']}}]\n"
            f"  - job_name: stranger\n    static_configs: [{{targets: ['127.0.0.1:{target}']}}]\n")
        self.log = open(self.folder / "log", "wb")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/data",
             f"--web.listen-address=127.0.0.1:{self.port}"], stdout=self.log, stderr=self.log, cwd=str(self.folder))

    def ask(self, path, **query):
        expect(self.process.poll() is None, f"prometheus has ended:\n{(self.folder / 'log').read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}?{urllib.parse.urlencode(query)}", timeout=5) as answer:
                return json.load(answer)["data"]
        except OSError:
            return None

    def query(self, expression):
        found = self.ask("/api/v1/query", query=expression)
        return [float(row["value"][1]) for row in found["result"]] if found else []

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=PATIENCE)
        self.log.close()


def run(folder):
    expect(shutil.which("prometheus"), "the package prometheus is missing: run ./dev deps --test")
    sink = Sink({"RCPT": lambda argument: "550 5.1.1 no such user here" if "never" in argument else None})
    c = Connector(folder / "root")
    c.setup("--smart-host", f"127.0.0.1:{sink.port}")
    c.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    admin = free_port()
    c.imc("reg", "add", "-v", "AdminListen", "-t", "SZ", "-d", f"127.0.0.1:{admin}", "-f")
    c.start()
    prometheus = None
    try:
        first, kinds = values(c)
        for name, kind, _, _ in GOLDEN:
            expect(name in first, f"{name} of the golden list is not at /metrics")
            expect(kinds[name.removesuffix("_total") if kind == "counter" else name] == kind, f"{name} is a {kind}: {kinds}")
        known = {name for name, *_ in GOLDEN}
        extra = {name for name in first if name not in known and not name.startswith(("imc_refused_", "imc_recipient_cache_"))}
        expect(not extra, f"counters that are not in tests/data/counters.txt: {sorted(extra)}")

        c.send("alice@contoso.example", ["bob@example.net", "carol@example.net"], b"Subject: one\r\n\r\nx\r\n")
        c.send("bob@example.net", ["alice@contoso.example"], b"Subject: two\r\n\r\nx\r\n")
        c.send("alice@contoso.example", ["never@example.net"], b"Subject: three\r\n\r\nx\r\n")
        expect(c.rcpt("nobody@contoso.example")[0] == 550, "an unknown recipient is refused")
        wait_for(lambda: len(c.maildir("alice")) == 2, "the message and the report in the mailbox")
        wait_for(lambda: values(c)[0]["imc_queued_messages"] == 0, "the queue to be empty")
        now, _ = values(c)
        grown = {name: now[name] - first.get(name, 0) for name in now}
        for name, least in {"imc_inbound_messages_total": 3, "imc_inbound_recipients_total": 4, "imc_outbound_messages_total": 1,
                            "imc_outbound_recipients_total": 2, "imc_outbound_accepted_messages_total": 2,
                            "imc_reports_on_outbound_mail_total": 1, "imc_reports_on_inbound_mail_total": 0,
                            "imc_stored_messages_total": 2, "imc_recipients_failed_total": 1, "imc_refused_total": 1}.items():
            expect(grown[name] == least, f"{name} grew by {grown[name]}, {least} expected")
        expect(grown["imc_connections_outbound_total"] >= 1 and grown["imc_inbound_bytes_total"] > 0, f"{grown}")
        expect(now["imc_connections_inbound_total"] >= 4, "the clients were counted")

        rates = json.loads(wait_for(lambda: c.ask("/api/v1/rates")[1], "the rates"))
        wait_for(lambda: sum(json.loads(c.ask("/api/v1/rates")[1])["in"]) == 3, "the three messages in the rates")
        expect(rates["step"] == 60 and set(rates) >= {"from", "in", "out", "refused", "delivered", "deferred"}, f"{rates}")

        token = json.loads(c.imc("admin", "token", "add", "prometheus", "--role", "view", "--json").stdout.splitlines()[0])["token"]
        prometheus = Prometheus(folder, admin, token)
        wait_for(lambda: prometheus.query("imc_inbound_messages_total{job='imc'}") == [3.0], "Prometheus to have read the counters")
        expect(prometheus.query("up{job='imc'}") == [1.0], "the target is up")
        wait_for(lambda: prometheus.query("up{job='stranger'}") == [0.0], "who has no token to be refused")
        taken = len(c.events(40113))
        c.imc("reg", "add", "-v", "MetricsNetworks", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
        wait_for(lambda: len(c.events(40113)) > taken, "MetricsNetworks to be taken")
        wait_for(lambda: prometheus.query("up{job='stranger'}") == [1.0], "who comes from a network that is named to be answered")
        wait_for(lambda: prometheus.query("imc_outbound_recipients_total{job='imc'} / imc_outbound_messages_total{job='imc'}") == [2.0], "an expression over two of them")
        meta = prometheus.ask("/api/v1/metadata", metric="imc_inbound_messages") or {}
        expect(not meta or meta["imc_inbound_messages"][0]["type"] == "counter", f"the type was understood: {meta}")
    finally:
        if prometheus:
            prometheus.stop()
        c.stop()
