#include "config/open_directory.h"

#include <gtest/gtest.h>

namespace imc::config {
namespace {

using Urls = std::vector<std::string>;

const Dn base = Dn::parse_rfc4514("dc=example,dc=org").value();

// Each generation, and each check of one to come, opens the directory anew.
TEST(OpenDirectory, WhoeverAsksTheSameServersKnowsWhatTheyHaveShown)
{
    const Paths paths{"/nowhere/one"};
    const Urls urls{"ldap://provider", "ldap://replica"};
    const auto memory = change_memory(paths, urls, base);
    EXPECT_EQ(change_memory(paths, urls, base), memory);
    EXPECT_EQ(change_memory(paths, urls, Dn::parse_rfc4514("DC=Example, DC=Org").value()), memory);
    EXPECT_NE(change_memory(paths, {"ldap://other"}, base), memory);
    EXPECT_NE(change_memory(paths, urls, Dn{}), memory) << "another part of it, or another one";
    EXPECT_NE(change_memory(Paths{"/nowhere/two"}, urls, base), memory) << "another connector";
}

// To leave the dead provider out of HomeDSA makes its replica no newer.
TEST(OpenDirectory, ServerThatIsAddedOrLeftOutIsNoReasonToForget)
{
    const Paths paths{"/nowhere/three"};
    const auto memory = change_memory(paths, {"ldap://provider"}, base);
    EXPECT_EQ(change_memory(paths, {"LDAP://Provider", "ldap://replica"}, base), memory);
    EXPECT_EQ(change_memory(paths, {"ldap://replica"}, base), memory);
}

/// A registry that says nothing.
class NoValues final : public SettingsView {
public:
    std::optional<std::string> text(std::string_view) const override { return {}; }
    std::optional<std::uint64_t> number(std::string_view) const override { return {}; }
    std::optional<std::vector<std::string>> list(std::string_view) const override { return {}; }
    std::string all() const override { return {}; }
};

TEST(OpenDirectory, SettingsOfAServerBringTheMemoryOfIt)
{
    const Paths paths{"/nowhere/four"};
    const auto configuration =
        ldap_settings(paths, NoValues{}, {"ldap://one"}, base, "Directory").memory;
    ASSERT_TRUE(configuration);
    EXPECT_EQ(configuration, change_memory(paths, {"ldap://one"}, base));
    EXPECT_EQ(ldap_settings(paths, NoValues{}, {"ldap://one"}, base, "Recipient").memory,
              configuration)
        << "people in the same directory";
}

}  // namespace
}  // namespace imc::config
