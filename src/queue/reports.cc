#include "queue/reports.h"

#include "base/notify.h"
#include "base/text.h"
#include "mail/address.h"

#include <algorithm>

namespace imc::queue {
namespace {

using mail::Action;

constexpr std::chrono::hours hour{1};
constexpr std::string_view brought_by = "report on ";  // no client's address begins like that

bool is_success(Action action) { return action != Action::failed && action != Action::delayed; }

/// RFC 3461 4.1: who says nothing gets failures and delays.
bool asked_for(const spool::Recipient& recipient, Action action)
{
    const auto notify = recipient.notify == 0
                            ? static_cast<std::uint8_t>(notify::failure | notify::delay)
                            : recipient.notify;
    if ((notify & notify::never) != 0) return false;
    if (action == Action::failed) return (notify & notify::failure) != 0;
    if (action == Action::delayed) return (notify & notify::delay) != 0;
    return (notify & notify::success) != 0;
}

std::string domain_of(std::string_view address)
{
    const auto at = address.rfind('@');
    return at == address.npos ? std::string{} : mail::canonical_domain(address.substr(at + 1));
}

bool is_ours(const config::Config& config, const std::string& domain)
{
    return std::ranges::find(config.local_domains, domain) != config.local_domains.end();
}

class Maker {
public:
    Maker(const config::Config& config, const spool::Envelope& envelope, const spool::Body& body,
          spool::MessageId id, WallTime now)
        : config_{config}, envelope_{envelope}, body_{body}, id_{id}, now_{now}
    {
        const auto header = header_section(body);
        header_ = header ? *header : std::string{body.memory()};
        signs_ = mail::look_for_automatic(header_, envelope.sender.empty());
        sender_domain_ = domain_of(envelope.sender);
    }

    Reports make(const std::vector<Told>& told, DoubleBounces* double_bounces)
    {
        std::vector<mail::ReportedRecipient> to_sender, copies, bounced;
        for (const auto& one : told) {
            const auto& recipient = envelope_.recipients[one.recipient];
            mail::ReportedRecipient row{recipient.address, recipient.original, one.action,
                                        one.status,        one.host,           one.reply,
                                        one.retry_until,   one.last_attempt};
            const bool copied = is_copied(one);
            if (copied) copies.push_back(row);
            if (!asked_for(recipient, one.action)) {
                if (one.action == Action::failed) due_.push_back({one.recipient, false, copied});
                continue;
            }
            const bool sent = !envelope_.sender.empty() && may_be_told(one);
            due_.push_back({one.recipient, sent, copied});
            if (sent)
                to_sender.push_back(std::move(row));
            else if (envelope_.sender.empty() && one.action == Action::failed &&
                     one.suppressed == mail::Automatic::no)
                bounced.push_back(std::move(row));
        }
        if (!to_sender.empty()) tell(envelope_.sender, std::move(to_sender), "");
        if (!copies.empty()) {
            copy_ = out_.messages.size();
            tell(config_.administrator.address, std::move(copies),
                 "You get this copy as the administrator of the connector. The sender was <" +
                     envelope_.sender + ">.");
        }
        const auto bounce =
            bounced.empty() ? std::nullopt : double_bounce(std::move(bounced), double_bounces);
        for (const auto& due : due_) {
            std::optional<std::size_t> report;
            if (due.to_sender)
                report = 0;
            else if (due.copied)
                report = copy_;
            else if (envelope_.sender.empty())
                report = bounce;
            out_.of.push_back({due.recipient, report});
        }
        return std::move(out_);
    }

private:
    struct Due {
        std::uint32_t recipient;
        bool to_sender, copied;
    };

    bool is_copied(const Told& one) const
    {
        return one.action == Action::failed && config_.notify_administrator &&
               !envelope_.sender.empty() && one.suppressed == mail::Automatic::no &&
               config_.reports.copies_of(config::category_of(one.status)) &&
               !same_word(envelope_.sender, config_.administrator.address);
    }

    /// Of those who asked.
    bool may_be_told(const Told& one) const
    {
        using mail::Automatic;
        if (one.suppressed == Automatic::reply || one.suppressed == Automatic::out_of_office)
            return false;
        if (one.action == Action::failed) return true;
        // News of progress are for people.
        if (signs_.kind != Automatic::no && signs_.kind != Automatic::forward) return false;
        if (!is_success(one.action)) return true;
        return !signs_.no_delivery_report &&
               (!config_.reports.suppress_delivery_reports || is_ours(config_, sender_domain_));
    }

