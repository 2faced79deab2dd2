#include "mail/seven_bit.h"

#include "mail/transfer_coding.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace imc::mail {
namespace {

SevenBitPlan plan_of(std::string_view text, std::size_t step = std::string_view::npos)
{
    SevenBitPlanner planner;
    for (std::size_t i = 0; i < text.size(); i += std::min(step, text.size()))
        planner.feed(text.substr(i, step));
    return planner.end();
}

std::string written(std::string_view text, std::size_t step = std::string_view::npos)
{
    const auto plan = plan_of(text, step);
    if (!plan.flaw.empty()) return "flaw: " + plan.flaw;
    SevenBitWriter writer{plan};
    std::string out;
    for (std::size_t i = 0; i < text.size(); i += std::min(step, text.size()))
        out += writer.feed(text.substr(i, step));
    return out + writer.end();
}

/// The same whatever the cuts.
std::string converted(std::string_view text)
{
    const auto whole = written(text);
    for (std::size_t step = 1; step < 20; ++step)
        EXPECT_EQ(written(text, step), whole) << step;
    return whole;
}

const std::string accents(40, '\xe9');

TEST(SevenBit, TextThatNeedsNothingStaysOctetForOctet)
{
    for (const std::string text :
         {"", "A: b", "A: b\r\n", "A: b\r\n\r\n", "A: b\r\n\r\nx", "\r\nx\r\n",
          "Content-Type: multipart/mixed; boundary=b\r\n\r\npre\r\n--b\r\n\r\nx\r\n--b--\r\npost",
          "Content-Transfer-Encoding: base64\r\n\r\neA==\r\n"}) {
        EXPECT_EQ(converted(text), text);
        EXPECT_FALSE(plan_of(text).changes()) << text;
    }
}

TEST(SevenBit, LabelOf8bitGoesWhereNothingIs)
{
    EXPECT_EQ(converted("Content-Transfer-Encoding:\r\n 8BIT (really)\r\nA: b\r\n\r\nx\r\n"),
              "Content-Transfer-Encoding: 7bit\r\nA: b\r\n\r\nx\r\n");
}

TEST(SevenBit, FewAccentsBecomeQuotedPrintableAndManyBase64)
{
    EXPECT_EQ(
        converted("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
                  "Content-Transfer-Encoding: 8bit\r\n\r\ncaf\xe9 = good \r\nsecond line\r\n"),
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        "caf=E9 =3D good=20\r\nsecond line\r\n");
    EXPECT_EQ(converted("Content-Type: text/plain\r\nMIME-Version: 1.0\r\n\r\n\xe9\xe9\xe9\r\n"),
              "Content-Type: text/plain\r\nMIME-Version: 1.0\r\n"
              "Content-Transfer-Encoding: base64\r\n\r\n6enpDQo=");
}

// postscript-qp-cpu (Q182827): the encoder never came to an end of a large file.
TEST(SevenBit, RegressionPostscriptQpCpu)
{
    std::string text = "MIME-Version: 1.0\r\nContent-Type: application/postscript\r\n"
                       "Content-Transfer-Encoding: 8bit\r\n\r\n%!PS-Adobe-3.0\r\n";
    while (text.size() < (8U << 20U))
        text += "(caf\xe9 = ) show 72 72 moveto\r\n" + std::string(900, '=') + " \r\n";
    const auto begun = std::chrono::steady_clock::now();
    const auto encoded = written(text, 64 << 10);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds{30});
    EXPECT_TRUE(encoded.find("Content-Transfer-Encoding: ") != encoded.npos &&
                encoded.find("8bit") == encoded.npos);
    EXPECT_TRUE(std::ranges::all_of(encoded, [](unsigned char c) { return c < 0x80; }));
    EXPECT_LT(encoded.size(), text.size() * 4);
}

// RFC 1428.
TEST(SevenBit, TextWithoutMimeIsNamedUnknown8bit)
{
    EXPECT_EQ(converted("Subject: \xe9\r\n\r\na line with an \xe9 in it\r\n"),
              "Subject: \xe9\r\nMIME-Version: 1.0\r\n"
              "Content-Type: text/plain; charset=unknown-8bit\r\n"
              "Content-Transfer-Encoding: quoted-printable\r\n\r\na line with an =E9 in it\r\n");
}

