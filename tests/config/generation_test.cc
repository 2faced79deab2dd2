#include "config/generation.h"

#include "config/config_tree.h"
#include "directory/object_mark.h"

#include <gtest/gtest.h>

namespace imc::config {
namespace {

Generation generation(const ConfigTree& tree, std::uint64_t number)
{
    Generation out;
    out.number = number;
    out.time = "2026-11-26T12:00:0" + std::to_string(number) + ".000Z";
    out.registry = tree.registry;
    out.directory = tree.objects;
    return out;
}

ChangeNote note(const std::string& user, const std::string& time)
{
    ChangeNote out{time, user, "imc " + user};
    return out;
}

constexpr auto earlier = "2026-11-26T12:00:00.500Z";
constexpr auto later = "2026-11-26T12:00:01.500Z";
constexpr auto latest = "2026-11-26T12:00:01.700Z";

TEST(Generation, IsTheWorkOfWhoeverLeftANoteThatFits)
{
    ConfigTree before, after;
    after.add_value("\"MaxHops\"=dword:0000001e");
    after.set(tree_names.connector, "imcTls", {"verify"});
    auto ann = note("ann", later), bob = note("bob", latest), old = note("old", earlier);
    ann.registry = mark_of(std::string_view{after.registry});
    bob.objects[tree_names.connector.normalized()] = mark_of(after.at(tree_names.connector));
    old.registry = ann.registry;
    EXPECT_EQ(to_text(authors(generation(before, 1), generation(after, 2), {old, ann, bob})),
              "ann: imc ann; bob: imc bob");
}

// An editor, ldapmodify: they leave nothing, and nobody else must be blamed.
TEST(Generation, IsFromOutsideWhereNoNoteFits)
{
    ConfigTree before, after;
    after.set(tree_names.connector, "imcTls", {"verify"});
    EXPECT_EQ(to_text(authors(generation(before, 1), generation(after, 2), {})), "outside");
    auto ann = note("ann", later);
    ann.objects[tree_names.connector.normalized()] = "what stood there before somebody else came";
    EXPECT_EQ(to_text(authors(generation(before, 1), generation(after, 2), {ann})),
              "ann: imc ann; outside");
}

TEST(Generation, TellsWhatDiffersInObjectsThatAreNoSettings)
{
    ConfigTree before, after;
    const auto mailbox = tree_names.recipients.child("cn", "administrator");
    after.at(mailbox).attributes["displayName"] = {"Boss"};
    const auto was = snapshot_of(generation(before, 1)), is = snapshot_of(generation(after, 2));
    ASSERT_TRUE(was && is);
    const auto said = lines_of(differences(*was, *is));
    EXPECT_NE(said.find("[object cn=administrator,cn=Recipients,ou=Oslo,o=Contoso] displayName: "),
              std::string::npos)
        << said;
}

TEST(Generation, OfWhichHalfIsMissingIsNone)
{
    auto half = generation(ConfigTree{}, 3);
    half.directory.clear();
    const auto read = snapshot_of(half);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().event(), EventId::generation_missing);
}

TEST(Generation, MarkOfAnObjectKnowsNeitherOrderNorTheNumberOfAGeneration)
{
    Entry one{tree_names.connector, {{"imcSmartHost", {"a", "b"}}}};
    Entry other{tree_names.connector,
                {{"imcSmartHost", {"b", "a"}}, {"imcGeneration", {"7 0123"}}}};
    EXPECT_EQ(mark_of(one), mark_of(other));
    other.attributes["imcSmartHost"] = {"b", "A"};
    EXPECT_NE(mark_of(one), mark_of(other));
    one.attributes = {{"imcSiteDomain", {"a", "b", "c"}}};
    other.attributes = {{"imcSiteDomain", {"a", "c", "b"}}};
    EXPECT_EQ(mark_of(one), mark_of(other));
    other.attributes = {{"imcSiteDomain", {"b", "a", "c"}}};
    EXPECT_NE(mark_of(one), mark_of(other)) << "the first is the site's own";
}

}  // namespace
}  // namespace imc::config
