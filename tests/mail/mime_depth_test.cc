#include "mail/mime_depth.h"

#include <gtest/gtest.h>

#include <chrono>

namespace imc::mail {
namespace {

std::string multipart(const std::string& boundary, const std::string& part)
{
    return "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n--" + boundary +
           "\r\n" + part + "\r\n--" + boundary + "--\r\n";
}

std::string nested(std::size_t levels)
{
    std::string out = "\r\ntext";
    for (std::size_t i = 0; i < levels; ++i)
        out = multipart("b" + std::to_string(i), out);
    return out;
}

/// However it is cut.
std::size_t depth_of(std::string_view text, std::size_t limit = 100)
{
    MimeDepth whole{limit};
    whole.feed(text);
    for (const std::size_t step : {1U, 2U, 3U, 64U}) {
        MimeDepth pieces{limit};
        for (std::size_t i = 0; i < text.size(); i += step)
            pieces.feed(text.substr(i, step));
        EXPECT_EQ(pieces.depth(), whole.depth()) << "in pieces of " << step;
    }
    return whole.depth();
}

TEST(MimeDepth, LevelsAreMultipartsAndMessages)
{
    EXPECT_EQ(depth_of(""), 0U);
    EXPECT_EQ(depth_of("Subject: x\r\n\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"), 0U);
    EXPECT_EQ(depth_of("Content-Type: text/plain; boundary=b\r\n\r\n--b\r\n"), 0U);
    EXPECT_EQ(depth_of(nested(1)), 1U);
    EXPECT_EQ(depth_of(nested(9)), 9U);
    EXPECT_EQ(depth_of("content-type : MESSAGE/rfc822\r\n\r\n" + nested(2)), 3U);
    EXPECT_EQ(depth_of("Content-Type: message/global\r\n\r\nSubject: x\r\n\r\n"), 1U);
}

TEST(MimeDepth, PartsBesideEachOtherAreNoDepth)
{
    std::string text = "Content-Type: multipart/mixed; boundary=a\r\n\r\n";
    for (int i = 0; i < 200; ++i)
        text += "--a\r\n" + multipart("b", "\r\nx");
    EXPECT_EQ(depth_of(text + "--a--\r\n"), 2U);
}

TEST(MimeDepth, OuterBoundaryEndsWhatWasNeverClosed)
{
    const std::string open = "Content-Type: multipart/mixed; boundary=";
    EXPECT_EQ(depth_of(open + "a\r\n\r\n--a\r\n" + open + "b\r\n\r\n--b\r\n\r\nno end\r\n--a\r\n" +
                       open + "c\r\n\r\n--c\r\n" + open + "d\r\n\r\n--d--\r\n"),
              3U);
    // Behind the end of the outermost nothing counts.
    EXPECT_EQ(depth_of(nested(1) + "--b0\r\n" + nested(3)), 1U);
}

TEST(MimeDepth, BoundaryIsReadHoweverItIsWritten)
{
    for (const char* parameters :
         {"; boundary=\"a b\"", "; charset=x; BOUNDARY = \"a \\b\"",
          " (c; boundary=x) ; boundary=\"a b\"", ";\r\n boundary=\"a b\"",
          ";;; x; boundary=\"a b\"; y=z", "; x=\"; boundary=no\"; boundary=\"a b \""})
        EXPECT_EQ(depth_of("Content-Type: multipart/mixed" + std::string{parameters} +
                           "\r\n\r\n--a b \t\r\n" + nested(1)),
                  2U)
            << parameters;
    EXPECT_EQ(depth_of("Content-Type: multipart/mixed\r\n\r\n--\r\n" + nested(1)), 0U);
    EXPECT_EQ(depth_of("Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n" + nested(1)),
              0U);
    EXPECT_EQ(depth_of("Content-Type: multipart/mixed; boundary=" + std::string(70, 'x') +
                       "\r\n\r\n--" + std::string(70, 'x') + "\r\n" + nested(1)),
              2U);
}

TEST(MimeDepth, PartsOfADigestAreMessages)
{
    EXPECT_EQ(depth_of("Content-Type: multipart/digest; boundary=d\r\n\r\n--d\r\n\r\n" + nested(1)),
              3U);
    EXPECT_EQ(depth_of("Content-Type: multipart/digest; boundary=d\r\n\r\n--d\r\n"
                       "Content-Type: text/plain\r\n\r\n" +
                       nested(1)),
              1U);
}

TEST(MimeDepth, LimitIsTheLastDepthThatIsNotOver)
{
    MimeDepth at{100}, over{100};
    at.feed(nested(100));
    over.feed(nested(101));
    EXPECT_FALSE(at.over_limit());
    EXPECT_TRUE(over.over_limit());
}

// mime-nesting-700, Q173343: 700 levels took ten minutes; 10,000 are no more work for us.
TEST(Regression, MimeNesting700)
{
    std::string head;
    for (int i = 0; i < 10'000; ++i)
        head += "Content-Type: multipart/mixed; boundary=b" + std::to_string(i) + "\r\n\r\n--b" +
                std::to_string(i) + "\r\n";
    EXPECT_EQ(depth_of(head), 101U);
    EXPECT_EQ(depth_of(nested(700)), 101U);
}

// cascading-embedded-messages, Q161887: messages in messages went deeper on the stack each time.
TEST(Regression, CascadingEmbeddedMessages)
{
    std::string text;
    for (int i = 0; i < 200; ++i)
        text += "Content-Type: message/rfc822\r\n\r\n";
    EXPECT_EQ(depth_of(text + "Subject: innermost\r\n\r\nx\r\n"), 101U);
    EXPECT_EQ(depth_of(text, 500), 200U);
}

// mime-missing-boundary-line, Q217155: a boundary that never comes, near a buffer's end, was looked
// for for ever. One pass over many short lines that nearly match, a hundred levels open.
TEST(Regression, MimeMissingBoundaryLine)
{
    std::string text;
    for (int i = 0; i < 100; ++i)
        text += "Content-Type: multipart/mixed; boundary=bb" + std::to_string(1000 + i) +
                "\r\n\r\n--bb" + std::to_string(1000 + i) + "\r\n";
    text += "\r\n";
    const auto begin = std::chrono::steady_clock::now();
    MimeDepth depth{100};
    depth.feed(text);
    for (int i = 0; i < 400'000; ++i)
        depth.feed("--bb1199\r\n");
    EXPECT_EQ(depth.depth(), 100U);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{20});
    for (const std::size_t octets : {4020U, 4096U, 4172U}) {
        const auto preamble = std::string(octets, 'x') + "\r\n";
        EXPECT_EQ(depth_of("Content-Type: multipart/mixed; boundary=b\r\n\r\n" + preamble), 1U);
        EXPECT_EQ(depth_of("Content-Type: multipart/mixed; boundary=b\r\n\r\n" + preamble +
                           "--b\r\n" + nested(1)),
                  2U);
    }
}

}  // namespace
}  // namespace imc::mail