    /// Who has the report's From: of the sender's own domain when it is ours (Q251441).
    std::string postmaster() const
    {
        return "postmaster@" +
               (is_ours(config_, sender_domain_) ? sender_domain_ : config_.local_domains.front());
    }

    void tell(const std::string& whom, std::vector<mail::ReportedRecipient> rows,
              const std::string& about)
    {
        mail::Report report;
        report.id = id_.to_string();
        report.host = config_.host_name;
        report.from = postmaster();
        report.to = whom;
        report.envid = envelope_.envid;
        report.arrived_at = envelope_.arrived_at;
        report.now = now_;
        report.octets = body_.size();
        report.utf8 = envelope_.smtp_utf8 && about.empty();
        report.about = about;
        const bool failed =
            std::ranges::find(rows, Action::failed, &mail::ReportedRecipient::action) != rows.end();
        report.recipients = std::move(rows);
        // RFC 3461 4.3: RET is about failures; what is large, or no text, comes back as a header.
        report.whole = failed && about.empty() && envelope_.ret == "FULL" && !body_.blocks() &&
                       body_.size() <= config_.reports.returned_octets &&
                       mail::can_be_returned(body_.memory());
        report.original = report.whole ? body_.memory() : std::string_view{header_};
        spool::NewMessage message;
        message.envelope.recipients.push_back({whom});
        message.envelope.smtp_utf8 = report.utf8;
        message.envelope.eight_bit = report.utf8 || report.whole;
        message.envelope.arrived_at = now_;
        message.envelope.peer = std::string{brought_by} + report.id;
        message.body = std::make_shared<const std::string>(mail::write_report(report));
        out_.messages.push_back(std::move(message));
    }

    std::optional<std::size_t> double_bounce(std::vector<mail::ReportedRecipient> rows,
                                             DoubleBounces* budget)
    {
        const auto& whom = config_.administrator.address;
        const auto most = config_.reports.double_bounces_per_hour;
        const bool about_himself = std::ranges::any_of(rows, [&](const auto& row) {
            return same_word(row.address, whom) || starts_with_word(row.address, "postmaster@");
        });
        if (budget == nullptr || most == 0 || whom.empty() || about_himself) return {};
        const auto verdict = budget->take(now_, most);
        out_.too_many_double_bounces = verdict == DoubleBounces::Verdict::first_beyond;
        if (verdict != DoubleBounces::Verdict::tell) return {};
        tell(whom, std::move(rows),
             "This was a report or another message without a sender, so nobody else can be told.");
        return out_.messages.size() - 1;
    }

    const config::Config& config_;
    const spool::Envelope& envelope_;
    const spool::Body& body_;
    spool::MessageId id_;
    WallTime now_;
    std::string header_;
    mail::AutomaticSigns signs_;
    std::string sender_domain_;
    std::vector<Due> due_;
    std::optional<std::size_t> copy_;
    Reports out_;
};

}  // namespace

bool is_report(const spool::Envelope& envelope)
{
    return envelope.sender.empty() && envelope.peer.starts_with(brought_by);
}

DoubleBounces::Verdict DoubleBounces::take(WallTime now, std::uint32_t most_per_hour)
{
    const std::lock_guard lock{mutex_};
    // A clock that was set back must not keep old ones for ever.
    std::erase_if(told_, [now](WallTime at) { return at <= now - hour || at > now; });
    if (told_.size() < most_per_hour) {
        told_.push_back(now);
        return Verdict::tell;
    }
    const bool said = beyond_since_ && *beyond_since_ > now - hour && *beyond_since_ <= now;
    if (said) return Verdict::beyond;
    beyond_since_ = now;
    return Verdict::first_beyond;
}

Reports make_reports(const config::Config& config, const spool::Envelope& envelope,
                     const spool::Body& body, spool::MessageId id, const std::vector<Told>& told,
                     WallTime now, DoubleBounces* double_bounces)
{
    // Most mail is delivered and nobody waits for news: nothing of it is looked at.
    if (std::ranges::none_of(told, [&envelope](const Told& one) {
            return one.action == Action::failed ||
                   asked_for(envelope.recipients[one.recipient], one.action);
        }))
        return {};
    return Maker{config, envelope, body, id, now}.make(told, double_bounces);
}

}  // namespace imc::queue
