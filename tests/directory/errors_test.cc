#include "directory/embedded.h"
#include "directory/filter.h"
#include "directory/ldif.h"
#include "directory/recorded.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <unistd.h>

namespace imc {
namespace {

using namespace std::chrono_literals;

class Errors : public testing::Test {
protected:
    Errors()
    {
        char name[] = "/tmp/imc-directory-XXXXXX";
        folder_ = ::mkdtemp(name);
    }
    ~Errors() override { std::filesystem::remove_all(folder_); }
    std::string folder_;
};

Change organization(const std::string& name)
{
    Change change{Change::Kind::add, Dn{}.child("o", name)};
    change.attributes["objectClass"] = {"top", "organization"};
    change.attributes["o"] = {name};
    return change;
}

// Q166540: such a text overwrote memory once.
TEST_F(Errors, NameThatCannotBeReadIsAnErrorWithItsPosition)
{
    const auto dn = Dn::parse("o=Contoso,,ou=Oslo");
    ASSERT_FALSE(dn);
    EXPECT_EQ(dn.error().event(), EventId::dn_invalid);
    EXPECT_NE(dn.error().detail().find_first_of("0123456789"), std::string::npos);
}

TEST_F(Errors, FilterAndLdifThatCannotBeReadAreErrorsWithTheirPlace)
{
    EXPECT_EQ(Filter::parse("(cn=a").error().event(), EventId::filter_invalid);
    const auto ldif = parse_ldif("dn: o=Contoso\nobjectClass\n");
    ASSERT_FALSE(ldif);
    EXPECT_EQ(ldif.error().event(), EventId::ldif_invalid);
    EXPECT_NE(ldif.error().detail().find("line 2"), std::string::npos) << ldif.error().detail();
}

TEST_F(Errors, ObjectThatExistsIsNotAddedAgain)
{
    const auto directory = *create_embedded(folder_ + "/directory.db");
    const std::vector<Change> changes{organization("Contoso")};
    ASSERT_TRUE(directory->apply(changes, after(10s)));
    EXPECT_EQ(directory->apply(changes, after(10s)).error().event(),
              EventId::directory_object_exists);
    EXPECT_EQ(create_embedded(folder_ + "/directory.db").error().event(),
              EventId::directory_object_exists);
}

// What is asked of the last good generation is answered as the directory answered it.
TEST_F(Errors, RecordedDirectoryAnswersTheSameQuestionsAndNoOthers)
{
    const auto entry = [](const std::string& name) {
        return Entry{Dn{}.child("o", name),
                     {{"objectClass", {"organization"}}, {"o", {name}}, {"userPassword", {"x"}}}};
    };
    const std::shared_ptr<Directory> directory =
        recorded_directory({entry("Contoso"), entry("Other")}, "the directory");
    Recorder recorder{directory};
    (void)recorder.read(Dn{}.child("o", "Contoso"), after(10s));
    const auto copy = recorded_directory(recorder.entries(), "a copy");

    const auto found = copy->read(Dn{}.child("O", "CONTOSO"), after(10s));
    ASSERT_TRUE(std::holds_alternative<Entry>(found));
    EXPECT_EQ(std::get<Entry>(found).first("o"), "Contoso");
    EXPECT_TRUE(std::get<Entry>(found).all("userPassword").empty());
    EXPECT_TRUE(
        std::holds_alternative<ProvenAbsent>(copy->read(Dn{}.child("o", "Other"), after(10s))));
    const auto all =
        copy->search(Dn{}, Scope::one_level, "(objectClass=organization)", after(10s), 10);
    ASSERT_TRUE(all);
    EXPECT_EQ(all->size(), 1U);
    EXPECT_TRUE(copy->search(Dn{}, Scope::base, "(objectClass=*)", after(10s), 10)->empty());
    EXPECT_EQ(copy->apply(std::vector<Change>{organization("New")}, after(10s)).error().event(),
              EventId::directory_refused);
}

TEST_F(Errors, SilentDirectoryNeverSaysNo)
{
    const auto silent =
        silent_directory("nowhere", Error{EventId::directory_unreachable, "no answer"});
    const auto answer = silent->read(Dn{}.child("o", "Contoso"), after(10s));
    ASSERT_TRUE(std::holds_alternative<CannotSay>(answer));
    EXPECT_EQ(std::get<CannotSay>(answer).reason.event(), EventId::directory_unreachable);
    EXPECT_FALSE(silent->search(Dn{}, Scope::subtree, "(o=*)", after(10s), 10));
    EXPECT_FALSE(silent->revision(after(10s)));
}

}  // namespace
}  // namespace imc
