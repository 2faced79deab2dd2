#!/usr/bin/python3
"""A private OpenLDAP server for tests: `slapd.py prepare FOLDER [--tls] [--no-schema] [--suffix DN] ...`.

Makes a cn=config in FOLDER and prints KEY=VALUE lines and, as `argv=...` lines, the command that runs it in the
foreground. Whoever starts that command stops it by its pid. As root, slapd runs as an unprivileged user.
From Python: `with Slapd(...) as server: server.url`.
"""
import argparse
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
SCHEMA_TOOL = HERE.parent.parent / "tools/gen_schema.py"
USER = 65534  # nobody


def unprivileged(argv):
    if os.getuid() != 0:
        return argv
    return ["/usr/bin/setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", *argv]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def run(argv, **more):
    done = subprocess.run(argv, capture_output=True, text=True, **more)
    if done.returncode != 0:
        raise RuntimeError(f"{argv[0]}: {done.stderr or done.stdout}")


def make_certificates(folder):
    """A CA, and a certificate of it for localhost and 127.0.0.1; another CA that signed nothing."""
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    for name in ("ca", "other-ca"):
        run([*new, "-subj", f"/CN=Test {name}", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"])
    (folder / "server.ext").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=critical,CA:FALSE\n")
    run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
         "/CN=localhost", "-keyout", folder / "server.key", "-out", folder / "server.csr"])
    run(["openssl", "x509", "-req", "-in", folder / "server.csr", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key",
         "-CAcreateserial", "-days", "2", "-extfile", folder / "server.ext", "-out", folder / "server.pem"])


def config_ldif(folder, o):
    me = f"gidNumber={os.getgid()}[+]uidNumber={os.getuid()},cn=peercred,cn=external,cn=auth"
    admin = f"cn=admin,{o.suffix}"
    tls = ("olcTLSCACertificateFile: {0}/ca.pem\nolcTLSCertificateFile: {0}/server.pem\n"
           "olcTLSCertificateKeyFile: {0}/server.key\n").format(folder) if o.tls else ""
    ours = f"include: file://{folder}/gen/imc.ldif\n\n" if o.schema else ""
    index = ("olcDbIndex: proxyAddresses eq\nolcDbIndex: mailNickname eq\n" if o.schema else "")
    sync = ("\ndn: olcOverlay={0}syncprov,olcDatabase={1}mdb,cn=config\nobjectClass: olcOverlayConfig\n"
            "objectClass: olcSyncProvConfig\nolcOverlay: {0}syncprov\n") if o.syncprov else ""
    schemas = "".join(f"include: file:///etc/ldap/schema/{n}.ldif\n\n" for n in ("core", "cosine", "inetorgperson"))
    return f"""dn: cn=config
objectClass: olcGlobal
cn: config
olcAuthzRegexp: {{0}}"^{me}$" "{admin}"
{tls}
dn: cn=module{{0}},cn=config
objectClass: olcModuleList
cn: module{{0}}
olcModulePath: /usr/lib/ldap
olcModuleLoad: back_mdb
olcModuleLoad: syncprov

dn: cn=schema,cn=config
objectClass: olcSchemaConfig
cn: schema

{schemas}{ours}dn: olcDatabase={{-1}}frontend,cn=config
objectClass: olcDatabaseConfig
objectClass: olcFrontendConfig
olcDatabase: {{-1}}frontend
olcAccess: {{0}}to dn.base="" by * read
olcAccess: {{1}}to dn.base="cn=Subschema" by * read

dn: olcDatabase={{0}}config,cn=config
objectClass: olcDatabaseConfig
olcDatabase: {{0}}config
olcAccess: {{0}}to * by dn.exact="{admin}" manage by * none

dn: olcDatabase={{1}}mdb,cn=config
objectClass: olcDatabaseConfig
objectClass: olcMdbConfig
olcDatabase: {{1}}mdb
olcDbDirectory: {folder}/data
olcDbNoSync: TRUE
olcDbMaxSize: 268435456
olcSuffix: {o.suffix}
olcRootDN: {admin}
olcRootPW: {o.password}
olcAccess: {{0}}to attrs=userPassword by self write by anonymous auth by * none
olcAccess: {{1}}to * by * read
olcDbIndex: objectClass eq
{index}{sync}"""


