#include "mail/submission.h"

#include <gtest/gtest.h>

namespace imc::mail {
namespace {

const WallTime noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 25} +
                    std::chrono::hours{12}};

TEST(Submission, MissingDateAndMessageIdAreAdded)
{
    EXPECT_EQ(completion("From: a@x\r\nSubject: y\r\n\r\nDate: in the text\r\n", noon, "20261125.1",
                         "mail.example.org"),
              "Date: Wed, 25 Nov 2026 12:00:00 +0000\r\n"
              "Message-ID: <20261125.1@mail.example.org>\r\n");
}

TEST(Submission, WhatIsThereIsLeftAlone)
{
    EXPECT_EQ(completion("date : now\r\nMESSAGE-ID:\r\n <a@b>\r\n\r\n", noon, "1", "h"), "");
    EXPECT_EQ(completion("Date: now\r\n", noon, "1", "h"), "Message-ID: <1@h>\r\n");
    EXPECT_EQ(missing_lines("X-Date: now\r\nSubject: a\r\n Date: folded\r\n\r\n"),
              (Missing{true, true}));
    EXPECT_EQ(missing_lines(""), (Missing{true, true}));
}

}  // namespace
}  // namespace imc::mail
