#pragma once
/// @file app/service/administrator.h  The Administrator's server of one engine, running or held:
/// the control socket, AdminListen, and who may speak there.
///
/// The control socket is there before TCP is; TCP that cannot be had stops nothing (41006), and is
/// tried again. Elsewhere than on loopback it speaks TLS, or not at all.
///
/// Events:  41006; start() answers 40401
/// Threads: all calls from the engine's thread; sessions run on the executor.
#include "app/service/admin_keep.h"
#include "app/service/auth_desk.h"
#include "app/service/state_board.h"
#include "app/service/tls_doors.h"
#include "config/people.h"

#include <boost/asio/thread_pool.hpp>

namespace imc::app {

/// All references outlive it.
struct AdministratorParts {
    const Paths& paths;
    EventLog& events;
    AdminKeep& keep;
    std::shared_ptr<StateBoard> board;
    const TlsDoors& tls;
    boost::asio::thread_pool& background;
    boost::asio::any_io_executor executor;
    bool held = false;
    std::function<std::string()> loading = nullptr;  ///< of add_state_api
};

class Administrator {
public:
    explicit Administrator(AdministratorParts parts);
    ~Administrator();  ///< stops
    Administrator(const Administrator&) = delete;
    Administrator& operator=(const Administrator&) = delete;

    /// For more routes, before start().
    admin::Server& server();
    admin::Audit& audit();

    /// A generation. @param desk  outlives this
    void use(const config::Config& config, const config::People& people, AuthDesk& desk);
    /// While held: what of the configuration could be read.
    void use(const config::AdminSettings& settings, const std::string& host);

    Result<> start();
    /// Tries again what could not be listened on. Call every second or two.
    void look();
    void stop();

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace imc::app
