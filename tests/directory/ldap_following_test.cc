/// Changes as a real server tells of them (RFC 4533), and what becomes of what is remembered.
#include "directory/ldap_directory.h"
#include "directory/ldap_sync.h"
#include "directory/mapped.h"
#include "directory/recipients.h"
#include "kit/slapd.h"

#include <gtest/gtest.h>

#include <condition_variable>

namespace imc {
namespace {

using namespace std::chrono_literals;

LdapSettings settings_of(const kit::Slapd& server)
{
    return {.urls = {server["url"]},
            .base = server["suffix"],
            .bind_dn = server["bind_dn"],
            .password_file = server.password_file()};
}

/// Writes down what it is told; who waits for a line waits no longer than a minute.
class Notes final : public Follower {
public:
    void follows(const std::string&) override { note("follows"); }
    void hears() override { note("hears"); }
    void everything() override { note("everything"); }
    void lost(const std::optional<Error>& why) override { note(why ? "lost" : "ended"); }
    void changed(const ObjectChange& what) override
    {
        std::string line = what.now.dn.to_rfc4514();
        line += what.gone ? " gone" : what.leaf ? " leaf" : " not a leaf";
        for (const auto& address : what.now.all("proxyAddresses"))
            line += " " + address;
        const std::lock_guard lock{mutex_};
        ids.push_back(what.now.id);
        lines_.push_back(line);
        told_.notify_all();
    }

    /// The next line but for what says that time goes by; "nothing": none came.
    std::string next()
    {
        std::unique_lock lock{mutex_};
        const auto is_there = [&] {
            while (at_ < lines_.size() && (lines_[at_] == "hears" || lines_[at_] == "everything"))
                ++at_;
            return at_ < lines_.size();
        };
        return told_.wait_for(lock, 60s, is_there) ? lines_[at_++] : "nothing";
    }
    bool hears_once_more()
    {
        std::unique_lock lock{mutex_};
        const auto begin = lines_.size();
        return told_.wait_for(lock, 60s,
                              [&] { return lines_.size() > begin && lines_.back() == "hears"; });
    }

    std::vector<std::string> ids;

private:
    void note(const std::string& line)
    {
        const std::lock_guard lock{mutex_};
        lines_.push_back(line);
        told_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable told_;
    std::vector<std::string> lines_;
    std::size_t at_ = 0;
};

class LdapFollowing : public testing::Test {
protected:
    void apply(const Change& change)
    {
        const auto done = directory->apply(std::span{&change, 1}, after(20s));
        ASSERT_TRUE(done) << done.error().to_string();
    }
    Change organization() const
    {
        return {Change::Kind::add, top, {{"objectClass", {"organization"}}, {"o", {"Org"}}}};
    }
    Change mailbox(const std::string& alias, const std::string& address) const
    {
        return {Change::Kind::add,
                top.child("cn", alias),
                {{"objectClass", {"imcMailbox"}},
                 {"cn", {alias}},
                 {"mailNickname", {alias}},
                 {"proxyAddresses", {"SMTP:" + address}}}};
    }

