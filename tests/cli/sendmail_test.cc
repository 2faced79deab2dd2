#include "cli/sendmail/options.h"
#include "cli/sendmail/sendmail.h"
#include "kit/failing_files.h"
#include "kit/stuck_files.h"
#include "run.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <sysexits.h>
#include <unistd.h>

namespace imc::cli {
namespace {

namespace fs = std::filesystem;
using List = std::vector<std::string>;
using sendmail::Mode;

sendmail::Options options(const List& words)
{
    auto read = sendmail::read_options(words);
    if (const auto* flaw = std::get_if<std::string>(&read)) throw std::runtime_error{*flaw};
    return std::get<sendmail::Options>(read);
}

std::string flaw(const List& words)
{
    const auto read = sendmail::read_options(words);
    const auto* said = std::get_if<std::string>(&read);
    return said == nullptr ? "none" : *said;
}

TEST(SendmailOptions, OfCronPhpAndMailxAreRead)
{
    const auto cron = options({"-FCronDaemon", "-i", "-odi", "-oem", "-oi", "-t", "-f", "root"});
    EXPECT_EQ(cron.full_name, "CronDaemon");
    EXPECT_TRUE(cron.header_recipients);
    EXPECT_FALSE(cron.dot_ends);
    EXPECT_EQ(cron.sender, "root");
    EXPECT_TRUE(cron.recipients.empty());
    const auto php = options({"-t", "-i", "-fwww@a.example"});
    EXPECT_EQ(php.sender, "www@a.example");
    const auto mailx = options({"-i", "bob@a.example", "-v", "--", "-x"});
    EXPECT_EQ(mailx.recipients, (List{"bob@a.example", "-x"}));
    EXPECT_TRUE(options({"-ti"}).header_recipients);
    EXPECT_FALSE(options({"-ti"}).dot_ends);
    EXPECT_EQ(options({"-r", "<>", "a"}).sender, "<>");
    EXPECT_EQ(options({"-Nsuccess,failure", "-R", "hdrs", "-V", "a=b", "x"}).ret, "HDRS");
}

TEST(SendmailOptions, WithoutMeaningAreAccepted)
{
    const auto all = options(
        {"-Ac", "-Am", "-B8BITMIME", "-G",    "-L", "tag", "-O", "DeliveryMode=b", "-U", "-X",
         "log", "-em", "-h",         "5",     "-m", "-n",  "-p", "smtp",           "-s", "-v",
         "-x",  "-o7", "-oQ/var",    "-q30m", "bob"});
    EXPECT_EQ(all.recipients, List{"bob"});
    EXPECT_EQ(all.mode, Mode::send);
}

TEST(SendmailOptions, ChooseTheMode)
{
    EXPECT_EQ(options({"-bm"}).mode, Mode::send);
    EXPECT_EQ(options({"-bs"}).mode, Mode::smtp);
    EXPECT_EQ(options({"-bv", "a"}).mode, Mode::verify);
    EXPECT_EQ(options({"-bp"}).mode, Mode::queue);
    EXPECT_EQ(options({"-bi"}).mode, Mode::nothing);
    EXPECT_EQ(options({"-I"}).mode, Mode::nothing);
    EXPECT_EQ(options({"-q30m"}).mode, Mode::nothing);
    EXPECT_EQ(options({"-q30m", "-t"}).mode, Mode::send);
    EXPECT_EQ(options({"-q"}).selector, List{"--all"});
    EXPECT_EQ(options({"-qRexample.net"}).selector, (List{"--domain", "example.net"}));
    EXPECT_EQ(options({"-qI0A"}).selector, List{"0A"});
    EXPECT_EQ(options({"--root=/x", "--json"}).root, "/x");
    EXPECT_EQ(options({"-h"}).mode, Mode::help);
}

TEST(SendmailOptions, WithFlawsAreNamed)
{
    EXPECT_NE(flaw({"-Z"}).find("\"-Z\" is no option"), std::string::npos);
    EXPECT_NE(flaw({"--verbose"}).find("--verbose"), std::string::npos);
    EXPECT_EQ(flaw({"-f"}), "-f needs a value");
    EXPECT_NE(flaw({"-bd"}).find("imc service start"), std::string::npos);
    EXPECT_NE(flaw({"-bt"}).find("-bt found"), std::string::npos);
    EXPECT_NE(flaw({"-N", "never,delay", "a"}).find("-N"), std::string::npos);
    EXPECT_NE(flaw({"-R", "all", "a"}).find("-R"), std::string::npos);
    EXPECT_NE(flaw({"-R", "full ENVID=x", "a"}).find("-R"), std::string::npos);
    EXPECT_NE(flaw({"-V", "a\nb", "a"}).find("-V"), std::string::npos);
    EXPECT_NE(flaw({"-B9BIT"}).find("-B"), std::string::npos);
    EXPECT_NE(flaw({"-bv"}).find("-bv"), std::string::npos);
    EXPECT_NE(flaw({"-bs", "a"}).find("-bs"), std::string::npos);
    EXPECT_NE(flaw({"-C", "/etc/x"}).find("--root"), std::string::npos);
}

TEST(SendmailWords, ComeOfTheCommandOrTheName)
{
    const auto words = [](std::vector<const char*> arguments) { return sendmail_words(arguments); };
    EXPECT_EQ(words({"/usr/bin/imc", "sendmail", "-t"}), List{"-t"});
    EXPECT_EQ(words({"/usr/sbin/sendmail", "-t"}), List{"-t"});
    EXPECT_EQ(words({"mailq", "-v"}), (List{"-bp", "-v"}));
    EXPECT_EQ(words({"newaliases"}), List{"-bi"});
    EXPECT_FALSE(words({"imc", "queue", "ls"}));
    EXPECT_FALSE(words({"imc"}));
}

class Sendmail : public testing::Test {
protected:
    void SetUp() override { fs::create_directories(pickup()); }

