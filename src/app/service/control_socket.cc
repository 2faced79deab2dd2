#include "app/service/control_socket.h"

#include "admin/badmail_api.h"
#include "admin/diagnostics_api.h"
#include "admin/link_api.h"
#include "admin/live_api.h"
#include "admin/quarantine_api.h"
#include "admin/queue_actions_api.h"
#include "admin/queue_api.h"
#include "admin/queue_export_api.h"
#include "admin/queue_headers_api.h"
#include "admin/queue_import_api.h"
#include "admin/rates_api.h"
#include "mail/trace.h"
#include "spool/working.h"

#include <algorithm>

namespace imc::app {
namespace {

/// Those that are imported: who brought them is told of each recipient.
admin::ImportParts import_parts(const ControlSocketParts& p)
{
    admin::ImportParts out{
        p.spool,     p.queue,      p.events,
        p.came_back, p.background, [&book = p.book] { return book.tables()->config; },
        {}};
    out.hand_over = [&spool = p.spool, &queue = p.queue, &tracker = p.tracker](
                        spool::MessageId id, spool::Envelope envelope, spool::Body body,
                        const std::vector<spool::Evidence>& evidence, const std::string& words) {
        {
            const spool::WorkingOn at_work{spool, id};
            const queue::Seen seen{id, envelope, body.size()};
            tracker.received(seen, mail::message_id(body.memory()), {});
            for (std::uint32_t i = 0; i < envelope.recipients.size(); ++i)
                tracker.administered(seen, i, false, words);
        }
        queue.add(id, std::move(envelope), std::move(body), evidence);
    };
    out.copies = &p.copies;
    out.loaded = [loading = p.loading] { return loading().empty(); };
    return out;
}

}  // namespace

void add_control_routes(admin::Server& server, const ControlSocketParts& p)
{
    server.say_with_each(p.loading);
    admin::add_queue_api(server, p.queue, p.walks);
    admin::add_queue_export_api(server, p.queue, p.walks);
    admin::add_queue_headers_api(server, p.queue, p.background);
    admin::add_queue_actions_api(server, p.queue, p.events, p.executor, p.paths.option());
    admin::add_queue_import_api(server, import_parts(p), p.executor);
    admin::add_stat_api(server, p.metrics, [&book = p.book](const std::string& address) {
        return std::ranges::any_of(book.tables()->config->metrics_from,
                                   [&](const auto& network) { return network.contains(address); });
    });
    admin::add_rates_api(server, p.rates);
    admin::add_live_api(
        server, {p.metrics, p.rates, p.queue, p.ring, [board = p.board] { return board->read(); }});
    admin::add_quarantine_api(
        server, {p.spool, p.queue, p.events, p.background,
                 [&book = p.book] { return book.tables()->config->policy.quarantine; },
                 [&book = p.book] { return book.tables()->filter.counts(); }, &p.copies});
    admin::add_link_api(server, p.link);
    admin::add_protocol_log_api(server, p.protocol_log);
    admin::add_diagnostics_api(server, p.paths, p.background);
    admin::add_badmail_api(
        server, {p.spool, p.queue, p.events, p.background, p.paths.badmail(), &p.copies});
}

}  // namespace imc::app
