"""An OpenAPI 3.1 document as a test sees it: its operations, what fits a schema, and values that do.

Only the words of JSON Schema that our document uses are known here; another one is a failure, so that none is passed over in silence."""
import re

from kit import Failure

SAID_ONLY = {"description", "default", "example", "examples", "contentMediaType", "title"}
KNOWN = SAID_ONLY | {"$ref", "type", "enum", "properties", "required", "items", "additionalProperties", "allOf", "anyOf", "oneOf", "minimum", "maximum",
                     "minLength", "maxLength", "pattern", "minItems", "maxItems", "minProperties", "maxProperties"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float), "null": type(None)}


def is_of_type(value, name):
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, TYPES[name])


class Operation:
    def __init__(self, document, method, path, raw):
        self.method, self.path, self.raw = method.upper(), path, raw
        self.role = raw["x-role"]
        self.of_one_domain = raw.get("x-of-one-domain", False)
        self.only_on_socket = raw.get("x-only-on-socket", False)
        parameters = raw.get("parameters", [])
        self.in_path = [p for p in parameters if p["in"] == "path"]
        self.in_query = [p for p in parameters if p["in"] == "query"]
        self.has_dry_run = any(p["name"] == "dry_run" for p in self.in_query)
        content = raw.get("requestBody", {}).get("content", {})
        self.media = next(iter(content), None)
        self.schema = content[self.media]["schema"] if self.media else None
        self.example = content[self.media].get("example") if self.media else None
        self.responses = {status: document.resolved(answer) for status, answer in raw["responses"].items()}

    def __str__(self):
        return f"{self.method} {self.path}"


class Document:
    def __init__(self, value):
        self.value = value
        self.prefix = value["servers"][0]["url"]
        self.operations = [Operation(self, method, path, raw) for path, methods in value["paths"].items() for method, raw in methods.items()]
        for operation in self.operations:
            operation.methods_here = {method.upper() for method in value["paths"][operation.path]}

    def resolved(self, value):
        while isinstance(value, dict) and "$ref" in value:
            found = self.value
            for step in value["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            value = found
        return value

    # -- what fits ------------------------------------------------------------------------------------
    def flaws(self, value, schema, where="$"):
        """In words: what of `value` is not as the schema says."""
        schema = self.resolved(schema)
        if strange := set(schema) - KNOWN:
            raise Failure(f"{where}: the schema says {sorted(strange)}, which kit_openapi.py does not know")
        types = schema.get("type", [])
        types = [types] if isinstance(types, str) else types
        if types and not any(is_of_type(value, t) for t in types):
            return [f"{where}: {type(value).__name__} {str(value)[:60]!r} found, {' or '.join(types)} expected"]
        out = []
        if "enum" in schema and value not in schema["enum"]:
            out.append(f"{where}: {value!r} found, one of {schema['enum']} expected")
        for part in schema.get("allOf", []):
            out += self.flaws(value, part, where)
        for word, least, most in (("anyOf", 1, 99), ("oneOf", 1, 1)):
            if word in schema:
                tried = [self.flaws(value, part, where) for part in schema[word]]
                if not least <= sum(not flaws for flaws in tried) <= most:
                    out.append(f"{where}: fits {sum(not flaws for flaws in tried)} of {word}: {tried}")
        if isinstance(value, dict):
            out += self.flaws_of_object(value, schema, where)
        elif isinstance(value, list):
            out += self.out_of_bounds(len(value), schema, "Items", where)
            for i, item in enumerate(value):
                out += self.flaws(item, schema.get("items", {}), f"{where}[{i}]")
        elif isinstance(value, str):
            out += self.out_of_bounds(len(value), schema, "Length", where)
            if "pattern" in schema and not re.search(schema["pattern"], value):
                out.append(f"{where}: {value[:60]!r} found, {schema['pattern']} expected")
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            if value < schema.get("minimum", value) or value > schema.get("maximum", value):
                out.append(f"{where}: {value} is out of bounds")
        return out

    def flaws_of_object(self, value, schema, where):
        out = self.out_of_bounds(len(value), schema, "Properties", where)
        properties = schema.get("properties", {})
        out += [f"{where}: no {name!r}" for name in schema.get("required", []) if name not in value]
        beyond = schema.get("additionalProperties", True)
        for name, inner in value.items():
            if name in properties:
                out += self.flaws(inner, properties[name], f"{where}.{name}")
            elif beyond is False:
                out.append(f"{where}: {name!r} is not described")
            elif isinstance(beyond, dict):
                out += self.flaws(inner, beyond, f"{where}.{name}")
        return out

    @staticmethod
    def out_of_bounds(count, schema, what, where):
        if schema.get("min" + what, count) <= count <= schema.get("max" + what, count):
            return []
        return [f"{where}: {count} {what.lower()} found"]

    def described(self, schema):
        """Names of properties, those of all parts; None when any may come."""
        schema = self.resolved(schema)
        if "additionalProperties" in schema:
            return None
        names = set(schema.get("properties", {}))
        for part in schema.get("allOf", []):
            names |= self.described(part) or set()
        return names or None

    # -- what is made of it -----------------------------------------------------------------------------
    def made(self, schema, rng, depth=0):
        """A value that fits the schema."""
        schema = self.resolved(schema)
        if "example" in schema and rng.random() < 0.7:
            return schema["example"]
        if "enum" in schema:
            return rng.choice(schema["enum"])
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return self.made(rng.choice(schema[word]), rng, depth)
        types = schema.get("type", ["object", "array", "string", "integer", "boolean", "null"])
        kind = types if isinstance(types, str) else rng.choice(types)
        if kind == "object":
            return self.made_object(schema, rng, depth)
        if kind == "array":
            count = schema.get("minItems", 0) + rng.randrange(3) if depth < 4 else schema.get("minItems", 0)
            return [self.made(schema.get("items", {"type": "string"}), rng, depth + 1) for _ in range(count)]
        if kind == "integer":
            least, most = schema.get("minimum", 0), schema.get("maximum", 10_000)
            return rng.choice([least, most, rng.randint(least, most)])
        if kind == "string":
            words = ["a", "contoso.example", "alice@contoso.example", "24h", "2026-11-27", "Medium", "x" * 200, "é", "𝄞", "()*\\", "<b>&\"'", "a b"]
            return rng.choice([word for word in words if schema.get("minLength", 0) <= len(word) <= schema.get("maxLength", 1000)])
        return {"boolean": rng.random() < 0.5, "null": None, "number": rng.random()}[kind]

    def made_object(self, schema, rng, depth):
        names = schema.get("properties", {})
        out = {name: self.made(inner, rng, depth + 1) for name, inner in names.items() if name in schema.get("required", []) or rng.random() < 0.4}
        if not names and depth < 4:
            out = {rng.choice("abc"): self.made({"type": ["string", "integer", "boolean"]}, rng, depth + 1) for _ in range(rng.randrange(3))}
        return out
