"""Over run/admin.sock, without imc: registry, directory and settings are changed, each change is undone by what its answer says, a change that nobody
keeps takes itself back over a restart, a message is tracked, and explained beforehand."""
import http.client
import urllib.parse

from kit import *


class Rest:
    def __init__(self, c):
        self.c = c

    def ask(self, method, path, body=None, status=200):
        connection = http.client.HTTPConnection("imc", timeout=PATIENCE)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(PATIENCE)
        connection.sock.connect(str(self.c.root / "run" / "admin.sock"))
        octets = None if body is None else json.dumps(body).encode()
        connection.request(method, "/api/v1" + path, octets, {"content-type": "application/json"} if octets else {})
        answer = connection.getresponse()
        text = answer.read().decode()
        self.next = answer.getheader("imc-next")
        expect(answer.status == status, f"{method} {path}: {answer.status}, {status} expected\n{text}")
        if answer.getheader("content-type").startswith("application/x-ndjson"):
            return [json.loads(line) for line in text.splitlines()]
        return json.loads(text) if answer.getheader("content-type").startswith("application/json") else text

    def get(self, path, status=200):
        return self.ask("GET", path, status=status)

    def undo(self, answer):
        return self.ask("POST", "/undo", {"steps": answer["undo_by"]})


def quoted(text):
    return urllib.parse.quote(text, safe="")


def registry(c, rest):
    def allowed():
        return rest.get("/explain/relay?peer=192.0.2.7&to=bob%40example.net")["allowed"]
    expect(not allowed(), "nobody relays by itself")
    tried = rest.ask("PUT", "/registry?dry_run=true", {"name": "RelayAllowList", "type": "MULTI_SZ", "data": "192.0.2.0/24"})
    expect(tried["dry_run"] and tried["undo"] is None and not allowed(), tried)
    done = rest.ask("PUT", "/registry", {"name": "RelayAllowList", "type": "MULTI_SZ", "data": "192.0.2.0/24"})
    expect(allowed(), "the rule is asked")
    wait_for(lambda: "RelayAllowList" in json.dumps(rest.get("/config/history")), "a generation that names it")
    by = rest.get("/config/history")[0]["by"][0]
    expect(by["command"] == "PUT /api/v1/registry" and by["user"].startswith("uid="), by)
    expect(rest.undo(done)["undo"].startswith("imc reg restore"), "an undo has an undo")
    expect(not allowed(), "the rule is gone")
    expect(rest.get("/registry/backups")[0]["id"].startswith("registry-"), "a copy each")


def directory(c, rest):
    added = rest.ask("POST", "/directory/entry", {"kind": "mailbox", "alias": "alice", "addresses": ["alice@contoso.example"], "display_name": "<b>\"Alice\"</b>"})
    entry = rest.get("/directory/entry?dn=alice%40contoso.example")
    expect(entry["dn"] == added["dn"] and entry["display_name"] == "<b>\"Alice\"</b>" and entry["kind"] == "mailbox", entry)
    expect(c.rcpt("alice@contoso.example")[0] == 250, "mail is taken")
    changed = rest.ask("PATCH", "/directory/entry", {"dn": added["dn"], "changes": [{"op": "add", "attribute": "proxyAddresses", "values": ["smtp:a@contoso.example"]}]})
    expect(c.rcpt("a@contoso.example")[0] == 250, "and at the other address")
    rest.undo(changed)
    wait_for(lambda: c.rcpt("a@contoso.example")[0] == 550, "the address to be gone")
    told = rest.ask("POST", "/directory/rename?dry_run=true", {"dn": "ou=Oslo,o=Contoso" + c.base(), "to": "ou=Bergen"})
    expect(any("4086" in row["what"] for row in told["consequences"]), told)
    rest.get("/directory/entry?dn=nobody%40contoso.example", status=404)
    return added


def settings(c, rest):
    def hours():
        return [f for f in rest.get("/config")["fields"] if f["key"] == "connector/imcRetryHours"][0]["value"]
    wait_for(lambda: rest.get("/config")["differs"] == 0, "what is stored to be in force")
    changes = {"connector/imcRetryHours": "1,2", "registry/AnswerVrfy": "on"}
    plan = rest.ask("POST", "/config/plan", {"changes": changes})
    expect(plan["passes"] and len(plan["diff"]) == 2 and hours() != "1,2", plan)
    done = rest.ask("POST", "/config/apply", {"changes": changes, "hash": plan["hash"]})
    wait_for(lambda: rest.get("/state")["generation"] >= done["generation"] and hours() == "1,2", "the change to be in force")
    bad = rest.ask("POST", "/config/apply", {"changes": {"registry/Listeners": ["nonsense"]}}, status=422)
    expect(bad["error"]["event"] == 41055 and not bad["check"]["passed"], bad)
    back = rest.ask("POST", "/config/rollback", {"generation": done["generation"] - 1})
    expect(back["undo"] and hours() != "1,2", back)
    rest.undo(back)
    expect(hours() == "1,2", "the way back has a way back")
    rest.undo(done)
    expect(hours() != "1,2", "as it was")