// RFC 2045 6.4: only what has a text of its own is encoded; the line end before a boundary is the
// boundary's.
TEST(SevenBit, OnlyThePartsThatNeedItChange)
{
    const std::string text = "Content-Type: multipart/mixed; boundary=\"b\"\r\n"
                             "Content-Transfer-Encoding: 8bit\r\n\r\n"
                             "pre\xe9"
                             "amble\r\n--b\r\n\r\nplain\r\n"
                             "--b\r\nContent-Type: text/html\r\n\r\n<p>some text with \xe9\r\n"
                             "--b  \r\nContent-Type: message/rfc822\r\n"
                             "Content-Transfer-Encoding: 8bit\r\n\r\n"
                             "Subject: inner\r\n\r\ninner text with one \xe9\r\n"
                             "--b--\r\npost\xe9\r\n";
    EXPECT_EQ(converted(text),
              "Content-Type: multipart/mixed; boundary=\"b\"\r\n"
              "Content-Transfer-Encoding: 7bit\r\n\r\n"
              "pre?amble\r\n--b\r\n\r\nplain\r\n"
              "--b\r\nContent-Type: text/html\r\n"
              "Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>some text with =E9\r\n"
              "--b  \r\nContent-Type: message/rfc822\r\n"
              "Content-Transfer-Encoding: 7bit\r\n\r\n"
              "Subject: inner\r\nMIME-Version: 1.0\r\n"
              "Content-Type: text/plain; charset=unknown-8bit\r\n"
              "Content-Transfer-Encoding: quoted-printable\r\n\r\ninner text with one =E9\r\n"
              "--b--\r\npost?\r\n");
}

TEST(SevenBit, BoundaryOfAnOuterMultipartEndsTheInnerOne)
{
    const std::string text =
        "Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n"
        "Content-Type: multipart/alternative; boundary=i\r\n\r\n--i\r\n\r\n"
        "long enough for quoted-printable \xe9\r\n--o\r\n\r\nlast\r\n--o--\r\n";
    const auto out = converted(text);
    EXPECT_NE(out.find("quoted-printable =E9\r\n--o\r\n\r\nlast\r\n--o--\r\n"), std::string::npos)
        << out;
}

TEST(SevenBit, PartsOfADigestAreMessagesUnlessTheySayOtherwise)
{
    const std::string text = "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\n"
                             "Subject: inner\r\n\r\nlong enough to be quoted \xe9\r\n--b--\r\n";
    const auto out = converted(text);
    EXPECT_NE(out.find("--b\r\n\r\nSubject: inner\r\nMIME-Version: 1.0\r\n"), std::string::npos)
        << out;
}

TEST(SevenBit, WhatIsSignedOrEncryptedIsAFlaw)
{
    for (const std::string type :
         {"multipart/signed; boundary=b", "multipart/encrypted; boundary=b",
          "message/partial; number=1", "multipart/mixed"}) {
        const auto said =
            converted("Content-Type: " + type + "\r\n\r\n--b\r\n\r\n" + accents + "\r\n--b--\r\n");
        EXPECT_TRUE(said.starts_with("flaw: ")) << type;
    }
    // 7-bit already: nothing is wrong.
    const std::string signed_text =
        "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n";
    EXPECT_EQ(converted(signed_text), signed_text);
}

TEST(SevenBit, BinaryTextBecomesBase64AndLinesOfTheFrameMustEnd)
{
    EXPECT_EQ(converted("MIME-Version: 1\r\nContent-Type: image/x\r\n"
                        "Content-Transfer-Encoding: binary\r\n\r\na\nb\r"),
              "MIME-Version: 1\r\nContent-Type: image/x\r\n"
              "Content-Transfer-Encoding: base64\r\n\r\nYQpiDQ==");
    EXPECT_TRUE(converted("A: b\n\r\nx\r\n").starts_with("flaw: "));
    EXPECT_TRUE(
        converted("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\n--b--\r\n")
            .starts_with("flaw: "));
    EXPECT_TRUE(converted("Content-Transfer-Encoding: base64\r\n\r\neA==\n").starts_with("flaw: "));
}

TEST(SevenBit, LongLinesOfHeaderAndTextAreNotLost)
{
    const std::string header = "A: " + std::string(20'000, 'h') + "\r\n";
    const std::string text = std::string(8191, 'x') + "\r\n" + std::string(8190, 'y') + "\xe9\r\n";
    std::string back;
    const auto out = written(header + "\r\n" + text);
    EXPECT_TRUE(out.starts_with(header));
    const auto body = out.substr(out.find("\r\n\r\n") + 4);
    for (std::size_t i = 0; i < body.size(); ++i) {
        if (body.substr(i, 3) == "=\r\n")
            i += 2;
        else if (body.substr(i, 3) == "=E9")
            back += '\xe9', i += 2;
        else
            back += body[i];
    }
    EXPECT_EQ(back == text, true);
    EXPECT_EQ(written(header + "\r\n" + text, 1000), out);
}

TEST(QuotedPrintable, LinesAreShortAndNothingEndsInABlank)
{
    std::string out;
    QuotedPrintableWriter writer;
    writer.feed(std::string(100, 'a') + " \r\n\t\r\n\r\rx\n", out);
    writer.feed(" ", out);
    writer.end(out);
    EXPECT_EQ(out, std::string(75, 'a') + "=\r\n" + std::string(25, 'a') +
                       "=20\r\n=09\r\n=0D=0Dx=0A=20");
}

TEST(Base64Lines, AreOf76OctetsAndTheLastHasNoEnd)
{
    std::string out;
    Base64Writer writer;
    writer.feed(std::string(58, 'a'), out);
    writer.end(out);
    EXPECT_EQ(out.find("\r\n"), 76u);
    EXPECT_TRUE(out.ends_with("\r\nYQ=="));
}

}  // namespace
}  // namespace imc::mail
