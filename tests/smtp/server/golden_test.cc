/// Whole conversations as a mail administrator would write them down: tests/data/golden/*.txt.
///
/// "C: " a line of the client (CRLF is added; \r \n \t \xNN are escapes, a final \c leaves the CRLF
/// out, \*N repeats the octet before), "S: " a line of the server, "#" a comment, "W: " what this
/// world is like (Script::set). Each file is run four times: with a read for each client line,
/// under TLS, with a read for each octet, and with all of it in one read. A file named after an id
/// of the regression list shows that the old defect is not ours.
#include "base/text.h"
#include "kit/bare_tls.h"
#include "kit/scripted_stream.h"
#include "kit/smtp_world.h"
#include "smtp/server/session.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace imc::smtp {
namespace {

std::string unescaped(std::string_view text, bool& crlf)
{
    std::string out;
    crlf = true;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            out += text[i];
            continue;
        }
        switch (text[++i]) {
        case 'r': out += '\r'; break;
        case 'n': out += '\n'; break;
        case 't': out += '\t'; break;
        case 'c': crlf = false; break;
        case '*': {  // \*N: the octet before, N times
            std::size_t n = 0;
            while (i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9')
                n = n * 10 + static_cast<std::size_t>(text[++i] - '0');
            out.append(n - 1, out.back());
            break;
        }
        case 'x':
            out += static_cast<char>(std::stoi(std::string{text.substr(i + 1, 2)}, nullptr, 16));
            i += 2;
            break;
        default: out += text[i];
        }
    }
    return out;
}

/// What stands in a file.
struct Script {
    std::vector<std::string> sends;  ///< one for each C: line
    std::string expected;
    Terms terms;
    Peer peer{"192.0.2.1", 4711, "192.0.2.250", 25};
    bool accounts = false, accounts_in_the_clear = true;
    std::string code;  ///< that opens the record of a refusal

    void set(std::string_view word)
    {
        const auto equals = std::min(word.find('='), word.size());
        const auto name = word.substr(0, equals);
        const auto value = word.substr(std::min(equals + 1, word.size()));
        if (name == "tls") {
            terms.tls = value == "broken"     ? TlsTerms::broken
                        : value == "required" ? TlsTerms::required
                        : value == "withheld" ? TlsTerms::withheld
                        : value == "implicit" ? TlsTerms::implicit
                                              : TlsTerms::optional;
        } else if (name == "auth") {
            accounts = true;
            accounts_in_the_clear = value != "tls";
        } else if (name == "submission") {
            terms.auth_required = true;
        } else if (name == "without") {
            for (const auto one : split(value, ','))
                terms.offered.remove(extension_named(one).value());
        } else if (name == "xclient") {
            terms.xclient_from = {config::Network::parse("192.0.2.0/24").value()};
        } else if (name == "proxy") {
            terms.proxy_from = {config::Network::parse("192.0.2.0/24").value()};
        } else if (name == "verify") {
            terms.verify = true;
        } else if (name == "expand") {
            terms.expand = value == "authenticated" ? config::ExpandFor::authenticated
                                                    : config::ExpandFor::everybody;
        } else if (name == "recipients") {
            terms.limits.recipients = parse_number(value).value();
        } else if (name == "peer") {
            peer.address = value;
        } else if (name == "code") {
            code = value;
        } else if (name == "messages") {
            terms.limits.messages = parse_number(value).value();
        } else if (name == "idle") {
            terms.limits.idle_commands = static_cast<unsigned>(parse_number(value).value());
        } else if (name == "errors") {
            terms.limits.protocol_errors = static_cast<unsigned>(parse_number(value).value());
        } else if (name == "refusals") {
            terms.limits.refusals = static_cast<unsigned>(parse_number(value).value());
        } else {
            ADD_FAILURE() << "no such word: " << word;
        }
    }
};

