#include "admin/pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace imc::admin {
namespace {

std::span<const unsigned char> octets_of(std::string_view text)
{
    return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

constexpr std::string_view manual_html = "text/html; charset=utf-8";

EmbeddedPage manual_page(std::string_view path, std::string_view text,
                         std::string_view type = manual_html)
{
    return {path, type, "\"tag\"", octets_of(text), octets_of("gz")};
}

const std::vector<EmbeddedPage> manual{
    manual_page("/index.html", "the pages"),
    manual_page("/help/index.html", "the manual"),
    manual_page("/help/help.css", "body{}", "text/css; charset=utf-8"),
    manual_page("/help/queues.html", "<h1>Queues</h1><!--imc:fields-queues--><p>end"),
    manual_page("/help/search.js", "'<!--imc:commands-->'", "text/javascript; charset=utf-8"),
    manual_page("/help/man.html",
                "<title><!--imc:name--></title><!--imc:man-->|<!--imc:commands-->"),
    manual_page("/help/404.html", "no such page of the manual"),
};

std::string piece_of(std::string_view name)
{
    static const std::map<std::string, std::string, std::less<>> pieces{
        {"fields-queues", "<h3>imcRetryHours</h3>"},
        {"man-imc-queue.1", "<p>what waits"},
        {"commands", "<dl>all</dl>"},
        {"sections", "<dl>--dry-run</dl>"}};
    const auto found = pieces.find(name);
    return found == pieces.end() ? std::string{} : found->second;
}

std::optional<Response> ask_manual(const std::string& path,
                                   std::span<const EmbeddedPage> from = manual,
                                   const std::string& method = "GET")
{
    Request request;
    request.method = method;
    request.path = path;
    request.headers = {{"accept-encoding", "gzip"}};
    return help_page(request, piece_of, from);
}

bool has_header(const Response& response, std::string_view name)
{
    return std::ranges::any_of(response.headers,
                               [&](const auto& one) { return one.first == name; });
}

TEST(HelpPages, FolderIsItsIndexAndFilesComeAsOfThePages)
{
    const auto index = ask_manual("/help/");
    ASSERT_TRUE(index);
    EXPECT_EQ(index->status, 200u);
    EXPECT_EQ(index->content_type, manual_html);
    EXPECT_EQ(index->body, "gz") << "compressed";
    EXPECT_TRUE(has_header(*index, "ETag"));
    const auto style = ask_manual("/help/help.css");
    ASSERT_TRUE(style);
    EXPECT_EQ(style->content_type, "text/css; charset=utf-8");
}

TEST(HelpPages, MarkIsFilledWithWhatTheExecutableKnows)
{
    const auto shown = ask_manual("/help/queues.html");
    ASSERT_TRUE(shown);
    EXPECT_EQ(shown->body, "<h1>Queues</h1><h3>imcRetryHours</h3><p>end");
    EXPECT_FALSE(has_header(*shown, "Content-Encoding")) << "the packed octets have the mark";
    EXPECT_FALSE(has_header(*shown, "ETag")) << "the tag is of the page without the piece";
    const auto script = ask_manual("/help/search.js");
    ASSERT_TRUE(script);
    EXPECT_EQ(script->body, "gz") << "only pages have marks";
}

TEST(HelpPages, ManPageStandsInItsFrame)
{
    const auto shown = ask_manual("/help/man-imc-queue.1.html");
    ASSERT_TRUE(shown);
    EXPECT_EQ(shown->status, 200u);
    EXPECT_EQ(shown->body, "<title>imc-queue.1</title><p>what waits|<dl>all</dl>");
}

TEST(HelpPages, PageThatIsNotThereIs404InTheManualsOwnWords)
{
    for (const char* path :
         {"/help/nothing.html", "/help/man-imc-nothing.1.html", "/help/man-.html", "/help/man.html",
          "/help/deeper/queues.html", "/help/../index.html"}) {
        const auto shown = ask_manual(path);
        ASSERT_TRUE(shown) << path;
        EXPECT_EQ(shown->status, 404u) << path;
        EXPECT_EQ(shown->content_type, manual_html) << path;
        EXPECT_EQ(shown->body, "no such page of the manual") << path;
    }
}

TEST(HelpPages, WhatIsNotOfTheManualIsAnsweredByOthers)
{
    for (const char* path : {"/help", "/helpful", "/", "/queues", "/api/v1/help/"})
        EXPECT_FALSE(ask_manual(path)) << path;
    EXPECT_FALSE(ask_manual("/help/", manual, "POST"));
    EXPECT_FALSE(ask_manual("/help/", std::span{manual}.first(1))) << "an executable without one";
}

TEST(HelpPages, ManualOfThisExecutableHasItsEventsAndRegistryValues)
{
    const auto text = [](const std::string& path) {
        Request request;
        request.method = "GET";
        request.path = path;
        const auto shown = help_page(request, piece_of);
        return shown && shown->status == 200 ? shown->body : std::string{};
    };
    EXPECT_NE(text("/help/events.html").find("id=\"4086\""), std::string::npos);
    EXPECT_NE(text("/help/registry.html").find("id=\"SiteDN\""), std::string::npos);
    EXPECT_NE(text("/help/property-queues.html").find("imcRetryHours</h3>"), std::string::npos);
    EXPECT_NE(text("/help/man-imc-queue.1.html").find("what waits"), std::string::npos);
    EXPECT_NE(text("/help/search.html").find("--dry-run"), std::string::npos)
        << "the search has the man pages";
    for (const char* picture : {"/help/overview.png", "/help/verdict.png"})
        EXPECT_TRUE(text(picture).starts_with("\x89PNG")) << picture;
}

}  // namespace
}  // namespace imc::admin
