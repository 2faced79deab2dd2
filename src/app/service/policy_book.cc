#include "app/service/policy_book.h"

namespace imc::app {

using namespace std::chrono_literals;

PolicyBook::PolicyBook(EventLog& log, metrics::Registry& numbers,
                       std::shared_ptr<dns::Resolver> dns)
    : names{dns}, events{log}, metrics{numbers}, resolver{std::move(dns)},
      tables_{std::make_shared<const PolicyTables>()}
{
    metrics.gauge("limit_buckets", "Clients whose use of InboundLimits is remembered",
                  [this] { return limits.buckets(); });
}

void PolicyBook::use(config::ConfigPtr config)
{
    const auto before = tables();
    auto now = std::make_shared<PolicyTables>(
        PolicyTables{config, policy::ConnectionTable{config->policy.connections},
                     policy::FilterTable{config->policy.filter, &before->filter}});
    const std::lock_guard lock{mutex_};
    tables_ = std::move(now);
}

std::shared_ptr<const PolicyTables> PolicyBook::tables() const
{
    const std::lock_guard lock{mutex_};
    return tables_;
}

void PolicyBook::raise_once(EventId id, const std::string& about, std::vector<EventField> fields)
{
    const auto now = std::chrono::steady_clock::now();
    {
        const std::lock_guard lock{mutex_};
        auto& until = told_.at(std::to_string(static_cast<unsigned>(id)) + " " + about, {});
        if (until > now) return;
        until = now + 10min;
    }
    events.raise(id, std::move(fields));
}

}  // namespace imc::app
