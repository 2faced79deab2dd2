#!/usr/bin/python3
"""share/api/openapi.yaml -> admin/openapi_json.inc: the OpenAPI 3.1 document that the service serves, as octets of a C++ string."""
import json
import pathlib
import re
import sys

import yaml

PIECE = 8000  # octets of one literal
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
KNOWN = {"s", "role", "q", "out", "list", "change", "dry", "in", "eg", "media", "text", "empty", "events", "also", "socket", "domain", "note"}
# What any request may hear, before and after its operation is known.
ALWAYS = {400: "The request is not understood", 401: "Nobody has signed in", 403: "The role, the origin or the host does not allow it",
          408: "The request did not come within 30 s", 413: "The body has more than 4 MiB, on the control socket 64 MiB", 431: "The header has more than 8 KiB",
          500: "Trouble of this host's own", 503: "Who should know cannot be asked now; Retry-After says when to come again"}
SOMETIMES = {202: "It goes on by itself: /queue-actions", 404: "No such object", 409: "It exists, has moved on, or another change waits to be kept",
             415: "The body is neither application/json nor message/rfc822", 422: "A start would not pass; the verdict stands in check",
             429: "Too many failures; Retry-After says when to come again"}


def ref(name):
    return {"$ref": f"#/components/schemas/{name}"}


def body(what, where, example):
    if isinstance(what, str):
        media = "message/rfc822" if what == "Message" else "application/json"
        return {"content": {media: {"schema": ref(what), **example}}, "required": False}
    properties, required = {}, []
    for name, kind in what.items():
        if name.endswith("!"):
            name = name[:-1]
            required.append(name)
        if kind not in ("string", "integer", "boolean", "array", "object"):
            sys.exit(f"{where}: no such type: {kind}")
        properties[name] = {"type": kind, **({"items": {}} if kind == "array" else {})}
    schema = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    return {"content": {"application/json": {"schema": schema, **example}}, "required": bool(required)}


def answer_of(status):
    if status == 202:
        return {"description": SOMETIMES[202], "content": {"application/json": {"schema": ref("Action")}}}
    text = {**ALWAYS, **SOMETIMES}[status]
    out = {"description": text, "content": {"application/json": {"schema": ref("Error")}}}
    if "Retry-After" in text:
        out["headers"] = {"Retry-After": {"description": "Seconds", "schema": {"type": "integer"}}}
    return out


def operation(path, method, given, table):
    where = f"{method} {path}"
    if set(given) - KNOWN or "s" not in given or method not in METHODS:
        sys.exit(f"{where}: {sorted(set(given) - KNOWN) or 'a summary and a method expected'}")
    changes = given.get("change", False)
    role = given.get("role", "administrator" if changes else "view")
    if role not in table["roles"]:
        sys.exit(f"{where}: no role {role}")
    words = re.sub(r"[^A-Za-z0-9]+", "_", path).strip("_")
    out = {"operationId": f"{method.lower()}_{words}", "summary": given["s"], "x-role": role}
    parameters = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}, **table["parameters"].get("{" + name + "}", {})} for name in re.findall(r"{(\w+)}", path)]
    for word in given.get("q", []):
        name = word.removesuffix("!")
        parameters.append({"name": name, "in": "query", "required": word.endswith("!"), **table["parameters"].get(name, {"schema": {"type": "string"}})})
    if changes or given.get("dry"):
        parameters.append({"name": "dry_run", "in": "query", "required": False, "schema": {"type": "boolean"}, "description": "true: nothing is changed"})
    if parameters:
        out["parameters"] = parameters
    if "in" in given:
        out["requestBody"] = body(given["in"], where, {"example": given["eg"]} if "eg" in given else {})
    if given.get("domain"):
        out["x-of-one-domain"] = True
    if given.get("socket"):
        out["x-only-on-socket"] = True
    if role == "nobody":
        out["security"] = []
    done = {"description": "done"}
    name = given.get("out", "Changed" if changes else None)
    if name is not None and name not in table["schemas"]:
        sys.exit(f"{where}: no schema {name}")
    if given.get("empty"):
        out["responses"] = {"204": done}
    elif given.get("events"):
        out["responses"] = {"200": {**done, "content": {"text/event-stream": {"schema": {"type": "string"}}}}}
    elif given.get("text"):
        out["responses"] = {"200": {**done, "content": {given.get("media", "text/plain"): {"schema": {"type": "string"}}}}}
    else:
        media = "application/x-ndjson" if given.get("list") else "application/json"
        out["responses"] = {"200": {**done, "content": {media: {"schema": ref(name)}}}}
        if "after" in given.get("q", []):
            out["responses"]["200"]["headers"] = {"imc-next": {"description": "Cursor of the next page", "schema": {"type": "string"}}}
    if "note" in given:
        out["responses"]["200"].setdefault("headers", {})["imc-note"] = {"description": given["note"], "schema": {"type": "string"}}
    also = set(given.get("also", []))
    if "{" in path:
        also.add(404)
    if method != "GET":
        also.add(415)
    if changes:
        also |= {404, 409}
    for status in sorted(also):
        out["responses"][str(status)] = answer_of(status)
    for status in ALWAYS:
        out["responses"][str(status)] = {"$ref": f"#/components/responses/{status}"}
    return out


def document(table):
    paths = {path: {method.lower(): operation(path, method, given, table) for method, given in methods.items()} for path, methods in table["paths"].items()}
    return {
        "openapi": table["openapi"], "info": table["info"], "servers": table["servers"], "security": table["security"], "paths": paths,
        "components": {
            "schemas": table["schemas"],
            "responses": {str(status): answer_of(status) for status in ALWAYS},
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "imc_session"},
                "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
                "token": {"type": "http", "scheme": "bearer"}}}}


def main():
    table = yaml.safe_load(pathlib.Path(sys.argv[1]).read_text())
    out = pathlib.Path(sys.argv[2]) / "admin"
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document(table), separators=(",", ":"), ensure_ascii=True)
    if ')IMC"' in text:
        sys.exit("the document holds the end of a C++ literal")
    pieces = [text[i:i + PIECE] for i in range(0, len(text), PIECE)]
    (out / "openapi_json.inc").write_text("\n".join(f'R"IMC({piece})IMC"' for piece in pieces) + "\n")


main()
