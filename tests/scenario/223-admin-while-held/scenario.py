"""The service is held because its identity is wrong: the pages are there all the same, a one-time link and a token sign in, the verdict can be read;
what needs the queue is refused with the event. When it is mended and starts by itself, who had signed in still is. A port that is taken stops nothing;
elsewhere than on loopback there is TLS or no start."""
from kit import *
from kit_web import Browser

BROKEN = "/o=Contosa/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1"


def run(c, slapd):
    port = free_port()
    c.imc("reg", "add", "-v", "AdminListen", "-t", "SZ", "-d", f"127.0.0.1:{port}", "-f")
    robot = c.imc("admin", "token", "add", "robot", "--role", "view").stdout.splitlines()[0]
    c.imc("reg", "add", "-v", "SiteDN", "-t", "SZ", "-d", BROKEN, "-f")
    c.start("--hold", wait=False)
    wait_for(lambda: c.state().get("state") == "held" and c.state().get("admin"), "to be held, with pages")
    url = c.state()["admin"]
    expect(url == f"http://127.0.0.1:{port}", url)
    browser = Browser(url)
    expect(browser.status("GET", "/") == 200, "the pages")
    expect(browser.status("GET", "/api/v1/state") == 401, "nobody has signed in")
    status, _, text = browser.sign_in("administrator", "whatever")
    expect(status == 503 and "imc admin link" in text, f"{status} {text}")
    browser.follow(c.imc("admin", "link").stdout.splitlines()[0])
    status, _, text = browser.ask("GET", "/api/v1/state")
    expect(status == 200 and json.loads(text)["event"] == 4086, f"{status} {text}")
    status, _, text = browser.ask("GET", "/api/v1/queue")
    expect(status == 503 and json.loads(text)["error"]["event"] == 40115, f"{status} {text}")
    expect(browser.status("GET", "/api/v1/audit") == 200, "what was done can be read")
    expect(browser.status("GET", "/api/v1/state", headers={"Authorization": f"Bearer {robot}"}) == 200, "a token works, too")

    c.imc("check", "--fix")
    wait_for(lambda: c.greeting().startswith("220 "), "the service to start by itself")
    wait_for(lambda: c.state().get("admin"), "the pages of the running service")
    status, _, text = browser.ask("GET", "/api/v1/queue")
    expect(status == 200, f"who had signed in still is: {status} {text}")
    expect(not c.events(41006), "the port was handed over without a word")

    # Somebody else's port stops neither mail nor the control socket.
    c.stop()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        c.start()
        wait_for(lambda: c.events(41006), "event 41006")
        said = c.imc("admin", "link", check=False)
        expect(said.returncode == 1 and "41006" in said.stderr, said.stderr)
    wait_for(lambda: c.state().get("admin"), "the pages when the port is free")
    expect(c.imc("admin", "link").stdout.startswith(url), "and a link")

    # Elsewhere than on loopback it speaks TLS, with the certificate of the mail listeners.
    c.stop()
    c.imc("reg", "add", "-v", "AdminListen", "-t", "SZ", "-d", f"0.0.0.0:{port}", "-f")
    c.imc("admin", "password", "--password-file", "-", stdin="the axe behind glass")
    c.start()
    wait_for(lambda: c.state().get("admin") == f"https://mail1.contoso.example:{port}", "the pages under TLS")
    far = Browser(f"https://127.0.0.1:{port}")
    status, headers, text = far.sign_in("emergency", "the axe behind glass")
    expect(status == 200 and "Secure" in headers["Set-Cookie"], f"{status} {text}")
    expect(far.status("GET", "/api/v1/stat") == 200, "a session under TLS")
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try:
            heard = plain.makefile("rb").read()
        except ConnectionResetError:
            heard = b""
        expect(b"HTTP/1.1 200" not in heard, f"nothing in the clear: {heard}")

    # And it does not start without one.
    c.stop()
    for file in (c.root / "tls").iterdir():
        file.unlink()
    c.imc("reg", "add", "-v", "AdminListen", "-t", "SZ", "-d", f"0.0.0.0:{port}", "-f")
    refused = c.refused()
    expect("41008" in refused and "admin.listener" in refused, refused)
    c.imc("check", "--fix")
    c.start()
    wait_for(lambda: c.state().get("state") == "running", "the service to run")
