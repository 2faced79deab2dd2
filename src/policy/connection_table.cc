#include "policy/connection_table.h"

#include "base/text.h"

namespace imc::policy {
namespace {

std::vector<config::Network> networks_of(const std::vector<config::ConnectionRow>& rows)
{
    std::vector<config::Network> out;
    out.reserve(rows.size());
    for (const auto& row : rows)
        out.push_back(row.network);
    return out;
}

std::string rule_of(const config::ConnectionRow& row)
{
    return "ConnectionTable " + row.network.text;
}

}  // namespace

ConnectionTable::ConnectionTable(std::vector<config::ConnectionRow> rows)
    : rows_{std::move(rows)}, index_{networks_of(rows_)}
{}

const config::ConnectionRow* ConnectionTable::find(std::string_view peer) const
{
    const auto octets = config::parse_octets(peer);
    const auto found = octets ? index_.find(*octets) : std::nullopt;
    return found ? &rows_[*found] : nullptr;
}

std::vector<std::string> ConnectionTable::idle_rows() const
{
    std::vector<std::string> out;
    for (const auto i : index_.idle())
        out.push_back(rows_[i].text);
    return out;
}

Verdict judge_connection(const config::ConnectionRow* row, std::string_view peer)
{
    if (row == nullptr || !row->reject) return {};
    const std::string text =
        row->reason.empty() ? "[" + printable(peer, 60) + "] may not send mail here" : row->reason;
    return Refusal{row->code, row->code == 421 ? "4.7.1" : "5.7.1", text, rule_of(*row), true};
}

Verdict judge_terms(const config::ConnectionRow* row, bool under_tls, bool authenticated)
{
    if (row == nullptr) return {};
    if (row->require_tls && !under_tls)
        return Refusal{530, "5.7.0", "Must issue a STARTTLS command first",
                       rule_of(*row) + " require-tls"};
    if (row->require_auth && !authenticated)
        return Refusal{530, "5.7.0", "Authentication required", rule_of(*row) + " require-auth"};
    return {};
}

void judge_connection_table(const config::Config& config, std::vector<config::Assertion>& out)
{
    const auto idle = ConnectionTable{config.policy.connections}.idle_rows();
    out.push_back({"policy.connection-table", EventId::value_invalid,
                   idle.empty() ? config::Status::passed : config::Status::warning});
    auto& a = out.back();
    a.where = config.paths.registry() + ", value ConnectionTable";
    if (idle.empty()) return;
    a.found = "\"" + printable(idle.front(), 120) + "\"" +
              (idle.size() > 1 ? " and " + std::to_string(idle.size() - 1) + " rows more" : "");
    a.expected = "rows that decide for some address";
    a.why = "narrower rows cover the whole network, or the same row stands before it; the longest "
            "prefix decides, so this one never does (Q316205)";
    a.fix = "remove the row: imc reg query -v ConnectionTable" + config.paths.option();
}

}  // namespace imc::policy
