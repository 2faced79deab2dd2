#include "admin/conversation.h"

#include "admin/router.h"

#include "base/text.h"
#include "base/time.h"

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>

namespace imc::admin {

namespace net = boost::asio;
namespace http = boost::beast::http;
using namespace std::chrono_literals;
using boost::system::error_code;

namespace {

constexpr std::size_t most_header = 8 << 10;
constexpr std::size_t most_body = 4 << 20;
constexpr std::size_t most_body_of_host = 64 << 20;
constexpr std::size_t most_of_a_stranger = 64 << 10;
constexpr std::size_t read_octets = 16 << 10;
constexpr std::size_t most_unparsed = 32 << 10;
constexpr auto request_time = 30s;
constexpr auto answer_time = 60s;
constexpr auto piece_time = 10s;
constexpr auto close_time = 2s;
constexpr std::string_view come_again_in = "10";  // seconds; of a 503 that does not say it itself

/// What stands in every answer that does not say otherwise.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> usual_headers{
    {{"Content-Security-Policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
      "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"},
     {"X-Content-Type-Options", "nosniff"},
     {"X-Frame-Options", "DENY"},
     {"Referrer-Policy", "no-referrer"},
     {"Cross-Origin-Opener-Policy", "same-origin"},
     {"Cross-Origin-Resource-Policy", "same-origin"},
     {"Cache-Control", "no-store"}}};

/// A value in a header: nothing in it may end the line.
void put_header(std::string& out, std::string_view name, std::string_view value)
{
    out += name;
    out += ": ";
    for (const char c : value)
        if (!is_control(c)) out += c;
    out += "\r\n";
}

bool says(const Response& response, std::string_view header)
{
    return std::ranges::any_of(response.headers,
                               [&](const auto& one) { return same_word(one.first, header); });
}

bool has_no_body(unsigned status) { return status == 204 || status == 304; }

struct Framing {
    unsigned version = 11;
    bool keep_alive = true;
    bool chunked = false;
    std::string notice = {};
};

std::string head_of(const Response& response, const Framing& how)
{
    std::string out = how.version >= 11 ? "HTTP/1.1 " : "HTTP/1.0 ";
    out += std::to_string(response.status) + " ";
    out += std::string{http::obsolete_reason(static_cast<http::status>(response.status))};
    out += "\r\n";
    if (!has_no_body(response.status)) put_header(out, "Content-Type", response.content_type);
    for (const auto& [name, value] : usual_headers)
        if (!says(response, name)) put_header(out, name, value);
    for (const auto& [name, value] : response.headers)
        put_header(out, name, value);
    if (response.status == 503 && !says(response, "Retry-After"))
        put_header(out, "Retry-After", come_again_in);
    if (!how.notice.empty()) put_header(out, "imc-loading", how.notice);
    if (how.chunked)
        put_header(out, "Transfer-Encoding", "chunked");
    else if (!response.stream && !has_no_body(response.status))
        put_header(out, "Content-Length", std::to_string(response.body.size()));
    if (!how.keep_alive)
        put_header(out, "Connection", "close");
    else if (how.version < 11)
        put_header(out, "Connection", "keep-alive");
    return out + "\r\n";
}

class Written final : public Pieces {
public:
    Written(smtp::Stream& stream, Answerer& shared, const Response& response, bool chunked)
        : stream_{stream}, shared_{shared}, response_{response}, chunked_{chunked}
    {}

    bool over() const override
    {
        return failed_ || shared_.stopped || (response_.may_go_on && !response_.may_go_on());
    }

    net::awaitable<bool> write(std::string piece) override
    {
        if (over()) co_return false;
        if (piece.empty()) co_return true;
        if (chunked_) piece = framed(piece);
        const auto done = co_await stream_.write(piece, after(piece_time));
        failed_ = !done;
        co_return !over();
    }

    net::awaitable<void> finish()
    {
        if (!chunked_ || failed_) co_return;
        (void)co_await stream_.write("0\r\n\r\n", after(piece_time));
    }

private:
    static std::string framed(const std::string& piece)
    {
        std::array<char, 24> size{};
        const int n = std::snprintf(size.data(), size.size(), "%zx\r\n", piece.size());
        return std::string{size.data(), static_cast<std::size_t>(n)} + piece + "\r\n";
    }

