"""The REST API fuzzed from the document it serves: every operation, with each role and with none, hears valid requests and hostile ones made from one
seed. Each answer has a status and a form that the document tells of, none is a 5xx but 503 with Retry-After; dry_run changes nothing; and after all of
it mail is delivered.

IMC_SEED is the seed (run.py --seed N), 1 unless said; without --ci more requests are made."""
import random
import threading

from kit import *
from kit_hostile import TEXTS
from kit_http import Wire, request
from kit_rest import RANKS, Api, Known, Plan, api_of, begun, url

# Only tried as a dry run where what is sent is not the example: each may end, rightly, with a service that this scenario cannot go on with.
ONLY_DRY = {
    "DELETE /registry": "a key goes with all below it, that of the connector, too",
    "DELETE /directory/entry": "recursive=true takes the site with all in it",
    "POST /directory/rename": "a renamed site is the 4086 story (scenario 228)",
    "POST /directory/import": "records change what they name",
    "POST /registry/restore": "it is the whole registry that is sent",
    "POST /config/apply": "listeners may move",
    "POST /config/rollback": "listeners may move",
}
# Nothing answers these with 2xx here.
NEVER_DONE = {
    "GET /badmail/{id}": "no message has killed this service (scenario 122)",
    "DELETE /badmail/{id}": "as above",
    "POST /badmail/{id}/release": "as above",
    "POST /check/fix": "nothing is there to be mended (scenario 228)",
}
GROWTH = 256 << 20  # octets of memory; under a sanitizer freed ones are kept for a while


# -- what must not change ------------------------------------------------------------------------------
def picture(c, api):
    """All that a dry run could have touched."""
    return {"registry": (c.root / "registry.reg").read_bytes(), "directory": api.get("/directory/export"), "tokens": api.get("/tokens"),
            "queue": [(m["id"], [(r["address"], r["reason"] == "held", r.get("held_until"), r.get("deleted"), r.get("rerouted"), r["expires"])
                                 for r in m["recipients"]]) for m in api.get("/queue?deleted=too")],
            "backup": sorted(f.name for f in (c.root / "backup").iterdir()), "quarantine": [m["id"] for m in api.get("/quarantine")],
            "generations": api.get("/config/history"), "waits": api.get("/config/keep"), "diagnostics": api.get("/diagnostics"),
            "protocol-log": api.get("/protocol-log")["temporary"], "link": api.get("/link")["state"], "audit": api.get("/audit?limit=1"),
            "secrets": sorted(f.name for f in (c.root / "secrets").iterdir()) if (c.root / "secrets").is_dir() else []}


def memory(c):
    text = open(f"/proc/{c.process.pid}/status").read()
    return int(re.search(r"VmRSS:\s+(\d+) kB", text).group(1)) << 10


# -- the passes ------------------------------------------------------------------------------------------
def roles(api, known, all_of_them):
    """Who has not the right hears 403, who has not signed in 401; who has it, neither."""
    for operation in api.document.operations:
        plan = Plan(api, known, operation, random.Random(0))
        needed = RANKS.index(operation.role)
        for who in RANKS if all_of_them else dict.fromkeys(["nobody", RANKS[max(needed - 1, 0)], RANKS[needed]]):
            if operation.role == "nobody" or (RANKS.index(who) >= RANKS.index(operation.role) and not operation.has_dry_run and operation.method != "GET"):
                continue
            answer = plan.send_example(who, dry=operation.has_dry_run)
            may = RANKS.index(who) >= RANKS.index(operation.role)
            wanted = 401 if who == "nobody" else 403 if not may or operation.only_on_socket else None
            if answer.status != wanted if wanted else answer.status in (401, 403):
                api.found(f"role of {operation}", f"{answer.told}\nanswered {answer.status} {answer.body[:300]!r}; {operation.role} is needed")
        answer = plan.send_example("of_one_domain", dry=operation.has_dry_run)
        may = operation.of_one_domain and RANKS.index(operation.role) <= RANKS.index("help_desk")
        # Of its own domain: what explain/relay is asked about by the example is another's.
        if answer.status != 403 if not may else answer.status in (401, 403) and operation.path != "/explain/relay":
            api.found(f"domain of {operation}", f"{answer.told}\nanswered {answer.status} {answer.body[:300]!r}; it is {may} that it may")