def keep_or_revert(c, rest):
    def hops():
        return [v for v in rest.get("/registry")["values"] if v["name"] == "MaxHops"][0]["data"]
    kept = rest.ask("POST", "/config/apply", {"changes": {"registry/MaxHops": 40}, "keep_seconds": 600})
    expect(rest.get("/config/keep")["generation"] == kept["generation"], kept)
    rest.ask("POST", "/config/apply", {"changes": {"registry/MaxHops": 41}}, status=409)
    said = c.imc("config", "status").stdout
    expect("made by " in said and rest.get("/config/keep")["revert_at"] in said, said)
    said = c.imc("config", "keep").stdout
    expect(f"generation {kept['generation']} is kept" in said and "Undo: imc reg restore " in said, said)
    expect(rest.get("/config/keep") is None and hops() == "40", "it is kept")
    wait_for(lambda: len(c.events(41052)) == 1, "the service to tell who kept it")
    rest.ask("POST", "/config/apply", {"changes": {"registry/MaxHops": 42}, "keep_seconds": 600})
    c.imc("config", "keep", "--revert")
    expect(rest.get("/config/keep") is None and hops() == "40", "it is taken back")
    wait_for(lambda: len(c.events(41050)) == 1, "that to be told")
    rest.ask("POST", "/config/apply", {"changes": {"registry/MaxHops": 41}, "keep_seconds": 600})
    c.stop()
    # Its time is over while no service runs.
    file = c.root / "generations" / "keep-or-revert.json"
    waiting = json.loads(file.read_text())
    waiting["revert_at"] = "2026-01-01T00:00:00.000Z"
    file.write_text(json.dumps(waiting))
    c.start()
    expect(hops() == "40", "the service took it back")
    expect(len(c.events(41050)) == 2 and not file.exists(), c.events(41050))


def audit_days(c, rest):
    """Made less, it is in force at once; the newest file stays."""
    old = c.root / "log" / "audit" / "20200101.log"
    old.write_text('{"number":0,"time":"2020-01-01T00:00:00.000Z"}\n')
    rest.ask("PUT", "/registry", {"name": "AuditLogDays", "type": "DWORD", "data": "30"})
    wait_for(lambda: c.events(41009), "days of the audit log to go")
    expect(not old.exists() and rest.get("/audit?limit=1")[0]["object"], "and nothing else")


def mail(c, rest):
    walked = rest.ask("POST", "/explain/message", {"peer": "127.0.0.1", "from": "bob@example.net", "to": ["alice@contoso.example", "nobody@contoso.example"]})
    expect(walked["verdict"] == "refused" and [s["verdict"] for s in walked["steps"] if s["step"] == "recipient"] == ["accepted", "refused"], walked)
    c.send("bob@example.net", ["alice@contoso.example"], b"Message-ID: <one@example.net>\r\nSubject: <script>\r\n\r\nHello\r\n")
    wait_for(lambda: c.maildir("alice"), "the message")
    found = wait_for(lambda: [r for r in rest.get("/track?recipient=alice%40contoso.example") if r["event"] == 1013], "the story")
    story = rest.get("/track/" + found[0]["id"])
    expect(story["message_id"] == "<one@example.net>" and story["decided"] and story["recipients"] == ["alice@contoso.example"], story)
    expect(c.rcpt("nobody@contoso.example")[0] == 550, "nobody has it")
    refused = wait_for(lambda: rest.get("/rejects?recipient=nobody%40contoso.example"), "the refusal")
    expect(rest.get("/rejects/" + refused[0]["code"])["status"]["code"] == "5.1.1", refused)
    expect(refused[0]["rule"] == "recipient: unknown, the directory proved it absent" and "asked: " in refused[0]["evidence"], refused)
    expect(rest.get("/rejects?rule=recipient%3A%20unknown") and c.imc("rejects", "--rule", "recipient: unknown").stdout, "found by its rule")


def run(c, slapd):
    c.start()
    rest = Rest(c)
    expect(rest.get("/openapi.json")["openapi"] == "3.1.0", "the document")
    wait_for(lambda: rest.get("/overview")["state"] == "running", "the running service")
    overview = rest.get("/overview")
    expect( overview["directory"]["answer"] == "found" and overview["queue"]["messages"] == 0, overview)
    expect(rest.get("/check")["passed"], "the check passes")
    expect(rest.get("/events?limit=1")[0]["id"], "the newest event")
    registry(c, rest)
    directory(c, rest)
    settings(c, rest)
    mail(c, rest)
    keep_or_revert(c, rest)
    audit_days(c, rest)
