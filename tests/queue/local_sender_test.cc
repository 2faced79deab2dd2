#include "queue/local_sender.h"

#include "list_world.h"

namespace imc::queue {
namespace {

bool counts(const std::string& account, const std::string& alias,
            const std::string& peer = "pickup one.eml 1-2-3")
{
    spool::Envelope envelope;
    envelope.account = account;
    envelope.peer = peer;
    transfer::Sender sender;
    sender.alias = alias;
    return is_signed_in(envelope, sender);
}

TEST(LocalSender, IsWhoHasTheMailboxOfHisLoginName)
{
    EXPECT_TRUE(counts("local:alice", "alice"));
    EXPECT_FALSE(counts("local:alice", "bob")) << "somebody else's address";
    EXPECT_FALSE(counts("local:alice", "Alice")) << "login names differ in case";
    EXPECT_FALSE(counts("local:alice", "")) << "nobody's address";
    EXPECT_FALSE(counts("", "alice"));
}

TEST(LocalSender, RootIsWhicheverMailboxHeSendsAs)
{
    EXPECT_TRUE(counts("local:root", "alice"));
    EXPECT_FALSE(counts("local:root", ""));
}

TEST(LocalSender, NoteCountsOnlyBesideTheMarkOfAPickupFile)
{
    EXPECT_FALSE(counts("local:root", "alice", "[192.0.2.1]:25 (pickup )"));
    EXPECT_TRUE(counts("alice", "", "[192.0.2.1]:25 (client.example)")) << "who signed in by SMTP";
}

class LocalSenders : public ListWorld {
protected:
    /// Who has got something: the boss, or the sender his report.
    std::string sent_as(const std::string& account)
    {
        taken_.clear();
        spool::Envelope letter;
        letter.sender = "ann@contoso.example";
        letter.account = account;
        letter.peer = "pickup one.eml 1-2-3";
        letter.recipients = {{"boss@contoso.example"}};
        post(std::move(letter));
        settle_down();
        return reached();
    }
};

TEST_F(LocalSenders, AreTakenForWhoHasSignedIn)
{
    entries_.push_back(transfer::person("ann"));
    entries_.push_back(transfer::person("boss"));
    entries_.back().attributes["imcAuthOnly"] = {"TRUE"};
    start();
    EXPECT_EQ(sent_as("local:ann"), "boss@contoso.example");
    EXPECT_EQ(sent_as("local:root"), "boss@contoso.example");
    EXPECT_EQ(sent_as("local:bob"), "ann@contoso.example") << "a report";
    EXPECT_EQ(sent_as(""), "ann@contoso.example");
}

}  // namespace
}  // namespace imc::queue