def forged(api, known):
    """A page elsewhere has the browser's cookie, and not the session's CSRF token; a form has no JSON."""
    body = json.dumps(known.bodies["POST /session"]()).encode()
    answer = api.ask("nobody", "POST", "/api/v1/session", [("Content-Type", "application/json")], body)
    expect(answer.status == 200, f"signing in: {answer.status} {answer.body!r}")
    cookie = ("Cookie", answer.header("set-cookie").split(";")[0])
    for operation in api.document.operations:
        plan = Plan(api, known, operation, random.Random(0))
        target, octets = url(api.document, operation, plan.parameters, plan.query), plan.octets(plan.example)
        if operation.method == "GET":
            api.ask("nobody", "GET", target, [cookie], operation=operation)
            continue
        token = ("X-CSRF-Token", json.loads(answer.text())["csrf"])
        tries = [(415, [cookie, token, ("Content-Type", "text/plain")], b"{}"),
                 (403, [cookie, token, ("Origin", "http://evil.example"), *plan.headers(octets)], octets)]
        if str(operation) != "POST /session":
            tries.append((403, [cookie, *plan.headers(octets)], octets))
        for wanted, headers, sent in tries:
            heard = api.ask("nobody", operation.method, target, headers, sent, operation)
            if heard.status != wanted:
                api.found(f"forged {operation}", f"{heard.told}\nanswered {heard.status}; {wanted} expected")


def dry_runs(c, api, known, count):
    # What was changed before is in force once this is.
    known.put("PUT", "/registry", {"name": "MaxHops", "type": "DWORD", "data": "44"})
    wait_for(lambda: "44" in str(api.get("/config/history")[0].get("changes")), "a generation of all that was changed before")
    before = picture(c, api)
    dry = [operation for operation in api.document.operations if operation.has_dry_run]
    expect(len(dry) > 30, f"{len(dry)} operations with dry_run")
    for operation in dry:
        rng = random.Random(f"{api.seed} dry {operation}")
        who = "socket" if operation.only_on_socket else "administrator"
        plan = Plan(api, known, operation, rng)
        plan.send_example(who, dry=True)
        # Less than was said must not become more than was meant.
        for said in ("yes", "TRUE", ""):
            answer = plan.ask(who, dict(plan.query, dry_run=said), plan.octets(plan.example))
            if answer.status != 400:
                api.found("dry_run that is not clear", f"{answer.told}\nanswered {answer.status}; 400 expected")
        for _ in range(count):
            plan.valid(who, dry=True)
            plan.hostile(who, dry=True)
    after = picture(c, api)
    for what, value in before.items():
        if after[what] != value:
            api.found(f"dry run: {what}", f"seed {api.seed}: a dry run changed {what}:\n{str(value)[:1500]}\nis\n{str(after[what])[:1500]}")


LAST = ["POST /config/apply", "POST /config/keep", "POST /config/revert", "POST /config/rollback", "POST /undo", "POST /queue/bounce", "POST /queue/delete",
        "POST /queue/undelete"]


def examples(api, known):
    """Each operation once, as its example says, in an order in which there is something to be found."""
    changing = {**known.bodies, "POST /config/keep": known.waiting, "POST /config/revert": known.waiting, "POST /undo": known.undoable}
    known.bodies, usual = changing, known.bodies
    for operation in sorted(api.document.operations, key=lambda o: (str(o) in LAST and LAST.index(str(o)) + 1, o.method == "DELETE")):
        if str(operation) in NEVER_DONE:
            continue
        answer = Plan(api, known, operation, random.Random(0)).send_example("socket" if operation.only_on_socket else "administrator")
        if answer.status >= 300:
            api.found(f"the example of {operation}", f"the example of {operation} is refused: {answer.told}\nanswered {answer.status} {answer.body[:600]!r}")
    known.bodies = usual


def fuzz(api, known, count, operations=None):
    callers = ["socket", "administrator", "administrator", "of_one_domain", *RANKS]
    for operation in operations or api.document.operations:
        rng = random.Random(f"{api.seed} {operation}")
        plan = Plan(api, known, operation, rng)
        for n in range(count):
            who, dry = rng.choice(callers), str(operation) in ONLY_DRY
            # Of passwords that are wrong there may be few.
            if str(operation) == "POST /session" and n > 4:
                break
            if n % 4 == 0:
                plan.valid(who, dry)
            else:
                plan.hostile(who, dry)


WRONG = {"string": {"a": 1}, "integer": "x", "boolean": "x", "array": 1, "object": 1}


