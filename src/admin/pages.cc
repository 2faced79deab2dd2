#include "admin/pages.h"

#include "base/text.h"

#include <algorithm>

namespace imc::admin {
namespace {

namespace octets {
#include "admin/pages_data.inc"
}  // namespace octets

constexpr std::string_view assets = "/assets/";
constexpr std::string_view not_built =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>imc</title></head>\n"
    "<body><h1>The pages are not in this executable</h1>\n"
    "<p>It was built without web/dist. The commands (<code>imc --help</code>) and the REST API "
    "under <code>/api/v1</code> do all that the pages would.</p></body></html>\n";

const EmbeddedPage* find(std::span<const EmbeddedPage> in, std::string_view path)
{
    const auto found = std::ranges::find(in, path, &EmbeddedPage::path);
    return found == in.end() || path.empty() ? nullptr : &*found;
}

/// "gzip, deflate;q=0.5": gzip is taken.
bool takes_gzip(const Request& request)
{
    const auto header = request.header("accept-encoding");
    for (const auto piece : split(header, ',')) {
        const auto word = trim(piece);
        const auto name = trim(word.substr(0, word.find(';')));
        if (!same_word(name, "gzip") && name != "*") continue;
        const auto quality = word.find("q=");
        return quality == word.npos ||
               word.substr(quality + 2).find_first_of("123456789") != word.npos;
    }
    return false;
}

bool has_it(const Request& request, std::string_view tag)
{
    const auto header = request.header("if-none-match");
    for (auto piece : split(header, ',')) {
        piece = trim(piece);
        if (piece.starts_with("W/")) piece.remove_prefix(2);
        if (piece == tag || piece == "*") return true;
    }
    return false;
}

Response shown(const EmbeddedPage& page, const Request& request)
{
    Response out;
    out.content_type = page.type;
    const bool for_long = page.path.starts_with(assets);
    out.headers.emplace_back("Cache-Control",
                             for_long ? "public, max-age=31536000, immutable" : "no-cache");
    out.headers.emplace_back("ETag", page.tag);
    out.headers.emplace_back("Vary", "Accept-Encoding");
    if (has_it(request, page.tag)) {
        out.status = 304;
        return out;
    }
    const bool packed = !page.packed.empty() && takes_gzip(request);
    if (packed) out.headers.emplace_back("Content-Encoding", "gzip");
    const auto octets = packed ? page.packed : page.plain;
    out.body.assign(reinterpret_cast<const char*>(octets.data()), octets.size());
    return out;
}

}  // namespace

std::span<const EmbeddedPage> embedded_pages() { return octets::embedded_pages; }

std::optional<Response> page(const Request& request, std::span<const EmbeddedPage> from)
{
    if (request.method != "GET" && request.method != "HEAD") return {};
    const std::string_view path{request.path};
    if (path.starts_with("/api/") || path == "/api" || path == "/metrics") return {};
    if (const auto* file = find(from, path)) return shown(*file, request);
    if (path.starts_with(assets) || path == "/assets") return {};
    if (const auto* index = find(from, "/index.html")) return shown(*index, request);
    Response out{200, std::string{not_built}};
    out.content_type = "text/html; charset=utf-8";
    return out;
}

}  // namespace imc::admin
