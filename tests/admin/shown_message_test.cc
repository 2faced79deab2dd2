#include "admin/shown_message.h"

#include <boost/json/object.hpp>
#include <gtest/gtest.h>

namespace imc::admin {
namespace {

std::string value_of(const std::string& header)
{
    const auto fields = shown_headers(header, 2000);
    EXPECT_EQ(fields.size(), 1U);
    return fields.empty() ? "" : std::string{fields[0].as_object().at("value").as_string()};
}

TEST(ShownMessage, TabOfAFoldedFieldIsWhiteSpaceAndOtherControlsAreTold)
{
    EXPECT_EQ(value_of("Received: from a\r\n\tby b\tfor c\r\n\t\r\n"), "from a by b for c");
    EXPECT_EQ(value_of("Subject: \tx\x01\x7f\xff\x1b[2J y\r\n"), "x\\x01\\x7f\\xff\\x1b[2J y");
    EXPECT_EQ(value_of("Subject: gr\xc3\xbc\xc3\x9f\r\n"), "gr\xc3\xbc\xc3\x9f");
}

TEST(ShownMessage, ValueIsCutWhereItsBoundIs)
{
    const auto fields = shown_headers("X: " + std::string(100, 'y') + "\r\n", 10);
    EXPECT_EQ(fields[0].as_object().at("value").as_string(), "yyyyyyyyyy...");
}

TEST(ShownMessage, LinesKeepTheirTabsAndTellOtherControls)
{
    EXPECT_EQ(shown_lines("Received: a\r\n\tb\r\n\r\nx\ty\t\x01\xff\n"),
              "Received: a\n\tb\n\nx\ty\t\\x01\\xff\n");
    EXPECT_EQ(shown_lines("a\rb"), "a\\x0db") << "no line end";
    EXPECT_EQ(shown_lines(""), "");
}

}  // namespace
}  // namespace imc::admin