def contract(api, known):
    """A field that is needed and not there, or not of its type, is refused."""
    for operation in api.document.operations:
        schema = api.document.resolved(operation.schema or {})
        if operation.media != "application/json" or str(operation) in NEVER_DONE:
            continue
        plan, who = Plan(api, known, operation, random.Random(0)), "socket" if operation.only_on_socket else "administrator"
        query = dict(plan.query, **({"dry_run": "true"} if operation.has_dry_run else {}))
        bodies = [("without", name, {k: v for k, v in plan.example.items() if k != name}) for name in schema.get("required", [])]
        bodies += [("wrong type of", name, {**plan.example, name: WRONG[inner.get("type", "string")]}) for name, inner in schema["properties"].items()]
        for how, name, body in bodies:
            answer = plan.ask(who, query, plan.octets(body))
            if answer.status not in (400, 409):
                api.found(f"{operation}: {how} {name}", f"{operation}: {how} {name}: {answer.told}\nanswered {answer.status}; 400 expected")


def come_back(api, known, count):
    """What was taken of hostile texts stands there as it was sent, and nothing beside it was changed."""
    def others():
        return [(v["name"], v["data"]) for v in api.get("/registry")["values"] if v["set"] and v["name"] != "FuzzText"], api.get("/registry/keys")
    def put(method, path, body):
        octets = json.dumps(body).encode()
        return api.ask("administrator", method, api.document.prefix + path, [("Content-Type", "application/json")], octets, api.operation(method, path))
    known.put("PUT", "/registry", {"name": "FuzzText", "data": "x"})
    known.put("POST", "/directory/entry", {"kind": "mailbox", "alias": "echo", "addresses": ["echo@contoso.example"]})
    before = others()
    short = [text for text in TEXTS if len(text) < 10_000]
    for text in random.Random(api.seed).sample(short, min(count, len(short))):
        if put("PUT", "/registry", {"name": "FuzzText", "data": text}).status == 200:
            found = [v["data"] for v in api.get("/registry")["values"] if v["name"] == "FuzzText"]
            if found != [text]:
                api.found("registry text", f"seed {api.seed}: {text[:200]!r} was written to the registry, and {str(found)[:200]} is read")
        change = {"op": "replace", "attribute": "displayName", "values": [text]}
        if put("PATCH", "/directory/entry", {"dn": "echo@contoso.example", "changes": [change]}).status == 200:
            found = api.get("/directory/entry?dn=echo%40contoso.example")["display_name"]
            if found != text:
                api.found("directory text", f"seed {api.seed}: {text[:200]!r} was written to the directory, and {found[:200]!r} is read")
    if others() != before:
        api.found("registry values", f"seed {api.seed}: writing one value changed others: {before} is {others()}")


def pages(api, known):
    """What asks for a page that cannot be is refused, and not given the first one again."""
    wrong = {"limit": ["0", "-1", "x", "1.5", "18446744073709551616", "%00"], "offset": ["-1", "x", "1.5"], "after": ["-", "-1", "%ff", "2026-11-27/x"]}
    for operation in api.document.operations:
        for name in {p["name"] for p in operation.in_query} & set(wrong):
            for value in wrong[name]:
                query = {k: v for k, v in Plan(api, known, operation, random.Random(0)).query.items() if k != name}
                target = url(api.document, operation, {}, query)
                answer = api.ask("administrator", "GET", f"{target}{'&' if query else '?'}{name}={value}", operation=operation)
                if answer.status != 400:
                    api.found(f"{operation} {name}", f"{answer.told}\nanswered {answer.status}; 400 expected")


def released_twice(c, api):
    """Two ask at once, the message goes once."""
    number = api.get("/quarantine")[0]["id"]
    wires = [Wire(api.where["socket"]) for _ in range(2)]
    for wire in wires:
        wire.send(request("POST", f"/api/v1/quarantine/{number}/release", [("Host", "imc")]))
    statuses = [wire.answer().status for wire in wires]
    if sorted(s == 200 for s in statuses) != [False, True]:
        api.found("released twice", f"released twice at once: {statuses}; one 200 expected")


