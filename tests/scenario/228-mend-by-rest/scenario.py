"""The 4086 story over the API: a held service tells its verdict, mends itself when it is asked to, and starts; the undo brings the flaw back."""
import http.client

from kit import *


def ask(c, method, path, body=None):
    connection = http.client.HTTPConnection("imc", timeout=PATIENCE)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(PATIENCE)
    connection.sock.connect(str(c.root / "run" / "admin.sock"))
    octets = None if body is None else json.dumps(body).encode()
    connection.request(method, "/api/v1" + path, octets, {"content-type": "application/json"} if octets else {})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read().decode())


def state(c):
    try:
        return ask(c, "GET", "/state")[1]["state"]
    except OSError:
        return "away"


def run(c, slapd):
    site = "/o=Contoso/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1"
    c.start()
    c.stop()
    c.imc("reg", "add", "-v", "SiteDN", "-t", "SZ", "-d", site.replace("Contoso", "contoso"), "-f")
    c.start("--hold", wait=False)
    wait_for(lambda: state(c) == "held", "the service to be held")
    status, overview = ask(c, "GET", "/overview")
    expect(status == 200 and overview["held"]["event"] == 4086 and overview["queue"] is None, overview)
    status, check = ask(c, "GET", "/check")
    expect(status == 200 and not check["passed"] and check["event"] == 4086, check)
    row = [a for a in check["assertions"] if a["id"] == check["deciding"]][0]
    expect("contoso" in row["found"] and "Contoso" in row["expected"] and row["fix"]["automatic"], row)
    status, queue = ask(c, "GET", "/queue")
    expect(status == 503 and queue["error"]["event"] == 40115, queue)
    status, tried = ask(c, "POST", "/check/fix?dry_run=true", {"assertion": row["id"]})
    expect(status == 200 and tried["changed"] and state(c) == "held", tried)
    status, wrong = ask(c, "POST", "/check/fix", {"assertion": "no.such"})
    expect(status == 404, wrong)
    status, mended = ask(c, "POST", "/check/fix", {})
    expect(status == 200 and mended["check"]["passed"] and mended["undo_by"], mended)
    wait_for(lambda: state(c) == "running", "the service to start by itself")
    c.wait_ready()
    expect(ask(c, "GET", "/check")[1]["passed"], "the check passes")
    status, tried = ask(c, "POST", "/check/fix", {"assertion": row["id"]})
    expect(status == 409 and tried["error"]["event"] == 41053, tried)
    status, undone = ask(c, "POST", "/undo", {"steps": mended["undo_by"]})
    expect(status == 200, undone)
    expect(c.verdict()["event"] == 4086, "the flaw is back")
