#include "queue_world.h"

#include "admin/text_sum.h"
#include "kit/copies.h"

namespace imc::admin {
namespace {

std::string sum_of(const std::string& text)
{
    TextSum sum;
    sum.append(text);
    return sum.hex();
}

class QueueImport : public QueueApi {
protected:
    QueueImport() { config_.message_octets = 2 << 20; }

    /// As imc queue export writes it.
    json::object exported(const std::string& id, std::string& octets)
    {
        auto out = object("/api/v1/queue/" + id + "/envelope");
        octets = whole_text(id);
        out["sha256"] = sum_of(octets);
        return out;
    }
    /// As imc queue import does it. @return the last answer
    Response import(const json::object& envelope, const std::string& octets, json::object more = {},
                    std::size_t piece = 300'000)
    {
        more["envelope"] = envelope;
        const auto begun = ask("POST", "/api/v1/queue-imports", json::serialize(more));
        if (begun.status != 200) return begun;
        number_ = std::to_string(json::parse(begun.body).at("number").to_number<int>());
        const auto one = "/api/v1/queue-imports/" + number_;
        for (std::size_t at = 0; at < octets.size(); at += piece) {
            const auto sent =
                ask("POST", one + "/text?at=" + std::to_string(at), octets.substr(at, piece), true);
            if (sent.status != 200) return sent;
        }
        auto stored = ask("POST", one + "/store");
        settle_down();
        return stored;
    }
    std::string new_id(const Response& answer)
    {
        EXPECT_EQ(answer.status, 200U) << answer.body;
        return answer.status == 200 ? text(json::parse(answer.body).at("message")) : "";
    }
    void refuses(const json::object& envelope, const std::string& octets, const std::string& words)
    {
        const auto before = queue_->counts().messages;
        const auto answer = import(envelope, octets);
        EXPECT_GE(answer.status, 400U) << words;
        EXPECT_NE(answer.body.find(words), std::string::npos) << words << ": " << answer.body;
        EXPECT_EQ(queue_->counts().messages, before) << words;
        if (!number_.empty()) {
            EXPECT_EQ(ask("POST", "/api/v1/queue-imports/" + number_ + "/store").status, 404U);
        }
    }

    /// One with everything that an envelope can have.
    spool::Envelope letter() const
    {
        auto out = envelope({"ann@a.example",
                             "b\xc3\xb6"
                             "b@b.example",
                             "carol@c.example"});
        out.recipients[0].original = "rfc822;Ann@a.example";
        out.recipients[0].notify = 6;
        out.envid = "QQ314159";
        out.ret = "HDRS";
        out.eight_bit = out.smtp_utf8 = true;
        out.priority = spool::Priority::urgent;
        out.peer = "[192.0.2.1]:4711 (client.example)";
        out.account = "ann";
        out.arrived_at = clock_.wall - 1h;
        return out;
    }

    const std::string octets_ = "Received: from x\r\nSubject: x\r\n\r\ntext\r\n";
    std::string number_;
};

TEST_F(QueueImport, ExportedDeletedAndImportedMessageIsAsItWasUnderANewId)
{
    const auto old = put(letter(), octets_);
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 3; }));
    order("reroute", {{"domain", "a.example"}, {"to", "relay.example:587"}});
    order("hold", {{"domain", "c.example"}, {"text", "ticket 4711"}});
    order("expire", {{"domain", "b.example"}, {"in", "3h"}});
    std::string octets;
    const auto envelope = exported(old, octets);
    EXPECT_EQ(octets, octets_);
    order("delete", {{"all", true}});
    EXPECT_EQ(queue_->list({.all = true}).size(), 0U);