def at_once(c, api, known, tokens):
    """Ten callers, each with all operations in an order of its own."""
    def one(number):
        own = Api(c, api.document, tokens, f"{api.seed}.{number}")
        theirs = Known(c, own)
        theirs.exported = known.exported
        operations = list(api.document.operations)
        random.Random(number).shuffle(operations)
        try:
            fuzz(own, theirs, 6, operations)
        except Failure as e:
            own.found("at once", str(e))
        for kind, what in own.flaws.items():
            api.found(kind, what)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def what_is_left(c, api):
    """Lists that hold what hostile callers left behind can be read; octets that are no UTF-8, too, in what the audit log keeps of a path."""
    for target in (b"/api/v1/link/open?%ff=%ff", b"/api/v1/link/open?\xff=\xff", b"/api/v1/quarantine/\xff/release", b"/api/v1/quarantine/%ff/release"):
        api.ask("operator", "POST", target)
    # As deep as a body may be: it stands in a line of the log.
    api.ask("operator", "POST", b"/api/v1/link/close", body=b"[" * 32 + b"]" * 32)
    for path in ("/audit?limit=1000", "/events?limit=1000", "/track?since=24h&limit=1000", "/rejects?limit=1000", "/queue?deleted=too", "/registry/keys",
                 "/directory/search?limit=1000", "/tokens", "/config/history", "/overview", "/live", "/top"):
        api.ask("administrator", "GET", api.document.prefix + path, operation=api.operation("GET", path))
    numbers = []
    while not numbers or numbers[-1] > 1:
        rows = api.get(f"/audit?limit=1000{f'&after={numbers[-1]}' if numbers else ''}")
        numbers += [row["number"] for row in rows] or [0]
    if numbers != list(range(numbers[0], 0, -1)):
        lost = sorted(set(range(1, numbers[0])) - set(numbers))
        there = [line[:300] for path in sorted((c.root / "log" / "audit").iterdir()) for line in path.read_bytes().splitlines()
                 if any(b'"number":%d,' % number in line for number in lost)]
        api.found("audit", f"seed {api.seed}: {len(lost)} lines of the audit log are not shown: {lost[:20]}, in its files: {there[:20]}")


def fill(c):
    """What there is to be found: mail that waits, mail that was set aside, a refusal."""
    for n in range(3):
        c.send("alice@example.net", [f"bob{n}@example.net"], b"Message-ID: <%d@example.net>\r\nSubject: waits\r\n\r\nx\r\n" % n)
        c.send("x@bad.example", ["administrator@contoso.example"], b"Subject: set aside\r\n\r\nx\r\n")
    expect(c.rcpt("nobody@contoso.example")[0] == 550, "nobody has this address")


def run(folder):
    seed, more = os.environ.get("IMC_SEED", "1"), os.environ.get("IMC_KILLS") != "20"
    print(f"rest-fuzzed: seed {seed}", flush=True)
    c, tokens = begun(folder)
    try:
        api = api_of(c, tokens, seed)
        known = Known(c, api)
        fill(c)
        wait_for(lambda: len(api.get("/quarantine")) == 3 and len(api.get("/queue")) == 3 and api.get("/rejects"), "what there is to be found")
        copy = known.put("POST", "/registry/backups", {})["id"]
        known.export_one()
        timed("examples", examples, api, known)
        fill(c)
        timed("roles", roles, api, known, more)
        timed("forged", forged, api, known)
        timed("dry runs", dry_runs, c, api, known, 12 if more else 1)
        timed("contract", contract, api, known)
        timed("come back", come_back, api, known, 99 if more else 12)
        timed("pages", pages, api, known)
        released_twice(c, api)
        before = memory(c)
        timed("fuzz", fuzz, api, known, 100 if more else 5)
        if more:
            timed("at once", at_once, c, api, known, tokens)
        what_is_left(c, api)
        grown = memory(c) - before
        expect(grown < GROWTH, f"{grown >> 20} MiB more memory after {api.asked} requests")
        api.expect_none()
        missing = {str(o) for o in api.document.operations} - api.done - set(NEVER_DONE)
        expect(not missing, f"never answered with 2xx: {sorted(missing)}")
        for event, told in sorted(api.events.items()):
            expect(api.ask("socket", "GET", f"/api/v1/events/explain/{event}").status == 200, f"event {event} is not known; heard of {told}")
        known.put("POST", f"/registry/backups/{copy}/restore", {})
        delivered(c)
        print(f"rest-fuzzed: {api.asked} requests, {len(api.statuses)} kinds of answers, {len(api.events)} events, {grown >> 20} MiB more", flush=True)
    finally:
        c.stop()


def timed(what, work, *words):
    begin = time.monotonic()
    work(*words)
    print(f"rest-fuzzed: {what} {time.monotonic() - begin:.1f} s", flush=True)


def delivered(c):
    """The service is what it was."""
    before = len(c.maildir("administrator"))
    wait_for(lambda: c.rcpt("administrator@contoso.example")[0] == 250, "the restored registry")
    c.send("bob@example.net", ["administrator@contoso.example"], b"Subject: after all of it\r\n\r\nx\r\n")
    wait_for(lambda: len(c.maildir("administrator")) > before, "the mail")
    expect(c.process.poll() is None and c.state()["state"] == "running", "the service runs")
