/// Every question to the directory on the way of a recipient, and everything that can go wrong with
/// it: what cannot be asked makes mail wait, and neither refuses nor loses it.
#include "config/parse.h"
#include "kit/faulty_directory.h"
#include "mail/imcea.h"
#include "people.h"
#include "site.h"
#include "transfer/expansion.h"
#include "transfer/resolver.h"
#include "transfer/senders.h"

#include <gtest/gtest.h>

namespace imc::transfer {
namespace {

using namespace std::chrono_literals;
using kit::DirectoryFault;
using kit::FaultyDirectory;

Entry forwarded(const std::string& name, const std::string& to, bool keeps)
{
    auto out = person(name);
    out.attributes["altRecipient"] = {name_of(to)};
    if (keeps) out.attributes["deliverAndRedirect"] = {"TRUE"};
    return out;
}

Entry contact(const std::string& name, const std::string& target)
{
    auto out = person(name);
    out.attributes["objectClass"] = {"imcContact"};
    out.attributes["targetAddress"] = {"SMTP:" + target};
    return out;
}

Entry dynamic_list(const std::string& name, const std::string& filter)
{
    auto out = list_of(name, {});
    out.attributes["imcMemberURL"] = {"ldap:///o=Contoso??sub?" + filter};
    return out;
}

std::vector<Entry> organization()
{
    auto lee = person("lee");
    lee.attributes["proxyAddresses"].push_back("X400:c=US;s=Lee");
    lee.attributes["imcAcceptEncapsulated"] = {"TRUE"};
    auto ex = person("ex");
    ex.attributes["legacyExchangeDN"] = {"/o=Contoso/cn=Old"};
    ex.attributes["imcAcceptEncapsulated"] = {"TRUE"};
    auto owned = list_of("owned", {"alice"});
    owned.attributes["owner"] = {name_of("bob")};
    return {person("admin"),
            person("alice"),
            person("bob"),
            person("carol"),
            lee,
            ex,
            owned,
            forwarded("away", "bob", false),
            forwarded("twice", "away", false),
            forwarded("copies", "bob", true),
            contact("inside", "alice@contoso.example"),
            contact("outside", "ann@example.net"),
            list_of("sales", {"bob", "carol", "away"}),
            list_of("staff", {"alice", "sales", "copies"}),
            list_of("unix", {"alice", "bob"}, "posixGroup", "memberUid"),
            dynamic_list("everybody", "(uid=*)"),
            dynamic_list("nobody-now", "(uid=gone)")};
}

config::ConfigPtr site()
{
    auto out = std::make_shared<config::Config>();
    out->local_domains = {"contoso.example", "fabrikam.example"};
    out->own_addresses = {"192.0.2.25"};
    out->organization = *Dn::parse("o=Contoso");
    out->administrator = {dn_of("admin"), "admin@contoso.example"};
    out->subaddress_separator = "+";
    for (const char* row :
         {"old.example;rewrite;contoso.example", "#shared.example;shared;hub.example"})
        out->routing.push_back(*config::parse_routing_row(row));
    return out;
}

/// staff with its members two at a time, as Active Directory sends them.
class InParts final : public Directory {
public:
    explicit InParts(std::unique_ptr<Directory> whole) : whole_{std::move(whole)} {}

    std::string description() const override { return "in parts"; }
    bool is_local() const override { return false; }
    Answer<Entry> read(const Dn& dn, Deadline deadline) override
    {
        auto found = whole_->read(dn, deadline);
        auto* entry = std::get_if<Entry>(&found);
        if (entry == nullptr || !same(dn, dn_of("staff"))) return found;
        const auto all = std::exchange(entry->attributes["member"], {});
        entry->attributes["member;range=0-1"] = {all.begin(), all.begin() + 2};
        return found;
    }
    Answer<ValueRange> values(const Dn& dn, std::string_view attribute, std::size_t from,
                              Deadline deadline) override
    {
        const auto found = whole_->read(dn, deadline);
        const auto all = std::get<Entry>(found).all(attribute);
        const auto until = std::min(from + 2, all.size());
        ValueRange out;
        for (auto i = from; i < until; ++i)
            out.values.push_back(all[i]);
        if (until < all.size()) out.next = until;
        return out;
    }
    Result<std::vector<Entry>> search(const Dn& base, Scope scope, std::string_view filter,
                                      Deadline deadline, std::size_t limit) override
    {
        return whole_->search(base, scope, filter, deadline, limit);
    }
    Result<> apply(std::span<const Change> changes, Deadline deadline) override
    {
        return whole_->apply(changes, deadline);
    }
    Result<std::uint64_t> revision(Deadline deadline) override
    {
        return whole_->revision(deadline);
    }

private:
    const std::unique_ptr<Directory> whole_;
};

class Faults : public testing::Test {
protected:
    using Ask = std::function<std::string()>;

