#include "admin/rates_api.h"

#include "event/record_json.h"

#include <boost/json/array.hpp>

namespace imc::admin {

namespace json = boost::json;

namespace {

boost::asio::awaitable<Response> tell(const metrics::Rates& rates)
{
    co_return Response::json(to_json(rates.read()));
}

}  // namespace

json::object to_json(const metrics::Rates::Reading& reading)
{
    json::object out{{"step", 60}, {"from", to_rfc3339(reading.from)}};
    for (const auto& series : reading.series)
        out[series.name] = json::array(series.grown.begin(), series.grown.end());
    return out;
}

void add_rates_api(Server& server, const metrics::Rates& rates)
{
    server.add("GET", "/api/v1/rates", [&rates](Request) { return tell(rates); });
}

}  // namespace imc::admin