    const auto id = new_id(import(envelope, octets));
    EXPECT_NE(id, old);
    std::string again;
    auto back = exported(id, again);
    EXPECT_EQ(again, octets);
    auto expected = envelope;
    expected["id"] = id;
    EXPECT_EQ(json::serialize(back), json::serialize(expected));
    EXPECT_EQ(handed_over, std::vector<std::string>{"import by uid=0: it was " + old});
    EXPECT_EQ(row("carol@c.example").reason, queue::Reason::held);
    EXPECT_EQ(row("ann@a.example").terms.route, "relay.example:587");

    // And all of it is in the spool.
    restart();
    EXPECT_EQ(json::serialize(exported(id, again)), json::serialize(expected));
    EXPECT_EQ(again, octets);
}

TEST_F(QueueImport, ImportedMailIsCopiedUnlessItHadACopyAsWhatItWas)
{
    kit::Copies copies;
    copies_to = &copies;
    add_all();
    std::string octets;
    const auto old = put(letter(), octets_);
    const auto envelope = exported(old, octets);
    order("delete", {{"all", true}, {"now", true}});
    EXPECT_EQ(import(envelope, octets, {{"dry_run", true}}).status, 200U);
    EXPECT_TRUE(copies.kept().empty());
    const auto id = new_id(import(envelope, octets));
    const auto kept = copies.kept();
    ASSERT_EQ(kept.size(), 1U);
    EXPECT_EQ(kept[0].id.to_string(), id);
    ASSERT_TRUE(kept[0].before) << "whoever keeps it can look";
    EXPECT_EQ(kept[0].before->id.to_string(), old);
    EXPECT_EQ(kept[0].before->arrived_at, letter().arrived_at);
}

TEST_F(QueueImport, HeldOneIsNotSentBeforeItIsReleased)
{
    std::string octets;
    const auto old = put(letter(), octets_);
    const auto envelope = exported(old, octets);
    order("delete", {{"all", true}, {"now", true}});
    internet_.sent.clear();
    const auto id = new_id(import(envelope, octets, {{"hold", true}}));
    EXPECT_EQ(queue_->list({.reason = queue::Reason::held}).size(), 1U);
    EXPECT_TRUE(internet_.sent.empty());
    EXPECT_NE(row("carol@c.example").why.find("it was " + old), std::string::npos);
    order("release", {{"ids", {id}}});
    EXPECT_TRUE(until([&] { return internet_.sent.size() == 3; }));
}

TEST_F(QueueImport, DryRunChecksAllOfItAndQueuesNothing)
{
    std::string octets;
    const auto envelope = exported(put(letter(), octets_), octets);
    order("delete", {{"all", true}, {"now", true}});
    const auto seen = import(envelope, octets, {{"dry_run", true}});
    EXPECT_EQ(seen.status, 200U) << seen.body;
    EXPECT_EQ(json::parse(seen.body).at("recipients").as_int64(), 3);
    EXPECT_EQ(queue_->counts().messages, 0U);
    EXPECT_GE(import(envelope, octets + "x", {{"dry_run", true}}).status, 400U);
}

TEST_F(QueueImport, LargeTextComesInPiecesAndIsWhole)
{
    std::string large = octets_;
    while (large.size() < 900'000)
        large += "line " + std::to_string(large.size()) + "\r\n";
    std::string octets;
    const auto envelope = exported(put(letter(), large), octets);
    EXPECT_EQ(octets, large);
    order("delete", {{"all", true}, {"now", true}});
    const auto id = new_id(import(envelope, octets, {}, 77'777));
    EXPECT_EQ(whole_text(id), large);
}

TEST_F(QueueImport, RecipientsThatHadBeenDeletedAreLeftOut)
{
    const auto old = put(letter(), octets_);
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 3; }));
    order("delete", {{"domain", "b.example"}});
    std::string octets;
    const auto envelope = exported(old, octets);
    order("delete", {{"all", true}});
    const auto answer = import(envelope, octets);
    EXPECT_EQ(json::parse(answer.body).at("deleted").as_int64(), 1);
    EXPECT_EQ(object("/api/v1/queue/" + new_id(answer)).at("recipients").as_array().size(), 2U);
    refuses(exported(old, octets), octets, "had been deleted");
}

