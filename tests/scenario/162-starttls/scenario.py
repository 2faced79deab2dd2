"""STARTTLS and implicit TLS of the whole service, by Python's client and OpenSSL's: names, versions, failures, a renewal."""
import socket
import ssl

from kit import *


def context(version=None):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
    if version:
        c.minimum_version = c.maximum_version = version
    return c


def shown(port, name):
    """Subject of the certificate that a client of `port` (implicit TLS) sees when it asks for `name`."""
    done = subprocess.run(f"openssl s_client -connect 127.0.0.1:{port} -servername {name} </dev/null 2>/dev/null | openssl x509 -noout -subject",
                          shell=True, capture_output=True, text=True, timeout=PATIENCE)
    return done.stdout.strip()


def new_pair(c, file, name):
    c.shell(f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN={name} "
            f"-keyout tls/{file}.key -out tls/{file}.crt 2>/dev/null && chmod 600 tls/{file}.key")


def by_openssl(c):
    """A whole message by `openssl s_client -starttls smtp`, sent without waiting for a reply."""
    said = "EHLO client.example.net\nMAIL FROM:<bob@example.net>\nRCPT TO:<alice@contoso.example>\nDATA\nSubject: by s_client\n\n.. a dot\n.\nQUIT\n"
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{c.port}", "-starttls", "smtp", "-crlf", "-quiet"],
                          input=said, capture_output=True, text=True, timeout=PATIENCE)
    codes = [line[:4] for line in done.stdout.splitlines() if line[3:4] == " "]
    expect(codes[-5:] == ["250 ", "250 ", "354 ", "250 ", "221 "], done.stdout + done.stderr)
    text = wait_for(lambda: [t for t in (f.read_bytes() for f in c.maildir("alice")) if b"by s_client" in t], "the message")[0]
    expect(text.endswith(b"Subject: by s_client\r\n\r\n. a dot\r\n") and b"with ESMTPS" in text, text)


def run(folder):
    c = Connector(folder / "root")
    c.setup()
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    new_pair(c, "other", "other.example")
    implicit, required = free_port(), free_port()
    c.imc("reg", "add", "-v", "TlsCertificates", "-t", "MULTI_SZ", "-d", "*;imc.crt;imc.key\\0other.example;other.crt;other.key", "-f")
    c.imc("reg", "add", "-v", "Listeners", "-t", "MULTI_SZ", "-d",
          f"127.0.0.1:{c.port}\\0127.0.0.1:{implicit} role=submissions\\0127.0.0.1:{required} tls=required", "-f")
    c.start()
    try:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with c.smtp() as client:
                client.ehlo()
                expect(client.has_extn("starttls"), "STARTTLS is offered, over loopback as well (loopback-starttls)")
                client.starttls(context=context(version))
                client.ehlo()
                expect(not client.has_extn("starttls"), "not offered again under TLS")
                client.sendmail("bob@example.net", ["alice@contoso.example"], b"Subject: sealed\r\n\r\nhello\r\n" * 1000)
        wait_for(lambda: len(c.maildir("alice")) == 2, "both messages")

        by_openssl(c)
        with smtplib.SMTP("127.0.0.1", required, timeout=PATIENCE) as client:
            client.ehlo()
            expect(client.docmd("MAIL", "FROM:<bob@example.net>")[0] == 530, "TLS comes first")

        with smtplib.SMTP_SSL("127.0.0.1", implicit, timeout=PATIENCE, context=context()) as client:
            expect(client.ehlo()[0] == 250, "465 greets under TLS")
        expect(shown(implicit, "other.example").endswith("CN = other.example"), shown(implicit, "other.example"))
        expect("mail1.contoso.example" in shown(implicit, "unknown.example"), shown(implicit, "unknown.example"))

        # A client that speaks no TLS there is told nothing, counted once, and keeps nobody waiting.
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", implicit), timeout=PATIENCE) as s:
                s.sendall(b"EHLO in.the.clear\r\n")
                while s.recv(100):
                    pass
        said = wait_for(lambda: c.events(40604), "event 40604")
        expect(len(said) == 1 and "no TLS" in said[0]["description"], said)

        # What follows STARTTLS in the same segment is thrown away (CVE-2011-0411).
        with socket.create_connection(("127.0.0.1", c.port), timeout=PATIENCE) as s:
            file = s.makefile("rb")
            file.readline()
            s.sendall(b"EHLO a\r\n")
            while file.readline()[3:4] == b"-":
                pass
            s.sendall(b"STARTTLS\r\nMAIL FROM:<evil@example.net>\r\n")
            expect(file.readline().startswith(b"220 "), "220")
            sealed = context().wrap_socket(s)
            sealed.sendall(b"RCPT TO:<alice@contoso.example>\r\n")
            expect(sealed.recv(100).startswith(b"503"), "the MAIL in the clear must not count")

        # Renewed while it runs.
        with smtplib.SMTP_SSL("127.0.0.1", implicit, timeout=PATIENCE, context=context()) as old:
            new_pair(c, "other", "renewed.example")
            wait_for(lambda: shown(implicit, "other.example").endswith("CN = renewed.example"), "the renewed certificate")
            expect(old.noop()[0] == 250, "a session goes on with the certificate it began with")
    finally:
        c.stop()

    c.shell("rm tls/*.key")
    c.start()
    try:
        with c.smtp() as client:
            client.ehlo()
            expect(not client.has_extn("starttls"), "without a certificate STARTTLS is not offered")
            client.sendmail("bob@example.net", ["alice@contoso.example"], b"Subject: clear\r\n\r\nhello\r\n")
        with smtplib.SMTP("127.0.0.1", required, timeout=PATIENCE) as client:
            client.ehlo()
            expect(client.docmd("STARTTLS")[0] == 454, "not now")
            expect(client.docmd("MAIL", "FROM:<bob@example.net>")[0] == 530, "and nothing in the clear")
    finally:
        c.stop()
