"""The Administrator's server: a one-time link, an account of the directory, a token and the emergency account sign in; a change needs the session's
CSRF token, a role and a line in the audit log; forged requests are refused, six wrong passwords lock, and who is taken off the list is out."""
from kit import *
from kit_web import Browser


def run(folder):
    c = Connector(folder / "root")
    port = free_port()
    c.setup("--admin-listen", f"127.0.0.1:{port}")
    for alias in ("bob", "eve"):
        c.imc("dir", "add", "mailbox", alias, "--address", f"{alias}@contoso.example")
    for alias in ("administrator", "bob", "eve"):
        c.imc("dir", "passwd", alias, "--password-file", "-", stdin=f"{alias}'s pencil")
    c.imc("dir", "modify", c.connector_dn(), "--add", "imcAdministrator=operator bob")
    c.imc("reg", "add", "-v", "AuthBackoff", "-t", "DWORD", "-d", "10", "-f")
    c.imc("reg", "add", "-v", "AuthBackoffMost", "-t", "DWORD", "-d", "20", "-f")
    robot = c.imc("admin", "token", "add", "robot", "--role", "operator").stdout.splitlines()[0]
    c.start()
    try:
        url = wait_for(lambda: c.state().get("admin"), "the pages")
        expect(url == f"http://127.0.0.1:{port}", url)
        listed = c.imc("admin", "ls").stdout
        expect("bob" in listed and "operator" in listed, listed)
        stranger = Browser(url)
        status, headers, page = stranger.ask("GET", "/")
        expect(status == 200 and "<" in page, f"{status} {page}")
        expect("default-src 'none'" in headers["Content-Security-Policy"] and headers["X-Content-Type-Options"] == "nosniff", str(headers))
        for path in ("/api/v1/queue", "/api/v1/nothing", "/metrics", "/api/v1/../v1/queue"):
            expect(stranger.status("GET", path) == 401 or not path.startswith("/api"), f"{path} must need a sign-in")
        expect(stranger.status("GET", "/metrics") == 401, "counters are no stranger's business")

        links(c, url)
        forged(c, url)
        tokens(c, url, robot)
        taken_off(c, url)
        locked(c, url)
        emergency(c, url)
        audited(c, url)
        moved(c)

        c.stop()
        c.start()
        wait_for(lambda: c.state().get("admin"), "the pages after a restart")
        secrets = b"".join(p.read_bytes() for p in (c.root / "log").rglob("*") if p.is_file())
        for secret in (robot, "pencil", "the axe"):
            expect(secret.encode() not in secrets, f"{secret} stands in a log")
    finally:
        c.stop()


def links(c, url):
    link = c.imc("admin", "link").stdout.splitlines()[0]
    expect(link.startswith(url + "/link/"), link)
    browser = Browser(url)
    who = browser.follow(link)
    expect(who["role"] == "administrator", str(who))
    expect(browser.status("GET", "/api/v1/stat") == 200, "a session must work")
    expect(Browser(url).status("GET", link[len(url):]) == 403, "a link works once")
    expect(browser.status("DELETE", "/api/v1/session") == 204, "signing out")
    expect(browser.status("GET", "/api/v1/stat") == 401, "the session must be over")


def forged(c, url):
    browser = Browser(url)
    status, headers, text = browser.sign_in("administrator", "administrator's pencil")
    expect(status == 200, f"{status} {text}")
    expect("HttpOnly" in headers["Set-Cookie"] and "SameSite=Strict" in headers["Set-Cookie"], headers["Set-Cookie"])
    expect(browser.status("POST", "/api/v1/link/close", csrf=False) == 403, "without the CSRF token")
    expect(browser.status("POST", "/api/v1/link/close", headers={"Origin": "http://evil.example"}) == 403, "from another origin")
    expect(browser.status("POST", "/api/v1/link/close", {}, headers={"Content-Type": "text/plain"}) == 415, "as a form would send it")
    expect(browser.status("GET", "/api/v1/stat", headers={"Host": "evil.example"}) == 403, "under a name that is not ours")
    expect(len(c.events(41007)) == 1, "said at most once a minute")
    expect(json.loads(c.imc("link", "status", "--json").stdout)["state"] == "open", "nothing may have changed")
    expect(browser.status("POST", "/api/v1/link/close") == 200, "with all that it needs")
    expect(json.loads(c.imc("link", "status", "--json").stdout)["state"] == "closed", "now it has")
    expect(browser.status("PUT", "/api/v1/emergency-account", {"password": "x"}) == 403, "only on the host itself")


