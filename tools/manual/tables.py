"""The references: events, registry and REST, from the tables in share/. A page is (file name, title, HTML, [(anchor, heading, words)])."""
import html
import json
import re

KINDS = {"historic": ("events-historic.html", "Events of history", "Numbers of the historic connector and its neighbours. imc explains them and never raises them."),
         "tracking": ("events-tracking.html", "Numbers of the tracking log", "They stand in records of message tracking, not in the event log."),
         "service-error": ("events-service-errors.html", "Errors of the service manager", "What the service manager says; none of it is an event.")}
TONES = {"Error": "bad", "Failure Audit": "bad", "Warning": "warn", "Success Audit": "ok", "Information": "info"}


def text(value):
    return html.escape(" ".join(str("" if value is None else value).split()), quote=False)


def name_of(category):
    return "events-" + re.sub(r"[^a-z0-9]+", "-", category.lower()).strip("-") + ".html"


def facts(rows):
    made = "".join(f"<dt>{name}</dt><dd>{value}</dd>\n" for name, value in rows if value)
    return f'<dl class="facts">\n{made}</dl>\n' if made else ""


# ---- events ---------------------------------------------------------------------------------------------

def page_of(event):
    kind = event.get("kind", "event")
    return KINDS[kind][0] if kind != "event" else name_of(event["category"])


def anchors(events):
    """The first of a number has the number for its anchor, others its symbol behind it."""
    seen = set()
    for event in events:
        event["anchor"] = str(event["id"]) if event["id"] not in seen else f"{event['id']}-{event['symbol']}"
        seen.add(event["id"])


def steps(heading, rows, links):
    if not rows:
        return ""
    made = "".join(f"<li>{links.text(text(r['text']))}" + (f"<pre>{text(r['command'])}</pre>" if r.get("command") else "") + "</li>\n" for r in rows)
    return f"<h3>{heading}</h3>\n<ul>\n{made}</ul>\n"


def badge(event):
    kind = event.get("type", "")
    return f'<span class="badge {TONES.get(kind, "info")}">{text(kind)}</span>' if kind else ""


def article(event, links):
    level = {1: "Minimum", 3: "Medium", 5: "Maximum"}.get(event.get("level", 0), "")
    return (f'<section class="event"><h2 id="{event["anchor"]}">{event["id"]} <code>{text(event["symbol"])}</code> {badge(event)}</h2>\n'
            + (f'<p class="says">{text(event["template"])}</p>\n' if event.get("template") else "")
            + f"<p>{links.text(text(event['meaning']))}</p>\n"
            + steps("Probable causes, with a command that tests each", event.get("causes"), links)
            + steps("Remedies", event.get("remedies"), links)
            + facts([("Category", text(event.get("category"))), ("Written from level", level), ("Source", text(event.get("kb")))]) + "</section>\n")


def event_page(name, title, note, events, links):
    body = f'<h1>{text(title)}</h1>\n<p>{note} All numbers: <a href="events.html">events</a>.</p>\n' + "".join(article(e, links) for e in events)
    found = [(e["anchor"], f"{e['id']} {e['symbol']}", f"{e.get('template', '')} {e['meaning']}") for e in events]
    return name, title, body, found


def event_pages(events, links):
    """The index of all numbers, then a page for each category and kind."""
    events = sorted(events, key=lambda e: (e["id"], e.get("kind", "event") != "event", e["symbol"]))
    anchors(events)
    rows = "".join(f'<tr id="{e["anchor"]}"><td class="number"><a href="{page_of(e)}#{e["anchor"]}">{e["id"]}</a></td><td><code>{text(e["symbol"])}</code> {badge(e)}'
                   f'<br>{first_sentence(e["meaning"])}</td></tr>\n' for e in events)
    pages = []
    for category in sorted({e["category"] for e in events if e.get("kind", "event") == "event"}):
        note = f"Events of the category <em>{text(category)}</em>: what each means, what tests each cause, what mends it."
        pages.append(event_page(name_of(category), f"Events: {category}", note,
                                [e for e in events if e.get("kind", "event") == "event" and e["category"] == category], links))
    for kind, (name, title, note) in KINDS.items():
        pages.append(event_page(name, title, note, [e for e in events if e.get("kind") == kind], links))
    chapters = "".join(f'<li><a href="{page[0]}">{text(page[1])}</a></li>\n' for page in pages)
    index = ("<h1>Events and other numbers</h1>\n<p>Each record of the event log has one of these numbers. Historic numbers keep their meaning; imc's own begin at 40000. "
             "<code>imc events</code> searches the log, <code>imc explain NUMBER</code> prints what stands here.</p>\n"
             f'<ul class="columns">\n{chapters}</ul>\n<div class="wide"><table>\n<thead><tr><th scope="col">Number</th><th scope="col">Symbol and meaning</th></tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n')
    return [("events.html", "Events and other numbers", index, [("", "Events and other numbers", "event log numbers symbols")]), *pages]


def first_sentence(meaning):
    return text(re.split(r"(?<=[.:])\s", " ".join(meaning.split()), maxsplit=1)[0].rstrip(":"))


# ---- registry -------------------------------------------------------------------------------------------

def type_of(value):
    words = "REG_" + value["type"]
    if value.get("unit"):
        words += f", {value['unit']}"
    if value["type"] in ("DWORD", "QWORD"):
        top = value.get("max", 0xFFFFFFFF if value["type"] == "DWORD" else 0xFFFFFFFFFFFFFFFF)
        words += f", {value.get('min', 0)} to {top}"
    if value.get("choices"):
        words += ": one of " + ", ".join(map(str, value["choices"]))
    return text(words)


