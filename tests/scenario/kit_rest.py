"""The REST API as its document says: callers, what every answer must be, and what is sent for an operation."""
import random
import urllib.parse

import kit_hostile
from kit import *
from kit_http import Dropped, Wire, request
from kit_openapi import Document

RANKS = ["nobody", "view", "help_desk", "operator", "administrator"]
HEADERS = {"content-type", "content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy", "cross-origin-opener-policy",
           "cross-origin-resource-policy", "cache-control", "content-length", "transfer-encoding", "connection", "imc-next", "imc-note", "imc-loading",
           "retry-after", "www-authenticate", "set-cookie", "content-disposition", "allow", "etag", "vary"}
# What a request may hear that is none of an operation.
OF_NO_OPERATION = {200, 202, 204, 400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 431, 503}


def no_number(word):
    raise ValueError(f"{word} is no JSON")


class Api:
    """Callers, each with a connection of its own, and what every answer must be."""

    def __init__(self, c, document, tokens, seed):
        self.c, self.document, self.seed = c, document, seed
        self.host = c.state()["admin"].removeprefix("http://")
        address, port = self.host.rsplit(":", 1)
        self.where = {"socket": str(c.root / "run" / "admin.sock"), **{role: (address, int(port)) for role in tokens}}
        self.tokens, self.wires = tokens, {}
        self.asked, self.done, self.events, self.statuses, self.flaws = 0, set(), {}, {}, {}

    def ask(self, who, method, target, headers=(), body=b"", operation=None):
        """Sends one request and judges its answer. Returns it with its JSON, if it has one."""
        self.asked += 1
        sent = [("Host", self.host)]
        if self.tokens.get(who):
            sent.append(("Authorization", f"Bearer {self.tokens[who]}"))
        octets = request(method, target, [*sent, *headers], body)
        told = f"seed {self.seed}, {who}: {octets[:1500]!r}{f' and {len(octets) - 1500} octets more' if len(octets) > 1500 else ''}".replace(
            self.tokens.get(who) or "\0", "TOKEN")
        wire = self.wires.get(who)
        # The service closes a connection on which nothing comes for 30 s.
        if wire is None or not wire.usable or time.monotonic() - wire.used_at > 10:
            wire = self.wires[who] = Wire(self.where[who])
        wire.used_at = time.monotonic()
        wire.send(octets)
        try:
            answer = wire.answer(head=method == "HEAD")
        except (Dropped, ValueError) as e:
            raise Failure(f"{told}\nno whole answer: {e}\n{self.c.said()[-3000:]}") from None
        answer.told, answer.value = told, {}
        try:
            self.judged(answer, operation, method == "HEAD")
        except (Failure, ValueError) as e:
            self.found(f"{operation} {answer.status}: {e}", f"{told}\nanswered {answer.status} {answer.headers} {answer.body[:800]!r}\n{e}")
        if operation is not None and answer.status < 300:
            self.done.add(str(operation))
        return answer

    def found(self, kind, what):
        """What is wrong; the first of its kind is told at the end, with all others."""
        self.flaws.setdefault(kind, what)

    def expect_none(self):
        told = "\n\n".join(list(self.flaws.values())[:60])
        expect(not told, f"{len(self.flaws)} flaws:\n{told}")

    def judged(self, answer, operation, head):
        names = [name for name, _ in answer.headers]
        expect(len(set(names)) == len(names) and not set(names) - HEADERS, f"headers {sorted(names)}")
        expect(answer.status < 500 or (answer.status == 503 and (answer.header("retry-after") or "").isdigit()), "5xx, and not 503 with Retry-After")
        expect(answer.status != 429 or (answer.header("retry-after") or "").isdigit(), "429 without Retry-After")
        media = (answer.header("content-type") or "").split(";")[0]
        if operation is None:
            described = {} if answer.status in OF_NO_OPERATION else None
        else:
            described = operation.responses.get(str(answer.status))
        expect(described is not None, f"status {answer.status} is not described for {operation}")
        content = described.get("content", {}) if answer.status < 300 else {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
        key = f"{operation} {answer.status}"
        self.statuses[key] = self.statuses.get(key, 0) + 1
        if head or operation is None and answer.status < 300:
            return
        expect(not content and not answer.body or media in content, f"a body of type {media!r}; {sorted(content)} expected")
        if not content or "json" not in media:
            return
        lines = answer.text().splitlines() if media == "application/x-ndjson" else [answer.text()]
        values = [json.loads(line, parse_constant=no_number) for line in lines]
        answer.value = values if media == "application/x-ndjson" else values[0]
        for value in values:
            flaws = self.document.flaws(value, content[media]["schema"])
            expect(not flaws, "\n".join(flaws[:5]))
            self.undescribed(value, content[media]["schema"])
        if answer.status >= 400:
            self.events.setdefault(values[0]["error"]["event"], answer.told)

    def undescribed(self, value, schema):
        names = self.document.described(schema)
        extra = set(value) - names if names and isinstance(value, dict) else set()
        expect(not extra, f"not described: {sorted(extra)}")

    def operation(self, method, path):
        """The one that a path without parameters of its own belongs to."""
        parts = path.split("?")[0].split("/")
        for o in self.document.operations:
            pattern = o.path.split("/")
            if o.method == method and len(pattern) == len(parts) and all(p == q or p.startswith("{") for p, q in zip(pattern, parts)):
                return o
        return None

    def get(self, path, who="socket"):
        answer = self.ask(who, "GET", self.document.prefix + path)
        expect(answer.status == 200, f"{answer.told}\nanswered {answer.status} {answer.body[:500]!r}")
        if (answer.header("content-type") or "").startswith("application/x-ndjson"):
            return [json.loads(line) for line in answer.text().splitlines()]
        return answer.text() if "json" not in answer.header("content-type") else json.loads(answer.text())


def url(document, operation, parameters, query):
    path = document.prefix + operation.path
    for name, value in parameters.items():
        path = path.replace("{" + name + "}", urllib.parse.quote(value, safe=""))
    return path + ("?" + urllib.parse.urlencode(query, doseq=True) if query else "")


class Known:
    """Names of what there is, so that requests find something; and what no document can know."""

    def __init__(self, c, api):
        self.c, self.api = c, api
        self.exported = None
        self.queries = {"DELETE /registry": {"name": "FuzzNote"}, "DELETE /directory/entry": {"dn": "fuzz@contoso.example"},
                        "GET /directory/entry": {"dn": "administrator@contoso.example"}, "GET /track": {"since": "24h"}, "GET /rejects": {"since": "24h"},
                        "POST /queue-imports/{number}/text": {"at": "0"}}
        self.bodies = {"POST /session": lambda: {"account": "administrator", "password": "administrator's pencil"},
                       "POST /queue-imports": lambda: {"envelope": self.exported[0], "hold": True},
                       "POST /queue-imports/{number}/text": lambda: self.exported[1].encode(),
                       "POST /registry/restore": lambda: {"text": self.api.get("/registry/export")},
                       "POST /undo": lambda: {"steps": [{"registry": self.first("/registry/backups", "id")}]}}

    def first(self, path, key):
        rows = self.api.get(path)
        return str(rows[0][key]) if rows else "1"

    def parameter(self, operation, name):
        path = operation.path
        if path.startswith("/queue/"):
            return self.first("/queue", "id")
        if path.startswith("/registry/backups/"):
            return self.first("/registry/backups", "id")
        if path.startswith("/queue-imports/"):
            return self.an_import(path.endswith("/store"))
        where = {"/track/{id}": ("/track?since=24h", "id"), "/config/history/{n}": ("/config/history", "number"), "/rejects/{code}": ("/rejects", "code"),
                 "/quarantine/{id}": ("/quarantine", "id"), "/quarantine/{id}/release": ("/quarantine", "id")}.get(path)
        return self.first(*where) if where else {"what": "4086", "name": "fuzz"}.get(name, "1")

    def body(self, operation):
        made = self.bodies.get(str(operation))
        return made() if made else operation.example

    def an_import(self, with_text):
        number = self.put("POST", "/queue-imports", self.bodies["POST /queue-imports"]()).get("number", "1")
        if with_text:
            self.put("POST", f"/queue-imports/{number}/text?at=0", self.exported[1].encode())
        return str(number)

    def put(self, method, path, body):
        octets = body if isinstance(body, bytes) else json.dumps(body).encode()
        media = "message/rfc822" if isinstance(body, bytes) else "application/json"
        answer = self.api.ask("socket", method, self.api.document.prefix + path, [("Content-Type", media)], octets, self.api.operation(method, path))
        return answer.value

    def export_one(self):
        """Out of the queue it goes, so that it can come back."""
        number = self.first("/queue", "id")
        self.exported = (self.api.get(f"/queue/{number}/envelope"), self.api.get(f"/queue/{number}/text"))
        self.put("POST", "/queue/delete", {"ids": [number], "now": True})

    def waiting(self):
        """A change that waits to be kept."""
        if self.api.get("/config/keep") is None:
            self.put("POST", "/config/apply", {"changes": {"registry/MaxHops": 43}, "keep_seconds": 600})
        return {"generation": self.api.get("/config/keep")["generation"]}

    def undoable(self):
        return {"steps": self.put("PUT", "/registry", {"name": "FuzzUndo", "type": "SZ", "data": "x"})["undo_by"]}


class Plan:
    """What is sent for one operation: the example, other valid ones, hostile ones."""

    def __init__(self, api, known, operation, rng):
        self.api, self.operation, self.rng = api, operation, rng
        self.parameters = {p["name"]: known.parameter(operation, p["name"]) for p in operation.in_path}
        self.query = {p["name"]: p.get("example", "1") for p in operation.in_query if p["required"]}
        if any(p["name"] == "dns" for p in operation.in_query):
            self.query["dns"] = "false"  # no name server is asked here
        self.query.update(known.queries.get(str(operation), {}))
        self.example = known.body(operation)

    def octets(self, value):
        return b"" if value is None else value if isinstance(value, bytes) else json.dumps(value).encode()

    def headers(self, body):
        return [("Content-Type", self.operation.media or "application/json")] if body else []

    def ask(self, who, query, body):
        target = url(self.api.document, self.operation, self.parameters, query)
        return self.api.ask(who, self.operation.method, target, self.headers(body), body, self.operation)

    def send_example(self, who, dry=None):
        return self.ask(who, dict(self.query, **({"dry_run": "true"} if dry else {})), self.octets(self.example))

    def valid(self, who, dry):
        """Some parameters, some body that the schema allows."""
        query = dict(self.query)
        for p in self.operation.in_query:
            if p["name"] not in ("dry_run", "dns") and self.rng.random() < 0.4:
                query[p["name"]] = self.written(self.api.document.made({**p["schema"], **{k: p[k] for k in ("example",) if k in p}}, self.rng))
        if dry:
            query["dry_run"] = "true"
        body = b""
        if self.operation.media == "application/json":
            body = self.octets(self.api.document.made(self.operation.schema, self.rng))
        elif self.operation.media:
            body = b"Subject: x\r\n\r\n"
        return self.ask(who, query, body)

    @staticmethod
    def written(value):
        return {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value

    def hostile(self, who, dry):
        query = dict(self.query, **({"dry_run": "true"} if dry else {}))
        sent = kit_hostile.one(self.rng, self.operation, self.api.document.prefix, self.parameters, query, self.example)
        target = sent.target if isinstance(sent.target, str) else sent.target.decode("latin-1")
        if dry and "dry_run=true" not in target:
            return
        answer = self.api.ask(who, sent.method, sent.target, sent.headers, sent.body, self.operation if sent.is_this_operation else None)
        # HEAD is GET without the body: of /queue/bounce, too, which GET takes for the id of a message.
        is_known = self.api.operation("GET" if sent.method == "HEAD" else sent.method, target.split("?")[0].removeprefix(self.api.document.prefix))
        as_it_must = answer.status == 405 and answer.header("allow") or answer.status == 503  # held, or with too much to do
        if sent.kind == "method" and who != "nobody" and not is_known and not as_it_must:
            self.api.found("a wrong method", f"{answer.told}\nanswered {answer.status}; 405 with Allow expected")


def begun(folder):
    c = Connector(folder / "root", extra_env={"ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0:exitcode=99:quarantine_size_mb=16"})
    c.setup("--admin-listen", f"127.0.0.1:{free_port()}", "--smart-host", f"127.0.0.1:{free_port()}")
    c.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
    c.imc("reg", "add", "-v", "TurfTable", "-t", "MULTI_SZ", "-d", "x@bad.example quarantine", "-f")
    c.imc("dir", "passwd", "administrator", "--password-file", "-", stdin="administrator's pencil")
    tokens = {"nobody": None}
    for name, role, *more in [(role, role) for role in RANKS[1:]] + [("of_one_domain", "help_desk", "--domain", "contoso.example")]:
        tokens[name] = c.imc("admin", "token", "add", name, "--role", role, *more).stdout.splitlines()[0]
    c.start()
    wait_for(lambda: c.state().get("admin"), "the pages")
    return c, tokens


def api_of(c, tokens, seed):
    status, text = c.ask("/api/v1/openapi.json")
    expect(status == 200, f"{status} {text}")
    # A document that is not built in yet can be tried, too (what tools/gen_openapi.py makes of share/api/openapi.yaml).
    if other := os.environ.get("IMC_OPENAPI_DOCUMENT"):
        text = pathlib.Path(other).read_text()
    return Api(c, Document(json.loads(text)), tokens, seed)
