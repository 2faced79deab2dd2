#include "cli/test/address.h"

#include "base/text.h"
#include "cli/commands.h"
#include "mail/mailbox.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <istream>
#include <memory>
#include <ostream>

namespace imc::cli {
namespace {

namespace json = boost::json;

AddressVerdict flawed(const mail::AddressError& flaw) { return {false, flaw.what, flaw.at}; }

void take(AddressFinding& into, const mail::Address& address)
{
    into.read = true;
    into.local = address.local;
    into.domain = address.domain;
    into.literal = address.is_literal();
    into.smtp_utf8 = address.utf8;
    into.canonical = address.normalized();
    if (!into.literal) into.ascii_domain = mail::canonical_domain(address.domain);
    const auto plus = into.local.find('+', 1);
    into.user = into.local.substr(0, plus);
    if (plus != std::string::npos) into.detail = into.local.substr(plus + 1);
}

AddressVerdict judge_envelope(std::string_view text, AddressFinding& into)
{
    if (text.starts_with('<')) {
        const auto path = mail::parse_path(text);
        if (!path) return flawed(path.error());
        if (!path->rest.empty())
            return {false, "something behind '>'", text.size() - path->rest.size()};
        if (path->is_null) return {true, "the sender of a report; no recipient"};
        take(into, path->address);
        if (path->address.domain.empty()) return {true, "the postmaster of this host"};
    } else {
        const auto address = mail::parse_address(text);
        if (!address) return flawed(address.error());
        take(into, *address);
    }
    if (into.literal) return {true, "an address literal: many servers refuse them"};
    return {true};
}

AddressVerdict judge_header(std::string_view text, AddressFinding& into)
{
    const auto mailbox = mail::parse_mailbox(text);
    if (!mailbox) return flawed(mailbox.error());
    into.display_name = mailbox->display_name;
    if (!into.read) take(into, {mailbox->local, mailbox->domain, mailbox->utf8});
    if (!mailbox->obsolete.empty()) return {true, "obsolete: " + mailbox->obsolete};
    return {true};
}

json::object to_json(const AddressVerdict& verdict)
{
    json::object out{{"valid", verdict.valid}};
    if (!verdict.why.empty()) out["why"] = verdict.why;
    if (!verdict.valid) out["at"] = verdict.at;
    return out;
}

json::object to_json(std::string_view text, const AddressFinding& found)
{
    json::object out{{"address", printable(text, 2048)},
                     {"envelope", to_json(found.envelope)},
                     {"header", to_json(found.header)}};
    if (!found.read) return out;
    const auto add = [&](const char* name, const std::string& value) {
        if (!value.empty()) out[name] = printable(value, 2048);
    };
    add("display_name", found.display_name);
    out["local"] = printable(found.local, 2048);
    add("user", found.user);
    add("subaddress", found.detail);
    out["domain"] = printable(found.domain, 2048);
    add("ascii_domain", found.ascii_domain);
    out["literal"] = found.literal;
    out["smtputf8"] = found.smtp_utf8;
    out["canonical"] = printable(found.canonical, 2048);
    return out;
}

std::string told(const AddressVerdict& verdict)
{
    std::string out = verdict.valid ? "yes" : "no, at " + std::to_string(verdict.at);
    if (!verdict.why.empty()) out += (verdict.valid ? "; " : ": ") + verdict.why;
    return out;
}

/// Columns of a terminal, as far as each character takes one.
std::size_t columns(std::string_view text)
{
    const auto shown = printable(text, 2048);
    return static_cast<std::size_t>(
        std::ranges::count_if(shown, [](char c) { return (c & '\xc0') != '\x80'; }));
}

void show(std::ostream& out, std::string_view text, const AddressFinding& found)
{
    out << printable(text, 2048) << '\n';
    const auto& flaw = found.envelope.valid ? found.header : found.envelope;
    if (!flaw.valid) out << std::string(columns(text.substr(0, flaw.at)), ' ') << "^\n";
    out << "  envelope    " << told(found.envelope) << '\n'
        << "  header      " << told(found.header) << '\n';
    if (!found.read) return;
    const auto row = [&](const char* name, const std::string& value) {
        if (!value.empty()) out << "  " << name << printable(value, 2048) << '\n';
    };
    row("name        ", found.display_name);
    row("local part  ", found.local);
    if (!found.detail.empty()) row("subaddress  ", found.detail + " of " + found.user);
    row("domain      ", found.domain);
    if (found.ascii_domain != lower(found.domain)) row("in ASCII    ", found.ascii_domain);
    if (found.smtp_utf8) out << "  needs       SMTPUTF8\n";
    row("canonical   ", found.canonical);
}

void judge(Context& context, std::string_view text)
{
    const auto found = judge_address(text);
    if (!found.envelope.valid || !found.header.valid) context.status = 1;
    if (context.json)
        context.out << json::serialize(to_json(text, found)) << '\n';
    else
        show(context.out, text, found);
}

}  // namespace

AddressFinding judge_address(std::string_view text)
{
    AddressFinding out;
    out.envelope = judge_envelope(text, out);
    out.header = judge_header(text, out);
    if (!out.envelope.valid && out.header.valid &&
        (!out.display_name.empty() || text.ends_with('>')))
        out.envelope = {false, "a name is of the header; the envelope takes the address alone", 0};
    return out;
}

void add_test(CLI::App& imc, Context& context)
{
    auto* test = common(
        imc.add_subcommand("test", "try out what the connector understands: address"), context);
    test->require_subcommand(1);
    auto words = std::make_shared<std::vector<std::string>>();
    auto* address = common(
        test->add_subcommand("address", "is it valid, which are its parts, and why not"), context);
    address
        ->add_option("ADDRESS", *words,
                     "as in RCPT TO, or as in a header; - reads one a line from standard input")
        ->required();
    address->footer(
        "Judged by the parsers of the SMTP server (RFC 5321, RFC 6531 and our limits) and by RFC "
        "5322 for headers; positions count octets from 0. Nobody is asked whether it exists: imc "
        "explain rcpt does that.\n"
        "  imc test address ann+news@example.org 'Ann Lee <ann@example.org>'\n"
        "  imc test address - --json < addresses.txt\n"
        "Exit status: 0 each is valid in the envelope and in a header, 1 one is not.");
    address->callback([&context, words] {
        for (const auto& word : *words) {
            if (word != "-") {
                judge(context, word);
                continue;
            }
            for (std::string line; std::getline(context.in, line);) {
                if (line.ends_with('\r')) line.pop_back();
                judge(context, line);
            }
        }
    });
}

}  // namespace imc::cli
