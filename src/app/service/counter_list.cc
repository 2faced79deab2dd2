#include "app/service/counter_list.h"

#include <algorithm>
#include <array>

namespace imc::app {
namespace {

constexpr auto total = CounterKind::total;
constexpr auto sum = CounterKind::sum;
constexpr auto now = CounterKind::now;

/// By name within each part.
constexpr std::array rows{
    // Connections
    CounterRow{"connections_failed", total, "Connections Total Failed",
               "Connections to other hosts that could not be made"},
    CounterRow{"connections_inbound", total, "Connections Total Inbound",
               "Connections from clients"},
    CounterRow{"connections_outbound", total, "Connections Total Outbound",
               "Connections made to other hosts"},
    CounterRow{"connections_rejected", total, "Connections Total Rejected",
               "Connections from clients that were refused before a command"},
    CounterRow{"sessions_inbound", now, "Connections Inbound", "Sessions now"},
    CounterRow{"sessions_outbound", now, "Connections Outbound", "Connections to other hosts now"},
    // The four queues
    CounterRow{"inbound_awaiting_conversion_bytes", now, "",
               "Octets of messages for our people whose way is not known yet"},
    CounterRow{"inbound_awaiting_conversion_messages", now, "Queued Inbound",
               "Messages for our people whose way is not known yet"},
    CounterRow{"inbound_awaiting_delivery_bytes", now, "Bytes Queued MTS-IN",
               "Octets of messages that wait for the mail store"},
    CounterRow{"inbound_awaiting_delivery_messages", now, "Queued MTS-IN",
               "Messages that wait for the mail store"},
    CounterRow{"inbound_routed_messages", total, "Messages Entering MTS-IN",
               "Messages that have begun to wait for the mail store, once for each way"},
    CounterRow{"outbound_accepted_messages", total, "Messages Entering MTS-OUT",
               "Messages taken that have a recipient elsewhere"},
    CounterRow{"outbound_awaiting_conversion_bytes", now, "Bytes Queued MTS-OUT",
               "Octets of messages for others whose way is not known yet"},
    CounterRow{"outbound_awaiting_conversion_messages", now, "Queued MTS-OUT",
               "Messages for others whose way is not known yet"},
    CounterRow{"outbound_awaiting_delivery_bytes", now, "",
               "Octets of messages that wait for other hosts"},
    CounterRow{"outbound_awaiting_delivery_messages", now, "Queued Outbound",
               "Messages that wait for other hosts"},
    CounterRow{"outbound_routed_messages", total, "Messages Leaving MTS-OUT",
               "Messages that have begun to wait for other hosts, once for each way"},
    // Volume
    CounterRow{"inbound_bytes", total, "Inbound Bytes Total", "Octets of messages taken"},
    CounterRow{"inbound_kilobytes", sum, "Total Inbound Kilobytes",
               "KiB of messages taken; inbound_bytes, in its historic unit"},
    CounterRow{"inbound_messages", total, "Inbound Messages Total", "Messages taken"},
    CounterRow{"inbound_recipients", total, "Total Inbound Recipients",
               "Recipients of messages taken"},
    CounterRow{"outbound_bytes", total, "Outbound Bytes Total",
               "Octets of messages handed to other hosts, for each transaction"},
    CounterRow{"outbound_kilobytes", sum, "Total Outbound Kilobytes",
               "KiB of messages handed to other hosts; outbound_bytes, in its historic unit"},
    CounterRow{"outbound_messages", total, "Outbound Messages Total",
               "Messages handed to other hosts, one for each transaction"},
    CounterRow{"outbound_recipients", total, "Total Outbound Recipients",
               "Recipients that other hosts have taken"},
    CounterRow{"pickup_messages", total, "", "Messages taken from the pickup folder"},
    CounterRow{"stored_messages", total, "", "Messages put into mail stores, for each transaction"},
    // What waits
    CounterRow{"couriers", now, "", "Connections and stores at work"},
    CounterRow{"deferred_recipients", now, "", "Recipients that wait for their next attempt"},
    CounterRow{"queued_kilobytes", now, "Total Kilobytes Queued",
               "KiB of messages in the four queues; one that stands in several counts in each"},
    CounterRow{"queued_messages", now, "Total Messages Queued", "Messages in the queue"},
    CounterRow{"queued_recipients", now, "Total Recipients Queued", "Recipients that wait"},
    CounterRow{"spool_live_messages", now, "", "Messages alive in the spool"},
    CounterRow{"spool_segments", now, "", "Segments of the spool"},
    // What became of it
    CounterRow{"attempts_deferred", sum, "", "Attempts after which a recipient waits again"},
    CounterRow{"conversions_failed", total, "Total Failed Conversions",
               "Recipients whose message could not be brought into a form that their host takes"},
    CounterRow{"conversions_succeeded", total, "Total Successful Conversions",
               "Messages converted for a host and taken by it"},
    CounterRow{"loops_detected", total, "Total Loops Detected",
               "Messages that went round in circles (status 5.4.6)"},
    CounterRow{"recipients_delivered", sum, "", "Recipients delivered since the start"},
    CounterRow{"recipients_failed", sum, "", "Recipients returned since the start"},
    // The historic names are the reverse of what one expects.
    CounterRow{"reports_on_inbound_mail", total, "NDRs Total Outbound",
               "Failure reports made on mail for our people; they go out"},
    CounterRow{"reports_on_outbound_mail", total, "NDRs Total Inbound",
               "Failure reports made on mail for others; they come in to our people"},
    // Refusals and sign-in
    CounterRow{"auth_failed", total, "", "Sign-ins that failed"},
    CounterRow{"auth_locked", total, "", "Sign-ins refused by a lock"},
    CounterRow{"auth_succeeded", total, "", "Sign-ins that went well"},
    CounterRow{"filtered_messages", total, "", "Messages that matched a row of TurfTable"},
    CounterRow{"limit_buckets", now, "", "Clients whose use of InboundLimits is remembered"},
    CounterRow{"recipients_taken_unasked", total, "",
               "Recipients taken though the directory could not be asked"},
    CounterRow{"refused", total, "", "Replies of 4xx and 5xx to clients, for whatever reason"},
    CounterRow{"relay_denied", total, "", "Recipients refused because the client may not relay"},
};

}  // namespace

std::span<const CounterRow> counter_list() { return rows; }

std::string_view help_of(std::string_view name)
{
    const auto row = std::ranges::find(rows, name, &CounterRow::name);
    return row == rows.end() ? std::string_view{} : row->help;
}

void declare_counters(metrics::Registry& metrics)
{
    for (const auto& row : rows)
        if (row.kind == CounterKind::total) (void)metrics.counter(row.name, row.help);
}

}  // namespace imc::app