    kit::Slapd server;
    std::shared_ptr<Directory> directory = ldap_directory(settings_of(server));
    const Dn top = Dn::parse_rfc4514("o=Org," + server["suffix"]).value();
};

TEST(Sync, CookiesAndIdsAreReadAsOpenLdapWritesThem)
{
    const std::vector<std::string> two{"20260101000000.000000Z#000000#001#000000",
                                       "20260101000000.000000Z#000000#002#000000"};
    EXPECT_EQ(ldap::stamps_in("rid=000,sid=001,csn=" + two[0] + ";" + two[1] + ",delcsn=x"), two);
    EXPECT_EQ(ldap::stamps_in("rid=000"), std::vector<std::string>{});
    EXPECT_EQ(ldap::stamps_in(""), std::vector<std::string>{});
    EXPECT_EQ(ldap::uuid_text(std::string{"\x9f\xe0\x21\x90\x7e\x6d\x10\x41\x8b\xfe\xe3\xf5\xd4\x97"
                                          "\x4b\x82",
                                          16}),
              "9fe02190-7e6d-1041-8bfe-e3f5d4974b82");
    SeenChanges seen;
    seen.take("dc=a", two[1]);
    seen.take("dc=a", two[0]);
    seen.take("dc=b", two[0]);
    EXPECT_EQ(seen.stamps("dc=a"), two[0] + ";" + two[1]);
    EXPECT_EQ(seen.stamps("dc=c"), "");
}

TEST_F(LdapFollowing, EachChangeIsToldWithItsObjectAndItsAddresses)
{
    apply(organization());
    apply(mailbox("ann", "ann@a.example"));
    const auto read = directory->read(top.child("cn", "ann"), after(20s));
    const auto& ann = std::get<Entry>(read);
    EXPECT_EQ(ann.id.size(), 36U);
    EXPECT_TRUE(ann.all("entryUUID").empty()) << "it is no attribute";

    const auto notes = std::make_shared<Notes>();
    const auto following = directory->follow({"proxyAddresses"}, notes);
    ASSERT_NE(following, nullptr);
    EXPECT_EQ(notes->next(), "follows");
    const std::string at = ",o=Org," + server["suffix"];

    apply(mailbox("bob", "bob@a.example"));
    EXPECT_EQ(notes->next(), "cn=bob" + at + " leaf SMTP:bob@a.example");
    Change edit{Change::Kind::modify, top.child("cn", "ann")};
    edit.changes = {{AttributeChange::Kind::add, "proxyAddresses", {"smtp:a@a.example"}}};
    apply(edit);
    EXPECT_EQ(notes->next(), "cn=ann" + at + " leaf SMTP:ann@a.example smtp:a@a.example");
    Change rename{Change::Kind::rename, top.child("cn", "ann")};
    rename.new_rdn = {{"cn", "anne"}};
    apply(rename);
    EXPECT_EQ(notes->next(), "cn=anne" + at + " leaf SMTP:ann@a.example smtp:a@a.example");
    apply({Change::Kind::remove, top.child("cn", "anne")});
    EXPECT_EQ(notes->next(), "cn=anne" + at + " gone");
    Change container{Change::Kind::modify, top};
    container.changes = {{AttributeChange::Kind::replace, "description", {"new"}}};
    apply(container);
    EXPECT_EQ(notes->next(), "o=Org," + server["suffix"] + " not a leaf");
    EXPECT_TRUE(notes->hears_once_more());
    ASSERT_EQ(notes->ids.size(), 5U);
    for (const int i : {1, 2, 3})
        EXPECT_EQ(notes->ids[static_cast<std::size_t>(i)], ann.id) << i;
}

TEST_F(LdapFollowing, ServerThatIsRestartedIsFollowedAgain)
{
    apply(organization());
    const auto notes = std::make_shared<Notes>();
    auto following = directory->follow({"proxyAddresses"}, notes);
    EXPECT_EQ(notes->next(), "follows");
    server.stop();
    EXPECT_EQ(notes->next(), "lost");
    server.start();
    EXPECT_EQ(notes->next(), "follows");
    apply(mailbox("ann", "ann@a.example"));
    EXPECT_EQ(notes->next(), "cn=ann,o=Org," + server["suffix"] + " leaf SMTP:ann@a.example");
    following.reset();
    EXPECT_EQ(notes->next(), "ended");
}

// Told by one server, and another is asked: "nobody" may only mean that the change is on its way.
TEST_F(LdapFollowing, ServerThatLacksAChangeWhichWasToldProvesNoAbsence)
{
    apply(organization());
    ldap::LdapDirectory asked{settings_of(server)};
    ASSERT_TRUE(asked.revision(after(20s)));
    const auto nobody = top.child("cn", "nobody");
    EXPECT_TRUE(std::holds_alternative<ProvenAbsent>(asked.read(nobody, after(20s))));
    SeenChanges told;
    told.take(server["suffix"], "20990101000000.000000Z#000000#000#000000");
    asked.saw(told);
    EXPECT_TRUE(std::holds_alternative<CannotSay>(asked.read(nobody, after(20s))));
    EXPECT_EQ(asked.old_answers(), 0U);
    EXPECT_TRUE(std::holds_alternative<Entry>(asked.read(top, after(20s))));
    EXPECT_EQ(asked.old_answers(), 1U) << "what it has is an answer, and an old one";
    EXPECT_FALSE(asked.scan(top, "(objectClass=*)", after(20s), [](Entry&&) { return true; }));
    EXPECT_FALSE(asked.begin_following(after(20s))) << "it would tell old news";
}

TEST_F(LdapFollowing, PeopleOfAnotherDirectoryAreToldUnderOurNames)
{
    apply(organization());
    const auto mapped =
        mapped_directory(directory, AttributeMap{AttributeMap::Flavour::openldap_inetorg});
    const auto notes = std::make_shared<Notes>();
    const auto following = mapped->follow({"proxyAddresses"}, notes);
    EXPECT_EQ(notes->next(), "follows");
    apply({Change::Kind::add,
           top.child("uid", "ann"),
           {{"objectClass", {"inetOrgPerson"}},
            {"uid", {"ann"}},
            {"cn", {"Ann"}},
            {"sn", {"Smith"}},
            {"mail", {"ann@a.example"}}}});
    EXPECT_EQ(notes->next(), "uid=ann,o=Org," + server["suffix"] + " leaf SMTP:ann@a.example");
}

TEST(LdapFollowingNobody, ServerWithoutSyncprovIsNotFollowed)
{
    const kit::Slapd server{"--no-syncprov"};
    ldap::LdapDirectory directory{settings_of(server)};
    const auto start = directory.begin_following(after(20s));
    ASSERT_FALSE(start);
    EXPECT_EQ(start.error().event(), EventId::directory_refused);
    EXPECT_NE(start.error().detail().find("syncprov"), std::string::npos) << start.error().detail();
}

/// A cache that follows, and people who come and go.
class FollowingCache : public LdapFollowing {
protected:
    void follow()
    {
        cache->on_follows = [this](const std::string&) { note("follows"); };
        cache->on_lost = [this](const Error&) { note("lost"); };
        following = directory->follow({"proxyAddresses"}, cache);
    }
    void note(const std::string& what)
    {
        const std::lock_guard lock{mutex};
        last = what;
        heard.notify_all();
    }
    bool waits_for(const std::string& what)
    {
        std::unique_lock lock{mutex};
        return heard.wait_for(lock, 60s, [&] { return last == what; });
    }
    std::string ask(const std::string& address)
    {
        const auto answer = lookup.by_address(address, after(20s));
        if (std::holds_alternative<ProvenAbsent>(answer)) return "absent";
        return std::holds_alternative<CannotSay>(answer) ? "cannot say" : "found";
    }
    /// Asked again and again, for a minute at most.
    bool becomes(const std::string& address, const std::string& answer)
    {
        for (const auto end = after(60s); std::chrono::steady_clock::now() < end;
             std::this_thread::sleep_for(5ms))  // nothing tells us when a change has come
            if (ask(address) == answer) return true;
        return false;
    }
    std::uint64_t misses() { return metrics.counter("recipient_cache_misses", "").value(); }