    std::string pickup() const { return folder_.root() + "/pickup"; }

    /// @param pieces  how the text comes in
    int send(List words, List pieces, FileSystem& files = real_files())
    {
        std::istringstream in;
        std::ostringstream out, err;
        Context context{in, out, err};
        context.root = folder_.root();
        std::reverse(pieces.begin(), pieces.end());
        const SendmailCaller caller{::geteuid(), login_, "Ann Lee",
                                    [&](std::span<char> into) -> IoResult<std::size_t> {
                                        if (pieces.empty() && failure_ != 0)
                                            return boost::system::error_code{
                                                failure_, boost::system::system_category()};
                                        if (pieces.empty()) return 0;
                                        const auto piece = pieces.back();
                                        pieces.pop_back();
                                        std::memcpy(into.data(), piece.data(), piece.size());
                                        return piece.size();
                                    },
                                    files};
        instead_ = run_sendmail(context, words, caller);
        left_ = pieces.size();
        said_ = err.str();
        return context.status;
    }

    List files() const
    {
        List out;
        for (const auto& entry : fs::directory_iterator{pickup()})
            out.push_back(entry.path());
        return out;
    }

    /// Of the one file, which goes.
    std::string dropped()
    {
        const auto all = files();
        if (all.size() != 1) return std::to_string(all.size()) + " files";
        std::ifstream file{all[0]};
        std::string text{std::istreambuf_iterator<char>{file}, {}};
        fs::remove(all[0]);
        return text;
    }

