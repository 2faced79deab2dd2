#include "mail/automatic.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace imc::mail {
namespace {

Automatic kind(const std::string& header, bool null_sender = false)
{
    return look_for_automatic(header + "\r\nX: y\r\n\r\nAuto-Submitted: auto-replied\r\n",
                              null_sender)
        .kind;
}

// auto-forwarded-flag-false (Q192939, Q278352): what a field says counts, not that it is there.
TEST(Automatic, IsWhatAFieldSaysAndNotThatItIsThere)
{
    for (const auto& [header, expected] :
         {std::pair{"Subject: Automatic reply", Automatic::no},
          {"Auto-Submitted: no", Automatic::no},
          {"Auto-Submitted:", Automatic::no},
          {"Autoforwarded: false", Automatic::no},
          {"Autoforwarded:", Automatic::no},
          {"X-Autoreply: no", Automatic::no},
          {"AUTOFORWARDED: True", Automatic::forward},
          {"Auto-Submitted: auto-forwarded", Automatic::forward},
          {"Auto-Submitted: auto-replied", Automatic::reply},
          {"auto-submitted:\r\n auto-replied; owner-email=\"a@b\"", Automatic::reply},
          {"Auto-Submitted: auto-replied (vacation)", Automatic::out_of_office},
          {"X-Autoreply: yes", Automatic::reply},
          {"Precedence: auto_reply", Automatic::reply},
          {"Auto-Submitted: auto-generated", Automatic::other},
          {"Precedence: bulk", Automatic::other},
          {"List-Unsubscribe: <mailto:x@y>", Automatic::other},
          {"Content-Type: multipart/report; report-type=delivery-status\r\n"
           "Auto-Submitted: auto-replied",
           Automatic::report},
          {"Content-Type: text/plain; x=multipart/report", Automatic::no}})
        EXPECT_EQ(kind(header), expected) << header;
}

// A bounce of an old kind is none of ours to keep in; what programs write without a sender is.
TEST(Automatic, WithoutASenderIsAReportUnlessItSaysMore)
{
    EXPECT_EQ(kind("Subject: failure notice", true), Automatic::report);
    EXPECT_EQ(kind("Precedence: junk", true), Automatic::reply);
    EXPECT_EQ(kind("Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All", true),
              Automatic::reply);
    EXPECT_EQ(kind("List-Id: <l>\r\nPrecedence: bulk", true), Automatic::other);
}

// autoreply-to-report (Q216161), oof-to-dl-forbidden (Q246597): whoever replies automatically asks
// here first.
TEST(Automatic, OnlyWhatAPersonSentToPeopleMayBeAnswered)
{
    const auto may = [](const std::string& header, bool null_sender = false) {
        return look_for_automatic(header + "\r\n\r\n", null_sender).may_be_answered();
    };
    EXPECT_TRUE(may("Subject: hello"));
    EXPECT_FALSE(may("Subject: hello", true));
    for (const char* header :
         {"Auto-Submitted: auto-generated", "Precedence: list", "List-Id: <l>", "Precedence: junk",
          "X-Auto-Response-Suppress: DR, OOF", "Content-Type: multipart/report"})
        EXPECT_FALSE(may(header)) << header;
    EXPECT_TRUE(may("X-Auto-Response-Suppress: RN"));
}

}  // namespace
}  // namespace imc::mail
