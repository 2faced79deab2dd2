#include "admin/queue_headers_api.h"

#include "admin/queue_words.h"
#include "admin/shown_message.h"
#include "queue/views.h"

namespace imc::admin {

namespace json = boost::json;

namespace {

constexpr std::size_t most_of_a_field = 10'000;

Response headers(const queue::Queue& queue, const Request& request)
{
    const auto id = spool::MessageId::parse(request.parameters.at("id"));
    if (!id) return refused(id.error());
    const auto text = queue::Views{queue}.text(*id);
    if (!text) return Response::error(text.error(), 404);
    const auto section = header_section(*text);
    if (!section) return Response::error(section.error(), 500);
    return Response::json(json::object{{"headers", shown_headers(*section, most_of_a_field)},
                                       {"raw_octets", text->size()}});
}

}  // namespace

json::value queue_overview(const queue::Queue& queue)
{
    const auto counts = queue.counts();
    std::uint64_t octets = 0;
    for (const auto& view : queue::Views{queue}.count())
        octets += view.octets;
    json::array reasons;
    for (const auto& row : queue.by_reason())
        reasons.push_back(json::object{{"reason", queue::name_of(row.reason)},
                                       {"explained", queue::explained(row.reason)},
                                       {"recipients", row.recipients},
                                       {"oldest", to_json(row.oldest)},
                                       {"sample", row.sample.to_string()}});
    return json::object{{"messages", counts.messages},
                        {"recipients", counts.recipients},
                        {"octets", octets},
                        {"by_reason", std::move(reasons)}};
}

bool is_in_queue(const queue::Queue& queue, const std::string& id)
{
    const auto number = spool::MessageId::parse(id);
    return number && queue::Views{queue}.whole(*number).has_value();
}

void add_queue_headers_api(Server& server, queue::Queue& queue, boost::asio::thread_pool& pool)
{
    server.add("GET", "/api/v1/queue/{id}/headers",
               on_pool(pool, [&queue](const Request& r) { return headers(queue, r); }));
}

}  // namespace imc::admin