    Folder folder_;
    std::string login_ = "ann";
    int failure_ = 0;
    std::size_t left_ = 0;
    List instead_;
    std::string said_;
};

TEST_F(Sendmail, WritesAWholeMessageWithWhatWasMissing)
{
    EXPECT_EQ(send({"bob@c.example", "eve"}, {"Subject: x\n", "\nhel", "lo\n"}), EX_OK) << said_;
    const auto text = dropped();
    EXPECT_TRUE(text.starts_with("X-Sender: <ann>\r\nX-Receiver: <bob@c.example>\r\nX-Receiver: "
                                 "<eve>\r\nX-EndOfInjectedXHeaders: sendmail\r\nFrom: Ann Lee "
                                 "<ann>\r\nDate: "))
        << text;
    EXPECT_TRUE(text.ends_with("\r\nSubject: x\r\n\r\nhello\r\n")) << text;
    EXPECT_TRUE(mail::parse_pickup(text, "ours.example"));
}

TEST_F(Sendmail, TakesRecipientsFromTheHeaderAndTheCommandLine)
{
    EXPECT_EQ(send({"-t", "-f", "", "-N", "never", "-R", "full", "-V", "a b", "eve@c.example"},
                   {"From: x@c.example\nTo: bob@c.example\nBcc: cat@c.example\n\nx\n"}),
              EX_OK);
    const auto m = mail::parse_pickup(dropped(), "ours.example");
    ASSERT_TRUE(m);
    EXPECT_EQ(m->sender, "");
    EXPECT_EQ(m->parameters, " RET=FULL ENVID=a+20b");
    ASSERT_EQ(m->recipients.size(), 3U);
    EXPECT_EQ(m->recipients[2], (mail::PickupRecipient{"cat@c.example", " NOTIFY=NEVER"}));
    EXPECT_EQ(m->text.find("Bcc"), std::string::npos);
    EXPECT_EQ(m->text.find("Ann"), std::string::npos);
}

TEST_F(Sendmail, LoneDotEndsTheMessageUnlessToldOtherwise)
{
    EXPECT_EQ(send({"bob"}, {"\na\n", ".", "\n", "b\n"}), EX_OK);
    EXPECT_EQ(left_, 1U) << "what follows is not read";
    EXPECT_TRUE(dropped().ends_with("\r\n\r\na\r\n"));
    EXPECT_EQ(send({"bob"}, {"\na\n."}), EX_OK);
    EXPECT_TRUE(dropped().ends_with("\r\n\r\na\r\n"));
    EXPECT_EQ(send({"bob"}, {"\n.a\n..\n"}), EX_OK);
    EXPECT_TRUE(dropped().ends_with("\r\n\r\n.a\r\n..\r\n"));
    EXPECT_EQ(send({"-i", "bob"}, {"\na\n.\nb\n"}), EX_OK);
    EXPECT_TRUE(dropped().ends_with("\r\n\r\na\r\n.\r\nb\r\n"));
}

TEST_F(Sendmail, SaysBySysexitsWhatIsWrongAndLeavesNothing)
{
    EXPECT_EQ(send({"-Z"}, {}), EX_USAGE);
    EXPECT_EQ(send({}, {"x\n"}), EX_USAGE);
    EXPECT_EQ(send({"-t"}, {"Subject: x\n\n"}), EX_USAGE);
    EXPECT_EQ(send({"bro ken"}, {"x\n"}), EX_USAGE);
    EXPECT_EQ(send({"-f", "a@b, c@d", "bob"}, {"x\n"}), EX_USAGE);
    EXPECT_EQ(send({"-t"}, {"To: a@\n\n"}), EX_DATAERR);
    failure_ = EBADF;
    EXPECT_EQ(send({"bob"}, {"x\n"}), EX_NOINPUT);
    failure_ = EIO;
    EXPECT_EQ(send({"bob"}, {"x\n"}), EX_IOERR) << "a text that is broken off is no message";
    failure_ = 0;
    login_ = "";
    EXPECT_EQ(send({"bob"}, {"x\n"}), EX_OSERR);
    EXPECT_EQ(send({"-f", "ann", "bob"}, {"x\n"}), EX_OK);
    EXPECT_NE(dropped(), "0 files");
    EXPECT_TRUE(files().empty());
    fs::remove(pickup());
    EXPECT_EQ(send({"-f", "ann", "bob"}, {"x\n"}), EX_CONFIG);
    EXPECT_TRUE(said_.starts_with("imc: sendmail: ")) << said_;
}

TEST_F(Sendmail, MessageOverTheLimitIsRefused)
{
    std::ofstream{folder_.root() + "/registry.reg"}
        << "Windows Registry Editor Version 5.00\n\n"
           "[HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Services\\MSExchangeIMC\\Parameters]\n"
           "\"InboundSizeLimit\"=hex(b):00,10,00,00,00,00,00,00\n";
    EXPECT_EQ(send({"bob"}, {std::string(3000, 'x'), std::string(3000, 'x')}), EX_UNAVAILABLE);
    EXPECT_NE(said_.find("4096"), std::string::npos) << said_;
    EXPECT_TRUE(files().empty());
    EXPECT_EQ(send({"bob"}, {std::string(3000, 'x')}), EX_OK) << said_;
}

// Each call that changes something fails once: nothing half-written, and never EX_OK.
TEST_F(Sendmail, FailureOfTheDiskLeavesNothing)
{
    for (int nth = 1; nth <= 3; ++nth) {
        kit::FailingFiles broken{nth};
        EXPECT_EQ(send({"bob"}, {"x\n"}, broken), EX_IOERR) << broken.what_failed();
        EXPECT_NE(broken.what_failed(), "");
        EXPECT_TRUE(files().empty()) << broken.what_failed();
    }
}

TEST_F(Sendmail, FolderThatMayNotBeWrittenIsNamedWithItsMend)
{
    kit::StuckFiles denied;
    denied.makes = false;
    EXPECT_EQ(send({"bob"}, {"x\n"}, denied), EX_NOPERM);
    EXPECT_NE(said_.find("chmod 3733 " + pickup()), std::string::npos) << said_;
}

TEST_F(Sendmail, QueueAndFlushAreOtherCommands)
{
    EXPECT_EQ(send({"-bp", "--json"}, {}), 0);
    EXPECT_EQ(instead_, (List{"queue", "ls", "--root", folder_.root(), "--json"}));
    EXPECT_EQ(send({"-q"}, {}), 0);
    EXPECT_EQ(instead_, (List{"queue", "retry", "--all", "--root", folder_.root()}));
    EXPECT_EQ(send({"-bi"}, {}), 0);
    EXPECT_TRUE(instead_.empty());
}

}  // namespace
}  // namespace imc::cli
