/// Ranges on the wire, from a server that sends ten values at a time.
#include "directory/ldap.h"
#include "directory/mapped.h"
#include "directory/value_range.h"
#include "kit/ldap_server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

namespace imc {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t members = 25, at_once = 10;

std::string member(std::size_t number) { return "cn=m" + std::to_string(number) + ",dc=example"; }

/// cn=staff as Active Directory shows it: whole attributes by their names, members in ranges.
std::vector<kit::LdapObject> staff(const std::vector<std::string>& asked)
{
    std::size_t from = 0;
    for (const auto& name : asked)
        if (name.starts_with("member;range=")) from = std::stoul(name.substr(13));
    const auto end = std::min(from + at_once, members);
    std::vector<std::string> values;
    for (std::size_t i = from; i < end; ++i)
        values.push_back(member(i));
    const auto last = end == members ? "*" : std::to_string(end - 1);
    return {{"cn=staff,dc=example",
             {{"objectClass", {"group"}},
              {"member", {}},
              {"member;range=" + std::to_string(from) + "-" + last, values},
              {"uSNChanged", {"4711"}}}}};
}

class LdapRanges : public testing::Test {
protected:
    const Dn name = Dn::parse_rfc4514("cn=staff,dc=example").value();
    kit::LdapServer server{[](const std::string& base, const std::vector<std::string>& asked) {
        return base == "cn=staff,dc=example" ? staff(asked) : std::vector<kit::LdapObject>{};
    }};
    const std::unique_ptr<Directory> directory =
        ldap_directory({.urls = {server.url()}, .base = "dc=example"});
};

TEST_F(LdapRanges, MembersAreReadToTheLastOne)
{
    const auto read = directory->read(name, after(10s));
    ASSERT_TRUE(std::holds_alternative<Entry>(read));
    auto part = range_of(std::get<Entry>(read).attributes, "member");
    ASSERT_TRUE(part && *part);
    auto all = (*part)->values;
    const auto mark = (*part)->mark;
    EXPECT_TRUE(mark.starts_with("4711 of " + server.url())) << mark;
    std::size_t questions = 0;
    for (auto next = (*part)->next; next; ++questions) {
        const auto more = directory->values(name, "member", *next, after(10s));
        const auto* range = std::get_if<ValueRange>(&more);
        ASSERT_NE(range, nullptr) << std::get<CannotSay>(more).reason.to_string();
        EXPECT_EQ(range->mark, mark);
        all.insert(all.end(), range->values.begin(), range->values.end());
        next = range->next;
    }
    EXPECT_EQ(questions, 2U);
    ASSERT_EQ(all.size(), members);
    EXPECT_EQ(all.front(), member(0));
    EXPECT_EQ(all.back(), member(members - 1));
}

// uSNChanged counts the changes of one server, and behind the name of a domain are several.
TEST(LdapRangesOfTwo, SameCountOfAnotherServerIsAnotherMark)
{
    const auto name = Dn::parse_rfc4514("cn=staff,dc=example").value();
    std::atomic<kit::LdapServer*> self{nullptr};
    const auto answer = [](const std::string&, const std::vector<std::string>& asked) {
        return staff(asked);
    };
    const kit::LdapServer second{answer};
    kit::LdapServer first{[&](const std::string& base, const std::vector<std::string>& asked) {
        self.load()->dies();
        return answer(base, asked);
    }};
    self = &first;
    const auto directory =
        ldap_directory({.urls = {first.url(), second.url()}, .base = "dc=example"});
    const auto read = directory->read(name, after(10s));
    ASSERT_TRUE(std::holds_alternative<Entry>(read));
    const auto part = range_of(std::get<Entry>(read).attributes, "member");
    ASSERT_TRUE(part && *part && (*part)->next);
    const auto more = directory->values(name, "member", *(*part)->next, after(10s));
    const auto* range = std::get_if<ValueRange>(&more);
    ASSERT_NE(range, nullptr) << std::get<CannotSay>(more).reason.to_string();
    EXPECT_NE(range->mark, (*part)->mark);
}

// The connection to the other one came back last, and would be the next.
TEST(LdapRangesOfTwo, NextPartIsAskedOfTheServerThatSentTheLast)
{
    const auto name = Dn::parse_rfc4514("cn=staff,dc=example").value();
    std::atomic<Directory*> asked_in_between{nullptr};
    std::mutex mutex;  // of what follows
    std::string mark;
    std::optional<std::size_t> next;
    const kit::LdapServer second{
        [](const std::string&, const std::vector<std::string>& asked) { return staff(asked); }};
    const kit::LdapServer first{
        [&](const std::string& base, const std::vector<std::string>& asked) {
            if (base == "cn=staff,dc=example") return staff(asked);
            // While it answers it serves nobody else, so the other one is asked.
            const auto read = asked_in_between.load()->read(name, after(10s));
            const std::lock_guard lock{mutex};
            if (const auto* entry = std::get_if<Entry>(&read))
                if (const auto part = range_of(entry->attributes, "member"); part && *part) {
                    mark = (*part)->mark;
                    next = (*part)->next;
                }
            return std::vector<kit::LdapObject>{{base, {{"objectClass", {"group"}}}}};
        }};
    LdapSettings settings{.urls = {first.url(), second.url()}, .base = "dc=example"};
    settings.connect_timeout = 1s;
    settings.operation_timeout = 30s;
    const auto directory = ldap_directory(settings);
    asked_in_between = directory.get();
    (void)directory->read(Dn::parse_rfc4514("cn=other,dc=example").value(), after(30s));
    const std::lock_guard lock{mutex};
    ASSERT_TRUE(next);
    EXPECT_NE(mark.find(second.url()), std::string::npos) << mark;
    const auto more = directory->values(name, "member", *next, after(10s));
    const auto* range = std::get_if<ValueRange>(&more);
    ASSERT_NE(range, nullptr) << std::get<CannotSay>(more).reason.to_string();
    EXPECT_EQ(range->mark, mark);
}

// RecipientAttributes member=msMembers: the rest is asked for under their name.
TEST(LdapRangesMapped, MembersUnderAnotherNameAreReadToTheLastOne)
{
    const auto name = Dn::parse_rfc4514("cn=staff,dc=example").value();
    const kit::LdapServer server{[](const std::string&, const std::vector<std::string>& asked) {
        auto asked_there = asked;
        for (auto& each : asked_there)
            if (each.starts_with("msMembers;")) each.replace(0, 9, "member");
        auto objects = staff(asked_there);
        auto theirs = std::map<std::string, std::vector<std::string>>{};
        for (auto& [key, values] : objects.front().attributes)
            theirs[key.starts_with("member") ? "msMembers" + key.substr(6) : key] = values;
        objects.front().attributes = theirs;
        return objects;
    }};
    AttributeMap map;
    ASSERT_TRUE(map.take("member=msMembers"));
    const auto directory = mapped_directory(
        ldap_directory({.urls = {server.url()}, .base = "dc=example"}), std::move(map));
    const auto read = directory->read(name, after(10s));
    ASSERT_TRUE(std::holds_alternative<Entry>(read));
    const auto part = range_of(std::get<Entry>(read).attributes, "member");
    ASSERT_TRUE(part && *part);
    std::size_t count = (*part)->values.size();
    for (auto next = (*part)->next; next;) {
        const auto more = directory->values(name, "member", *next, after(10s));
        const auto* range = std::get_if<ValueRange>(&more);
        ASSERT_NE(range, nullptr) << std::get<CannotSay>(more).reason.to_string();
        count += range->values.size();
        next = range->next;
    }
    EXPECT_EQ(count, members);
}

TEST_F(LdapRanges, ObjectOfWhichNothingMayBeReadIsNoAnswer)
{
    const kit::LdapServer mute{[](const std::string& base, const std::vector<std::string>&) {
        return std::vector<kit::LdapObject>{{base, {}}};
    }};
    const auto secretive = ldap_directory({.urls = {mute.url()}, .base = "dc=example"});
    const auto read = secretive->read(name, after(10s));
    ASSERT_TRUE(std::holds_alternative<CannotSay>(read));
    EXPECT_EQ(std::get<CannotSay>(read).reason.event(), EventId::directory_refused);
}

}  // namespace
}  // namespace imc
