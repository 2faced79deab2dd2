#pragma once
/// @file admin/server.h  The Administrator's server: HTTP/1.1 and JSON under /api/v1, on
/// run/admin.sock and, through serve(), on TCP; pages beside it.
///
/// On the Unix socket only root and the service's own user may speak (peer credentials; they are
/// administrators); the file has mode 0600. Over TCP a Gate says who asks. Every read and write has
/// a deadline, header and body are bounded, connections and live views are counted. Each route
/// needs a role; each that changes something is in the audit log before it does.
///
/// Errors:  40401 (the socket cannot be made, or another service answers on it)
/// Threads: handlers run on the executor given; add() and the setters before start().
#include "admin/request.h"
#include "event/log.h"
#include "smtp/stream.h"

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <optional>

namespace imc::admin {

class Gate;  ///< admin/gate.h

enum class Audited : std::uint8_t {
    never,      ///< reads, or has its own record
    by_router,  ///< method, path and body are noted before the handler runs, unless it is a dry run
    by_handler,  ///< it calls Request::note(), which knows before, after and undo
};

struct Access {
    Role role = Role::administrator;  ///< that is needed; nobody: no sign-in needed
    Audited audited = Audited::by_router;
    bool works_while_held = false;
};

/// What a route needs that says nothing else. GET: view, not audited; texts of queued mail
/// (…/text, …/raw, …/headers) operator; tracking, rejects and explain help_desk; POST to the
/// queues, the link, quarantine and badmail operator, but imports and the rest administrator. Not
/// while held.
Access usual_access(std::string_view method, std::string_view pattern);

/// One end of a connection over TCP.
struct HttpPeer {
    std::string address;  ///< "192.0.2.1"
    std::uint16_t port = 0;
    bool secure = false;            ///< under TLS
    std::optional<unsigned> uid{};  ///< of a Unix socket
};

class Server {
public:
    Server(std::string socket_path, boost::asio::any_io_executor executor);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// @param pattern  "/api/v1/queue/{id}"
    void add(std::string method, std::string pattern, Handler handler);
    void add(std::string method, std::string pattern, Handler handler, Access access);
    /// Answers what no pattern fits, in place of 404. It needs no role.
    void otherwise(Handler handler);
    /// What is not empty stands in each answer as the header imc-loading.
    void say_with_each(std::function<std::string()> notice);
    /// While it returns an Error (40115), routes that do not work while held are answered 503.
    void held(std::function<std::optional<Error>()> held);
    /// Where changes are noted. Without one nothing is.
    void audit(std::shared_ptr<Auditor> auditor);
    /// Who asks over TCP. Without one, nobody may.
    void gate(std::shared_ptr<Gate> gate);
    /// Where defects are told of (4037, 41072); outlives the server. Without it nobody hears of
    /// them.
    void tell(EventLog& events);

    /// Whose command it is that answer() carries out; the process's user, unless it is said.
    void commanded_by(unsigned uid);

    /// As if root had asked, by a command; start() is not needed for that.
    /// @param target  path and query, encoded
    /// @param is_message  `body` is of type message/rfc822, not JSON
    boost::asio::awaitable<Response> answer(std::string method, std::string target,
                                            std::string body = {}, bool is_message = false);
    /// Talks with one client over a stream, under TLS already where it should be, until the end.
    /// Lives as long as that.
    boost::asio::awaitable<void> serve(std::unique_ptr<smtp::Stream> stream, HttpPeer peer);
    Result<> start();
    void stop();

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace imc::admin