TEST_F(QueueImport, OneThatIsStillInTheQueueIsRefused)
{
    std::string octets;
    const auto old = put(letter(), octets_);
    const auto envelope = exported(old, octets);
    refuses(envelope, octets, "message " + old + " is still in the queue");
    auto other = envelope;
    other["arrived_at"] = "2023-11-14T00:00:00Z";
    EXPECT_EQ(import(other, octets).status, 200U) << "another spool's message of the same number";
}

TEST_F(QueueImport, OneWhoseCopyStillWaitsIsNotImportedAgain)
{
    std::string octets;
    const auto old = put(letter(), octets_);
    const auto envelope = exported(old, octets);
    order("delete", {{"all", true}, {"now", true}});
    const auto copy = new_id(import(envelope, octets));
    refuses(envelope, octets, "came back as " + copy);
    order("delete", {{"all", true}, {"now", true}});
    EXPECT_EQ(import(envelope, octets).status, 200U);
}

TEST_F(QueueImport, OneWhoseCopyStillWaitsIsNotImportedAgainAfterARestart)
{
    std::string octets;
    const auto old = put(letter(), octets_);
    const auto envelope = exported(old, octets);
    order("delete", {{"all", true}, {"now", true}});
    const auto copy = new_id(import(envelope, octets));
    for (int start = 0; start < 2; ++start) {
        restart();
        refuses(envelope, octets, "came back as " + copy);
    }
    auto other = envelope;
    other["arrived_at"] = "2023-11-14T00:00:00Z";
    EXPECT_EQ(import(other, octets).status, 200U) << "another spool's message of the same number";
    order("delete", {{"all", true}, {"now", true}});
    restart();
    EXPECT_EQ(import(envelope, octets).status, 200U);
}

TEST_F(QueueImport, NothingIsImportedWhileTheSpoolIsStillRead)
{
    std::string octets;
    const auto old = put(letter(), octets_);
    const auto envelope = exported(old, octets);
    order("delete", {{"all", true}, {"now", true}});
    loaded = false;
    refuses(envelope, octets, "is still read");
    loaded = true;
    EXPECT_EQ(import(envelope, octets).status, 200U);
}

TEST_F(QueueImport, WhatDoesNotFitIsRefusedByName)
{
    std::string octets;
    const auto good = exported(put(letter(), octets_), octets);
    order("delete", {{"all", true}, {"now", true}});
    refuses(good, octets + "x", "its envelope tells of");
    refuses(good, octets.substr(1), "octets found");
    auto other = octets;
    other[5] = 'X';
    refuses(good, other, "SHA-256");

    const auto with = [&](const char* key, json::value value) {
        auto out = good;
        out[key] = std::move(value);
        return out;
    };
    const auto without = [&](const char* key) {
        auto out = good;
        out.erase(key);
        return out;
    };
    for (const auto* key :
         {"imc_queue_export", "id", "sender", "arrived_at", "octets", "recipients"})
        refuses(without(key), octets, std::string{"\\\""} + key + "\\\": not there");
    refuses(with("imc_queue_export", 2), octets, "version 2 found; 1 expected");
    refuses(with("hold", true), octets, "\\\"hold\\\": a key that is not known");
    refuses(with("priority", "soon"), octets, "'soon' found; urgent, normal");
    refuses(with("ret", "MAYBE"), octets, "'MAYBE' found; FULL, HDRS");
    refuses(with("arrived_at", "yesterday"), octets, "'yesterday' found; a time");
    refuses(with("sender", "ann@a.example>\r\nRCPT TO:<x"), octets, "one line");
    refuses(with("sender", "no address"), octets, "'no address'");
    refuses(with("sha256", "abc"), octets, "64 digits");
    refuses(with("eight_bit", 1), octets, "true or false");
    refuses(with("octets", 3 << 20), octets, "at most 2097152 expected");
    refuses(with("recipients", json::array{}), octets, "no recipient");
    refuses(with("smtp_utf8", false), octets, "recipient 2");

    const auto recipient = [&](const char* key, json::value value) {
        auto out = good;
        out.at("recipients").as_array()[0].as_object()[key] = std::move(value);
        return out;
    };
    refuses(recipient("notify", 3), octets, "recipient 1: \\\"notify\\\": 3 found");
    refuses(recipient("original", "nonsense"), octets, "type;address");
    refuses(recipient("route", "a b"), octets, "\\\"route\\\"");
    refuses(recipient("held_untill", "never"), octets, "\\\"held_untill\\\": a key");
    refuses(recipient("expires", "2020-01-01T00:00:00Z"), octets, "is over");
    EXPECT_EQ(import(good, octets).status, 200U);
}