    smtp::Stream& stream_;
    Answerer& shared_;
    const Response& response_;
    bool chunked_;
    bool failed_ = false;
};

/// One more view, as long as there is room.
class View {
public:
    explicit View(Answerer& shared)
        : shared_{shared}, admitted_{++shared.views <= shared.most_views}
    {}
    ~View() { --shared_.views; }
    View(const View&) = delete;
    View& operator=(const View&) = delete;
    bool admitted() const { return admitted_; }

private:
    Answerer& shared_;
    bool admitted_;
};

class Conversation {
public:
    Conversation(std::shared_ptr<Answerer> shared, std::unique_ptr<smtp::Stream> stream,
                 HttpPeer peer)
        : shared_{std::move(shared)}, stream_{std::move(stream)}, peer_{std::move(peer)}
    {}

    net::awaitable<void> run()
    {
        for (bool more = true; more && !shared_->stopped;)
            more = co_await one();
        co_await stream_->close(after(close_time));
    }

private:
    using Parser = http::request_parser<http::string_body>;

    /// @return  whether another request may follow
    net::awaitable<bool> one()
    {
        Parser parser;
        parser.header_limit(most_header);
        parser.body_limit(most_octets());
        parser.eager(true);
        const unsigned refused = co_await read(parser);
        if (refused == gone) co_return false;
        if (refused != 0) {
            auto response = refusal(refused);
            Framing last;
            last.keep_alive = false;
            (void)co_await send(std::move(response), std::move(last), false);
            co_return false;
        }
        const auto message = parser.release();
        Framing how{message.version(), message.keep_alive()};
        const bool head = message.method() == http::verb::head;
        auto request = request_of(message);
        auto flaw = take_body(message, request);
        Response response;
        if (flaw)
            response = std::move(*flaw);
        else
            response = co_await shared_->answer(std::move(request));
        const bool more = co_await send(std::move(response), std::move(how), head);
        co_return more;
    }

    static constexpr unsigned gone = 1;

    /// Who is on this host may bring a whole directory at once.
    std::size_t most_octets() const { return peer_.uid ? most_body_of_host : most_body; }

    /// @return  0: it is whole; gone: the client is; else the status that refuses it
    net::awaitable<unsigned> read(Parser& parser)
    {
        const auto deadline = after(request_time);
        bool encouraged = false, known = false;
        for (;;) {
            error_code failure;
            if (!buffer_.empty()) {
                const auto taken = parser.put(net::buffer(buffer_), failure);
                buffer_.erase(0, taken);
                if (failure && failure != http::error::need_more) co_return status_of(failure);
                if (parser.is_header_done() && !has_clear_end(parser.get())) co_return 400;
                if (parser.is_done()) co_return 0;
                // An extension of a chunk, or a trailer, that has no end.
                if (buffer_.size() > most_unparsed) co_return 431;
            }
            if (!known && parser.is_header_done() &&
                parser.get().body().size() > most_of_a_stranger) {
                auto header = request_of(parser.get());
                known = co_await shared_->knows(std::move(header));
                if (!known) co_return 401;
            }
            if (!encouraged && parser.is_header_done() && wants_to_be_told(parser)) {
                encouraged = true;
                const auto told =
                    co_await stream_->write("HTTP/1.1 100 Continue\r\n\r\n", deadline);
                if (!told) co_return gone;
            }
            const auto came = co_await stream_->read(read_octets, deadline);
            if (!came) {
                const bool began = !buffer_.empty() || parser.got_some();
                const bool late = came.error() == net::error::timed_out;
                co_return late&& began ? 408 : gone;
            }
            buffer_ += *came;
        }
    }

    /// RFC 9112 6.1, 6.3: of a body in another coding nobody knows where it ends, and what is in it
    /// would be taken as the next request.
    static bool has_clear_end(const http::request<http::string_body>& message)
    {
        const auto codings = message.count(http::field::transfer_encoding);
        return codings == 0 ||
               (codings == 1 && message.version() >= 11 &&
                same_word(std::string{message[http::field::transfer_encoding]}, "chunked"));
    }

    static bool wants_to_be_told(const Parser& parser)
    {
        return same_word(std::string{parser.get()[http::field::expect]}, "100-continue");
    }

    static unsigned status_of(const error_code& failure)
    {
        if (failure == http::error::header_limit) return 431;
        if (failure == http::error::body_limit) return 413;
        return 400;
    }

