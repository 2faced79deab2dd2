#include "cli/commands.h"
#include "cli/manual/html.h"
#include "config/setting_table.h"

#include <gtest/gtest.h>

#include <sstream>

namespace imc::cli {
namespace {

struct SmallImc {
    std::istringstream in;
    std::ostringstream out, err;
    Context context{in, out, err};
    CLI::App app{"imc", "imc"};

    SmallImc()
    {
        add_queue(app, context);
        add_reg(app, context);
    }
};

TEST(ManualHtml, ManPageBecomesHeadingsListsAndExamples)
{
    const Page page{
        "imc-x.1",
        ".TH \"imc\\-x\" 1\n.nh\n.SH \"SEE IT\"\n.br\n\\fBimc x\\fR [\\fIoptions\\fR]\n.br\nmore\n"
        ".PP\none\ntwo\n.TP\n\\fB\\-\\-all\\fR\nall < & \\(dqmost\\(dq\n.br\nof "
        "it\n.TP\n\\fBb\\fR\nc\n"
        ".PP\n.RS 4\n.nf\na \\e b\n\\&.c\n.fi\n.RE\n.SS \"imc x ls\"\nend\n"};
    EXPECT_EQ(to_html(page),
              "<h2 id=\"see-it\">SEE IT</h2>\n"
              "<p><b>imc x</b> [<i>options</i>]<br>\nmore</p>\n"
              "<p>one\ntwo</p>\n"
              "<dl>\n<dt><b>--all</b></dt>\n<dd>all &lt; &amp; &quot;most&quot;<br>\nof it</dd>\n"
              "<dt><b>b</b></dt>\n<dd>c</dd>\n</dl>\n"
              "<pre>a \\ b\n.c</pre>\n"
              "<h3 id=\"imc-x-ls\">imc x ls</h3>\n<p>end</p>\n");
}

TEST(ManualHtml, NamesOfOtherPagesLeadThere)
{
    const auto html =
        to_html({"x.1", "\\fBimc-reg\\fR(1), \\fBimc-registry\\fR(5), \\fBimc-events\\fR(7), "
                        "\\fBimc-events\\fR(1), \\fBsystemctl\\fR(1), \\fBALIAS\\fR(s)\n"});
    EXPECT_EQ(html, "<p><a href=\"man-imc-reg.1.html\"><b>imc-reg</b>(1)</a>, "
                    "<a href=\"registry.html\"><b>imc-registry</b>(5)</a>, "
                    "<a href=\"events.html\"><b>imc-events</b>(7)</a>, "
                    "<a href=\"man-imc-events.1.html\"><b>imc-events</b>(1)</a>, "
                    "<b>systemctl</b>(1), <b>ALIAS</b>(s)</p>\n");
}

TEST(ManualHtml, EachCommandHasItsPageAndItsRowInTheList)
{
    const SmallImc imc;
    const auto pieces = html_pieces(imc.app);
    ASSERT_TRUE(pieces.contains("man-imc-queue.1"));
    EXPECT_NE(pieces.at("man-imc-queue.1").find("<h3 id=\"imc-queue-ls\">imc queue ls</h3>"),
              std::string::npos);
    EXPECT_TRUE(pieces.contains("man-imc.1"));
    EXPECT_TRUE(pieces.contains("man-imc.service.8"));
    const auto& list = pieces.at("commands");
    for (const auto& [name, text] : pieces)
        if (name.starts_with("man-"))
            EXPECT_NE(list.find("href=\"" + name + ".html\""), std::string::npos) << name;
    for (const auto& [name, text] : pieces)
        EXPECT_EQ(text.find("\\f"), std::string::npos) << name << " has roff left in it";
}

TEST(ManualHtml, SectionsOfAManPageAreTextForTheSearch)
{
    const auto list = section_list(
        "imc-x.1",
        to_html({"imc-x.1",
                 ".SH \"NAME\"\nimc-x - all\n.SH \"VERBS\"\n.SS \"imc x ls\"\n.PP\nlists "
                 "< 5\n.TP\n\\fB\\-\\-all\\fR\nevery one\n.SH \"EXIT "
                 "STATUS\"\n.PP\n0\n.SH \"OPTIONS\"\n.TP\n\\fB\\-\\-json\\fR\nJSON\n"}));
    EXPECT_EQ(list, "<dt><a href=\"man-imc-x.1.html#imc-x-ls\">imc x ls</a></dt>\n"
                    "<dd>lists &lt; 5 --all every one</dd>\n"
                    "<dt><a href=\"man-imc-x.1.html#options\">imc-x(1), OPTIONS</a></dt>\n"
                    "<dd>--json JSON</dd>\n");
    EXPECT_EQ(section_list("imc-x.1", ""), "");
}

TEST(ManualHtml, EachManPageIsFoundByItsOptions)
{
    const SmallImc imc;
    const auto pieces = html_pieces(imc.app);
    const auto& all = pieces.at("sections");
    for (const auto& [name, text] : pieces)
        if (name.starts_with("man-"))
            EXPECT_NE(all.find("href=\"" + name + ".html#"), std::string::npos) << name;
    const auto at = all.find("#imc-queue-hold\">");
    ASSERT_NE(at, std::string::npos);
    EXPECT_NE(all.substr(at, all.find("</dd>", at) - at).find("--dry-run"), std::string::npos);
    EXPECT_EQ(all.find("SEE ALSO"), std::string::npos);
}

TEST(ManualHtml, FieldSaysTypeUnitRangeDefaultEffectAndWhereItStands)
{
    const auto queues = fields_html("queues");
    const auto at = queues.find("<h3 id=\"imcMessageTimeoutHours\">");
    ASSERT_NE(at, std::string::npos);
    const auto field = queues.substr(at, queues.find("</dl>", at) - at);
    for (const char* part : {"Message timeout hours", "in hours", "1 to 1000", "<code>48</code>",
                             "at once", "on the connector object"})
        EXPECT_NE(field.find(part), std::string::npos) << part << " in " << field;
    EXPECT_NE(fields_html("routing").find("<a href=\"registry.html#RelayMode\">"),
              std::string::npos);
}

TEST(ManualHtml, EverySettingStandsOnExactlyOnePropertyPage)
{
    const SmallImc imc;
    const auto pieces = html_pieces(imc.app);
    std::string all;
    for (const auto& [name, text] : pieces)
        if (name.starts_with("fields-")) all += text;
    for (const char* section : {"connector", "server", "site addressing", "domain *", "registry"})
        for (const auto name : config::settings_of_section(section)) {
            const auto heading = "<h3 id=\"" + std::string{name} + "\">";
            const auto at = all.find(heading);
            EXPECT_NE(at, std::string::npos) << section << ": " << name;
            EXPECT_EQ(all.find(heading, at + 1), std::string::npos) << section << ": " << name;
            EXPECT_NE(pieces.at("fields").find("#" + std::string{name} + "\">"), std::string::npos)
                << "the search does not find " << name;
        }
}

}  // namespace
}  // namespace imc::cli
