#pragma once
/// @file policy/connection_table.h  Which networks may connect, and on what terms.
///
/// The longest prefix decides, whatever the order of the rows; no row: everybody, on no terms.
///
/// Rules:   RFC 5321 3.1 (554 greeting), RFC 7504 (521)
/// KB:      Q155920 (a narrower row wins), Q316205, Q173279 (a rejected host must not hear 220
/// first) Threads: any once built.
#include "config/assertion.h"
#include "config/config.h"
#include "policy/refusal.h"

namespace imc::policy {

class ConnectionTable {
public:
    ConnectionTable() = default;
    explicit ConnectionTable(std::vector<config::ConnectionRow> rows);

    /// The row for this client, null when there is none.
    const config::ConnectionRow* find(std::string_view peer) const;

    /// Rows that decide for nobody, since narrower ones cover them or the same one stands before.
    std::vector<std::string> idle_rows() const;

private:
    std::vector<config::ConnectionRow> rows_;
    config::NetworkIndex index_;
};

/// Instead of the greeting. @param row  may be null
Verdict judge_connection(const config::ConnectionRow* row, std::string_view peer);

/// At MAIL: are the row's terms met? 530 5.7.0.
Verdict judge_terms(const config::ConnectionRow* row, bool under_tls, bool authenticated);

/// policy.connection-table: warns of rows that decide for nobody.
void judge_connection_table(const config::Config& config, std::vector<config::Assertion>& out);

}  // namespace imc::policy
