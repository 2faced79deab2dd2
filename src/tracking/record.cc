#include "tracking/record.h"

#include "base/text.h"
#include "tracking/line.h"
#include "tracking/record_time.h"

namespace imc::tracking {
namespace {

constexpr std::size_t columns = 22;

}  // namespace

std::string to_string(What what)
{
    switch (what) {
    case What::expanded: return "expanded";
    case What::queued_outbound: return "queued for another host";
    case What::transferred_outbound: return "transferred to another host";
    case What::received: return "received";
    case What::transferred_to_store: return "transferred to the mail store";
    case What::rerouted: return "rerouted";
    case What::report_received: return "report received";
    case What::report_transferred: return "report transferred to another host";
    case What::report_made: return "report made";
    case What::report_absorbed: return "no report: nobody to tell";
    case What::queued_local: return "queued for a mailbox here";
    case What::deferred: return "deferred";
    case What::failed: return "given up";
    case What::suppressed: return "automatic mail, not sent by policy";
    case What::administered: return "changed by an administrator";
    case What::removed: return "removed by an administrator";
    case What::decided: return "decided";
    }
    return "event " + std::to_string(static_cast<unsigned>(what));
}

std::string_view tracking_title()
{
    return "imc tracking 1\tid\tevent\ttime\tgateway\tpartner\tremote id\toriginator\tpriority\t"
           "length\tseconds\tcost\treport id\trecipient count\trecipient\treport status\t"
           "message id\tstatus\ttext\tHELO\tTLS\taccount\troute";
}

std::string write_record(const Record& r)
{
    return LineWriter{}
        .add(r.id)
        .add(static_cast<std::uint64_t>(r.what))
        .add(to_rfc3339(r.time))
        .add(r.gateway)
        .add(r.partner)
        .add(r.remote_id)
        .add(r.sender.empty() ? "<>" : std::string_view{r.sender})
        .add(std::to_string(r.priority))
        .add(r.octets)
        .add(r.seconds)
        .add("0")
        .add(r.report_id)
        .add(r.recipients)
        .add(r.recipient)
        .add(!r.delivered   ? ""
             : *r.delivered ? "0"
                            : "1")
        .add(r.message_id)
        .add(r.status)
        .add(r.text)
        .add(r.helo)
        .add(r.tls)
        .add(r.account)
        .add(r.route)
        .take();
}

std::optional<Record> parse_record(std::string_view line)
{
    auto f = read_fields(line);
    if (f.size() < columns) return {};
    const auto what = parse_number(f[1]);
    const auto time = parse_record_time(f[2]);
    if (f[0].empty() || !what || *what > 0xffff || !time) return {};
    Record r;
    r.id = std::move(f[0]);
    r.what = static_cast<What>(*what);
    r.time = *time;
    r.gateway = std::move(f[3]);
    r.partner = std::move(f[4]);
    r.remote_id = std::move(f[5]);
    if (f[6] != "<>") r.sender = std::move(f[6]);
    r.priority = f[7] == "1" ? 1 : f[7] == "-1" ? -1 : 0;
    r.octets = parse_number(f[8]).value_or(0);
    r.seconds = parse_number(f[9]).value_or(0);
    r.report_id = std::move(f[11]);
    r.recipients = parse_number(f[12]).value_or(0);
    r.recipient = std::move(f[13]);
    if (!f[14].empty()) r.delivered = f[14] == "0";
    r.message_id = std::move(f[15]);
    r.status = std::move(f[16]);
    r.text = std::move(f[17]);
    r.helo = std::move(f[18]);
    r.tls = std::move(f[19]);
    r.account = std::move(f[20]);
    r.route = std::move(f[21]);
    return r;
}

}  // namespace imc::tracking
