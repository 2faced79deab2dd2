#include "queue/scheduler_world.h"
#include "spool/kit.h"
#include "spool/working.h"

namespace imc::queue {
namespace {

/// The rest of a text, read while its header is looked at: tells who is being worked on then.
class TellsWhoIsAtWork final : public OctetsFile {
public:
    TellsWhoIsAtWork(spool::WorkingFile& file, std::vector<spool::MessageId>& into)
        : file_{file}, into_{into}
    {}
    std::uint64_t size() const override { return rest.size(); }
    Result<std::string> piece(std::uint64_t at) const override
    {
        const auto now = file_.left();
        file_.clear_left();
        into_.insert(into_.end(), now.begin(), now.end());
        return rest.substr(static_cast<std::size_t>(at));
    }

private:
    const std::string rest = "y\r\n\r\ntext\r\n";
    spool::WorkingFile& file_;
    std::vector<spool::MessageId>& into_;
};

TEST_F(SchedulerWorld, MessageIsNotedWhileItsReportIsMade)
{
    const spool::RealFolder folder;
    const auto file = spool::WorkingFile::open(folder.path() + "/working").value();
    spool_.set_working(file.get());
    std::vector<spool::MessageId> at_work;
    open();
    internet_.answer = [](const std::string& address) {
        return address.starts_with("bob") ? refused : delivered;
    };
    spool::NewMessage message;
    message.envelope = envelope({"bob@far.example"});
    message.body = spool::Body{std::make_shared<const std::string>("Subject: x"),
                               std::make_shared<TellsWhoIsAtWork>(*file, at_work)};
    auto kept = message;
    const auto id = kit::run(io_, spool_.store(std::move(message))).value();
    queue_->add(id, std::move(kept.envelope), std::move(kept.body));
    ASSERT_TRUE(until([this] {
        return queue_->counts().messages == 0 && internet_.sent.size() == 2;
    })) << "the message, and the report on it";
    ASSERT_FALSE(at_work.empty());
    EXPECT_EQ(at_work.front(), id);
    EXPECT_TRUE(file->left().empty()) << "nobody is at work any more";
}

TEST_F(SchedulerWorld, CourierIsToldWhereToNoteItsWork)
{
    const spool::RealFolder folder;
    const auto file = spool::WorkingFile::open(folder.path() + "/working").value();
    spool_.set_working(file.get());
    open();
    (void)send({"bob@far.example"});
    ASSERT_TRUE(until([this] { return !internet_.sent.empty(); }));
    EXPECT_EQ(internet_.working, file.get());
}

}  // namespace
}  // namespace imc::queue
