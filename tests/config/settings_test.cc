#include "base/files.h"
#include "config/settings_view.h"
#include "registry/values.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <unistd.h>

namespace imc::config {
namespace {

namespace fs = std::filesystem;

class Settings : public testing::Test {
protected:
    ~Settings() override { fs::remove_all(root_); }

    std::string all_of(const std::string& values)
    {
        fs::create_directories(root_);
        const Paths paths{root_};
        const std::string text =
            "Windows Registry Editor Version 5.00\r\n\r\n"
            "[HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Services\\MSExchangeIMC\\Parameters]"
            "\r\n" +
            values;
        write_file_atomically(real_files(), paths.registry(), text).value();
        std::vector<Assertion> out;
        return read_registry(paths, out).settings->all();
    }

    std::string root_ =
        (fs::temp_directory_path() / ("imc-settings-" + std::to_string(::getpid()))).string();
};

// A change of a value that this text left out was once not taken, in silence.
TEST_F(Settings, EachValueThatSomebodyReadsIsPartOfTheWhole)
{
    for (const auto& info : registry::value_table()) {
        const std::string name{info.name};
        EXPECT_NE(all_of("\"" + name + "\"=\"one\"\r\n"), all_of("\"" + name + "\"=\"two\"\r\n"))
            << name;
    }
}

TEST_F(Settings, CommentsOrderAndValuesOfNobodyMakeNoDifference)
{
    EXPECT_EQ(all_of("\"SiteDN\"=\"/o=a\"\r\n\"CommonName\"=\"x\"\r\n"),
              all_of("; why\r\n\"CommonName\"=\"x\"\r\n\"SiteDN\"=\"/o=a\"\r\n\"Mine\"=\"y\"\r\n"));
}

}  // namespace
}  // namespace imc::config