def base_ldif(suffix, context_csn=()):
    kind, value = re.match(r"(\w+)=([^,]+)", suffix).groups()
    classes = {"dc": "domain", "o": "organization", "ou": "organizationalUnit"}
    stamps = "".join(f"contextCSN: {csn}\n" for csn in context_csn)
    if stamps:  # the object itself is older than all that its providers have changed
        stamps += "entryCSN: 20200101000000.000000Z#000000#001#000000\n"
    return f"dn: {suffix}\nobjectClass: top\nobjectClass: {classes[kind]}\n{kind}: {value}\n{stamps}"


def prepare(folder, o):
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    for name in ("config", "data", "run"):
        (folder / name).mkdir()
    run([sys.executable, SCHEMA_TOOL, SCHEMA_TOOL.parent.parent / "share/schema/imc.yaml", folder / "gen"])
    if o.tls:
        make_certificates(folder)
    (folder / "config.ldif").write_text(config_ldif(folder, o))
    (folder / "base.ldif").write_text(base_ldif(o.suffix, getattr(o, "context_csn", None) or ()))
    if os.getuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, USER, USER)
    slapadd = ["/usr/sbin/slapadd", "-F", folder / "config"]
    run(unprivileged([*slapadd, "-n", "0", "-l", folder / "config.ldif"]))
    run(unprivileged([*slapadd, "-b", o.suffix, "-l", folder / "base.ldif"])) if o.base else None
    for extra in o.ldif or []:
        run(unprivileged([*slapadd, "-b", o.suffix, "-l", extra]))
    port, tls_port = getattr(o, "port", None) or free_port(), free_port()
    socket_path = folder / "run/ldapi"
    urls = {"url": f"ldap://127.0.0.1:{port}", "ldapi": "ldapi://" + str(socket_path).replace("/", "%2F")}
    if o.tls:
        urls["ldaps"] = f"ldaps://127.0.0.1:{tls_port}"
    argv = unprivileged(["/usr/sbin/slapd", "-d", "0", "-F", str(folder / "config"), "-h", " ".join(urls.values())])
    return {**urls, "suffix": o.suffix, "bind_dn": f"cn=admin,{o.suffix}", "socket": str(socket_path),
            "port": str(port), "ca": str(folder / "ca.pem"), "other_ca": str(folder / "other-ca.pem")}, argv


class Slapd:
    def __init__(self, suffix="dc=example,dc=org", password="secret", tls=False, schema=True, syncprov=True, base=True,
                 ldif=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="imc-slapd-"))
        options = argparse.Namespace(suffix=suffix, password=password, tls=tls, schema=schema, syncprov=syncprov,
                                     base=base, ldif=ldif)
        self.facts, self.argv = prepare(self.folder, options)
        self.url = self.facts["url"]
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.argv, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", int(self.facts["port"])), 1).close()
                return self
            except OSError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise RuntimeError("slapd does not start") from None
                time.sleep(0.01)

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)
            self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("what", choices=["prepare"])
    p.add_argument("folder", type=pathlib.Path)
    p.add_argument("--suffix", default="dc=example,dc=org")
    p.add_argument("--password", default="secret")
    p.add_argument("--tls", action="store_true")
    p.add_argument("--no-schema", dest="schema", action="store_false")
    p.add_argument("--no-syncprov", dest="syncprov", action="store_false")
    p.add_argument("--no-base", dest="base", action="store_false")
    p.add_argument("--ldif", action="append")
    p.add_argument("--context-csn", action="append", help="one for each provider, as a replica of several has them")
    o = p.parse_args()
    facts, argv = prepare(o.folder, o)
    print("\n".join([f"{k}={v}" for k, v in facts.items()] + [f"argv={a}" for a in argv]))


if __name__ == "__main__":
    main()
