/// A damaged header of the oldest or the youngest segment once looked like that of a free one.
#include "spool/encoding.h"
#include "spool/index_kit.h"
#include "spool/segment.h"
#include "spool/stopped_spool.h"

#include <gtest/gtest.h>

namespace imc::spool {
namespace {

struct LostHeader : WithIndexes {
    /// Files with a header, oldest generation first.
    std::vector<std::string> in_use() const
    {
        std::map<std::uint64_t, std::string> out;
        for (const auto& name : bench.disk.names(bench.folder.path(), ".seg"))
            if (const auto header =
                    Segment::parse_header(bench.disk.content(bench.path(name)).substr(0, 52)))
                out[header->generation] = name;
        std::vector<std::string> names;
        for (const auto& [generation, name] : out)
            names.push_back(name);
        return names;
    }
    void change(const std::string& name, const std::function<void(std::string&)>& how)
    {
        auto octets = bench.disk.content(bench.path(name));
        how(octets);
        bench.disk.put(bench.path(name), octets);
    }
    static void flip(std::string& octets) { octets[30] ^= 1; }
    /// All of it is there, it was said, and the next start finds nothing to say.
    void is_mended()
    {
        const auto alive = restart();
        EXPECT_EQ(alive.size(), texts.size());
        for (const auto& [id, text] : texts) {
            const auto body = bench.spool->body(id);
            EXPECT_TRUE(body && whole(*body) == text) << id.to_string();
        }
        EXPECT_EQ(bench.times(EventId::spool_damaged), 1u);
        EXPECT_EQ(restart().size(), texts.size());
        EXPECT_EQ(bench.times(EventId::spool_damaged), 1u) << "it has its header again";
        pass_mail_through(bench, 20);
        EXPECT_EQ(restart().size(), texts.size());
        EXPECT_TRUE(bench.disk.names(bench.folder.path(), ".damaged").empty());
    }
};

TEST_F(LostHeader, OfTheOldestIsMendedByItsIndex)
{
    fill();
    bench.spool.reset();
    change(in_use().front(), flip);
    is_mended();
}

TEST_F(LostHeader, OfTheOldestIsMendedByItsGroups)
{
    fill();
    bench.spool.reset();
    bench.remove_indexes();
    change(in_use().front(), flip);
    is_mended();
}

TEST_F(LostHeader, InTheMiddleIsMended)
{
    fill();
    bench.spool.reset();
    change(in_use().at(1), flip);
    change(in_use().at(2), flip);
    const auto alive = restart();
    EXPECT_EQ(alive.size(), texts.size());
    EXPECT_EQ(bench.times(EventId::spool_damaged), 2u);
}

TEST_F(LostHeader, OfTheYoungestIsMendedByItsGroups)
{
    fill();
    bench.spool.reset();
    change(in_use().back(), flip);
    is_mended();
}

TEST_F(LostHeader, OfTheYoungestIsMendedThoughAllOfItIsWrong)
{
    fill();
    bench.spool.reset();
    change(in_use().back(), [](std::string& octets) { octets.replace(0, 52, 52, '#'); });
    is_mended();
}

// Its header had not come to the disk when the power went, what was written behind it had.
TEST_F(LostHeader, TornInItsFirstWriteIsNoDamage)
{
    for (const std::size_t written : {0U, 10U, 40U}) {
        bench.spool.reset();
        (void)restart();
        texts.clear();
        fill();
        bench.spool.reset();
        change(in_use().back(), [written](std::string& octets) {
            octets.replace(written, 52 - written, 52 - written, '\0');
        });
        EXPECT_GE(restart().size(), texts.size());
        EXPECT_EQ(bench.times(EventId::spool_damaged), 0u) << written << " octets of a header";
        EXPECT_GE(restart().size(), texts.size());
    }
}

TEST_F(LostHeader, TornWhenItWasFreedIsNoDamage)
{
    fill();
    bench.spool.reset();
    for (const std::size_t written : {1U, 30U, 52U, 55U}) {
        change(in_use().front(),
               [written](std::string& octets) { octets.replace(0, written, written, '\0'); });
        (void)restart();
        EXPECT_EQ(bench.times(EventId::spool_damaged), 0u) << written << " octets of zeros";
        bench.spool.reset();
    }
}

TEST_F(LostHeader, OfTheOnlyOneIsMended)
{
    texts[bench.store(a_message("alone")).value()] = "alone";
    bench.spool.reset();
    ASSERT_EQ(in_use().size(), 1u);
    change(in_use().front(), [](std::string& octets) { octets[2] = '#'; });
    is_mended();
}

// The sector is gone, and with it the first group: what stands behind it is kept for people.
TEST_F(LostHeader, WithTheGroupBehindItIsSaidAndTheFileIsKept)
{
    fill();
    bench.spool.reset();
    const auto name = in_use().back();
    const auto largest = texts.rbegin()->first;
    change(name, [](std::string& octets) { octets.replace(0, 512, 512, '\0'); });
    const auto octets = bench.disk.content(bench.path(name));
    EXPECT_LT(restart().size(), texts.size());
    EXPECT_EQ(bench.times(EventId::spool_damaged), 1u);
    EXPECT_EQ(bench.disk.content(bench.path(name + ".damaged")), octets);
    EXPECT_GT(bench.store(a_message("x")).value(), largest) << "ids are not given twice";
    (void)restart();
    EXPECT_EQ(bench.times(EventId::spool_damaged), 1u);
    EXPECT_EQ(bench.disk.content(bench.path(name + ".damaged")), octets);
}

TEST_F(LostHeader, OfTheOldestWithTheGroupBehindItIsMendedByItsIndex)
{
    fill();
    bench.spool.reset();
    change(in_use().front(), [](std::string& octets) { octets.replace(0, 512, 512, '\0'); });
    const auto alive = restart();
    EXPECT_EQ(alive.size(), texts.size());
    EXPECT_GE(bench.times(EventId::spool_damaged), 1u) << "no power cut makes so many zeros";
    std::size_t sound = 0;
    for (const auto& message : alive)
        sound += bench.spool->body(message.id) ? 1 : 0;
    EXPECT_GE(sound + 1, texts.size()) << "one text at most was in that sector";
}

TEST_F(LostHeader, IsNoneOfASegmentThatWasFreedOrNeverUsed)
{
    fill();
    for (const auto& [id, text] : texts)
        bench.commit(done(id, 4)).value();
    pass_mail_through(bench, 60);
    for (int start = 0; start < 3; ++start) {
        EXPECT_TRUE(restart().empty());
        pass_mail_through(bench, 3);
    }
    EXPECT_EQ(bench.times(EventId::spool_damaged), 0u);
}

TEST_F(LostHeader, OfAStoppedSpoolIsSeenThroughAndLeftAsItIs)
{
    fill();
    bench.spool.reset();
    change(in_use().front(), flip);
    const auto youngest = in_use().back();
    change(youngest, flip);
    const auto octets = bench.disk.content(bench.path(youngest));
    const auto spool = open_stopped_spool(bench.folder.path(), bench.disk, bench.events);
    ASSERT_TRUE(spool) << spool.error().to_string();
    EXPECT_EQ((*spool)->recover().size(), texts.size());
    EXPECT_EQ(bench.times(EventId::spool_damaged), 2u);
    EXPECT_EQ(bench.disk.content(bench.path(youngest)), octets);
}

}  // namespace
}  // namespace imc::spool