    metrics::Registry metrics;
    std::shared_ptr<RecipientCache> cache = std::make_shared<RecipientCache>(
        directory, RecipientCacheSettings{.found = 3600s, .absent = 3600s, .look_every = 60s},
        metrics);
    RecipientLookup lookup{directory, top, 16, cache};
    std::mutex mutex;
    std::condition_variable heard;
    std::string last;
    std::unique_ptr<Following> following;
};

TEST_F(FollowingCache, ChangeOfOneIsNoQuestionAboutAnother)
{
    apply(organization());
    apply(mailbox("ann", "ann@a.example"));
    follow();
    ASSERT_TRUE(waits_for("follows"));
    EXPECT_EQ(ask("ann@a.example"), "found");
    EXPECT_EQ(ask("bob@a.example"), "absent");
    apply(mailbox("bob", "bob@a.example"));
    EXPECT_TRUE(becomes("bob@a.example", "found"));
    auto before = misses();
    EXPECT_EQ(ask("ann@a.example"), "found");
    EXPECT_EQ(misses(), before) << "nobody asked for her again";
    apply({Change::Kind::remove, top.child("cn", "bob")});
    EXPECT_TRUE(becomes("bob@a.example", "absent"));
    before = misses();
    EXPECT_EQ(ask("ann@a.example"), "found");
    EXPECT_EQ(misses(), before);
}

// Changes are made while nobody tells of them: the revision does.
TEST_F(FollowingCache, ConnectionThatDiesLeavesNothingStaleBehind)
{
    apply(organization());
    apply(mailbox("ann", "ann@a.example"));
    follow();
    ASSERT_TRUE(waits_for("follows"));
    EXPECT_EQ(ask("ann@a.example"), "found");
    EXPECT_EQ(ask("bob@a.example"), "absent");
    server.stop();
    ASSERT_TRUE(waits_for("lost"));
    EXPECT_EQ(ask("ann@a.example"), "cannot say");
    EXPECT_EQ(ask("bob@a.example"), "cannot say");
    server.start();
    apply(mailbox("bob", "bob@a.example"));
    apply({Change::Kind::remove, top.child("cn", "ann")});
    EXPECT_TRUE(becomes("bob@a.example", "found"));
    EXPECT_EQ(ask("ann@a.example"), "absent");
    ASSERT_TRUE(waits_for("follows"));
    apply({Change::Kind::remove, top.child("cn", "bob")});
    EXPECT_TRUE(becomes("bob@a.example", "absent"));
}

}  // namespace
}  // namespace imc
