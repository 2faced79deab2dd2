#include "transfer/procedure.h"

#include "mail/imcea.h"
#include "mail/srs.h"
#include "transfer/restriction.h"
#include "transfer/site.h"

namespace imc::transfer {
namespace {

using Table = Site;

// route-suffix-label-boundary: the matrix of Q169683 (and Q217217).
TEST_F(Table, RegressionRouteSuffixLabelBoundary)
{
    people.add("u", {"u@ms.com", "u@x.ms.com", "u@abc.x.ms.com"});
    rows({"ms.com;relay;host1.ms.com", "#ms.com;<inbound>", "x.ms.com;inbound"});
    EXPECT_EQ(way("u@ms.com"), "maildir:u u@ms.com");
    EXPECT_EQ(way("u@sales.ms.com"), "row:[host1.ms.com]:25 u@sales.ms.com");
    EXPECT_EQ(way("u@x.ms.com"), "maildir:u u@x.ms.com");
    EXPECT_EQ(way("u@abc.x.ms.com"), "maildir:u u@abc.x.ms.com");
    EXPECT_EQ(way("u@pms.com"), "mx:pms.com u@pms.com");
    EXPECT_EQ(way("nobody@abc.x.ms.com"), "550 5.1.1");
}

// Q190710, Q307628: "rerouted to" a domain rewrites the recipient.
TEST_F(Table, RowThatRewritesIsLookedAtAnew)
{
    rows({"old.example;rewrite;contoso.example", "far.example;rewrite;@example.net",
          "a.example;rewrite;b.example", "b.example;rewrite;old.example"});
    EXPECT_EQ(way("alice@old.example"), "maildir:alice alice@contoso.example");
    EXPECT_EQ(way("alice@sub.old.example"), "maildir:alice alice@contoso.example");
    EXPECT_EQ(way("nobody@old.example"), "550 5.1.1");
    EXPECT_EQ(way("x@far.example"), "mx:example.net x@example.net");
    EXPECT_EQ(way("alice@a.example"), "maildir:alice alice@contoso.example");
    EXPECT_TRUE(is_ours(config, "a.example"));
    EXPECT_FALSE(is_ours(config, "far.example"));
}

// Our own mail does not leave because somebody wrote a row for a wider name.
TEST_F(Table, SiteDomainIsARowForItsOwnName)
{
    rows({"example;relay;hub.example.net"});
    EXPECT_EQ(way("alice@contoso.example"), "maildir:alice alice@contoso.example");
    EXPECT_EQ(way("alice@sub.contoso.example"), "row:[hub.example.net]:25 "
                                                "alice@sub.contoso.example");
    rows({"contoso.example;relay;hub.example.net"});
    EXPECT_EQ(way("alice@contoso.example"), "row:[hub.example.net]:25 alice@contoso.example");
}

// Q258203: the directory first, then the host that has the others.
TEST_F(Table, SharedNameSpaceIsLocalIfKnownElseThatHosts)
{
    rows({"#contoso.example;shared;old.contoso.example:26"});
    EXPECT_EQ(way("alice@contoso.example"), "maildir:alice alice@contoso.example");
    EXPECT_EQ(rcpt("bob@contoso.example"), "row:[old.contoso.example]:26 bob@contoso.example")
        << "no relay rule is asked for a domain that is ours";
    EXPECT_EQ(rcpt("postmaster@contoso.example"), "maildir:admin postmaster@contoso.example");
    people.silent = true;
    EXPECT_EQ(rcpt("bob@contoso.example"), "451 4.3.0") << "silence is not absence";
}

TEST_F(Table, RowThatAcceptsTakesMailWhileTheDirectoryCannotSay)
{
    rows({"#contoso.example;inbound;accept", "old.example;rewrite;contoso.example",
          "#shared.example;shared;hub.example;accept", "#plain.example;inbound"});
    EXPECT_EQ(rcpt("none@contoso.example"), "550 5.1.1") << "it can say";
    EXPECT_EQ(
        findings("routing row"),
        "\"#contoso.example;inbound;accept\" is the closest for contoso.example: inbound; mail "
        "is taken while the directory cannot say");
    people.silent = true;
    const std::string taken = "250 2.0.0 routing row \"#contoso.example;inbound;accept\"";
    for (const char* address : {"alice@contoso.example", "none@contoso.example", "postmaster",
                                "x@old.example", "alice+x@contoso.example"})
        EXPECT_EQ(rcpt(address), taken) << address;
    EXPECT_NE(findings("proxy address").find("held in the queue"), std::string::npos);
    EXPECT_EQ(rcpt("x@shared.example"),
              "250 2.0.0 routing row \"#shared.example;shared;hub.example;accept\"");
    EXPECT_EQ(rcpt("x@plain.example"), "451 4.3.0") << "each domain has its own";
    EXPECT_EQ(rcpt("x@fabrikam.example"), "451 4.3.0") << "a site domain without a row";
    EXPECT_EQ(rcpt("x@example.net"), "550 5.7.1 relay: no rule lets this client relay");
    EXPECT_EQ(way("alice@contoso.example"), "451 4.3.0") << "in the queue it waits";
}

// The queue unwraps for everybody, and asks no relay rule any more.
TEST_F(Table, StrangerWhoWrapsAnAddressIsNotTakenUnasked)
{
    rows({"#contoso.example;inbound;accept"});
    config.relay.use_authenticated = true;
    people.silent = true;
    for (const std::string address : {"IMCEASMTP-x+40example+2Enet@contoso.example",
                                      "imceasmtp-x+40example+2enet@contoso.example",
                                      "IMCEAEX-_O=CONTOSO_CN=ALICE@contoso.example"}) {
        EXPECT_EQ(rcpt(address), "451 4.3.0") << address;
        EXPECT_TRUE(rcpt(address, "198.51.100.1", "alice").starts_with("250 ")) << address;
    }
}

// Whoever has had mail from us knows such an address, and the queue passes mail on to whom it is
// for without asking who sent it.
TEST_F(Table, AddressMadeForASenderIsNotTakenUnasked)
{
    rows({"#contoso.example;inbound;accept"});
    config.srs_key = "key";
    config.relay.use_authenticated = true;
    people.silent = true;
    const auto made =
        *mail::Srs{"key"}.forward("ann@example.net", "contoso.example", wall_clock().now());
    EXPECT_EQ(rcpt(made), "451 4.3.0");
    EXPECT_EQ(rcpt(made, "198.51.100.1", "alice"), "451 4.3.0");
    EXPECT_TRUE(rcpt("SRS1@contoso.example").starts_with("250 ")) << "which is an ordinary name";
    people.silent = false;
    EXPECT_EQ(rcpt(made), "mx:example.net ann@example.net") << "a report";
}

TEST_F(Table, MailToAnAddressMadeForASenderIsAskedWhatTheRowOfHisDomainSays)
{
    rows({"never.example;dns;never", "closed.example;reject;We have moved",
          "open.example;dns;always"});
    config.srs_key = "key";
    config.relay.use_authenticated = true;
    const auto asked = [&](const std::string& of, const std::string& sender,
                           const std::string& account) {
        const auto made = *mail::Srs{"key"}.forward(of, "contoso.example", wall_clock().now());
        Request request;
        request.recipient = made;
        request.from_client = true;
        request.sender = sender;
        request.client.peer = "198.51.100.1";
        request.client.account = account;
        return said(decide(config, people, request));
    };
    const std::string sender = "alice@contoso.example";
    EXPECT_EQ(asked("ann@never.example", sender, "alice"),
              "550 5.7.1 relay: routing row \"never.example;dns;never\"");
    EXPECT_EQ(asked("ann@closed.example", sender, "alice"), "550 5.7.1");
    EXPECT_EQ(asked("ann@open.example", sender, ""), "mx:open.example ann@open.example");
    EXPECT_EQ(asked("ann@other.example", sender, "alice"), "mx:other.example ann@other.example");
    EXPECT_EQ(asked("ann@never.example", "", ""), "mx:never.example ann@never.example")
        << "a report goes to whom the mail had come from";
    EXPECT_EQ(asked("ann@closed.example", "", ""), "mx:closed.example ann@closed.example");
}

TEST_F(Table, RowThatRejectsSaysItsText)
{
    rows({"closed.example;reject;We have moved; write to contoso.example",
          "#open.closed.example;dns"});
    Request request;
    request.recipient = "x@a.closed.example";
    const auto found = decide(config, people, request);
    const auto& refused = std::get<Refused>(found);
    EXPECT_EQ(refused.status, "5.7.1");
    EXPECT_EQ(refused.why, "We have moved; write to contoso.example");
    EXPECT_EQ(way("x@open.closed.example"), "mx:open.closed.example x@open.closed.example");
}

// relay-override-domain-row (Q195969, Q259531): rows B and C open, D stays shut without a rule.
TEST_F(Table, RegressionRelayOverrideDomainRow)
{
    rows({"b.example;dns;always", "c.example;relay;host.c.example;always", "e.example;dns;never"});
    EXPECT_EQ(rcpt("alice@contoso.example"), "maildir:alice alice@contoso.example");
    EXPECT_EQ(rcpt("x@b.example"), "mx:b.example x@b.example");
    EXPECT_EQ(rcpt("x@c.example"), "row:[host.c.example]:25 x@c.example");
    EXPECT_EQ(rcpt("x@d.example"), "550 5.7.1 relay: no rule lets this client relay");
    config.relay.use_authenticated = true;
    EXPECT_EQ(rcpt("x@d.example", "198.51.100.1", "alice"), "mx:d.example x@d.example");
    EXPECT_EQ(rcpt("x@e.example", "198.51.100.1", "alice"),
              "550 5.7.1 relay: routing row \"e.example;dns;never\"");
    config.relay.off = true;
    EXPECT_EQ(rcpt("x@b.example"), "550 5.7.1 relay: RelayMode off") << "off means off (Q243045)";
    EXPECT_EQ(rcpt("alice@contoso.example"), "maildir:alice alice@contoso.example");
}

TEST_F(Table, RelayWordOfARowHoldsForWhereItRewritesTo)
{
    rows({"in.example;rewrite;out.example;always", "shut.example;rewrite;b.example;never",
          "b.example;dns;always"});
    EXPECT_EQ(rcpt("x@in.example"), "mx:out.example x@out.example");
    EXPECT_EQ(rcpt("x@out.example"), "550 5.7.1 relay: no rule lets this client relay");
    EXPECT_EQ(rcpt("x@shut.example"),
              "550 5.7.1 relay: routing row \"shut.example;rewrite;b.example;never\"");
}

// route-row-mutation (Q245740): nothing of the table changes by being used.
TEST_F(Table, RegressionRouteRowMutation)
{
    rows({"test.example;rewrite;contoso.example", "ip.example;relay;10.0.0.1"});
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(way("alice@test.example"), "maildir:alice alice@contoso.example");
        EXPECT_EQ(way("x@ip.example"), "row:[10.0.0.1]:25 x@ip.example");
    }
}

// A circle is refused with its way, and raises 40802.
TEST_F(Table, CirclesAreRefusedWithTheWayTheyTook)
{
    rows({"a.example;rewrite;b.example", "b.example;rewrite;a.example",
          "self.example;relay;MAIL.contoso.example", "ip.example;relay;192.0.2.25",
          "port.example;relay;192.0.2.25:2525"});
    Request request;
    request.recipient = "x@a.example";
    const auto found = decide(config, people, request);
    const auto& refused = std::get<Refused>(found);
    EXPECT_EQ(refused.status, "5.4.6");
    EXPECT_EQ(refused.event, EventId::route_in_circle);
    EXPECT_EQ(refused.why, "it goes in a circle: x@a.example, x@b.example, x@a.example");
    EXPECT_EQ(way("x@self.example"), "550 5.4.6");
    EXPECT_EQ(way("x@ip.example"), "550 5.4.6");
    EXPECT_EQ(way("x@port.example"), "row:[192.0.2.25]:2525 x@port.example")
        << "another port is another host";
    rows({"a.example;rewrite;c1.example", "c1.example;rewrite;c2.example",
          "c2.example;rewrite;c3.example", "c3.example;rewrite;c4.example",
          "c4.example;rewrite;c5.example", "c5.example;rewrite;c6.example",
          "c6.example;rewrite;c7.example", "c7.example;rewrite;contoso.example"});
    EXPECT_EQ(way("alice@c1.example"), "maildir:alice alice@contoso.example");
    EXPECT_EQ(way("alice@a.example"), "550 5.4.6") << "nine rounds";
}

using Spaces = Site;

TEST_F(Spaces, WithoutARowEverybodySendsForHimself)
{
    connector("ours", {});
    connector("other", {});
    EXPECT_EQ(way("x@example.net"), "mx:example.net x@example.net");
}

TEST_F(Spaces, MailGoesToTheConnectorThatCarriesIt)
{
    connector("ours", {"SMTP:*;1;organization"});
    auto& other = connector("other", {"SMTP:*@example.net;50;organization"});
    other.hosts = {{"hub.contoso.example", 2525}};
    EXPECT_EQ(way("x@example.org"), "mx:example.org x@example.org");
    EXPECT_EQ(way("x@EXAMPLE.net."), "connector:[hub.contoso.example]:2525 x@EXAMPLE.net");
    EXPECT_EQ(way("alice@contoso.example"), "maildir:alice alice@contoso.example")
        << "what is ours is not asked for";
    rows({"example.net;relay;direct.example.net"});
    EXPECT_EQ(way("x@example.net"), "row:[direct.example.net]:25 x@example.net")
        << "a row that names its host needs no connector";
}

// What is compared are A-labels, whatever the row was written with.
TEST_F(Spaces, PatternWithLettersOfOtherLanguagesMatches)
{
    connector("ours", {"SMTP:*;100;organization"});
    connector("exact", {"SMTP:ann@BÜCHER.example;1;organization"});
    connector("below", {"SMTP:*@*.bücher.example;1;organization"});
    EXPECT_EQ(way("ann@xn--bcher-kva.example"),
              "connector:[exact.contoso.example]:25 ann@xn--bcher-kva.example");
    EXPECT_EQ(way("bob@a.xn--bcher-kva.example"),
              "connector:[below.contoso.example]:25 bob@a.xn--bcher-kva.example");
    EXPECT_EQ(way("bob@xn--bcher-kva.example"), "mx:xn--bcher-kva.example "
                                                "bob@xn--bcher-kva.example");
    EXPECT_FALSE(config::parse_address_space("SMTP:*@b*ücher.example;1;organization"))
        << "nobody can say which names that would be";
    EXPECT_TRUE(config::parse_address_space("SMTP:*@*;1;organization"));
    EXPECT_TRUE(config::parse_address_space("SMTP:;1;organization"));
}

TEST_F(Spaces, NobodyWhoCarriesItIsRefusedAndSaysWhyEachLost)
{
    connector("ours", {"SMTP:*@example.org;1;organization"});
    connector("other", {"SMTP:*;1;organization"}).mode = config::TransferMode::inbound;
    config.relay.use_authenticated = true;
    EXPECT_EQ(rcpt("x@example.net", "198.51.100.1", "alice"), "550 5.4.4");
    EXPECT_EQ(findings("address space"),
              "other, \"SMTP:*;1;organization\": wildcard, cost 1; withdraws: it does not send "
              "(imcTransferMode inbound)\nours; no row matches");
    Request request;
    request.recipient = "x@example.net";
    EXPECT_EQ(std::get<Refused>(decide(config, people, request)).event, EventId::no_connector);
}

TEST_F(Spaces, OnlyWhatOurConnectorCarriesOutIsAskedOfItsOwnRestrictions)
{
    people.add("carol", {"carol@contoso.example"}, "imcContact").attributes["targetAddress"] = {
        "SMTP:carol@partner.example"};
    people.add("dave", {"dave@contoso.example"}).attributes["authOrig"] = {
        "cn=alice,cn=Recipients,ou=Oslo,o=Contoso"};
    rows({"far.example;relay;hub.far.example", "#fabrikam.example;shared;old.fabrikam.example"});
    config.outbound.reject = {{"cn=Eve,o=Contoso", "cn=eve,o=contoso"}};
    const auto asked = [this](const std::string& address) {
        const auto found = decide(config, people, {address});
        const auto* route = std::get_if<Route>(&found);
        return route != nullptr && route->restrictions && route->restrictions->outbound != nullptr;
    };
    EXPECT_TRUE(asked("x@example.net"));
    EXPECT_TRUE(asked("x@far.example"));
    EXPECT_TRUE(asked("carol@contoso.example"));
    EXPECT_FALSE(asked("alice@contoso.example"));
    EXPECT_FALSE(asked("dave@contoso.example"));
    EXPECT_FALSE(asked("x@fabrikam.example")) << "a host of our own name space";
    connector("ours", {"SMTP:*;10;organization"});
    connector("other", {"SMTP:*@example.net;1;organization"});
    EXPECT_FALSE(asked("x@example.net")) << "who carries it has restrictions of its own";
    EXPECT_TRUE(asked("x@example.org"));
    config.outbound = {};
    EXPECT_FALSE(asked("x@example.org"));
}

using Kinds = Site;

TEST_F(Kinds, ContactGoesWhereTheDirectorySaysAndNoRelayRuleIsAsked)
{
    people.add("carol", {"carol@contoso.example"}, "imcContact").attributes["targetAddress"] = {
        "SMTP:carol@partner.example"};
    EXPECT_EQ(rcpt("carol@contoso.example"), "mx:partner.example carol@partner.example");
    EXPECT_EQ(rcpt("carol@partner.example"), "550 5.7.1 relay: no rule lets this client relay");
    rows({"partner.example;reject;no"});
    EXPECT_EQ(rcpt("carol@contoso.example"), "mx:partner.example carol@partner.example")
        << "what comes in is what the table is for";
    connector("hub", {"SMTP:*@partner.example;1;organization"});
    EXPECT_EQ(rcpt("carol@contoso.example"),
              "connector:[hub.contoso.example]:25 carol@partner.example");
}

// route-null-sender-unknown: the way does not know the sender, so it cannot change it; and a target
// of ours is followed, but not round and round.
// contact-target-own-domain-loop (Q262124, Q157043)
TEST_F(Kinds, ContactOfOursIsFollowedAndNeverRoundAndRound)
{
    people.add("to-alice", {"c@contoso.example"}, "imcContact").attributes["targetAddress"] = {
        "SMTP:alice@contoso.example"};
    people.add("ping", {"ping@contoso.example"}, "imcContact").attributes["targetAddress"] = {
        "pong@fabrikam.example"};
    people.add("pong", {"pong@fabrikam.example"}, "imcContact").attributes["targetAddress"] = {
        "SMTP:Ping@contoso.example"};
    EXPECT_EQ(rcpt("c@contoso.example"), "maildir:alice alice@contoso.example");
    EXPECT_EQ(rcpt("ping@contoso.example"), "550 5.4.6");
    EXPECT_NE(findings("verdict").find("ping@contoso.example, pong@fabrikam.example, "
                                       "ping@contoso.example"),
              std::string::npos)
        << findings("verdict");
}

// A contact exists whatever the rows of connectors say: never "no such user", in the queue neither.
TEST_F(Kinds, ContactOfATypeThatNoConnectorCarriesIsNeverNoSuchUser)
{
    people.add("dora", {"dora@contoso.example"}, "imcContact").attributes["targetAddress"] = {
        "X400:c=US;a= ;p=Contoso;s=Lee"};
    const auto answer = [this](bool taken) {
        Request request;
        request.recipient = "dora@contoso.example";
        request.from_client = !taken;
        request.taken = taken;
        const auto found = decide(config, people, request);
        const auto* no = std::get_if<Refused>(&found);
        return said(found) + (no != nullptr && no->event == EventId::no_connector
                                  ? ", which waits in the queue"
                                  : "");
    };
    const std::string no_way = "550 5.4.4, which waits in the queue";
    EXPECT_EQ(answer(false), no_way) << "no address space at all, and not 451 for ever";
    connector("ours", {"SMTP:*;1;organization", "X400:*;1;organization"});
    EXPECT_EQ(answer(false), no_way) << "we speak SMTP only";
    config.connectors.clear();
    connector("x400", {"X400:*;1;organization"});
    EXPECT_EQ(answer(false), "connector:[x400.contoso.example]:25 " +
                                 mail::encapsulate({"X400", "c=US;a= ;p=Contoso;s=Lee"}) +
                                 "@contoso.example");
    config.connectors.front().mode = config::TransferMode::inbound;
    EXPECT_EQ(answer(false), no_way);
    EXPECT_EQ(answer(true), no_way) << "mail that was taken does not bounce as unknown";
}

TEST_F(Kinds, QuotedTargetWithAColonIsAnAddress)
{
    people.add("odd", {"odd@contoso.example"}, "imcContact").attributes["targetAddress"] = {
        "\"a:b\"@partner.example"};
    EXPECT_EQ(rcpt("odd@contoso.example"), "mx:partner.example \"a:b\"@partner.example");
}

TEST_F(Kinds, TargetThatIsNoAddressIsNeverNoSuchUser)
{
    people.add("bad", {"bad@contoso.example"}, "imcContact").attributes["targetAddress"] = {
        "SMTP:a b"};
    EXPECT_EQ(rcpt("bad@contoso.example"), "451 4.3.0");
}

TEST_F(Kinds, HiddenOnesReceiveAndDisabledOnesAreRefused)
{
    people.entries[1].attributes["imcHidden"] = {"TRUE"};
    EXPECT_EQ(rcpt("alice@contoso.example"), "maildir:alice alice@contoso.example");
    EXPECT_NE(findings("object").find("hidden from address lists"), std::string::npos);
    people.entries[1].attributes["imcDisabled"] = {"TRUE"};
    EXPECT_EQ(rcpt("alice@contoso.example"), "550 5.2.1");
    people.entries[0].attributes["imcDisabled"] = {"TRUE"};
    EXPECT_EQ(rcpt("admin@contoso.example"), "550 5.2.1");
    EXPECT_EQ(rcpt("postmaster@contoso.example"), "maildir:admin postmaster@contoso.example")
        << "RFC 5321 4.5.1";
}

// RFC 5321 4.5.1, of each domain that is ours and not only of the first.
TEST_F(Kinds, PostmasterOfAnotherHostedDomainIsNeverRefused)
{
    auto& keeper = people.add("keeper", {"postmaster@fabrikam.example", "keeper@fabrikam.example"});
    keeper.attributes["imcDisabled"] = {"TRUE"};
    EXPECT_EQ(rcpt("PostMaster@fabrikam.example"), "maildir:keeper PostMaster@fabrikam.example");
    EXPECT_EQ(rcpt("keeper@fabrikam.example"), "550 5.2.1") << "by his other name he is as others";
    keeper.attributes.erase("imcDisabled");
    keeper.attributes["imcAuthOnly"] = {"TRUE"};
    keeper.attributes["imcMaxReceiveKB"] = {"1"};
    const auto limited = [this](const char* address) {
        const auto found = decide(config, people, {address});
        return std::get<Route>(found).restrictions != nullptr;
    };
    EXPECT_FALSE(limited("postmaster@fabrikam.example"));
    EXPECT_TRUE(limited("keeper@fabrikam.example"));
}

TEST_F(Kinds, PublicFolderIsDeliveredLikeAMailbox)
{
    auto& folder = people.add("news", {"news@contoso.example"}, "imcPublicFolder");
    EXPECT_EQ(rcpt("news@contoso.example"), "maildir:news news@contoso.example");
    EXPECT_NE(findings("route").find("public folder cn=news"), std::string::npos);
    folder.attributes["homeMDB"] = {"lmtp:127.0.0.1:24"};
    EXPECT_EQ(rcpt("news@contoso.example"), "lmtp:[127.0.0.1]:24 news@contoso.example");
}

TEST_F(Kinds, SubaddressIsTheUsersUnlessSomebodyHasIt)
{
    EXPECT_EQ(rcpt("alice+news@contoso.example"), "550 5.1.1") << "off unless it is configured";
    config.subaddress_separator = "+";
    EXPECT_EQ(rcpt("alice+news@contoso.example"), "maildir:alice alice+news@contoso.example");
    EXPECT_EQ(rcpt("Alice+a+b@contoso.example"), "maildir:alice Alice+a+b@contoso.example");
    EXPECT_EQ(rcpt("+alice@contoso.example"), "550 5.1.1");
    EXPECT_EQ(rcpt("bob+news@contoso.example"), "550 5.1.1");
    people.add("news", {"alice+news@contoso.example"});
    EXPECT_EQ(rcpt("alice+news@contoso.example"), "maildir:news alice+news@contoso.example");
    config.subaddress_separator = "-";
    EXPECT_EQ(rcpt("alice-x@contoso.example"), "maildir:alice alice-x@contoso.example");
    EXPECT_EQ(rcpt("alice+x@contoso.example"), "550 5.1.1");
}

TEST_F(Kinds, AddressOfTwoObjectsIsNeverGuessedInWhateverOrder)
{
    people.add("bob", {"b@contoso.example", "alice@contoso.example"});
    EXPECT_EQ(rcpt("alice@contoso.example"), "451 4.1.4");
    std::ranges::reverse(people.entries);
    const auto found = decide(config, people, {"alice@contoso.example"});
    EXPECT_EQ(std::get<AmbiguousRecipient>(found).objects,
              (std::vector<std::string>{"cn=alice,cn=Recipients,ou=Oslo,o=Contoso",
                                        "cn=bob,cn=Recipients,ou=Oslo,o=Contoso"}));
}

class Encapsulated : public Site {
protected:
    Encapsulated()
    {
        people.entries[1].attributes["legacyExchangeDN"] = {
            "/O=CONTOSO/OU=OSLO/CN=RECIPIENTS/CN=ALICE"};
        people.entries[1].attributes["proxyAddresses"].push_back("X400:c=US;a= ;p=Contoso;s=Lee");
        config.relay.use_authenticated = true;
    }
    std::string own(const std::string& address) { return rcpt(address, "198.51.100.1", "alice"); }

