/// Many remembered addresses in little memory, and what ends an answer.
#include "directory/recipient_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <thread>

namespace imc {
namespace {

Entry person(const std::string& alias, const std::string& text = "x", const std::string& id = {})
{
    return {Dn::parse_rfc4514("cn=" + alias + ",ou=People,o=Org").value(),
            {{"objectClass", {"top", "imcMailbox"}},
             {"mailNickname", {alias}},
             {"proxyAddresses", {"SMTP:" + alias + "@a.example"}},
             {"description", {text}}},
            id};
}

std::string texts_of(RecipientTable& table, std::string_view address)
{
    const auto known = table.find(address);
    if (!known) return "unknown";
    if (!known->found()) return "absent";
    std::string out;
    for (const auto& holder : known->holders())
        out += std::string{holder.first("mailNickname")} + "=" +
               std::string{holder.first("description")} + " ";
    return out;
}

TEST(KeyedHash, IsSipHash13)
{
    const KeyedHash hash{0, 0};  // as Python's with PYTHONHASHSEED=0
    EXPECT_EQ(hash("a"), 0x407448d2b89b1813U);
    EXPECT_EQ(hash("ann@a.example"), 0xd66ce9902f7232ecU);
    EXPECT_EQ(hash("0123456789abcdef"), 0x1d42b30f7e060c24U);
    EXPECT_EQ(hash("xxxxxxxxxxxxxxxxxxxxxxx"), 0x789935903ccbd71bU);
    EXPECT_NE(KeyedHash{}("a"), KeyedHash{}("a")) << "each has a key of its own";
}

// Few hashes and many removals: every chain and every gap, against a map that is surely right.
TEST(HashIndex, FindsWhatIsThereAndNothingElse)
{
    struct Thing {
        std::uint64_t hash;
        int number;
    };
    std::mt19937 random{7};
    HashIndex<Thing> index;
    std::map<int, std::unique_ptr<Thing>> there;
    for (int i = 0; i < 2000; ++i) {
        const auto number = static_cast<int>(random() % 60);
        const auto hash =
            std::uint64_t{random() % 2 == 0 ? 6U : 0U} + static_cast<unsigned>(number) % 5;
        auto& thing = there[number];
        if (!thing) {
            thing = std::make_unique<Thing>(Thing{hash, number});
            index.add(hash, thing.get());
        } else {
            index.remove(thing->hash, thing.get());
            there.erase(number);
        }
        ASSERT_EQ(index.size(), there.size());
        for (int n = 0; n < 60; ++n) {
            const auto known = there.find(n);
            const auto is = [n](const Thing& t) { return t.number == n; };
            if (known != there.end())
                ASSERT_EQ(index.find(known->second->hash, is), known->second.get());
            else
                for (std::uint64_t h = 0; h < 12; ++h)
                    ASSERT_EQ(index.find(h, is), nullptr);
        }
    }
}

TEST(RecipientTable, FoundAndAbsentAreRememberedWithTheirMarks)
{
    RecipientTable table{100};
    const auto asked = Deadline{} + std::chrono::seconds{5};
    table.keep("ann@a.example", {.asked = asked, .revision = 3, .changes = 2, .load = 1},
               {person("ann"), person("bob")});
    table.keep("nobody@a.example", {.revision = 4}, {});
    EXPECT_EQ(texts_of(table, "ann@a.example"), "ann=x bob=x ");
    EXPECT_EQ(texts_of(table, "nobody@a.example"), "absent");
    EXPECT_EQ(texts_of(table, "eve@a.example"), "unknown");
    const auto known = table.find("ann@a.example");
    EXPECT_EQ(known->mark.asked, asked);
    EXPECT_EQ(known->mark.revision, 3U);
    EXPECT_EQ(known->mark.changes, 2U);
    EXPECT_EQ(known->mark.load, 1U);
    table.keep("ann@a.example", {}, {});
    EXPECT_EQ(texts_of(table, "ann@a.example"), "absent");
    table.forget("ann@a.example");
    EXPECT_EQ(texts_of(table, "ann@a.example"), "unknown");
    EXPECT_EQ(table.size(), 1U);
}

TEST(RecipientTable, AddressesOfOneObjectShareIt)
{
    RecipientTable table{1000};
    table.keep("ann@a.example", {}, {person("ann")});
    for (int i = 0; i < 5; ++i)
        table.keep("ann" + std::to_string(i) + "@a.example", {}, {person("ann")});
    EXPECT_EQ(table.objects(), 1U);
    table.keep("ann@b.example", {}, {person("ann", "changed since")});
    EXPECT_EQ(table.objects(), 2U) << "it was not the same when it was found";
    EXPECT_EQ(texts_of(table, "ann@a.example"), "ann=x ");
}

TEST(RecipientTable, WhatIsForgottenGivesItsMemoryBack)
{
    RecipientTable table{1000};
    table.keep("first@a.example", {}, {person("first")});
    table.forget("first@a.example");
    for (int i = 0; i < 300; ++i)
        table.keep(std::to_string(i) + "@a.example", {}, {person(std::to_string(i))});
    for (int i = 0; i < 300; ++i)
        table.forget(std::to_string(i) + "@a.example");
    EXPECT_EQ(table.size(), 0U);
    EXPECT_EQ(table.objects(), 0U);
    EXPECT_LT(table.octets(), 64U * 1024) << "the index and the words stay";
}

TEST(RecipientTable, ChangedObjectIsVoidForAllItsAddressesAndNoOthers)
{
    RecipientTable table{100};
    table.keep("ann@a.example", {}, {person("ann")});
    table.keep("a@a.example", {}, {person("ann")});
    table.keep("both@a.example", {}, {person("bob"), person("ann")});
    table.keep("bob@a.example", {}, {person("bob")});
    EXPECT_EQ(table.touch(person("ann", "new")), 1U);
    for (const auto* address : {"ann@a.example", "a@a.example", "both@a.example"})
        EXPECT_EQ(texts_of(table, address), "unknown") << address;
    EXPECT_EQ(texts_of(table, "bob@a.example"), "bob=x ");
    table.keep("ann@a.example", {}, {person("ann")});
    EXPECT_EQ(texts_of(table, "ann@a.example"), "ann=x ") << "found so again, after the change";
    EXPECT_EQ(table.touch(person("eve")), 0U);
}

TEST(RecipientTable, ObjectIsKnownByItsIdUnderAnyName)
{
    RecipientTable table{100};
    table.keep("ann@a.example", {}, {person("ann", "x", "id 1")});
    table.keep("bob@a.example", {}, {person("bob", "x", "id 2")});
    EXPECT_EQ(table.touch(person("anne", "x", "id 1")), 1U);
    EXPECT_EQ(texts_of(table, "ann@a.example"), "unknown");
    EXPECT_EQ(texts_of(table, "bob@a.example"), "bob=x ");
}

TEST(RecipientTable, ObjectWhoseIdWasNotShownIsKnownByItsNameWhenAChangeHasOne)
{
    RecipientTable table{100};
    table.keep("ann@a.example", {}, {person("ann")});
    table.keep("bob@a.example", {}, {person("bob", "x", "id 2")});
    EXPECT_EQ(table.touch(person("ann", "x", "id 1")), 1U);
    EXPECT_EQ(table.touch(person("bob", "x", "id 2")), 1U) << "once, though both would fit";
    EXPECT_EQ(texts_of(table, "ann@a.example"), "unknown");
}

TEST(RecipientTable, LoadingAddsHoldersAndLeavesWhatIsNewer)
{
    RecipientTable table{100};
    const auto bring = [&](const std::string& address, const Entry& entry, bool newer) {
        const auto object = table.object(entry);
        table.add(address, {.load = 2}, object, [newer](const AnswerMark&) { return newer; });
    };
    bring("ann@a.example", person("ann"), true);
    bring("ann@a.example", person("ann"), true);
    bring("ann@a.example", person("bob"), true);
    EXPECT_EQ(texts_of(table, "ann@a.example"), "ann=x bob=x ");
    table.keep("eve@a.example", {}, {});
    bring("eve@a.example", person("eve"), true);
    EXPECT_EQ(texts_of(table, "eve@a.example"), "absent");
    bring("eve@a.example", person("eve"), false);
    EXPECT_EQ(texts_of(table, "eve@a.example"), "eve=x ");
    EXPECT_EQ(table.find("eve@a.example")->mark.load, 2U);
}

TEST(RecipientTable, MemoryIsBoundedByNumberAndByOctets)
{
    RecipientTable table{2000};
    std::size_t gone = 0;
    for (int i = 0; i < 5000; ++i)
        gone += table.keep(std::to_string(i) + "@a.example", {}, {});
    EXPECT_EQ(table.size(), 2000U);
    EXPECT_EQ(gone, 3000U);
    for (int i = 0; i < 5000; ++i)
        table.keep(std::to_string(i) + "@a.example", {},
                   {person(std::to_string(i), std::string(2000, 'x'))});
    EXPECT_LE(table.octets(), 2000U * 500 + 64 * 1024);
    EXPECT_GE(table.size(), 300U);
    table.keep("huge@a.example", {}, {});
    EXPECT_EQ(table.keep("huge@a.example", {}, {person("huge", std::string(1 << 20, 'x'))}), 0U);
    EXPECT_EQ(texts_of(table, "huge@a.example"), "unknown") << "and not what was before";
}

TEST(RecipientTable, AskedForLongestAgoGoesFirst)
{
    RecipientTable table{3};
    for (const auto* name : {"a", "b", "c"})
        table.keep(name, {}, {});
    (void)table.find("a");
    table.keep("d", {}, {});
    EXPECT_EQ(texts_of(table, "a"), "absent");
    EXPECT_EQ(texts_of(table, "b"), "unknown");
}

// Half a kilobyte is what an address may take; an ordinary person takes less.
TEST(RecipientTable, OrdinaryPersonTakesLessThanHalfAKilobyte)
{
    constexpr int people = 20'000;
    RecipientTable table{people};
    for (int i = 0; i < people; ++i) {
        const auto alias = "given.surname" + std::to_string(i);
        auto entry =
            person(alias, "", "0e5f4c1a-7a50-103f-8b5d-" + std::to_string(100000000000 + i));
        entry.attributes["displayName"] = {"Surname, Given (Department)"};
        entry.attributes["cn"] = {"Given Surname " + std::to_string(i)};
        entry.attributes["homeMDB"] = {"maildir"};
        table.keep(alias + "@contoso.example", {}, {entry});
    }
    EXPECT_EQ(table.size(), static_cast<std::size_t>(people));
    EXPECT_LT(table.octets() / people, 500U);
}

TEST(RecipientTable, IsUsedByManyAtOnce)
{
    RecipientTable table{200};
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            std::mt19937 random{t};
            for (int i = 0; i < 5000; ++i) {
                const auto alias = std::to_string(random() % 300);
                switch (random() % 4) {
                case 0: table.keep(alias, {}, {person(alias)}); break;
                case 1: table.touch(person(alias)); break;
                case 2: table.keep(alias + "-b", {}, {person(alias)}); break;
                default:
                    if (const auto known = table.find(alias))
                        if (known->holders().front().first("mailNickname") != alias) ++wrong;
                }
            }
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(wrong, 0);
    EXPECT_LE(table.size(), 200U);
}

}  // namespace
}  // namespace imc
