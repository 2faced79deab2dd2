/// Whole conversations as a mail administrator would write them down: tests/data/golden/*.txt.
///
/// "C: " a line of the client (CRLF is added; \r \n \t \xNN are escapes, a final \c leaves the CRLF
/// out), "S: " a line of the server, "#" a comment. Each client line is one read. A file named
/// after an id of the regression list shows that the old defect is not ours.
#include "base/text.h"
#include "kit/scripted_stream.h"
#include "smtp/server/session.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace imc::smtp {
namespace {

struct Directory : RecipientDirectory {
    net::awaitable<RecipientVerdict> look_up(std::string address) override
    {
        if (same_word(address, "ann@example.org") || same_word(address, "postmaster"))
            co_return verdict::Accepted{};
        if (address == "twice@example.org") co_return verdict::Ambiguous{};
        if (address == "down@example.org")
            co_return verdict::CannotSay{
                Error{EventId::directory_unreachable, "ldap://127.0.0.1 refused"}};
        if (address.ends_with("@example.org")) co_return verdict::Unknown{};
        co_return verdict::Refused{"relay: no rule lets this client relay"};
    }
};

struct Sink : MessageSink {
    net::awaitable<Result<std::string>> store(const Envelope& envelope, BodyReader& body) override
    {
        std::string text;
        for (;;) {
            const auto piece = co_await body.next();
            if (!piece) co_return piece.error();
            if (piece->empty()) break;
            text += *piece;
        }
        if (envelope.sender == "full@example.net")
            co_return Error{EventId::flush_mode_entered, "disk"};
        if (envelope.sender == "broken@example.net")
            co_return Error{EventId::spool_write_failed, "disk"};
        if (envelope.sender == "loop@example.net")
            co_return Error{EventId::hop_count_exceeded, "51"};
        co_return "Q" + std::to_string(text.size());
    }
};

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

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, DialogueGoesAsItIsWrittenDown)
{
    ScriptedPeer client;
    std::string expected;
    std::ifstream file{std::string{IMC_SOURCE_DIR} + "/tests/data/golden/" + GetParam()};
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("C: ")) {
            bool crlf = true;
            auto text = unescaped(std::string_view{line}.substr(3), crlf);
            client.sends.push_back(text + (crlf ? "\r\n" : ""));
        } else if (line.starts_with("S: ")) {
            expected += line.substr(3) + "\r\n";
        }
    }
    ASSERT_FALSE(expected.empty());
    net::io_context io;
    Directory directory;
    Sink sink;
    const Limits limits{.message_octets = 2000, .recipients = 2, .protocol_errors = 4};
    net::co_spawn(io,
                  serve(std::make_unique<ScriptedStream>(client),
                        Dialogue{"mail.example.org", limits}, directory, sink),
                  [](std::exception_ptr e) {
                      if (e) std::rethrow_exception(e);
                  });
    io.run();
    EXPECT_EQ(client.heard, expected);
    EXPECT_TRUE(client.closed);
}

std::vector<std::string> files()
{
    std::vector<std::string> out;
    for (const auto& entry :
         std::filesystem::directory_iterator{std::string{IMC_SOURCE_DIR} + "/tests/data/golden"})
        out.push_back(entry.path().filename());
    std::ranges::sort(out);
    return out;
}

INSTANTIATE_TEST_SUITE_P(Dialogues, Golden, testing::ValuesIn(files()), [](const auto& file) {
    std::string name = file.param.substr(0, file.param.rfind('.'));
    std::ranges::replace_if(
        name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
    return name;
});

}  // namespace
}  // namespace imc::smtp