    /// @param ask  "wait: ..." says that mail waits
    void at_every_question(const std::string& what, const Ask& ask)
    {
        directory->fail(static_cast<std::size_t>(-1), DirectoryFault::down, false);
        const auto sound = ask();
        const auto questions = directory->asked;
        ASSERT_FALSE(sound.starts_with("wait")) << what << ": " << sound;
        ASSERT_GT(questions, 0U) << what;
        for (const auto fault : kit::all_directory_faults)
            for (std::size_t at = 0; at < questions; ++at)
                for (const bool later : {false, true}) {
                    directory->fail(at, fault, later);
                    const auto said = ask();
                    // What a replica has is believed: only what it has not is no answer.
                    const bool fine = said.starts_with("wait") ||
                                      (fault == DirectoryFault::behind && said == sound);
                    EXPECT_TRUE(fine)
                        << what << ", question " << at << ' ' << to_string(fault)
                        << (later ? " from then on" : "") << ": " << said << "; sound: " << sound;
                }
    }

    std::string rcpt(const std::string& address, bool taken)
    {
        const RecipientResolver resolver{config, directory};
        Request request;
        request.recipient = address;
        request.from_client = !taken;
        request.taken = taken;
        request.client.peer = "198.51.100.1";
        const auto answer = said(resolver.resolve(request, after(60s)));
        return answer.starts_with("451") ? "wait: " + answer : answer;
    }
    std::string expand(const std::string& list)
    {
        Expansion walk{directory, config->organization, {}, {}, std::make_shared<SeenMembers>()};
        if (walk.open(dn_of(list))) return "wait";
        std::string all;
        for (;;) {
            auto step = walk.next(2, after(60s));
            if (std::holds_alternative<CannotSay>(step)) return "wait";
            if (std::holds_alternative<Expansion::TooLarge>(step)) return "refused: too large";
            for (const auto& address : std::get<Expansion::Portion>(step).addresses)
                all += address + " ";
            if (std::get<Expansion::Portion>(step).last)
                return all + std::to_string(walk.facts().left_out) + " left out";
        }
    }

