#include "admin/pages.h"

#include <gtest/gtest.h>

#include <array>

namespace imc::admin {
namespace {

constexpr std::array<unsigned char, 5> html{'<', 'p', '>', 'h', 'i'};
constexpr std::array<unsigned char, 3> packed{'g', 'z', '!'};
constexpr std::array<unsigned char, 2> script{'1', ';'};

const std::array<EmbeddedPage, 2> site{
    {{"/index.html", "text/html; charset=utf-8", "\"aa\"", html, packed},
     {"/assets/app.js", "text/javascript; charset=utf-8", "\"bb\"", script, {}}}};

Request get(const std::string& path, std::multimap<std::string, std::string> headers = {})
{
    Request out;
    out.method = "GET";
    out.path = path;
    out.headers = std::move(headers);
    return out;
}

std::string header(const Response& response, std::string_view name)
{
    for (const auto& [one, value] : response.headers)
        if (one == name) return value;
    return {};
}

TEST(Pages, PathOfNoFileIsThePagesOwn)
{
    for (const char* path : {"/", "/queues", "/directory/cn=a", "/index.html", "/../etc/passwd"}) {
        const auto shown = page(get(path), site);
        ASSERT_TRUE(shown) << path;
        EXPECT_EQ(shown->body, "<p>hi");
        EXPECT_EQ(header(*shown, "Cache-Control"), "no-cache");
        EXPECT_EQ(header(*shown, "ETag"), "\"aa\"");
    }
}

TEST(Pages, ApiAndUnknownAssetsAreNoPages)
{
    for (const char* path : {"/api/v1/queue", "/api/", "/api", "/metrics", "/assets/app2.js",
                             "/assets", "/assets/../index.html"})
        EXPECT_FALSE(page(get(path), site)) << path;
    auto post = get("/");
    post.method = "POST";
    EXPECT_FALSE(page(post, site));
}

TEST(Pages, AssetsMayBeKeptForAYear)
{
    const auto shown = page(get("/assets/app.js"), site);
    ASSERT_TRUE(shown);
    EXPECT_EQ(header(*shown, "Cache-Control"), "public, max-age=31536000, immutable");
    EXPECT_EQ(shown->content_type, "text/javascript; charset=utf-8");
}

TEST(Pages, GzipGoesToWhoTakesItWhereThereIsSome)
{
    const auto encoding = [](const std::string& path, const std::string& takes) {
        return header(*page(get(path, {{"accept-encoding", takes}}), site), "Content-Encoding");
    };
    EXPECT_EQ(encoding("/", "gzip, deflate, br"), "gzip");
    EXPECT_EQ(encoding("/", "*"), "gzip");
    EXPECT_EQ(encoding("/", "br;q=1, gzip;q=0.5"), "gzip");
    EXPECT_EQ(encoding("/", "gzip;q=0"), "");
    EXPECT_EQ(encoding("/", "br"), "");
    EXPECT_EQ(encoding("/", ""), "");
    EXPECT_EQ(encoding("/assets/app.js", "gzip"), "");
}

TEST(Pages, WhatTheBrowserHasIsNotSentAgain)
{
    for (const char* has : {"\"aa\"", "W/\"aa\"", "\"xx\", \"aa\"", "*"}) {
        const auto shown = page(get("/", {{"if-none-match", has}}), site);
        ASSERT_TRUE(shown);
        EXPECT_EQ(shown->status, 304u) << has;
        EXPECT_EQ(shown->body, "") << has;
    }
    EXPECT_EQ(page(get("/", {{"if-none-match", "\"bb\""}}), site)->status, 200u);
}

TEST(Pages, WithoutABundleAPlainPageSaysSo)
{
    const auto shown = page(get("/queues"), {});
    ASSERT_TRUE(shown);
    EXPECT_NE(shown->body.find("not in this executable"), std::string::npos);
    EXPECT_FALSE(page(get("/assets/app.js"), {}));
}

}  // namespace
}  // namespace imc::admin
