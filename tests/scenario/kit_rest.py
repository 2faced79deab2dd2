"""The REST API as its document says: callers, what every answer must be, and what is sent for an operation."""
import random
import urllib.parse

import kit_hostile
from kit import *
from kit_http import Dropped, Wire, request

HEADERS = {"content-type", "content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy", "cross-origin-opener-policy",
           "cross-origin-resource-policy", "cache-control", "content-length", "transfer-encoding", "connection", "imc-next", "imc-note", "imc-loading",
           "retry-after", "www-authenticate", "set-cookie", "content-disposition", "allow", "etag", "vary"}
# What a request may hear that is none of an operation.
OF_NO_OPERATION = {200, 202, 204, 400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 431}


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
        is_known = self.api.operation(sent.method, target.split("?")[0].removeprefix(self.api.document.prefix))
        if sent.kind == "method" and who != "nobody" and not is_known and not (answer.status == 405 and "allow" in dict(answer.headers)):
            self.api.found("a wrong method", f"{answer.told}\nanswered {answer.status}; 405 with Allow expected")
