"""Requests that nobody in his right mind sends, made from one that is in order."""
import copy
import json
import urllib.parse

CONTROL = "".join(map(chr, range(1, 32))) + "\x7f"
TEXTS = ["", " ", "\0", "a\0b", "a\r\nSet-Cookie: imc_session=x", "a\nb", CONTROL, "x" * 300, "x" * 70_000, "é" * 5000, "\ufeff", "\u202e", "\ud800", "𝄞",
         "../../../../etc/passwd", "registry-../../registry.reg", "directory-../registry.reg", "/etc/passwd", ".", "..", "-rf", "--", "%s%n%x", "${IFS}",
         "*", "*)(objectClass=*", "(|(cn=*))", "(" * 2000, "\\", "\\00", "cn=,o=", "o=" + "a," * 2000, "cn=a+sn=b,o=Contoso", "/o=Contoso/ou=", "<>",
         "<script>",
         "a@b@c", "@", "a@" + "b." * 200, "\"a b\"@contoso.example", "alice@[127.0.0.1]", "postmaster", "1 2 3", "::1", "0.0.0.0/0", "300.1.1.1", "1e9", "0x10",
         "-1", "18446744073709551616", "99999999999999999999999d", "9999-99-99", "2026-02-30T25:61", "dn: x\nchangetype: delete\n", "; DROP TABLE", "[-HKEY]",
         "Windows Registry Editor Version 5.00\n\n[A]\n\"b\"=hex(7):zz", "version: 1\n\ndn:: %%%\n", "true", "null"]
NUMBERS = [0, -1, 1, -0.0, 0.5, 2**31, 2**32, 2**53 + 1, 2**63, 2**64 - 1, 2**64, -2**63, -2**63 - 1, 10**30, 1e308]
VALUES = [None, True, False, [], {}, [None], [[]], [1, "a", None], {"a": 1}, [""], ["a", "a"], [{"op": "add"}], [{"op": "delete", "attribute": "cn"}],
          [{"registry": ".."}], [{"directory": "directory-x", "registry": "registry-x"}], {"registry/MaxHops": []}, {"registry/MaxHops": [[1]]},
          {"registry/../x": 1}, {"[x]/y": "z"}, {"connector/imcRetryHours": None}, {"a": {"b": {"c": []}}}, ["x"] * 3000]
RAW = [b"", b" ", b"{", b"}", b"[", b"nul", b"null", b"[]", b"{}", b"1", b"\"x\"", b"true", b"{\"a\":1}{", b"{\"a\":1,}", b"{'a':1}", b"{\"a\":NaN}",
       b"{\"a\":-}", b"{\"a\":01}", b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00", b"{\"a\":\"\xff\"}", b"{\"\xc0\xaf\":1}", b"{\"a\":\"\xed\xa0\x80\"}",
       b"{\"a\":\"\x00\"}",
       b"{\"a\":\"\\u0000\\ud800\"}", b"{\"a\":\"\n\"}", b"[" * 31 + b"]" * 31, b"[" * 32 + b"]" * 32, b"[" * 40 + b"]" * 40, b"[" * 200_000,
       b"{\"a\":" * 50_000, b"\x00" * 1000, b"a=1&b=2", b"<xml/>", b"/* */ {}", b"9" * 50_000, b"{\"a\":1e999}", b"\"" + b"\\u0041" * 20_000 + b"\""]
ESCAPED = ["%00", "a%00b", "%ff%fe", "%c0%af", "%ed%a0%80", "%", "%z", "%zz", "%2", "%25", "%252e", "%0d%0aX-Injected:%201", "%0aSet-Cookie:a=b", "+",
           "a+b", "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
           "..%2f..%2fregistry.reg", "%5c..%5c", "%2f", "%3f", "%23", "%7f", "%e2%80%ae", "x" * 3000, "0", "-1", "00001", "1.5", "1e3", "18446744073709551615",
           "18446744073709551616", "99999999999999999999999999", "2026-11-27T05:00:00.123Z/2", "2026-11-27T05:00:00.123Z/-1",
           "2026-11-27T05:00:00.123Z/99999999999999999999",
           "/", "//", "null", "undefined", "true", "TRUE", "%28objectClass%3d%2a%29", "%28" * 500, "%2a" * 100, "cn%3d%2co%3d", "%3cscript%3e"]
TRICKS = ["{}/", "/{}", "{}//", "{}/.", "{}/..", "{}/../state", "{}%2f", "{}%00", "{};a=b", "{}\x7f", "{}\xff", "{}\\", "{} x", "{}#a",
          "http://evil.example{}", "{}/x/y/z", "*", "{}?", "{}??", "{}?&&=&=",
          "{}?%00=%00", "{}?%ff=%ff", "/api/v1/../..{}", "/API/V1/state", "/api/v2/state", "/api/v1", "/api", "/api/v1/" + "a/" * 500,
          "/api/v1/" + "x" * 7000, "/api/v1/" + "x" * 9000]
METHODS = ["TRACE", "OPTIONS", "CONNECT", "PROPFIND", "PATCH", "PUT", "DELETE", "POST", "HEAD", "GET", "get", "BREW", "M-SEARCH"]
TYPES = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "message/rfc822", "application/json; charset=utf-16",
         "application/json, text/plain",
         "APPLICATION/JSON", "application/problem+json", "", "x" * 3000]