    const std::string ex = "IMCEAEX-_O=CONTOSO_OU=OSLO_CN=RECIPIENTS_CN=ALICE@contoso.example";
};

// encapsulated-bypass-removed-proxy (Q245045, Q244008)
TEST_F(Encapsulated, RegressionEncapsulatedBypassRemovedProxy)
{
    EXPECT_EQ(rcpt(ex), "550 5.1.1");
    EXPECT_EQ(own(ex), "maildir:alice " + ex);
    EXPECT_EQ(way(ex), "maildir:alice " + ex) << "what was taken stays taken";
    people.entries[1].attributes["imcAcceptEncapsulated"] = {"TRUE"};
    EXPECT_EQ(rcpt(ex), "maildir:alice " + ex);
    EXPECT_EQ(own("IMCEAEX-_O=CONTOSO_OU=OSLO_CN=RECIPIENTS_CN=BOB@contoso.example"), "550 5.1.1");
}

TEST_F(Encapsulated, OwnSendersMayWrapOtherTypesAndRelayRulesStillHold)
{
    const auto x400 = mail::encapsulate({"X400", "c=US;a= ;p=Contoso;s=Lee"}) + "@contoso.example";
    EXPECT_EQ(own(x400), "maildir:alice " + x400);
    EXPECT_EQ(rcpt(x400), "550 5.1.1");
    EXPECT_EQ(own("IMCEASMTP-x+40example+2Enet@contoso.example"), "mx:example.net x@example.net");
    EXPECT_EQ(own("IMCEASMTP-alice+40contoso+2Eexample@contoso.example"),
              "maildir:alice alice@contoso.example");
    EXPECT_EQ(own("IMCEAFAX-+2B47@contoso.example"), "550 5.1.1") << "nobody carries the type";
    connector("fax", {"FAX:;1;site"});
    EXPECT_EQ(own("IMCEAFAX-+2B47@contoso.example"),
              "connector:[fax.contoso.example]:25 IMCEAFAX-+2B47@contoso.example");
    EXPECT_EQ(rcpt("IMCEAFAX-+2B47@contoso.example"), "550 5.1.1");
    config.relay.off = true;
    EXPECT_EQ(own("IMCEASMTP-x+40example+2Enet@contoso.example"), "550 5.1.1") << "Q237927";
}

// imcea-case-folded-by-peer (Q271575)
TEST_F(Encapsulated, RegressionImceaCaseFoldedByPeer)
{
    const auto folded = lower(ex);
    EXPECT_EQ(own(folded), "maildir:alice " + folded);
    people.entries[1].attributes["imcAcceptEncapsulated"] = {"TRUE"};
    EXPECT_EQ(rcpt(folded), "550 5.1.1");
}

TEST_F(Encapsulated, WrappedAddressesInOneAnotherEnd)
{
    std::string address = "x@example.net";
    for (int i = 0; i < 3; ++i)
        address = mail::encapsulate({"SMTP", address}) + "@contoso.example";
    EXPECT_EQ(own(address), "mx:example.net x@example.net");
    for (int i = 0; i < 4; ++i)
        address = mail::encapsulate({"SMTP", address}) + "@c.example";
    const auto said = own(address);
    EXPECT_TRUE(said.starts_with("5") || said.starts_with("mx:")) << said;
}

}  // namespace
}  // namespace imc::transfer
