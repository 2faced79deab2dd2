#include "base/text.h"
#include "pickup_world.h"

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>

namespace imc::app {
namespace {

using PickupFolder = PickupWorld;

TEST_F(PickupFolder, FileIsStoredAndGoneBeforeTheQueueSeesIt)
{
    drop("one.eml", good);
    EXPECT_EQ(look(), 1U);
    ASSERT_EQ(queued_.size(), 1U);
    EXPECT_TRUE(files_when_queued_.empty());
    EXPECT_EQ(queued_[0].envelope.sender, "ann@ours.example");
    ASSERT_EQ(queued_[0].envelope.recipients.size(), 1U);
    const auto text = queued_[0].body.memory();
    EXPECT_TRUE(text.starts_with("Received: by mail1.ours.example (imc pickup);\r\n\t")) << text;
    EXPECT_NE(text.find("\r\nMessage-ID: <pickup."), std::string::npos) << text;
    EXPECT_TRUE(text.ends_with("Subject: x\r\n\r\nbody\r\n.\r\nend\r\n")) << text;
    EXPECT_EQ(look(), 0U);
}

// pickup-file-growing, Q250441, Q279320
TEST_F(PickupFolder, RegressionPickupFileGrowing)
{
    const auto path = root_ + "/pickup/slow.eml";
    const int writer = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    EXPECT_EQ(look(), 0U);
    ASSERT_EQ(::write(writer, good, 10), 10);
    EXPECT_EQ(look(), 0U);
    EXPECT_TRUE(fs::exists(path));
    ASSERT_GT(::write(writer, good + 10, std::strlen(good) - 10), 0);
    ::close(writer);
    EXPECT_EQ(look(), 1U);
    EXPECT_TRUE(raised_.empty());
}

TEST_F(PickupFolder, EmptyFileAndNamesThatAreNotReadyAreLeftAlone)
{
    drop("empty.eml", "");
    std::ofstream{root_ + "/pickup/.hidden"} << good;
    std::ofstream{root_ + "/pickup/later.tmp"} << good;
    fs::create_symlink("/etc/passwd", root_ + "/pickup/link.eml");
    EXPECT_EQ(look(), 0U);
    EXPECT_EQ(files().size(), 3U);
    EXPECT_TRUE(fs::is_symlink(root_ + "/pickup/link.eml"));
}

TEST_F(PickupFolder, BadFileGoesToBadmailWithItsReason)
{
    drop("bad.eml", "From: ann@ours.example\n\nno recipient\n");
    drop("large.eml", good + std::string(20'000, 'x'));
    EXPECT_EQ(look(), 0U);
    EXPECT_TRUE(files().empty());
    EXPECT_TRUE(fs::exists(root_ + "/badmail/bad.eml"));
    std::string why;
    std::getline(std::ifstream{root_ + "/badmail/bad.eml.err"} >> std::ws, why);
    EXPECT_TRUE(why.starts_with("no recipient")) << why;
    EXPECT_TRUE(fs::exists(root_ + "/badmail/large.eml.err"));
    ASSERT_EQ(raised_.size(), 2U);
    EXPECT_EQ(raised_[0].id, EventId::pickup_file_unparsable);
    drop("bad.eml", "From: ann@ours.example\n\nanother\n");
    EXPECT_EQ(look(), 0U);
    EXPECT_EQ(std::ranges::distance(fs::directory_iterator{root_ + "/badmail"}), 6)
        << "one bad file never takes another's place";
}

// pickup-readonly-file, Q221432: what could not be removed was sent again and again. Here a crash
// between the store and the removal leaves the file.
TEST_F(PickupFolder, RegressionPickupReadonlyFileIsNeverSentTwice)
{
    const auto path = drop("one.eml", good);
    fs::create_hard_link(path, root_ + "/kept");
    EXPECT_EQ(look(), 1U);
    fs::rename(root_ + "/kept", root_ + "/pickup/.claimed/1-one.eml");
    restart();
    ASSERT_EQ(recovered_.size(), 1U);
    EXPECT_TRUE(files().empty());
    EXPECT_EQ(look(), 0U);
}

TEST_F(PickupFolder, FileThatCannotBeRemovedIsRenamedAndNeverReadAgain)
{
    drop("one.eml", good);
    disk_.removes = false;
    EXPECT_EQ(look(), 1U);
    EXPECT_EQ(queued_.size(), 1U);
    ASSERT_EQ(files().size(), 1U);
    EXPECT_TRUE(files()[0].starts_with("done.")) << files()[0];
    ASSERT_EQ(raised_.size(), 1U);
    EXPECT_EQ(raised_[0].id, EventId::pickup_file_unparsable);
    // Delivered meanwhile: the spool remembers nothing of it.
    fs::remove_all(root_ + "/spool");
    fs::create_directories(root_ + "/spool");
    restart();
    EXPECT_EQ(look(), 0U);
    EXPECT_EQ(queued_.size(), 1U);
    disk_.removes = true;
    restart();
    EXPECT_TRUE(files().empty());
}

TEST_F(PickupFolder, WhileAFileCanNeitherBeRemovedNorRenamedItsMessageWaitsInTheSpool)
{
    drop("one.eml", good);
    fs::rename(root_ + "/pickup/one.eml", root_ + "/pickup/.claimed/1-one.eml");
    disk_.removes = disk_.renames = false;
    EXPECT_EQ(look(), 0U);
    EXPECT_EQ(look(), 0U);
    EXPECT_EQ(raised_.size(), 1U) << "told once";
    restart();
    EXPECT_TRUE(recovered_.empty()) << "the queue would deliver it, and the record would be gone";
    EXPECT_EQ(look(), 0U);
    EXPECT_TRUE(queued_.empty());
    disk_.removes = true;
    EXPECT_EQ(look(), 1U);
    EXPECT_TRUE(files_when_queued_.empty());
    ASSERT_EQ(queued_.size(), 1U);
    EXPECT_EQ(queued_[0].envelope.sender, "ann@ours.example");
    ASSERT_TRUE(queued_[0].body) << "read back from the spool";
    EXPECT_TRUE(queued_[0].body.memory().ends_with("body\r\n.\r\nend\r\n"));
    EXPECT_EQ(look(), 0U);
    restart();
    EXPECT_EQ(recovered_.size(), 1U);
}

TEST_F(PickupFolder, RemovalThatIsNotDurableIsNoRemoval)
{
    drop("one.eml", good);
    disk_.syncs = false;
    EXPECT_EQ(look(), 0U);
    EXPECT_TRUE(queued_.empty());
    disk_.syncs = true;
    EXPECT_EQ(look(), 1U);
    EXPECT_EQ(queued_.size(), 1U);
}

TEST_F(PickupFolder, ParametersOfTheEnvelopeAreKeptAndLoneNamesCompleted)
{
    drop("one.eml", "X-Sender: <root> RET=HDRS ENVID=a+2Bb\nX-Receiver: <bob@c.example> "
                    "NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b+2B@c.example\nX-Receiver: <ann>\n"
                    "X-EndOfInjectedXHeaders: x\nFrom: root (Cron)\n\nbody\n");
    drop("two.eml", "X-Sender: <root>\nX-Receiver: <bob@c.example> NOTIFY=NEVER,DELAY\n\nx\n");
    EXPECT_EQ(look(), 1U);
    ASSERT_EQ(queued_.size(), 1U);
    const auto& envelope = queued_[0].envelope;
    EXPECT_EQ(envelope.sender, "root@ours.example");
    EXPECT_EQ(envelope.ret, "HDRS");
    EXPECT_EQ(envelope.envid, "a+b");
    ASSERT_EQ(envelope.recipients.size(), 2U);
    EXPECT_EQ(envelope.recipients[0].notify, 10);
    EXPECT_EQ(envelope.recipients[0].original, "rfc822;b+@c.example");
    EXPECT_EQ(envelope.recipients[1].address, "ann@ours.example");
    EXPECT_NE(queued_[0].body.memory().find("\r\nFrom: root@ours.example (Cron)\r\n"),
              std::string::npos);
    EXPECT_TRUE(fs::exists(root_ + "/badmail/two.eml.err"));
}

// A program that gives what it gets to sendmail can send it round for ever.
TEST_F(PickupFolder, MessageThatGoesRoundInCirclesIsSetAside)
{
    std::string text;
    for (int i = 0; i < 51; ++i)
        text += "Received: by x;\n\tTue, 24 Nov 2026 12:00:00 +0000\n";
    drop("loop.eml", text + good);
    EXPECT_EQ(look(), 0U);
    EXPECT_TRUE(fs::exists(root_ + "/badmail/loop.eml.err"));
}

TEST_F(PickupFolder, WhatSendmailBeganLongAgoIsRemovedAtTheStart)
{
    const auto old = root_ + "/pickup/.sendmail-1-2-3.tmp";
    const auto fresh = root_ + "/pickup/.sendmail-4-5-6.tmp";
    std::ofstream{old} << good;
    std::ofstream{fresh} << good;
    fs::last_write_time(old, fs::file_time_type::clock::now() - std::chrono::hours{25});
    restart();
    EXPECT_FALSE(fs::exists(old));
    EXPECT_TRUE(fs::exists(fresh));
}

TEST_F(PickupFolder, WhatWasClaimedButNotStoredIsSentAfterARestart)
{
    drop("one.eml", good);
    fs::rename(root_ + "/pickup/one.eml", root_ + "/pickup/.claimed/1-one.eml");
    restart();
    EXPECT_EQ(look(), 1U);
    EXPECT_EQ(queued_.size(), 1U);
}

// Whoever may write into the folder could make it before us, or a link.
TEST_F(PickupFolder, NothingIsTakenThroughAFolderThatIsNotOursAlone)
{
    const auto claimed = root_ + "/pickup/.claimed", kept = root_ + "/kept";
    const auto nothing_is_taken = [&](const char* why) {
        restart();
        drop("one.eml", good);
        EXPECT_EQ(look(), 0U);
        EXPECT_EQ(look(), 0U);
        EXPECT_TRUE(fs::exists(root_ + "/pickup/one.eml"));
        ASSERT_EQ(raised_.size(), 1U) << "told once";
        EXPECT_EQ(raised_[0].id, EventId::pickup_file_unparsable);
        EXPECT_NE(raised_[0].description.find(why), std::string::npos) << raised_[0].description;
        raised_.clear();
    };
    fs::permissions(claimed, fs::perms::others_write, fs::perm_options::add);
    nothing_is_taken("until its mode is 700");
    fs::rename(claimed, kept);
    fs::permissions(kept, fs::perms::owner_all);
    fs::create_directory_symlink(kept, claimed);
    nothing_is_taken("until it is moved away");
    EXPECT_TRUE(fs::is_empty(kept));
    if (::geteuid() == 0) {
        fs::remove(claimed);
        fs::create_directory(claimed);
        ASSERT_EQ(::chown(claimed.c_str(), 12345, 12345), 0);
        nothing_is_taken("a folder of user 12345");
    }
    fs::remove_all(claimed);
    restart();
    EXPECT_EQ(look(), 1U);
}

TEST_F(PickupFolder, FileThatCannotBeReadIntoMemoryIsSetAsideAndTheOthersAreTaken)
{
    drop("a.eml", good);
    drop("b.eml", good);
    fails_ = 1;
    EXPECT_EQ(look(), 1U);
    EXPECT_EQ(queued_.size(), 1U);
    EXPECT_TRUE(fs::exists(root_ + "/badmail/a.eml.err"));
    ASSERT_EQ(raised_.size(), 1U);
    EXPECT_EQ(raised_[0].id, EventId::pickup_file_unparsable);
}

TEST_F(PickupFolder, FileIsBoundedThoughTheRegistrySetsNoLimit)
{
    auto config = std::make_shared<config::Config>(*config_);
    config->message_octets = std::uint64_t{1} << 40U;
    config_ = config;
    fs::resize_file(drop("huge.eml", good), (256ULL << 20U) + 1);
    EXPECT_EQ(look(), 0U);
    EXPECT_TRUE(fs::exists(root_ + "/badmail/huge.eml.err"));
}

// Its owner sets the time of a change, to any year; not the one that counts.
TEST_F(PickupFolder, AgeOfAFileIsNotItsOwnersToSay)
{
    const auto path = drop("new.eml", "");
    for (const auto hours : {-48, 48}) {
        fs::last_write_time(path, fs::file_time_type::clock::now() + std::chrono::hours{hours});
        EXPECT_EQ(look(), 0U);
        EXPECT_TRUE(fs::exists(path)) << "made just now, and not yet written";
    }
}

TEST_F(PickupFolder, WhatIsNoFileIsToldOnceAndLeft)
{
    ASSERT_EQ(::mkfifo((root_ + "/pickup/fifo.eml").c_str(), 0600), 0);
    fs::create_directory(root_ + "/pickup/folder.eml");
    ASSERT_EQ(::mkfifo((root_ + "/pickup/.claimed/1-fifo").c_str(), 0600), 0);
    EXPECT_EQ(look(), 0U);
    EXPECT_EQ(look(), 0U);
    EXPECT_EQ(raised_.size(), 3U);
    for (const auto& event : raised_)
        EXPECT_NE(event.description.find("and no file"), std::string::npos) << event.description;
}

TEST_F(PickupFolder, LongestNamesAreTakenAndSetAside)
{
    drop(std::string(250, 'a'), good);
    drop(std::string(250, 'b'), "From: ann@ours.example\n\nno recipient\n");
    drop(std::string(249, 'b') + "c", "From: ann@ours.example\n\nno recipient\n");
    EXPECT_EQ(look(), 1U);
    EXPECT_EQ(queued_.size(), 1U);
    EXPECT_EQ(std::ranges::distance(fs::directory_iterator{root_ + "/badmail"}), 4);
    EXPECT_TRUE(files().empty());
}

TEST_F(PickupFolder, LimitsOfAMessageHoldHereToo)
{
    auto config = std::make_shared<config::Config>(*config_);
    config->message_octets = 1 << 20;
    config->max_recipients = 2;
    config->session.header_octets = 500;
    config->session.header_lines = 5;
    config->session.mime_depth = 1;
    config_ = config;
    drop("r.eml", "From: a@b.example\nTo: a@b.example, b@b.example, c@b.example\n\nx\n");
    drop("o.eml", std::string{"Subject: "} + std::string(500, 'x') + "\n" + good);
    drop("l.eml", "A: x\nA: x\nA: x\n" + std::string{good});
    drop("e.eml", "To: " + std::string(3000, ',') + "\n" + good);
    EXPECT_EQ(look(), 0U);
    for (const auto& [name, value] :
         {std::pair{"r", "3 recipients, at most 2 (MaxRecipientsPerMessage)"},
          {"o", "(MaxHeaderSize)"},
          {"e", "octets of header and envelope, at most 2500 (MaxHeaderSize)"},
          {"l", "6 lines of header, at most 5 (MaxHeaderLines)"}}) {
        std::string why;
        std::getline(std::ifstream{root_ + "/badmail/" + name + ".eml.err"} >> std::ws, why);
        EXPECT_NE(why.find(value), std::string::npos) << why;
    }
    drop("deep.eml",
         "From: a@b.example\nTo: a@b.example\nContent-Type: multipart/mixed; boundary=a\n\n"
         "--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n--a--\n");
    EXPECT_EQ(look(), 1U);
    EXPECT_NE(queued_.back().body.memory().find("\r\nX-IMC-Limits: mime-depth\r\n"),
              std::string::npos);
}

// Another name of a file that was sent may be the one that its owner keeps.
TEST_F(PickupFolder, FileWithSeveralNamesIsNotFinishedInTheFolderItself)
{
    const auto path = drop("one.eml", good);
    fs::create_hard_link(path, root_ + "/kept");
    EXPECT_EQ(look(), 1U);
    fs::create_hard_link(root_ + "/kept", root_ + "/pickup/again.eml");
    restart();
    ASSERT_EQ(recovered_.size(), 1U);
    EXPECT_EQ(files(), std::vector<std::string>{"again.eml"});
}

}  // namespace
}  // namespace imc::app