    config::ConfigPtr config = site();
    std::shared_ptr<FaultyDirectory> directory =
        std::make_shared<FaultyDirectory>(recorded_directory(organization(), "people"));
};

TEST_F(Faults, RecipientOfAClientIsDeferredAndNeitherRefusedNorTaken)
{
    for (const std::string address :
         {"alice@contoso.example", "none@contoso.example", "away@contoso.example",
          "twice@contoso.example", "copies@contoso.example", "inside@contoso.example",
          "outside@contoso.example", "staff@contoso.example", "everybody@contoso.example",
          "postmaster", "postmaster@fabrikam.example", "alice+news@contoso.example",
          "none+news@contoso.example", "alice@[192.0.2.25]", "alice@old.example",
          "none@shared.example", "IMCEAEX-_O=CONTOSO_CN=OLD@contoso.example",
          "IMCEAEX-_O=CONTOSO_CN=NONE@contoso.example"})
        at_every_question(address, [&] { return rcpt(address, false); });
    const auto x400 = mail::encapsulate({"X400", "c=US;s=Lee"}) + "@contoso.example";
    at_every_question(x400, [&] { return rcpt(x400, false); });
}

TEST_F(Faults, RowThatAcceptsTakesWhatTheDirectoryCannotSayAndNothingElse)
{
    auto accepting = std::make_shared<config::Config>(*site());
    accepting->routing.push_back(*config::parse_routing_row("#contoso.example;inbound;accept"));
    config = accepting;
    for (const std::string address :
         {"alice@contoso.example", "none@contoso.example", "twice@contoso.example",
          "inside@contoso.example", "postmaster", "alice+news@contoso.example",
          "alice@old.example"})
        at_every_question(address, [&] {
            auto answer = rcpt(address, false);
            return answer.starts_with("250 2.0.0 routing row") ? "wait: " + answer : answer;
        });
    directory->fail(0, DirectoryFault::down, true);
    EXPECT_TRUE(rcpt("none@contoso.example", false).starts_with("250 2.0.0"));
}

TEST_F(Faults, MessageThatWasTakenWaitsInTheQueue)
{
    for (const std::string address :
         {"alice@contoso.example", "none@contoso.example", "twice@contoso.example",
          "inside@contoso.example", "none@shared.example",
          "IMCEAEX-_O=CONTOSO_CN=NONE@contoso.example"})
        at_every_question(address, [&] { return rcpt(address, true); });
}

TEST_F(Faults, NobodyGetsPartOfAList)
{
    for (const std::string list :
         {"staff", "sales", "unix", "everybody", "nobody-now", "copies", "twice"})
        at_every_question(list, [&] { return expand(list); });
}

TEST_F(Faults, NobodyGetsTheFirstPartsOfAListOfWhichTheLastCannotBeAsked)
{
    auto all = organization();
    const auto staff = std::ranges::find_if(
        all, [](const Entry& entry) { return same(entry.dn, dn_of("staff")); });
    for (const auto* more : {"lee", "ex", "outside"})
        staff->attributes["member"].push_back(name_of(more));
    directory = std::make_shared<FaultyDirectory>(
        std::make_shared<InParts>(recorded_directory(all, "people")));
    const auto reached = expand("staff");
    EXPECT_NE(reached.find("lee@contoso.example"), std::string::npos) << reached;
    const auto asked = directory->asked;
    at_every_question("staff in parts", [&] { return expand("staff"); });
    EXPECT_GT(asked, 8U) << "two more parts are asked for, and those who are in them";
}

// Half of whom a sender belongs to would refuse who may send, or let in who may not.
TEST_F(Faults, NobodyIsJudgedByPartOfHisLists)
{
    for (const std::string sender :
         {"carol@contoso.example", "ann@example.net", "stranger@example.net"})
        at_every_question(sender, [&]() -> std::string {
            Senders senders{directory, config->organization};
            const auto who = senders.by_address(sender, false, after(60s));
            if (std::holds_alternative<CannotSay>(who)) return "wait";
            if (!std::get<Sender>(who).doubts.empty()) return "wait";
            std::string names;
            for (const auto& name : std::get<Sender>(who).names)
                names += name + "; ";
            return "known by " + names;
        });
}

TEST_F(Faults, OwnerOfAListIsNotForgotten)
{
    at_every_question("owner", [&]() -> std::string {
        const auto list = std::get<Entry>(
            recorded_directory(organization(), "people")->read(dn_of("owned"), after(60s)));
        const auto manners = manners_of(list, *directory, "", after(60s));
        if (std::holds_alternative<CannotSay>(manners)) return "wait";
        return "owner " + std::get<ListManners>(manners).owner;
    });
}

TEST_F(Faults, ExpansionToldToAClientIsNoPart)
{
    for (const std::string list : {"staff", "none", "unix", "everybody", "nobody-now"})
        at_every_question(list, [&]() -> std::string {
            const RecipientResolver resolver{config, directory};
            const auto told = resolver.members(list, 100, after(60s));
            if (std::holds_alternative<CannotSay>(told)) return "wait";
            if (std::holds_alternative<NoSuchRecipient>(told)) return "unknown";
            std::string all;
            for (const auto& address : std::get<ListMembers>(told).addresses)
                all += address + " ";
            return all;
        });
}

// A replica that lacks changes: who is on a list since, or may send to it, is not there yet.
TEST_F(Faults, ListAsItWasIsNotExpanded)
{
    directory->fail(0, DirectoryFault::behind, true);
    EXPECT_EQ(expand("sales"), "wait");
    directory->fail(1, DirectoryFault::behind, true);
    EXPECT_EQ(expand("staff"), "wait") << "sales is on it, as it was";
    directory->fail(1, DirectoryFault::behind, true);
    EXPECT_EQ(expand("everybody"), "wait") << "whom the search finds are not all";
    directory->fail(static_cast<std::size_t>(-1), DirectoryFault::behind, false);
    const auto sound = expand("sales");
    directory->fail(1, DirectoryFault::behind, true);
    EXPECT_EQ(expand("sales"), sound) << "a person who was is one";
    directory->fail(0, DirectoryFault::behind, false);
    EXPECT_EQ(expand("sales"), sound) << "another server has the list as it is";
}

TEST_F(Faults, ListsThatASenderWasOnAreNotAllOfHis)
{
    directory->fail(1, DirectoryFault::behind, true);
    Senders senders{directory, config->organization};
    EXPECT_TRUE(std::holds_alternative<CannotSay>(
        senders.by_address("carol@contoso.example", false, after(60s))));
    // Whose address it was is an answer, and what he may by that.
    directory->fail(0, DirectoryFault::behind, false);
    const auto was = senders.by_address("carol@contoso.example", false, after(60s));
    const auto* const carol = std::get_if<Sender>(&was);
    ASSERT_NE(carol, nullptr);
    const auto judged = [&](const std::string& attribute, const std::string& who) {
        auto object = person("boss");
        object.attributes[attribute] = {name_of(who)};
        const auto rules = restrictions_of(object);
        return undecided(*rules, *carol) ? "wait" : judge(*rules, *carol) ? "no" : "yes";
    };
    EXPECT_STREQ(judged("authOrig", "sales"), "yes");
    EXPECT_STREQ(judged("authOrig", "alice"), "wait");
    EXPECT_STREQ(judged("unauthOrig", "carol"), "wait");
}

TEST_F(Faults, WhoWasDisabledIsNotRefusedAndWhoMightSendIsLetIn)
{
    auto all = organization();
    all.push_back(person("left"));
    all.back().attributes["imcDisabled"] = {"TRUE"};
    all.push_back(person("boss"));
    all.back().attributes["authOrig"] = {name_of("alice")};
    directory = std::make_shared<FaultyDirectory>(recorded_directory(all, "people"));
    EXPECT_TRUE(rcpt("left@contoso.example", false).starts_with("550"));
    directory->fail(0, DirectoryFault::behind, true);
    EXPECT_EQ(rcpt("left@contoso.example", false).substr(0, 4), "wait");

    const RecipientResolver resolver{config, directory};
    const auto boss = resolver.resolve("boss@contoso.example", after(60s));
    const auto* const route = std::get_if<Route>(&boss);
    ASSERT_NE(route, nullptr) << "what was is an answer";
    ASSERT_NE(route->restrictions, nullptr);
    Sender stranger{"ann@example.net"};
    EXPECT_TRUE(undecided(*route->restrictions, stranger));
    Sender alice{"alice@contoso.example"};
    alice.names = {dn_of("alice").normalized()};
    EXPECT_FALSE(undecided(*route->restrictions, alice));
    EXPECT_FALSE(judge(*route->restrictions, alice));

    directory->fail(static_cast<std::size_t>(-1), DirectoryFault::behind, false);
    const auto now = resolver.resolve("boss@contoso.example", after(60s));
    EXPECT_FALSE(undecided(*std::get<Route>(now).restrictions, stranger));
    EXPECT_TRUE(judge(*std::get<Route>(now).restrictions, stranger));
}

// What came with one good answer is not repeated for a directory that has lost its schema.
TEST_F(Faults, CacheRemembersNoFault)
{
    metrics::Registry counters;
    for (const auto fault : kit::all_directory_faults) {
        const auto cache = std::make_shared<RecipientCache>(
            directory, RecipientCacheSettings{.found = 600s, .absent = 600s}, counters);
        RecipientLookup lookup{directory, config->organization, 16, cache};
        directory->fail(0, fault, false);
        (void)lookup.by_address("none@contoso.example", after(60s));
        (void)lookup.by_address("alice@contoso.example", after(60s));
        EXPECT_TRUE(std::holds_alternative<ProvenAbsent>(
            lookup.by_address("none@contoso.example", after(60s))))
            << to_string(fault);
        EXPECT_TRUE(std::holds_alternative<std::vector<Entry>>(
            lookup.by_address("alice@contoso.example", after(60s))))
            << to_string(fault);
    }
}

}  // namespace
}  // namespace imc::transfer