Script read_script(const std::string& name)
{
    Script script;
    script.terms.host = "mail.example.org";
    script.terms.limits = {.message_octets = 2000,
                           .text_line_octets = 1000,
                           .header_octets = 1500,
                           .header_lines = 20,
                           .recipients = 2,
                           .protocol_errors = 4};
    std::ifstream file{std::string{IMC_SOURCE_DIR} + "/tests/data/golden/" + name};
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("C: ")) {
            bool crlf = true;
            auto text = unescaped(std::string_view{line}.substr(3), crlf);
            script.sends.push_back(text + (crlf ? "\r\n" : ""));
        } else if (line.starts_with("S: ")) {
            script.expected += line.substr(3) + "\r\n";
        } else if (line.starts_with("W: ")) {
            for (const auto word : split(std::string_view{line}.substr(3), ' '))
                script.set(word);
        } else {
            EXPECT_TRUE(line.empty() || line.starts_with('#')) << line;
        }
    }
    return script;
}

enum class Wire { as_written, under_tls, octet_by_octet, all_at_once };

/// The same octets, cut otherwise. What stands in one C: line with STARTTLS comes before TLS.
ScriptedPeer client_of(const Script& script, Wire wire)
{
    ScriptedPeer client;
    const bool implicit = script.terms.tls == TlsTerms::implicit || wire == Wire::under_tls;
    if (implicit) client.handshakes.push_back(0);
    std::string flight;
    const auto fly = [&] {
        if (flight.empty()) return;
        if (wire == Wire::octet_by_octet)
            for (const char c : flight)
                client.sends.emplace_back(1, c);
        else
            client.sends.push_back(flight);
        flight.clear();
    };
    for (const auto& send : script.sends) {
        flight += send;
        const bool before_tls = starts_with_word(send, "STARTTLS\r\n");
        if (wire != Wire::all_at_once || before_tls) fly();
        if (before_tls) client.handshakes.push_back(client.sends.size());
    }
    fly();
    return client;
}

class Golden : public testing::TestWithParam<std::tuple<std::string, Wire>> {};

TEST_P(Golden, DialogueGoesAsItIsWrittenDown)
{
    auto script = read_script(std::get<0>(GetParam()));
    const auto wire = std::get<1>(GetParam());
    ASSERT_FALSE(script.expected.empty());
    auto client = client_of(script, wire);
    if (wire == Wire::under_tls) script.terms.tls = TlsTerms::implicit;

    net::io_context io;
    kit::Directory directory;
    kit::Sink sink;
    kit::Rules rules;
    rules.code = script.code;
    kit::Accounts accounts;
    accounts.in_the_clear = script.accounts_in_the_clear;
    EventLog events;
    const TlsServer* tls = imc::kit::bare_tls_server();
    const Ports ports{directory, sink, rules, events, script.accounts ? &accounts : nullptr, tls};
    auto dialogue =
        std::make_unique<Dialogue>(std::make_shared<const Terms>(script.terms), script.peer);
    net::co_spawn(io, serve(std::make_unique<ScriptedStream>(client), std::move(dialogue), ports),
                  [](std::exception_ptr e) {
                      if (e) std::rethrow_exception(e);
                  });
    io.run();
    EXPECT_EQ(client.heard, script.expected);
    EXPECT_TRUE(client.closed);
}

std::vector<std::tuple<std::string, Wire>> cases()
{
    std::vector<std::tuple<std::string, Wire>> out;
    for (const auto& entry :
         std::filesystem::directory_iterator{std::string{IMC_SOURCE_DIR} + "/tests/data/golden"}) {
        const std::string name = entry.path().filename();
        const auto script = read_script(name);
        // A file that speaks of TLS itself says when it begins, and so does one with accounts.
        const bool says_when = script.terms.tls != TlsTerms::none || script.accounts ||
                               !script.terms.proxy_from.empty();
        for (const auto wire :
             {Wire::as_written, Wire::under_tls, Wire::octet_by_octet, Wire::all_at_once})
            if (wire != Wire::under_tls || !says_when) out.emplace_back(name, wire);
    }
    std::ranges::sort(out);
    return out;
}

std::string name_of(const testing::TestParamInfo<Golden::ParamType>& info)
{
    const auto& file = std::get<0>(info.param);
    std::string name = file.substr(0, file.rfind('.'));
    std::ranges::replace_if(
        name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
    constexpr const char* wires[] = {"", "_under_tls", "_octet_by_octet", "_all_at_once"};
    return name + wires[static_cast<std::size_t>(std::get<1>(info.param))];
}

INSTANTIATE_TEST_SUITE_P(Dialogues, Golden, testing::ValuesIn(cases()), name_of);

}  // namespace
}  // namespace imc::smtp