def tokens(c, url, robot):
    browser = Browser(url)
    bearer = {"Authorization": f"Bearer {robot}"}
    expect(browser.status("POST", "/api/v1/link/open", {}, headers=bearer) == 200, "an operator's token, without CSRF token")
    expect(browser.status("GET", "/api/v1/tokens", headers=bearer) == 403, "an operator is no administrator")
    expect(len(c.events(41003)) == 1, "the first use of a token is an event")
    done = c.imc("admin", "token", "delete", "robot")
    expect("works no more" in done.stdout, done.stdout)
    expect(browser.status("GET", "/api/v1/stat", headers=bearer) == 401, "a deleted token")
    expect(len(c.events(41004)) == 1, "and that it is tried")


def taken_off(c, url):
    browser = Browser(url)
    expect(browser.sign_in("bob@contoso.example", "bob's pencil")[0] == 200, "by address")
    expect(browser.status("POST", "/api/v1/link/close") == 200, "an operator handles the link")
    expect(browser.status("POST", "/api/v1/tokens", {"name": "x", "role": "view"}) == 403, "and makes no tokens")
    c.imc("dir", "modify", c.connector_dn(), "--remove", "imcAdministrator=operator bob")
    wait_for(lambda: browser.status("GET", "/api/v1/stat") == 401, "who was taken off the list to be out")


def locked(c, url):
    browser = Browser(url)
    before = len(c.events(41001))
    for _ in range(5):
        expect(browser.sign_in("eve", "wrong")[0] == 401, "a wrong password")
    status, headers, text = browser.sign_in("eve", "eve's pencil")
    expect(status == 429 and int(headers["Retry-After"]) > 0, f"{status} {text}")
    expect(len(c.events(41001)) == before + 5 and len(c.events(41002)) == 1, "five failures and one lock")


def emergency(c, url):
    c.imc("admin", "password", "--password-file", "-", stdin="the axe behind glass")
    expect((c.root / "secrets" / "admin-password").stat().st_mode & 0o777 == 0o600, "for its owner only")
    browser = Browser(url)
    expect(browser.sign_in("emergency", "the axe behind glass")[0] == 200, "the emergency account")
    expect(len(c.events(41005)) == 1, "its use is an event")
    c.imc("admin", "password", "--delete")
    expect(Browser(url).sign_in("emergency", "the axe behind glass")[0] == 401, "it is gone")


def audited(c, url):
    browser = Browser(url)
    browser.follow(c.imc("admin", "link").stdout.splitlines()[0])
    status, headers, text = browser.ask("GET", "/api/v1/audit?limit=1000")
    expect(status == 200, f"{status} {text}")
    lines = [json.loads(line) for line in text.splitlines()]
    expect([line["number"] for line in lines] == list(range(len(lines), 0, -1)), "newest first, none left out")
    did = [(line["who"], line["action"]) for line in reversed(lines)]
    for wanted in (("administrator", "link.close"), ("robot", "link.open"), ("bob", "link.close")):
        expect(wanted in did, f"{wanted} must be in {did}")
    actions = {action for _, action in did}
    expect({"token.add", "token.delete", "emergency-account.set", "emergency-account.delete"} <= actions, str(actions))
    expect(any(line["from"].startswith("token robot from 127.0.0.1:") for line in lines), "from where")


def moved(c):
    port = free_port()
    c.imc("reg", "add", "-v", "AdminListen", "-t", "SZ", "-d", f"127.0.0.1:{port}", "-f")
    wait_for(lambda: c.state().get("admin") == f"http://127.0.0.1:{port}", "the pages on another port")
    expect(Browser(c.state()["admin"]).status("GET", "/") == 200, "there they are")
