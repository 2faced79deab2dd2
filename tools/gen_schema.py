#!/usr/bin/python3
"""share/schema/imc.yaml -> directory/schema_data.inc (embedded engine) and imc.ldif (OpenLDAP cn=config)."""
import json
import pathlib
import sys

import yaml

SYNTAX = {  # our word: (LDAP syntax OID, matching rules)
    "text": ("1.3.6.1.4.1.1466.115.121.1.15", "EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch"),
    "exact": ("1.3.6.1.4.1.1466.115.121.1.15", "EQUALITY caseExactMatch SUBSTR caseExactSubstringsMatch"),
    "dn": ("1.3.6.1.4.1.1466.115.121.1.12", "EQUALITY distinguishedNameMatch"),
    "integer": ("1.3.6.1.4.1.1466.115.121.1.27", "EQUALITY integerMatch ORDERING integerOrderingMatch"),
    "boolean": ("1.3.6.1.4.1.1466.115.121.1.7", "EQUALITY booleanMatch"),
    "octets": ("1.3.6.1.4.1.1466.115.121.1.40", "EQUALITY octetStringMatch"),
}


def fold(line):
    out = line[:76]
    rest = line[76:]
    while rest:
        out += "\n " + rest[:75]
        rest = rest[75:]
    return out


def ldif(table):
    arc = table["arc"]
    lines = ["dn: cn=imc,cn=schema,cn=config", "objectClass: olcSchemaConfig", "cn: imc"]
    for a in table["attributes"]:
        oid, rules = SYNTAX[a["syntax"]]
        text = (f"olcAttributeTypes: ( {arc}.1.{a['id']} NAME '{a['name']}' DESC '{a['text'].replace(chr(39), '')}'"
                f" {rules} SYNTAX {oid}"
                + (" SINGLE-VALUE" if a.get("single") else "") + " )")
        lines.append(fold(text))
    for c in table["classes"]:
        may = f" MAY ( {' $ '.join(c['may'])} )" if c["may"] else ""
        must = f" MUST ( {' $ '.join(c['must'])} )" if c["must"] else ""
        kind = "STRUCTURAL" if c.get("structural", True) else "AUXILIARY"
        lines.append(fold(f"olcObjectClasses: ( {arc}.2.{c['id']} NAME '{c['name']}' SUP top {kind}{must}{may} )"))
    return "\n".join(lines) + "\n"


def main():
    table = yaml.safe_load(pathlib.Path(sys.argv[1]).read_text())
    out = pathlib.Path(sys.argv[2])
    (out / "directory").mkdir(parents=True, exist_ok=True)
    rows = "".join('AttributeRule{"%s", Syntax::%s, %s, %s, %s},\n' % (a["name"], a["syntax"], "true" if a.get("single") else "false",
                                                                             "true" if a.get("secret") else "false",
                                                                             json.dumps(a.get("text", "")))
                   for a in table["attributes"] + table["standard"])
    classes = "".join('ClassRule{"%s", "%s", "%s", %s},\n' % (c["name"], " ".join(c["must"]), " ".join(c["may"]),
                                                             "true" if c.get("structural", True) else "false")
                      for c in table["classes"] + table["standard_classes"])
    (out / "directory/schema_attributes.inc").write_text(rows)
    (out / "directory/schema_classes.inc").write_text(classes)
    text = ldif(table)
    (out / "imc.ldif").write_text(text)
    (out / "directory/schema_ldif.inc").write_text('R"LDIF(' + text + ')LDIF"\n')


main()