FIELDS = [("Authorization", "Bearer "), ("Authorization", "Basic YTpi"), ("Authorization", "Bearer " + "x" * 4000),
          ("Cookie", "imc_session=" + "x" * 3000), ("Cookie", "=;;=; imc_session"),
          ("X-CSRF-Token", "x"), ("Origin", "http://evil.example"), ("Origin", "null"), ("Sec-Fetch-Site", "cross-site"), ("Host", "evil.example"),
          ("Host", ""), ("Accept", "text/html;q=0.0001"),
          ("Accept-Encoding", "gzip;q=0, *;q=x"), ("If-None-Match", "*"), ("Range", "bytes=0-0,-1"), ("Last-Event-ID", "99999999999999999999"),
          ("Last-Event-ID", "-1"), ("Expect", "200-ok"),
          ("Expect", "100-continue"), ("Connection", "close"), ("Connection", "Upgrade"), ("Upgrade", "h2c"), ("X-Forwarded-For", "127.0.0.1"),
          ("X-HTTP-Method-Override", "DELETE"),
          ("A" * 300, "b"), ("X-Octets", b"\x80\xff\xc0"), ("X-Long", "x" * 7000), ("X-Longer", "x" * 20_000)]


class Sent:
    def __init__(self, kind, method, target, headers, body):
        self.kind, self.method, self.target, self.headers, self.body = kind, method, target, headers, body
        self.is_this_operation = kind not in ("method", "trick")


def one(rng, operation, prefix, parameters, query, example):
    """A hostile request near `operation`."""
    path = prefix + operation.path
    written = dict.fromkeys(parameters)
    written.update({name: urllib.parse.quote(value, safe="") for name, value in parameters.items()})
    asked = urllib.parse.urlencode(query, doseq=True)
    body = example if isinstance(example, bytes) else b"" if example is None else json.dumps(example).encode()
    headers = [("Content-Type", operation.media or "application/json")] if body else []
    method = operation.method
    kinds = ["query", "query", "trick", "method", "field"] + ["parameter"] * 3 * bool(parameters) + ["value"] * 6 * isinstance(example, dict)
    kinds += ["raw", "raw", "type"] if method != "GET" else ["raw"]
    kind = rng.choice(kinds)
    if kind == "query":
        names = [p["name"] for p in operation.in_query if p["name"] != "dry_run"] + ["dry_run", "unknown", "limit", "%00", "%ff", ""]
        asked += ("&" if asked else "") + rng.choice(names) + rng.choice(["=", "=", "=", ""]) + rng.choice(ESCAPED)
        if rng.random() < 0.3:  # it comes first
            asked = "&".join(reversed(asked.split("&")))
    elif kind == "parameter":
        written[rng.choice(list(written))] = rng.choice([e for e in ESCAPED if e.strip("/")])
    elif kind == "value":
        body, headers = with_another_value(rng, example), headers
    elif kind == "raw":
        body = rng.choice(RAW)
        headers = [("Content-Type", operation.media or "application/json")]
    elif kind == "type":
        headers = [("Content-Type", rng.choice(TYPES))]
    elif kind == "field":
        headers = headers + [rng.choice(FIELDS)]
    for name, value in written.items():
        path = path.replace("{" + name + "}", value)
    if kind == "method":
        method = rng.choice([m for m in METHODS if m not in operation.methods_here and (m != "HEAD" or "GET" not in operation.methods_here)])
    elif kind == "trick":
        path = rng.choice(TRICKS).replace("{}", path)
    target = path + ("" if not asked else "&" + asked if "?" in path else "?" + asked)
    return Sent(kind, method, target.encode("latin-1") if kind == "trick" else target, headers, body)


def with_another_value(rng, example):
    """A field that is missing, of another type, far too much, said twice, or not known."""
    value = copy.deepcopy(example)
    names = list(value) or ["a"]
    name, how = rng.choice(names), rng.randrange(8)
    if how == 0:
        value.pop(name, None)
    elif how == 1:
        value[rng.choice(["unknown", "", "\0", "__proto__", "dry_run", "x" * 5000])] = rng.choice(VALUES)
    elif how == 2:
        value[name] = rng.choice(NUMBERS)
    elif how == 3:
        value[name] = rng.choice(VALUES)
    elif how == 4 and value:
        twice = json.dumps(name) + ":" + json.dumps(rng.choice(TEXTS)) + ","
        return b"{" + twice.encode() + json.dumps(value).encode()[1:]
    elif isinstance(value.get(name), list):
        value[name] = [rng.choice(TEXTS)] * rng.randrange(4)
    elif isinstance(value.get(name), dict):
        value[name] = {rng.choice(TEXTS): rng.choice(VALUES + NUMBERS + TEXTS)}
    else:
        value[name] = rng.choice(TEXTS)
    out = json.dumps(value).encode()
    return out.replace(b"contoso", rng.choice([b"\xff", b"\xc3\x28", b"\x00"]), 1) if rng.random() < 0.05 else out
