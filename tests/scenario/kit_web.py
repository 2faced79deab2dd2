"""A browser of a few lines: one origin, its cookie, the page's CSRF token."""
import http.client
import json
import ssl

from kit import PATIENCE, expect


class Browser:
    def __init__(self, url):
        self.authority = url.split("://", 1)[1].split("/", 1)[0]
        self.tls = url.startswith("https://")
        self.cookie = self.csrf = None

    def connect(self):
        if not self.tls:
            return http.client.HTTPConnection(self.authority, timeout=PATIENCE)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # setup's own certificate
        return http.client.HTTPSConnection(self.authority, timeout=PATIENCE, context=context)

    def ask(self, method, path, body=None, headers=None, csrf=True, cookie=True):
        """Returns (status, headers, text)."""
        connection = self.connect()
        sent = dict(headers or {})
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        if cookie and self.cookie:
            sent["Cookie"] = self.cookie
        if csrf and self.csrf and method not in ("GET", "HEAD"):
            sent["X-CSRF-Token"] = self.csrf
        try:
            connection.request(method, path, None if body is None else json.dumps(body), sent)
            answer = connection.getresponse()
            text = answer.read().decode()
            if set_cookie := answer.headers.get("Set-Cookie"):
                self.cookie = set_cookie.split(";", 1)[0]
            return answer.status, answer.headers, text
        finally:
            connection.close()

    def status(self, *words, **how):
        return self.ask(*words, **how)[0]

    def sign_in(self, account, password):
        status, headers, text = self.ask("POST", "/api/v1/session", {"account": account, "password": password})
        if status == 200:
            self.csrf = json.loads(text)["csrf"]
        return status, headers, text

    def follow(self, url):
        """A one-time link."""
        status, headers, text = self.ask("GET", "/" + url.split("://", 1)[1].split("/", 1)[1])
        expect(status == 303 and headers["Location"] == "/", f"{status} {text}")
        status, _, text = self.ask("GET", "/api/v1/session")
        expect(status == 200, f"{status} {text}")
        self.csrf = json.loads(text)["csrf"]
        return json.loads(text)
