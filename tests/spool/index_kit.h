#pragma once
/// @file tests/spool/index_kit.h  A spool of several segments and their indexes.
#include "spool/kit.h"

#include <gtest/gtest.h>

#include <map>

namespace imc::spool {

inline constexpr std::uint64_t segment_octets = 16 << 10;

struct WithIndexes : testing::Test {
    WithIndexes() { bench.open().value(); }

    /// Messages of all sorts in several segments; the last ones in the youngest.
    void fill()
    {
        for (int i = 0; i < 12; ++i) {
            const auto text = std::to_string(i) + std::string(5000, static_cast<char>('a' + i));
            const auto id = bench.store(a_message(text, 1 + static_cast<std::size_t>(i % 3)));
            texts[id.value()] = text;
        }
        auto place = texts.begin();
        bench.commit(done(place->first)).value();
        texts.erase(place);
        Commit change{texts.begin()->first, {{0, state_of(Outcome::waiting, "451 later")}}, {}};
        change.added.push_back({{"more@example.net"}});
        change.amendment.sender = "changed@example.org";
        change.evidence.push_back({"rule", "7"});
        bench.commit(change).value();
        for (int i = 0; i < 3; ++i) {
            const auto text = "last" + std::string(5000, 'z');
            texts[bench.store(a_message(text)).value()] = text;
        }
    }

    std::vector<Recovered> restart()
    {
        bench.open().value();
        return bench.spool->recover();
    }

    /// What a start finds, in one line each.
    std::vector<std::string> found()
    {
        std::vector<std::string> out;
        for (const auto& message : restart()) {
            auto line = message.id.to_string() + " " + message.envelope.sender + " " +
                        std::to_string(message.body_octets);
            for (std::size_t i = 0; i < message.states.size(); ++i)
                line += " " + message.envelope.recipients.at(i).address + " " +
                        message.states[i].last_reply;
            for (const auto& each : message.evidence)
                line += " " + each.key + "=" + each.text;
            const auto text = bench.spool->body(message.id);
            line += text && whole(*text) == texts[message.id] ? " sound" : " damaged";
            out.push_back(line);
        }
        return out;
    }

    std::vector<std::string> names() const { return bench.disk.names(bench.folder.path(), ".idx"); }
    std::map<std::string, std::string> contents() const
    {
        std::map<std::string, std::string> out;
        for (const auto& name : names())
            out[name] = bench.disk.content(bench.path(name));
        return out;
    }
    void put_back(const std::map<std::string, std::string>& indexes)
    {
        bench.spool.reset();
        bench.remove_indexes();
        for (const auto& [name, octets] : indexes)
            bench.disk.put(bench.path(name), octets);
    }

    /// Changes an octet behind `text` in the segment that holds it. @return its file
    std::string damage(std::string_view text)
    {
        for (const auto& name : bench.disk.names(bench.folder.path(), ".seg")) {
            const auto at = bench.disk.content(bench.path(name)).find(text);
            if (at == std::string::npos) continue;
            auto file = bench.disk.open(bench.path(name), OpenMode::write, 0600).value();
            file->write_at(at + text.size() - 1, "#").value();
            return name;
        }
        ADD_FAILURE() << text << " is not there";
        return {};
    }

    Bench bench{segment_octets};
    std::map<MessageId, std::string> texts;
};

/// Fills segments with what is done at once, so that what lives in old ones is copied forward.
inline void pass_mail_through(Bench& bench, int messages)
{
    for (int i = 0; i < messages; ++i)
        bench.commit(done(bench.store(a_message(std::string(5000, 'm'))).value())).value();
}

}  // namespace imc::spool