    Response refusal(unsigned status) const
    {
        const char* const too_much =
            peer_.uid ? "the body has more than 64 MiB" : "the body has more than 4 MiB";
        const char* const why = status == 431   ? "the header has more than 8 KiB"
                                : status == 401 ? "nobody has signed in"
                                : status == 413 ? too_much
                                : status == 408 ? "the request did not come within 30 s"
                                                : "this is no HTTP/1.1 request";
        return Response::error(Error{EventId::admin_refused, why}, status);
    }

    Request request_of(const http::request<http::string_body>& message) const
    {
        Request out;
        out.method = std::string{message.method_string()};
        take_target(std::string_view{message.target().data(), message.target().size()}, out);
        for (const auto& field : message)
            out.headers.emplace(lower(std::string{field.name_string()}),
                                std::string{field.value()});
        out.address = peer_.address;
        out.secure = peer_.secure;
        out.uid = peer_.uid.value_or(0);
        out.caller = unknown_caller();
        return out;
    }

    /// The socket's is known by its credentials; who else it is, the gate finds out.
    Caller unknown_caller() const
    {
        Caller out;
        if (peer_.uid) {
            out.by = Caller::By::socket;
            out.role = Role::administrator;
            out.account = account_of_uid(*peer_.uid);
            out.from = from_control_socket;
            return out;
        }
        const bool v6 = peer_.address.find(':') != std::string::npos;
        out.from =
            (v6 ? "[" + peer_.address + "]" : peer_.address) + ":" + std::to_string(peer_.port);
        return out;
    }

    static std::optional<Response> take_body(const http::request<http::string_body>& message,
                                             Request& into)
    {
        if (into.path.empty() || into.path.front() != '/')
            return Response::error(Error{EventId::admin_refused, "the target is no path"}, 400);
        if (message.body().empty()) return {};
        if (same_word(into.header("content-type"), "message/rfc822")) {
            into.octets = message.body();
            return {};
        }
        error_code failure;
        into.body = boost::json::parse(message.body(), failure);
        if (!failure) return {};
        return Response::error(
            Error{EventId::admin_refused, "the body is no JSON: " + failure.message()}, 400);
    }

    /// @return  whether another request may follow
    net::awaitable<bool> send(Response response, Framing how, bool head)
    {
        // A stranger learns nothing of us.
        if (response.status != 401 && response.status != 403) how.notice = shared_->notice();
        if (response.stream && !head) {
            co_await show(std::move(response), std::move(how));
            co_return false;
        }
        std::string out = head_of(response, how);
        if (!head && !has_no_body(response.status)) out += response.body;
        const auto done = co_await stream_->write(out, after(answer_time));
        co_return done.has_value() && how.keep_alive;
    }

    net::awaitable<void> show(Response response, Framing how)
    {
        const View view{*shared_};
        how.keep_alive = false;
        if (!view.admitted()) {
            auto full = Response::error(
                Error{EventId::admin_refused, "too many live views are open; close one"}, 503);
            full.headers.emplace_back("Retry-After", "10");
            const auto out = head_of(full, how) + full.body;
            (void)co_await stream_->write(out, after(answer_time));
            co_return;
        }
        how.chunked = how.version >= 11;
        const auto out = head_of(response, how);
        const auto begun = co_await stream_->write(out, after(piece_time));
        if (!begun) co_return;
        Written pieces{*stream_, *shared_, response, how.chunked};
        // A defect ends this view; the client sees that the end is missing.
        bool whole = false;
        try {
            co_await response.stream(pieces);
            whole = true;
        } catch (const std::exception&) {
        }
        if (whole) co_await pieces.finish();
    }

    std::shared_ptr<Answerer> shared_;
    std::unique_ptr<smtp::Stream> stream_;
    HttpPeer peer_;
    std::string buffer_;  ///< that came and is not parsed yet
};

}  // namespace

net::awaitable<bool> Answerer::knows(Request) { co_return true; }

net::awaitable<void> converse(std::shared_ptr<Answerer> shared,
                              std::unique_ptr<smtp::Stream> stream, HttpPeer peer)
{
    Conversation conversation{std::move(shared), std::move(stream), std::move(peer)};
    co_await conversation.run();
}

}  // namespace imc::admin