TEST_F(QueueImport, TextThatPeopleHaveEditedHasLinesThatEndCrlf)
{
    std::string octets;
    auto envelope = exported(put(letter(), octets_), octets);
    order("delete", {{"all", true}, {"now", true}});
    envelope.erase("sha256");
    for (const std::string edited : {"Subject: x\n\r\ntext\r\n", "Subject: x\r\n\r\nte\rxt\r\n",
                                     "Subject: x\r\n\r\n.\n", "Subject: x\r\n\r\ntext"}) {
        envelope["octets"] = edited.size();
        refuses(envelope, edited, "does not end CRLF");
    }
    envelope["octets"] = octets.size();
    EXPECT_EQ(import(envelope, octets, {}, 1).status, 200U);
}

TEST_F(QueueImport, BinaryTextIsTakenWhenItsSumSaysThatItWasLikeThat)
{
    const std::string binary = "Subject: x\r\n\r\na\nb\rc";
    std::string octets;
    const auto envelope = exported(put(letter(), binary), octets);
    order("delete", {{"all", true}, {"now", true}});
    EXPECT_EQ(whole_text(new_id(import(envelope, octets))), binary);
}

TEST_F(QueueImport, MessageThatGoesInCirclesIsRefused)
{
    config_.max_hops = 3;
    std::string octets;
    const auto envelope = exported(
        put(letter(), "Received: 1\r\nReceived: 2\r\nReceived: 3\r\nReceived: 4\r\n\r\n"), octets);
    order("delete", {{"all", true}, {"now", true}});
    refuses(envelope, octets, "4 Received lines found; at most 3 (MaxHops)");
}

TEST_F(QueueImport, OneThatIsNotGoneOnWithIsForgottenAndEightAreTheMost)
{
    std::string octets;
    const auto envelope = exported(put(letter(), octets_), octets);
    order("delete", {{"all", true}, {"now", true}});
    const auto body = json::serialize(json::object{{"envelope", envelope}});
    patience = 300ms;
    add_all();
    for (int i = 0; i < 8; ++i)
        EXPECT_EQ(ask("POST", "/api/v1/queue-imports", body).status, 200U);
    EXPECT_EQ(ask("POST", "/api/v1/queue-imports", body).status, 503U);
    EXPECT_TRUE(until([&] { return ask("POST", "/api/v1/queue-imports/8/store").status == 404; }));
    patience = 60s;
    add_all();
    EXPECT_EQ(import(envelope, octets).status, 200U);
}

TEST_F(QueueImport, SpoolThatCannotKeepItSaysSoAndNothingIsShownToTheQueue)
{
    std::string octets;
    const auto envelope = exported(put(letter(), octets_), octets);
    order("delete", {{"all", true}, {"now", true}});
    kept_->close();
    const auto answer = import(envelope, octets);
    EXPECT_EQ(answer.status, 503U) << answer.body;
    EXPECT_TRUE(handed_over.empty());
}

}  // namespace
}  // namespace imc::admin
