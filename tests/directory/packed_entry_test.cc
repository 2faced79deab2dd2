/// Objects that were packed come out as they went in.
#include "directory/packed_entry.h"

#include <gtest/gtest.h>

#include <random>

namespace imc {
namespace {

bool equal(const Entry& a, const Entry& b)
{
    return a.dn.rdns() == b.dn.rdns() && a.attributes.size() == b.attributes.size() &&
           std::equal(a.attributes.begin(), a.attributes.end(), b.attributes.begin(),
                      [](const auto& x, const auto& y) {
                          return x.first == y.first && x.second == y.second;
                      });
}

Entry ann()
{
    return {Dn::parse_rfc4514("cn=Ann Smith,ou=People,o=Org").value(),
            {{"objectClass", {"top", "imcMailbox"}},
             {"cn", {"Ann Smith"}},
             {"mailNickname", {"ann"}},
             {"proxyAddresses", {"SMTP:ann@contoso.example", "smtp:a.smith@contoso.example"}},
             {"altRecipient", {"cn=Bob,ou=People,o=Org"}},
             {"imcHidden", {"TRUE"}}}};
}

/// Names, values and octets of every kind that the packed form tells apart.
class Anything {
public:
    explicit Anything(std::uint32_t seed) : random_{seed} {}

    Entry entry()
    {
        std::vector<Rdn> rdns(below(5));
        for (auto& rdn : rdns)
            for (std::size_t i = 0, parts = 1 + below(2); i < parts; ++i)
                rdn.push_back({pick({"cn", "CN", "ou", "uid", "2.5.4.3"}), text()});
        Entry out{Dn{std::move(rdns)}, {}};
        for (std::size_t i = below(8); i > 0; --i) {
            auto& values =
                out.attributes[pick({"objectClass", "cn", "proxyAddresses", "member",
                                     "altRecipient", "description", "unheardOf", "jpegPhoto"})];
            values.clear();
            for (std::size_t n = below(4); n > 0; --n)
                values.push_back(text());
        }
        return out;
    }

private:
    std::size_t below(std::size_t n) { return random_() % n; }
    std::string pick(std::initializer_list<const char*> from)
    {
        return *(from.begin() + static_cast<std::ptrdiff_t>(below(from.size())));
    }
    std::string text()
    {
        std::string out;
        const std::size_t lengths[] = {0, 1, 10, 40, 126, 127, 128, 300, 5000};
        for (auto i = lengths[below(9)]; i > 0; --i)
            out += below(9) == 0 ? static_cast<char>(below(256)) : "abc@,=.\\"[below(8)];
        return below(2) == 0 ? out + "@contoso.example" : out + ",ou=People,o=Org";
    }

    std::mt19937 random_;
};

TEST(PackedEntry, WhatWasPackedIsUnpackedAsItWas)
{
    for (const std::size_t room : {std::size_t{0}, std::size_t{2000}, std::size_t{1} << 20}) {
        SharedWords words{room};
        Anything anything{static_cast<std::uint32_t>(room)};
        for (int i = 0; i < 2000; ++i) {
            const auto entry = anything.entry();
            const auto octets = packed(entry, words);
            ASSERT_TRUE(equal(unpacked(octets, words), entry)) << i << " of room " << room;
            ASSERT_EQ(packed(entry, words), octets) << "equal objects, equal octets";
        }
    }
}

TEST(PackedEntry, WhatObjectsHaveInCommonIsWrittenOnce)
{
    SharedWords words{1 << 20};
    const auto octets = packed(ann(), words);
    EXPECT_LT(octets.size(), 110U);
    for (const auto* shared : {"imcMailbox", "@contoso.example", "ou=People", "proxyAddresses"})
        EXPECT_EQ(octets.find(shared), octets.npos) << shared;
    const auto before = words.octets();
    auto bob = ann();
    bob.dn = Dn::parse_rfc4514("cn=Bob,ou=People,o=Org").value();
    (void)packed(bob, words);
    EXPECT_EQ(words.octets(), before);
}

TEST(SharedWords, WordKeepsItsNumberAndOneWithoutRoomNeverGetsOne)
{
    SharedWords words{600};
    const auto first = words.number_of("@a.example");
    ASSERT_TRUE(first);
    EXPECT_EQ(words.word(*first), "@a.example");
    std::optional<std::uint32_t> last;
    int taken = 0;
    while ((last = words.number_of("word " + std::to_string(taken))))
        ++taken;
    EXPECT_GE(taken, 1);
    EXPECT_LE(words.octets(), 600U);
    EXPECT_FALSE(words.number_of("word " + std::to_string(taken)));
    EXPECT_EQ(words.number_of("@a.example"), first);
    EXPECT_FALSE(words.number_of(std::string(600, 'x')));
}

}  // namespace
}  // namespace imc
