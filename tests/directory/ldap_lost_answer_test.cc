/// A change was sent, and the connection went before its answer came.
#include "directory/ldap.h"
#include "kit/ldap_server.h"

#include <gtest/gtest.h>

#include <mutex>

namespace imc {
namespace {

using namespace std::chrono_literals;

/// A server with cn=a, cn=b and cn=c, where "changed" becomes the description of whatever is
/// modified: that is all our changes write here.
class LostAnswer : public testing::Test {
protected:
    using Objects = std::vector<kit::LdapObject>;

    static Dn name(const std::string& cn)
    {
        return Dn::parse_rfc4514("cn=" + cn + ",dc=example").value();
    }
    static Change changed(const std::string& cn)
    {
        Change change{Change::Kind::modify, name(cn)};
        change.changes = {{AttributeChange::Kind::replace, "description", {"changed"}}};
        return change;
    }
    Objects answer(const std::string& base)
    {
        const std::lock_guard lock{mutex};
        if (no_answers) return {{base, {}, LDAP_UNAVAILABLE}};
        const auto found = objects.find(base);
        if (found == objects.end()) return {{base, {}, LDAP_NO_SUCH_OBJECT}};
        return {{base, {{"objectClass", {"device"}}, {"description", {found->second}}}}};
    }
    int take(ber_tag_t tag, const std::string& dn)
    {
        const std::lock_guard lock{mutex};
        writes += dn.substr(3, 1);
        if (dn.starts_with(refused)) return LDAP_UNWILLING_TO_PERFORM;
        const bool lost = dn.starts_with(loses);
        if (lost) loses = nobody;
        if (lost && silent_after) no_answers = true;
        if (lost && dies) server.dies();
        if (lost && !makes) {
            server.hangs_up();
            return LDAP_SUCCESS;
        }
        if (tag == LDAP_REQ_DELETE) objects.erase(dn);
        if (tag == LDAP_REQ_ADD) objects[dn] = "changed";
        // The way back replaces, too.
        if (tag == LDAP_REQ_MODIFY)
            objects[dn] = objects[dn] == "changed" ? "as it was" : "changed";
        if (lost) server.hangs_up();
        return LDAP_SUCCESS;
    }
    std::string description(const std::string& cn)
    {
        const std::lock_guard lock{mutex};
        const auto found = objects.find("cn=" + cn + ",dc=example");
        return found == objects.end() ? "gone" : found->second;
    }
    Result<> apply(const std::vector<Change>& changes) { return apply(*directory, changes); }
    Result<> apply(Directory& to, const std::vector<Change>& changes)
    {
        // What the test and the server's thread have written, each sees from here on.
        std::unique_lock{mutex}.unlock();
        auto done = to.apply(changes, after(10s));
        std::unique_lock{mutex}.unlock();
        return done;
    }

    static constexpr const char* nobody = "cn=nobody";
    std::mutex mutex;
    std::map<std::string, std::string> objects{{"cn=a,dc=example", "as it was"},
                                               {"cn=b,dc=example", "as it was"},
                                               {"cn=c,dc=example", "as it was"}};
    std::string writes;  ///< the names of what was written to
    std::string refused = nobody, loses = nobody;
    bool makes = true;          ///< the change whose answer is lost
    bool silent_after = false;  ///< from then on nothing is answered
    bool dies = false;          ///< then
    bool no_answers = false;
    kit::LdapServer server{
        [this](const std::string& base, const std::vector<std::string>&) { return answer(base); },
        [this](ber_tag_t tag, const std::string& dn) { return take(tag, dn); }};
    const std::unique_ptr<Directory> directory =
        ldap_directory({.urls = {server.url()}, .base = "dc=example"});
};

TEST_F(LostAnswer, OfAChangeThatWasMadeIsASuccess)
{
    loses = "cn=b";
    const auto done = apply({changed("a"), changed("b"), changed("c")});
    EXPECT_TRUE(done) << done.error().to_string();
    EXPECT_EQ(writes, "abc") << "none is made twice";
    EXPECT_EQ(description("b"), "changed");
    EXPECT_EQ(description("c"), "changed");
}

// Before, nobody took back what a server had made and not told.
TEST_F(LostAnswer, OfAChangeThatWasMadeIsTakenBackWithTheOthers)
{
    loses = "cn=b";
    refused = "cn=c";
    const auto done = apply({changed("a"), changed("b"), changed("c")});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().event(), EventId::directory_refused) << done.error().to_string();
    EXPECT_EQ(description("a"), "as it was");
    EXPECT_EQ(description("b"), "as it was");
    EXPECT_EQ(writes, "abcba");
}

TEST_F(LostAnswer, OfAChangeThatWasNotMadeIsAFailureThatLeavesNothing)
{
    loses = "cn=b";
    makes = false;
    const auto done = apply({changed("a"), changed("b")});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().event(), EventId::directory_unreachable) << done.error().to_string();
    EXPECT_EQ(done.error().detail().find("may have been made"), std::string::npos);
    EXPECT_EQ(description("a"), "as it was");
    EXPECT_EQ(description("b"), "as it was");
}

TEST_F(LostAnswer, OfWhichNobodyCanBeAskedIsSaidToBeUnknown)
{
    loses = "cn=b";
    silent_after = true;
    const auto done = apply({changed("a"), changed("b")});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().event(), EventId::directory_half_written) << done.error().to_string();
    EXPECT_NE(done.error().detail().find("cn=b"), std::string::npos) << done.error().detail();
}

TEST_F(LostAnswer, OfAnAdditionAndOfARemovalIsFoundOutToo)
{
    loses = "cn=d";
    const auto added = apply({{Change::Kind::add, name("d"), {{"objectClass", {"device"}}}}});
    EXPECT_TRUE(added) << added.error().to_string();
    EXPECT_EQ(description("d"), "changed");
    loses = "cn=a";
    const auto removed = apply({{Change::Kind::remove, name("a")}});
    EXPECT_TRUE(removed) << removed.error().to_string();
    EXPECT_EQ(description("a"), "gone");
}

TEST_F(LostAnswer, OfAnAdditionThatWasNotMadeIsAFailure)
{
    loses = "cn=d";
    makes = false;
    const auto added = apply({{Change::Kind::add, name("d"), {{"objectClass", {"device"}}}}});
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().event(), EventId::directory_unreachable) << added.error().to_string();
}

// A secret is not given back as it was written, so nothing can be read from the object.
TEST_F(LostAnswer, OfAPasswordIsUnknown)
{
    loses = "cn=a";
    Change change{Change::Kind::modify, name("a")};
    change.changes = {{AttributeChange::Kind::replace, "userPassword", {"{X}secret"}}};
    const auto done = apply({change});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().event(), EventId::directory_half_written) << done.error().to_string();
    EXPECT_EQ(done.error().to_string().find("secret"), std::string::npos);
}

// What one server has says nothing of what another one got.
TEST_F(LostAnswer, IsNotReadFromAnotherServer)
{
    const kit::LdapServer lagging{
        [](const std::string& base, const std::vector<std::string>&) -> Objects {
            return {{base, {{"objectClass", {"device"}}, {"description", {"as it was"}}}}};
        }};
    const auto two = ldap_directory({.urls = {server.url(), lagging.url()}, .base = "dc=example"});
    loses = "cn=a";
    dies = true;
    const auto done = apply(*two, {changed("a")});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().event(), EventId::directory_half_written) << done.error().to_string();
}

}  // namespace
}  // namespace imc
