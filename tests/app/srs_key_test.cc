#include "app/service/srs_key.h"

#include "kit/remember.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace imc::app {
namespace {

class SrsKey : public testing::Test {
protected:
    SrsKey()
    {
        char name[] = "/tmp/imc-srs-XXXXXX";
        folder_ = ::mkdtemp(name);
        events_.add(std::make_unique<kit::Remember>(raised_));
    }
    ~SrsKey() override { std::filesystem::remove_all(folder_); }
    std::string key()
    {
        config::Config config;
        config.paths = Paths{folder_};
        return with_srs_key(std::make_shared<const config::Config>(config), real_files(), events_)
            ->srs_key;
    }
    std::string kept() const
    {
        std::ifstream file{folder_ + "/secrets/srs.key"};
        std::string line;
        std::getline(file, line);
        return line;
    }

    std::string folder_;
    std::vector<EventRecord> raised_;
    EventLog events_;
};

TEST_F(SrsKey, IsMadeAtTheFirstStartAndReadableByNobodyElse)
{
    const auto made = key();
    EXPECT_EQ(made.size(), 40U);
    EXPECT_EQ(kept(), made);
    EXPECT_EQ(std::filesystem::status(folder_ + "/secrets/srs.key").permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    EXPECT_TRUE(raised_.empty());
}

TEST_F(SrsKey, ThatCannotBeKeptIsNotUsed)
{
    std::ofstream{folder_ + "/secrets"} << "in the way";
    EXPECT_EQ(key(), "");
    ASSERT_EQ(raised_.size(), 1U);
    EXPECT_EQ(raised_.front().id, EventId::srs_key_not_kept);
}

TEST_F(SrsKey, ThatIsThereAndSaysNothingIsNotReplaced)
{
    std::filesystem::create_directory(folder_ + "/secrets");
    std::ofstream{folder_ + "/secrets/srs.key"} << "";
    EXPECT_EQ(key(), "");
    EXPECT_EQ(kept(), "");
    EXPECT_EQ(raised_.size(), 1U);
}

}  // namespace
}  // namespace imc::app
