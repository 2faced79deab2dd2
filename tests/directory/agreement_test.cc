/// Batches made at random: both engines say the same, a refused batch leaves everything as it was,
/// and the way back from an accepted one leads back.
#include "directory/contract.h"

#include "directory/ldif.h"
#include "directory/reverse.h"

#include <random>

namespace imc::contract {
namespace {

using Kind = AttributeChange::Kind;

/// Few names and few values, so that changes meet each other.
class Dice {
public:
    explicit Dice(unsigned seed) : random_{seed} {}

    std::vector<Change> batch()
    {
        std::vector<Change> out(1 + below(3));
        for (auto& change : out)
            change = one();
        return out;
    }

private:
    std::size_t below(std::size_t count) { return random_() % count; }
    std::string pick(const std::vector<std::string>& words) { return words[below(words.size())]; }

    std::string name() { return pick({"a", "B", "b", "c, d", "e"}); }
    Dn object()
    {
        Dn out = Tree::top();
        for (std::size_t depth = 1 + below(2); depth > 0; --depth)
            out = below(8) == 0 ? out.child(Rdn{{"cn", name()}, {"description", "two"}})
                                : out.child("cn", name());
        return out;
    }
    std::vector<std::string> some(const std::vector<std::string>& words)
    {
        std::vector<std::string> out;
        for (const auto& word : words)
            if (below(3) == 0) out.push_back(word);
        return out;
    }

    Change one()
    {
        switch (below(6)) {
        case 0:
        case 1:
        case 5: {
            Change add{.kind = Change::Kind::add, .dn = object(), .attributes = container};
            if (below(2) == 0)
                add.attributes = mailbox(name(), some({"SMTP:x@y.example", "smtp:z@y.example"}));
            if (below(3) == 0) add.attributes["description"] = {pick({"one", "two", "Two"})};
            return add;
        }
        case 2: return {.kind = Change::Kind::remove, .dn = object()};
        case 3: {
            Change rename{.kind = Change::Kind::rename,
                          .dn = object(),
                          .new_rdn = {{"cn", name()}},
                          .delete_old_rdn = below(2) == 0};
            if (below(6) == 0) rename.new_rdn.push_back({"description", "two"});
            if (below(3) == 0) rename.new_superior = below(2) == 0 ? Tree::top() : object();
            return rename;
        }
        default: break;
        }
        Change modify{.kind = Change::Kind::modify, .dn = object()};
        for (std::size_t i = 1 + below(2); i > 0; --i) {
            const auto kind = static_cast<Kind>(below(3));
            switch (below(4)) {
            case 0:
                modify.changes.push_back(
                    {kind, "proxyAddresses", some({"smtp:X@y.example", "smtp:q@y.example"})});
                break;
            case 1: modify.changes.push_back({kind, "cn", some({"a", "b", "f", "g"})}); break;
            case 2: modify.changes.push_back({kind, "mailNickname", some({"n"})}); break;
            default: modify.changes.push_back({kind, "description", some({"one", "two", "three"})});
            }
        }
        return modify;
    }

    std::mt19937 random_;
};

std::string in_words(const std::vector<Change>& batch)
{
    std::string out;
    for (const auto& change : batch)
        out += to_ldif(change);
    return out;
}

TEST(Agreement, RandomBatchesAreAcceptedByBothEnginesOrByNone)
{
    Tree embedded{"embedded"};
    Tree slapd{"slapd"};
    std::size_t accepted = 0;
    for (unsigned seed = 1; seed <= 600; ++seed) {
        const auto batch = Dice{seed}.batch();
        const auto before = embedded.dump();
        const auto here = event_of(embedded.apply(batch));
        const auto there = slapd.apply(batch);
        // Of several flaws of one change either may be named; contract_test.cc has them one by one.
        ASSERT_EQ(here == "done", there.has_value())
            << seed << ": " << here << " " << (there ? "" : there.error().detail()) << "\n"
            << in_words(batch) << before;
        if (here == "done")
            ++accepted;
        else
            ASSERT_EQ(embedded.dump(), before) << seed << "\n" << in_words(batch);
        ASSERT_EQ(embedded.dump(), slapd.dump()) << seed << "\n" << in_words(batch);
    }
    EXPECT_GE(accepted, 30U) << "the dice try too little";
}

class Reverse : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Engines, Reverse, testing::Values("embedded", "slapd"),
                         [](const auto& engine) { return std::string{engine.param}; });

TEST_P(Reverse, OfARandomBatchLeadsBack)
{
    Tree tree{GetParam()};
    std::size_t reversed = 0;
    for (unsigned seed = 1000; seed < 1600; ++seed) {
        const auto batch = Dice{seed}.batch();
        const auto before = tree.dump();
        const auto back = reverse(tree.directory(), batch, soon());
        if (!tree.apply(batch)) continue;
        ASSERT_TRUE(back) << back.error().detail();
        if (seed % 3 == 0) continue;  // something must stay to work on
        const auto undone = tree.apply(*back);
        ASSERT_TRUE(undone) << undone.error().detail() << "\n"
                            << in_words(batch) << "back:\n"
                            << in_words(*back);
        ASSERT_EQ(tree.dump(), before) << seed << "\n" << in_words(batch);
        ++reversed;
    }
    EXPECT_GE(reversed, 40U);
}

}  // namespace
}  // namespace imc::contract
