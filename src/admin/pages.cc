#include "admin/pages.h"

#include "base/text.h"

#include <algorithm>

namespace imc::admin {
namespace {

namespace octets {
#include "admin/pages_data.inc"
}  // namespace octets

constexpr std::string_view assets = "/assets/";
constexpr std::string_view help_folder = "/help/";
constexpr std::string_view help_index = "/help/index.html";
constexpr std::string_view help_missing = "/help/404.html";
/// "/help/man-NAME.html" is that page with the man page NAME in it.
constexpr std::string_view man_frame = "/help/man.html";
constexpr std::string_view man_beginning = "/help/man-";
constexpr std::string_view html_ending = ".html";
constexpr std::string_view help_mark = "<!--imc:";
constexpr std::string_view help_mark_end = "-->";
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

std::string_view text_of(const EmbeddedPage& page)
{
    return {reinterpret_cast<const char*>(page.plain.data()), page.plain.size()};
}

/// Made anew each time: what stands in its marks is not in its tag.
Response filled(std::string_view text, const HelpPiece& piece)
{
    Response out;
    out.content_type = "text/html; charset=utf-8";
    out.headers.emplace_back("Cache-Control", "no-cache");
    for (auto at = text.find(help_mark); at != text.npos; at = text.find(help_mark)) {
        const auto end = text.find(help_mark_end, at);
        if (end == text.npos) break;
        const auto name = at + help_mark.size();
        out.body += text.substr(0, at);
        out.body += piece(text.substr(name, end - name));
        text.remove_prefix(end + help_mark_end.size());
    }
    out.body += text;
    return out;
}

/// The man page of the path; nothing when there is none.
std::optional<Response> man_page(std::string_view path, const HelpPiece& piece,
                                 std::span<const EmbeddedPage> from)
{
    if (!path.starts_with(man_beginning) || !path.ends_with(html_ending)) return {};
    path.remove_prefix(help_folder.size());
    path.remove_suffix(html_ending.size());
    const auto* frame = find(from, man_frame);
    const auto text = piece(path);
    if (frame == nullptr || text.empty()) return {};
    return filled(text_of(*frame), [&](std::string_view name) {
        if (name == "name") return std::string{path.substr(path.find('-') + 1)};
        return name == "man" ? text : piece(name);
    });
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

std::optional<Response> help_page(const Request& request, const HelpPiece& piece,
                                  std::span<const EmbeddedPage> from)
{
    if (request.method != "GET" && request.method != "HEAD") return {};
    const std::string_view path{request.path};
    if (!path.starts_with(help_folder) || find(from, help_index) == nullptr) return {};
    const auto* file =
        path == man_frame ? nullptr : find(from, path == help_folder ? help_index : path);
    if (file != nullptr && file->type.starts_with("text/html") &&
        text_of(*file).find(help_mark) != std::string_view::npos)
        return filled(text_of(*file), piece);
    if (file != nullptr) return shown(*file, request);
    if (auto man = man_page(path, piece, from)) return man;
    Response out{404, "<!doctype html>\n<title>No such page</title>\n"};
    if (const auto* missing = find(from, help_missing)) out.body = text_of(*missing);
    out.content_type = "text/html; charset=utf-8";
    return out;
}

}  // namespace imc::admin
