#include "cli/admin/place.h"

#include "admin/audit_on_pool.h"
#include "admin/client.h"
#include "admin/emergency_api.h"
#include "admin/token_api.h"
#include "cli/through_service.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/serialize.hpp>

#include <optional>

namespace imc::cli {

namespace net = boost::asio;

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 60s;

}  // namespace

Result<std::string> answer_here(const Context& context, const std::string& method,
                                const std::string& target, const boost::json::value& body,
                                const AddRoutes& add)
{
    const auto paths = context.paths();
    if (!real_files().status(paths.registry()))
        return Error{EventId::service_not_running,
                     paths.registry() + " does not exist; imc setup" + paths.option() +
                         " makes it, or the command was given another --root"};
    EventLog events;
    admin::Audit audit{paths.audit(), events};
    net::thread_pool pool{1};
    net::io_context io;
    admin::Server server{{}, io.get_executor()};
    server.audit(std::make_shared<admin::AuditOnPool>(audit, pool));
    server.commanded_by(context.uid);
    add(server, pool, events);
    std::optional<admin::Response> response;
    net::co_spawn(io,
                  server.answer(method, target,
                                body.is_null() ? std::string{} : boost::json::serialize(body)),
                  [&response](const std::exception_ptr& defect, admin::Response answer) {
                      if (defect) std::rethrow_exception(defect);
                      response = std::move(answer);
                  });
    io.run();
    pool.join();
    if (response->status >= 300) return admin::error_of(response->body);
    return std::move(response->body);
}

Result<std::string> ask_administrator(const Context& context, const std::string& method,
                                      const std::string& target, const boost::json::value& body)
{
    const auto paths = context.paths();
    auto answer = admin::call(paths.admin_socket(), method, target, body, after(patience));
    if (answer || !admin::is_nobody_there(answer.error())) return answer;
    admin::ApiTokens tokens{paths.admin_tokens()};
    const admin::EmergencyAccount emergency{paths.admin_password()};
    admin::WebSessions sessions;  // of a service that does not run
    return answer_here(context, method, target, body,
                       [&](admin::Server& server, net::thread_pool& pool, EventLog&) {
                           admin::add_token_api(server, tokens, pool);
                           admin::add_emergency_api(server, emergency, sessions, pool);
                       });
}

Result<std::string> ask_or_answer_here(const Context& context, const std::string& method,
                                       const std::string& target, const AddRoutes& add)
{
    const auto answer = through_service(context, method, target, nullptr);
    if (!answer) return answer_here(context, method, target, nullptr, add);
    if (!*answer) return answer->error();
    if (!(*answer)->done()) return admin::error_of((*answer)->body);
    return (*answer)->body;
}

}  // namespace imc::cli