def registry_page(values, links):
    values = sorted(values, key=lambda v: v["name"].lower())
    listed = "".join(f'<li><a href="#{v["name"]}">{text(v["name"])}</a></li>\n' for v in values)
    body = ("<h1>Registry values</h1>\n<p>What belongs to this host and not to the organization stands in its registry, <code>/etc/imc/registry.reg</code>. "
            "<code>imc reg describe NAME</code> prints what stands here, <code>imc reg add</code> writes a value after keeping a copy, and <code>imc check</code> proves all of them.</p>\n"
            f'<ul class="columns">\n{listed}</ul>\n')
    for v in values:
        default = v.get("default")
        body += (f'<section><h2 id="{v["name"]}"><code>{text(v["name"])}</code></h2>\n<p>{links.text(text(v["text"]))}</p>\n'
                 + facts([("Type", type_of(v)), ("Default", f"<code>{text(default)}</code>" if default not in (None, "") else "none"), ("Takes effect", text(v["effect"])),
                          ("Read by", text(v["reader"])), ("Also spelled", text(", ".join(v.get("aliases", [])))), ("Source", text(v.get("kb")))]) + "</section>\n")
    return "registry.html", "Registry values", body, [(v["name"], v["name"], v["text"]) for v in values]


# ---- REST -----------------------------------------------------------------------------------------------

def schema_link(name):
    return f'<a href="#schema-{name}">{text(name)}</a>' if name else ""


def operation(path, method, given, table):
    changes = given.get("change", False)
    role = given.get("role", "administrator" if changes else "view")
    takes = given.get("in")
    if isinstance(takes, dict):
        takes = ", ".join(f"<code>{text(name.rstrip('!'))}</code> ({kind}{', needed' if name.endswith('!') else ''})" for name, kind in takes.items())
    elif takes:
        takes = schema_link(takes)
    query = list(given.get("q", [])) + (["dry_run"] if changes or given.get("dry") else [])
    about = {name: p["description"] for name, p in table["parameters"].items() if "description" in p} | {"dry_run": "true: nothing is changed"}

    def word(name):
        bare = name.removesuffix("!")
        told = [text(about[bare])] if bare in about else []
        told += ["needed"] if bare != name or table["parameters"].get(bare, {}).get("required") else []
        return f"<code>{text(bare)}</code>" + (f" ({'; '.join(told)})" if told else "")

    asked = ", ".join(map(word, query))
    example = f"<code>{text(json.dumps(given['eg']))}</code>" if given.get("eg") else ""
    answer = ("nothing (204)" if given.get("empty") else "server-sent events" if given.get("events") else "text" if given.get("text")
              else schema_link(given.get("out", "Changed" if changes else "")) + (", as JSON Lines" if given.get("list") else ""))
    return (f'<section class="call"><h3><code>{method} /api/v1{text(path)}</code></h3>\n<p>{text(given["s"])}</p>\n'
            + facts([("Role", "none" if role == "nobody" else text(role.replace("_", " "))), ("Query", asked), ("Body", takes), ("Example", example), ("Answer", answer)]) + "</section>\n")


def schema_words(schema):
    if "$ref" in schema:
        return schema_link(schema["$ref"].rsplit("/", 1)[1])
    if "enum" in schema:
        return "one of " + text(", ".join(map(str, schema["enum"])))
    kind = schema.get("type", "any")
    kind = " or ".join(kind) if isinstance(kind, list) else kind
    return text(kind) + (f" of {schema_words(schema['items'])}" if schema.get("items") else "")


def schema_section(name, schema):
    rows, needed = [], set()
    for part in schema.get("allOf", [schema]):
        if "$ref" in part:
            rows.append(f"<tr><td colspan=\"2\">all of {schema_words(part)}</td></tr>\n")
        needed |= set(part.get("required", []))
        rows += [f"<tr><td><code>{text(key)}</code></td><td>{schema_words(kind)}{'' if key in needed else ', may be absent'}</td></tr>\n"
                 for key, kind in part.get("properties", {}).items()]
    table = f'<div class="wide"><table><tbody>\n{"".join(rows)}</tbody></table></div>\n' if rows else f"<p>{text(schema.get('description', 'Any JSON.'))}</p>\n"
    return f'<section><h3 id="schema-{name}">{text(name)}</h3>\n{table}</section>\n'


def rest_page(table):
    groups = {}
    for path, methods in table["paths"].items():
        groups.setdefault(path.split("/")[1].split(".")[0], []).append((path, methods))
    body = (f"<h1>REST reference</h1>\n<p>{text(table['info']['description']).replace('`', '').removesuffix(' docs/formats/admin-api.md.')}</p>\n"
            '<p>A program signs in with a token (<code>imc admin token add</code>); see <a href="api.html">the API by example</a> and <a href="format-admin-api.html">how it behaves</a>. '
            'The service gives the same as <code>GET /api/v1/openapi.json</code> (OpenAPI 3.1).</p>\n')
    found = []
    for group, paths in groups.items():
        body += f'<h2 id="{group}">/{text(group)}</h2>\n'
        for path, methods in paths:
            body += "".join(operation(path, method, given, table) for method, given in methods.items())
        found.append((group, f"/{group}", " ".join(f"{m} {p} {g['s']}" for p, ms in paths for m, g in ms.items())))
    body += '<h2 id="schemas">What answers hold</h2>\n' + "".join(schema_section(name, schema) for name, schema in table["schemas"].items())
    return "rest.html", "REST reference", body, found
