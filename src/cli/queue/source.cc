#include "cli/queue/source.h"

#include "admin/client.h"
#include "admin/queue_api.h"
#include "admin/queue_export_api.h"
#include "base/text.h"
#include "cli/queue/words.h"
#include "config/load.h"
#include "spool/stopped_spool.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <ostream>

namespace imc::cli {

namespace net = boost::asio;
using namespace std::chrono_literals;

namespace {

/// Nobody is hired: the queue's executor never runs.
class Nobody final : public queue::Couriers {
public:
    std::unique_ptr<queue::Courier> hire(const queue::Place&) override { return nullptr; }
};

class ToStderr final : public EventSink {
public:
    explicit ToStderr(std::ostream& err) : err_{err} {}
    void take(const EventRecord& record) override
    {
        err_ << "imc: " << static_cast<unsigned>(record.id) << ": " << record.description << '\n';
    }

private:
    std::ostream& err_;
};

}  // namespace

/// The queue as a start would find it, at rest: what could send or change something never runs.
class Source::Stopped {
public:
    Stopped(std::unique_ptr<spool::Spool> spool, config::ConfigPtr config, EventLog& events)
        : spool_{std::move(spool)},
          queue_{queue::QueueParts{*spool_, nobody_, events, {rest_.get_executor()}, [](auto) {}},
                 std::move(config), nullptr},
          server_{"", io_.get_executor()}
    {
        constexpr std::size_t portion = 20'000;
        for (auto some = spool_->recover(portion); !some.empty(); some = spool_->recover(portion))
            queue_.start(std::move(some));
        admin::add_queue_api(server_, queue_, background_);
        admin::add_queue_export_api(server_, queue_, background_);
    }
    Stopped(const Stopped&) = delete;
    Stopped& operator=(const Stopped&) = delete;
    ~Stopped() { background_.join(); }

    Result<std::string> get(const std::string& target)
    {
        if (target.find("?route=") != target.npos || target.find("&route=") != target.npos)
            return Error{EventId::admin_refused,
                         "--route: which way mail takes is known only while the service runs"};
        if (target.find("?by=route&") != target.npos || target.find("?by=site&") != target.npos)
            return Error{EventId::admin_refused,
                         "--by route, --by site: which way mail takes is known only while the "
                         "service runs; --by domain counts now"};
        admin::Response answer;
        net::co_spawn(io_, server_.answer("GET", target),
                      [&answer](const std::exception_ptr& defect, admin::Response response) {
                          if (defect) std::rethrow_exception(defect);
                          answer = std::move(response);
                      });
        io_.restart();
        io_.run();
        if (answer.status >= 300) return admin::error_of(answer.body);
        return std::move(answer.body);
    }

private:
    const std::unique_ptr<spool::Spool> spool_;
    Nobody nobody_;
    net::io_context rest_{1};  ///< never run
    net::io_context io_{1};
    net::thread_pool background_{1};
    queue::Queue queue_;
    admin::Server server_;
};

Source::Source(Context& context) : context_{context}
{
    events_.add(std::make_unique<ToStderr>(context_.err));
}
Source::~Source() = default;

void Source::say(const std::string& line)
{
    if (std::exchange(said_, true)) return;
    context_.out.flush();
    context_.err << "imc: " << line << '\n';
}

/// @param loading  "segments=3/40 messages=100/2400"
void Source::say_loading(const std::string& loading)
{
    std::string segments = "?", messages = "?";
    for (const auto word : split(loading, ' ')) {
        const auto value = std::string{word.substr(word.find('=') + 1)};
        if (word.starts_with("segments=")) segments = value;
        if (word.starts_with("messages=")) messages = value;
    }
    const auto of = [](std::string value) {
        const auto slash = value.find('/');
        return slash == value.npos ? value : value.replace(slash, 1, " of ");
    };
    say("not all of the queue is seen yet: the service still reads its spool, " + of(segments) +
        " segments so far; " + of(messages) + " messages found there are in the queue");
}

Result<std::string> Source::get(const std::string& target)
{
    if (stopped_) return from_stopped(target);
    std::string loading;
    auto answer = admin::call(context_.paths().admin_socket(), "GET", target, nullptr,
                              after(patience_with_queue), &loading);
    if (!loading.empty()) say_loading(printable(loading, 200));
    if (answer) return answer;
    if (answer.error().event() != EventId::service_not_running) return answer;
    return from_spool(target, answer.error());
}

Result<std::string> Source::from_spool(const std::string& target, const Error& why_not_the_service)
{
    const auto folder = context_.paths().spool();
    auto spool = spool::open_stopped_spool(folder, real_files(), events_);
    // It may have been started while we read.
    const auto held = spool ? spool::in_use(folder) : std::nullopt;
    if (held || (!spool && spool.error().event() == EventId::spool_in_use))
        return Error{EventId::spool_in_use,
                     (held ? *held : spool.error()).detail() + ", but does not answer on " +
                         context_.paths().admin_socket() + ": it starts, or ends; ask again"};
    if (!spool)
        return Error{why_not_the_service.event(),
                     why_not_the_service.detail() +
                         "; nor can its spool be read: " + spool.error().detail()};
    auto config = config::load(context_.paths(), after(10s)).config;
    say(std::string{"the service does not run; this is what its spool holds"} +
        (config ? ""
                : ". The configuration is not sound (imc check), so when mail is given up is told "
                  "by its defaults"));
    if (!config) config = std::make_shared<const config::Config>();
    stopped_ = std::make_unique<Stopped>(std::move(*spool), std::move(config), events_);
    return from_stopped(target);
}

/// What was read is true only if the spool was nobody's until then.
Result<std::string> Source::from_stopped(const std::string& target)
{
    auto answer = stopped_->get(target);
    if (const auto held = spool::in_use(context_.paths().spool()))
        return Error{EventId::spool_in_use,
                     held->detail() + ": the service was started while its spool was looked at; "
                                      "ask again"};
    return answer;
}

}  // namespace imc::cli
