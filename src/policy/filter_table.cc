#include "policy/filter_table.h"

#include "base/text.h"
#include "mail/address.h"
#include "mail/header.h"

namespace imc::policy {
namespace {

struct Parts {
    std::string local, domain;
};

Parts parts_of(std::string_view address)
{
    if (const auto parsed = mail::parse_address(address)) {
        auto domain =
            parsed->is_literal() ? lower(parsed->domain) : mail::canonical_domain(parsed->domain);
        return {lower(parsed->local), domain.empty() ? lower(parsed->domain) : std::move(domain)};
    }
    const auto at = address.rfind('@');
    if (at == address.npos) return {lower(trim(address)), {}};
    auto domain = lower(trim(address.substr(at + 1)));
    if (domain.ends_with('.')) domain.pop_back();
    return {lower(trim(address.substr(0, at))), std::move(domain)};
}

}  // namespace

FilterTable::FilterTable(std::vector<config::FilterRow> rows, const FilterTable* before)
    : rows_{std::move(rows)}, hits_(rows_.size())
{
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        const auto& row = rows_[i];
        if (row.empty_sender) {
            if (!empty_sender_) empty_sender_ = i;
        } else if (row.domain.empty()) {
            locals_.try_emplace(row.local, i);
        } else if (!row.local.empty()) {
            addresses_.try_emplace(row.local + "@" + row.domain, i);
        } else {
            (row.subdomains ? subtrees_ : domains_).try_emplace(row.domain, i);
        }
    }
    if (before == nullptr) return;
    std::unordered_map<std::string_view, std::uint64_t> old;
    for (std::size_t i = 0; i < before->rows_.size(); ++i)
        old[before->rows_[i].text] += before->hits_[i].load(std::memory_order_relaxed);
    for (std::size_t i = 0; i < rows_.size(); ++i)
        if (const auto found = old.find(rows_[i].text); found != old.end()) {
            hits_[i] = found->second;
            old.erase(found);
        }
}

const config::FilterRow* FilterTable::find(std::string_view address) const
{
    const auto in = [this](const auto& map, const std::string& key) -> const config::FilterRow* {
        const auto found = map.find(key);
        return found == map.end() ? nullptr : &rows_[found->second];
    };
    if (address.empty()) return empty_sender_ ? &rows_[*empty_sender_] : nullptr;
    const auto [local, domain] = parts_of(address);
    if (!domain.empty()) {
        if (const auto* row = in(addresses_, local + "@" + domain)) return row;
        if (const auto* row = in(domains_, domain)) return row;
        for (std::string_view rest = domain;;) {
            if (const auto* row = in(subtrees_, std::string{rest})) return row;
            const auto dot = rest.find('.');
            if (dot == rest.npos) break;
            rest.remove_prefix(dot + 1);
        }
    }
    return in(locals_, local);
}

void FilterTable::count(const FilterHit& hit) const
{
    hits_[static_cast<std::size_t>(hit.row - rows_.data())].fetch_add(1, std::memory_order_relaxed);
}

std::optional<FilterHit> FilterTable::judge_sender(std::string_view sender) const
{
    const auto* row = find(sender);
    if (row == nullptr) return {};
    return FilterHit{row, sender.empty() ? "<>" : std::string{sender}, false};
}

std::optional<FilterHit> FilterTable::judge_header(std::string_view header) const
{
    if (rows_.empty()) return {};
    for (const auto& value : mail::header_values(header, "From")) {
        const auto addresses = mail::addresses_in(value);
        if (addresses.empty() && empty_sender_)
            return FilterHit{&rows_[*empty_sender_], "<>", true};
        for (const auto& address : addresses)
            if (const auto* row = find(address)) return FilterHit{row, address, true};
    }
    return {};
}

std::vector<FilterTable::Count> FilterTable::counts() const
{
    std::vector<Count> out;
    for (std::size_t i = 0; i < rows_.size(); ++i)
        out.push_back({rows_[i].text, hits_[i].load(std::memory_order_relaxed)});
    return out;
}

}  // namespace imc::policy
